"""Weights on disk: bases, what runs learned beside them, and the form in which peft reads it."""
