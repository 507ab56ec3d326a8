"""The body that the lessons share, pretrained once per machine."""

from ..data.splits import fixture_split
from ..files import cache_folder
from ..lab.shipped import lend_recorded_body
from ..model.body import BodyConfig, LanguageModel
from ..results.pretrained import kept_base
from ..training.pretrain import pretraining_texts


def lesson_base(config: BodyConfig | None = None) -> LanguageModel:
    """A language model that has read the practice messages without their labels; another size takes some seconds."""
    if config is None:
        lend_recorded_body()
    return kept_base(pretraining_texts(fixture_split()), config or BodyConfig(), cache_folder())[0]
