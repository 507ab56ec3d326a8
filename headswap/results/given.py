"""A base that was made before, as what runs start from: so a second task learns on the body of the first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..data.messages import Split
from ..errors import CheckpointError
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..training.pretrain import Watch
from ..weights.deltas import base_hash, load_base


@dataclass(frozen=True, slots=True)
class GivenBase:
    """A base by its file and its hash; `of` makes one. Every split and seed starts from the same weights."""

    path: str
    hash: str
    config: BodyConfig

    @classmethod
    def of(cls, path: Path | str) -> Self:
        """The base as it is in the file now; CheckpointError where that is damaged or no base."""
        base = _of_texts(path)
        return cls(str(path), base_hash(base), base.body.config)

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> LanguageModel:
        """The base itself, whatever the split; CheckpointError where the file holds another one by now."""
        found = _of_texts(self.path)
        if base_hash(found) != self.hash:
            raise CheckpointError(f"{self.path} has changed since this run was described; describe it again")
        return found

    def untrained(self) -> LanguageModel:
        """A base of the same sizes that has read nothing."""
        return new_language_model(self.config, seed=0)


def _of_texts(path: Path | str) -> LanguageModel:
    base = load_base(path)
    if not isinstance(base, LanguageModel):
        raise CheckpointError(f"{path} holds a {type(base.body).__name__}, which reads images; give a base of texts")
    return base
