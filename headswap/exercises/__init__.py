"""The exercises of the course, by the name of the function that each asks for."""

from . import missions, yours
from .attending import ATTEND as attend
from .bodies import CAUSAL_MASK as causal_mask
from .bodies import PERPLEXITY as perplexity
from .calibrating import ECE as ece
from .calibrating import TEMPERATURE as temperature
from .course import progress
from .forgetting import DRIFT as drift
from .forgetting import PULL as pull
from .freezing import FREEZE as freeze
from .freezing import GROUPS as groups
from .heads import FEATURE_HEAD as feature_head
from .inserting import ADAPTER as adapter
from .inserting import LORA as lora
from .inserting import MERGE as merge
from .inserting import NEW_LORA as new_lora
from .looking import PATCHES as patches
from .looking import SHIFT as shift
from .measuring import CHOOSE_THRESHOLD as choose_threshold
from .measuring import SCORES as scores
from .measuring import VERDICTS as verdicts
from .pooling import LAST_REAL as last_real
from .pooling import MASKED_MEAN as masked_mean
from .rates import LAYER_GROUPS as layer_groups
from .rates import WARM_COSINE as warm_cosine
from .routing import ROUTE as route
from .sampling import KL as kl
from .sampling import SAMPLE as sample
from .starting import DECIDE as decide
from .stepping import TRAIN_STEP as train_step
from .swapping import COUNT_NEW_WEIGHTS as count_new_weights
from .swapping import LOSS as loss
from .swapping import SWAP as swap
from .tokenising import DECODE as decode
from .tokenising import PAD_AND_MASK as pad_and_mask
from .used import attending, seeing, with_yours

__all__ = [
    "adapter",
    "attend",
    "attending",
    "causal_mask",
    "choose_threshold",
    "count_new_weights",
    "decide",
    "decode",
    "drift",
    "ece",
    "feature_head",
    "freeze",
    "groups",
    "kl",
    "last_real",
    "layer_groups",
    "lora",
    "loss",
    "masked_mean",
    "merge",
    "missions",
    "new_lora",
    "pad_and_mask",
    "patches",
    "perplexity",
    "progress",
    "pull",
    "route",
    "sample",
    "scores",
    "seeing",
    "shift",
    "swap",
    "temperature",
    "train_step",
    "verdicts",
    "warm_cosine",
    "with_yours",
    "yours",
]  # fmt: skip
