"""Pretrained bodies on disk: a folder keeps each one, under what it was trained on, for whoever asks next."""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch

from .. import values
from ..data.messages import Split
from ..data.sources import Source, split_of
from ..errors import HeadswapError
from ..files import write_atomically
from ..model.body import BodyConfig, LanguageModel
from ..model.body_contract import Base
from ..training.looking.school import Unschooled, images_to_read
from ..training.pretrain import Origin, PretrainStep, Schooling, pretrain_quick, pretraining_texts
from ..training.spec import RunSpec, Schooled, Watch, school, source_hash
from ..weights.bases import can_be_saved
from ..weights.deltas import load_base, save_base

SECONDS = "seconds.txt"


def kept_base(
    texts: Sequence[str], config: BodyConfig, folder: Path, *, epochs: int = 5, seed: int = 0,
    watch: Callable[[PretrainStep], None] = lambda step: None,
) -> tuple[LanguageModel, float]:  # fmt: skip
    """The language model that has read these texts, and the seconds that it took; from `folder` where it is there.

    The key covers the texts, the settings, PyTorch's version and our source; a damaged file is made anew.
    """
    make = partial(pretrain_quick, texts, config, epochs=epochs, seed=seed)
    found = _found_or_made(_place(texts, config, folder, epochs, seed), make, watch)
    assert isinstance(found.base, LanguageModel)
    return found.base, found.seconds


def is_kept(texts: Sequence[str], config: BodyConfig, folder: Path, *, epochs: int = 5, seed: int = 0) -> bool:
    """Whether `kept_base` would find its language model in the folder, and need not train one."""
    return any(_place(texts, config, folder, epochs, seed).glob("base-*.safetensors"))


def is_schooled(spec: RunSpec, folder: Path) -> bool:
    """Whether `base_of` would find a spec's base in the folder, and need not school one."""
    return any((folder / base_key(spec.data, spec.body, spec.seed)).glob("base-*.safetensors"))


@lru_cache(maxsize=256)
def base_key(data: Source, body: Origin, seed: int) -> str:
    """The name under which `base_of` keeps a base: the same for all who start from the same one."""
    split = split_of(data, seed)
    if isinstance(body, Schooling):
        return _place(pretraining_texts(split), body.config, Path(), body.epochs, seed).name
    return _gallery(split, body, seed, Path()).name


def lend_base(path: Path, seconds: float, key: str, texts: Sequence[str], config: BodyConfig, folder: Path) -> None:
    """Put a base that was made before where `kept_base` looks, if it is the very one that would be made there.

    `key` is what `key_of` said when it was made: other texts or settings, another PyTorch or source have another key.
    """
    own = _place(texts, config, folder, 5, 0)
    if own.name == key and path.exists() and not any(own.glob("base-*.safetensors")):
        write_atomically(own / SECONDS, repr(seconds).encode())
        write_atomically(own / path.name, path.read_bytes())


def key_of(texts: Sequence[str], config: BodyConfig) -> str:
    """The name under which `kept_base` keeps the base of these texts at the usual epochs and seed."""
    return _place(texts, config, Path(), 5, 0).name


def _place(texts: Sequence[str], config: BodyConfig, folder: Path, epochs: int, seed: int) -> Path:
    key = values.to_json((tuple(texts), config, epochs, seed, torch.__version__, source_hash()))
    return folder / hashlib.sha256(key.encode()).hexdigest()[:16]


def base_of(spec: RunSpec, folder: Path, watch: Watch = lambda event: None) -> Schooled:
    """The base that a spec starts from; what was schooled is kept in `folder` for the next one."""
    split = split_of(spec.data, spec.seed)
    if not needs_schooling(spec):
        return school(spec, split, watch)
    if isinstance(spec.body, Schooling):
        texts, epochs = pretraining_texts(split), spec.body.epochs
        return Schooled(*kept_base(texts, spec.body.config, folder, epochs=epochs, seed=spec.seed, watch=watch))
    return kept_images(split, spec.body, spec.seed, folder, watch)


def kept_images(split: Split, origin: Origin, seed: int, folder: Path, watch: Watch = lambda event: None) -> Schooled:
    """The base that has looked at the split's images, labels unseen; from `folder` where it is there."""
    return _found_or_made(_gallery(split, origin, seed, folder), lambda watch: origin.base(split, seed, watch), watch)


def needs_schooling(spec: RunSpec) -> bool:
    """Whether a spec starts from a body that has learned something before, which other runs may share."""
    return spec.regime.body != "random" and not isinstance(spec.body, Unschooled)


def _found_or_made(own: Path, make: Callable[..., Base], watch: Callable[[PretrainStep], None]) -> Schooled:
    """The base in the folder `own`, or a new one, which is then kept there; a damaged file is made anew."""
    for path in own.glob("base-*.safetensors"):
        try:
            return Schooled(load_base(path), _seconds(own))
        except HeadswapError:
            path.unlink(missing_ok=True)
    took: list[float] = []

    def hear(step: PretrainStep) -> None:
        took.append(step.seconds)
        watch(step)

    base = make(watch=hear)
    if can_be_saved(base):
        write_atomically(own / SECONDS, repr(sum(took)).encode())
        save_base(base, own)
    return Schooled(base, sum(took))


def _gallery(split: Split, origin: Origin, seed: int, folder: Path) -> Path:
    """Where the base is kept that has looked at these images: whatever is drawn or read changes the name."""
    digest = hashlib.sha256(values.to_json((origin, seed, torch.__version__, source_hash())).encode())
    for item in images_to_read(split):
        digest.update(np.ascontiguousarray(item).tobytes())
    return folder / digest.hexdigest()[:16]


def _seconds(folder: Path) -> float:
    try:
        return float((folder / SECONDS).read_text("utf-8"))
    except (OSError, ValueError):
        return 0.0
