"""What a lab trains on: messages for its settings, and a body pretrained once and kept on disk."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..data.messages import Split
from ..data.readers import Corpus, read_as
from ..data.sources import PRACTICE, split_of
from ..data.splits import natural_split, sizes_for
from ..files import cache_folder
from ..gallery.digits import DIGITS, digits_split, painted_base
from ..model.body import BodyConfig
from ..results.pretrained import is_kept, kept_base, lend_base
from ..training.pretrain import PretrainStep, pretraining_texts
from .runs import Prepared, Settings
from .shelf import few_classes

AHEAD = 2_000  # messages that a body reads in less than half a second


def prepared(
    settings: Settings, progress: Callable[[float], None], file: Corpus | None = None, cache: Path | None = None
) -> Prepared:
    """The base and the messages for these settings; `file` holds the messages where `data` names one.

    A shifted fixture meets a body that was pretrained on the first domain: that is the point of it. The digits meet the
    vision transformer that comes with the course.
    """
    if settings.data == DIGITS:
        split = digits_split(settings.messages)
        return Prepared(painted_base(), split, data_key(split))
    split = practice(settings) if settings.data in PRACTICE else own(settings, file)

    def watch(step: PretrainStep) -> None:
        progress(step.step / step.steps)

    base = kept_base(pretraining_texts(split), _config(settings), cache or cache_folder(), watch=watch)[0]
    return Prepared(base, split, data_key(split))


def data_key(split: Split) -> str:
    """The same twelve characters for the same validation messages: the page keeps them under it."""
    return hashlib.sha256("\0".join(message.text for message in split.validation).encode()).hexdigest()[:12]


def at_hand(settings: Settings, cache: Path | None = None) -> bool:
    """Whether a run of these settings could begin at once: few practice messages, and a body that is on disk."""
    if settings.data not in PRACTICE or settings.messages > AHEAD:
        return False
    return is_kept(pretraining_texts(practice(settings)), _config(settings), cache or cache_folder())


def lend(settings: Settings, path: Path, seconds: float, key: str, cache: Path | None = None) -> None:
    """Have a run of these settings find a base that was made before, where it would make the same."""
    if settings.data in PRACTICE and settings.messages <= AHEAD:
        texts = pretraining_texts(practice(settings))
        lend_base(path, seconds, key, texts, _config(settings), cache or cache_folder())


def _config(settings: Settings) -> BodyConfig:
    return BodyConfig(max_len=settings.max_len, causal=settings.causal)


def practice(settings: Settings) -> Split:
    """The practice messages with as many to train on as the settings ask for; validation and test never change."""
    return split_of(replace(PRACTICE[settings.data], labelled=settings.messages), 0)


def own(settings: Settings, file: Corpus | None) -> Split:
    """A learner's messages: 160 to validate and to test, or a sixth each of a small file, the rest to train on.

    What is left the body may read, as in a comparison and in the benchmark: the natural test set apart.
    """
    corpus = few_classes(file or read_as(settings.data, settings.reading()))
    sizes = sizes_for(corpus.messages, len(corpus.label_names), (settings.messages, 160, 160))
    return natural_split(corpus.messages, *sizes, label_names=corpus.label_names)
