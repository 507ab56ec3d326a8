"""What a stage may add to a body: LoRA, adapters, (IA)³, prompts and prefixes; one way to hang them on and off."""
