"""The kinds of inserts that a stored delta or a stored run may name."""

from .adapters import Adapters
from .fusion import Fusion
from .ia3 import IA3
from .lora import LoRA
from .virtual import Prefix, Prompt

INSERTS: dict[str, type] = {kind.__name__: kind for kind in (LoRA, Adapters, IA3, Prompt, Prefix, Fusion)}
