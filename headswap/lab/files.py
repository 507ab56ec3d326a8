"""The lab's side of dropped files: taking one, reading it with the fields as they are, and saying what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from ..data.images.digits import NAMES
from ..data.labels import HAM_SPAM
from ..data.readers import Corpus
from ..data.sources import FileData
from ..data.splits import sizes_for
from ..errors import HeadswapError
from ..files import cache_folder, write_atomically
from ..gallery.digits import DIGITS, OURS
from ..live.runs import Settings
from ..live.shelf import Dropped, few_classes, for_the_lab


class Files:
    """The files of one lab, and the names of their classes."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self.dropped = Dropped()
        self.labels: dict[str, tuple[str, ...]] = {}

    @property
    def names(self) -> list[str]:
        """The files that can be chosen again."""
        return [*self.dropped.files]

    def labels_of(self, data: str) -> tuple[str, ...]:
        """The classes of a data set, as far as they are known."""
        return NAMES if data == DIGITS else self.labels.get(data, HAM_SPAM)

    def read(self, settings: Settings) -> Corpus | None:
        """The messages of a dropped file; None where `data` is none."""
        return self.dropped.read(settings.data, settings.reading()) if settings.data in self.dropped.files else None

    def choose(self, name: str, data: str) -> tuple[str, bool]:
        """Read a file that waits or is kept; what to say of it, and whether it was refused and `data` stays."""
        try:
            corpus = self.dropped.read(name, self._settings().reading())
        except HeadswapError as error:
            stays = f" Data is still {data}." if data != name else ""
            return for_the_lab(str(error)) + stays, True
        self.labels[name] = tuple(corpus.label_names)
        counts = f"{name}: {len(corpus.messages):,} messages, {_listed(corpus.label_names)}."
        return " ".join([counts, *(for_the_lab(note) for note in corpus.notes)]), False

    def source(self, settings: Settings) -> FileData | None:
        """The file that the settings name, as a run's source: one that was dropped gets a place on disk."""
        if settings.data in OURS:
            return None
        path = self._on_disk(settings.data) if settings.data in self.dropped.files else Path(settings.data)
        whole = FileData.of(path, reading=settings.reading())
        corpus = few_classes(whole.corpus())
        sizes = sizes_for(corpus.messages, len(corpus.label_names), (settings.messages, 160, 160), corpus.label_names)
        return FileData(whole.path, whole.sha256, *sizes, whole.reading)

    def _on_disk(self, name: str) -> Path:
        content = self.dropped.files[name]
        path = cache_folder() / "dropped" / hashlib.sha256(content).hexdigest()[:16] / Path(name).name
        if not path.is_file():
            write_atomically(path, content)
        return path


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
