"""The body that the lessons share, pretrained once per machine."""

from ..data.splits import fixture_split
from ..lab.prepare import cache_folder, cached_base, pretraining_texts
from ..model.body import BodyConfig, LanguageModel


def lesson_base(config: BodyConfig | None = None) -> LanguageModel:
    """A language model that has read the practice messages without their labels: seconds at first, then from disk."""
    return cached_base(pretraining_texts(fixture_split()), config or BodyConfig(), lambda done: None, cache_folder())
