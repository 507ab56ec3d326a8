"""The explorers of the course, and what else a lesson shows: sources, bets, the body that all lessons share."""

from .base import lesson_base
from .bending import bend
from .body import attention, habits, pretraining
from .by_hand import by_hand
from .calibrated import calibrated
from .digits import digits, painting
from .elsewhere import elsewhere
from .environment import check_environment
from .forgetting import forgetting
from .freezing import arithmetic, stale
from .fused import fused
from .guessing import guesses
from .machine import machine
from .many_heads import many_heads
from .measures import scoreboard
from .movement import moved, movement, movement_of
from .outwit import outwit
from .own import number_of
from .pooling import pads, pooled, snapshots
from .predict import predict
from .questions import question_split
from .rarity import precision_at, rare_spam
from .reading import read
from .recorded import recorded
from .sight import sight
from .strangers import strangers
from .swapping import swap_report
from .thin import thin
from .timetable import timetable
from .tokens import reads, tokens
from .widget import Explorer
from .worth import worth

__all__ = [
    "Explorer",
    "arithmetic",
    "attention",
    "bend",
    "by_hand",
    "calibrated",
    "check_environment",
    "digits",
    "elsewhere",
    "forgetting",
    "fused",
    "guesses",
    "habits",
    "lesson_base",
    "machine",
    "many_heads",
    "moved",
    "movement",
    "movement_of",
    "number_of",
    "outwit",
    "pads",
    "painting",
    "pooled",
    "precision_at",
    "predict",
    "pretraining",
    "question_split",
    "rare_spam",
    "read",
    "reads",
    "recorded",
    "scoreboard",
    "sight",
    "snapshots",
    "stale",
    "strangers",
    "swap_report",
    "thin",
    "timetable",
    "tokens",
    "worth",
]  # fmt: skip
