"""What a lab trains on: messages for its settings, and a body pretrained once and kept on disk."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from platformdirs import user_cache_path

from ..data import fixture
from ..data.messages import Example, Split
from ..data.readers import Corpus, read_messages
from ..data.splits import UNLABELLED, fixture_split, stratified_split
from ..errors import DataError, HeadswapError
from ..model.body import BodyConfig, LanguageModel
from ..results.weights import load_base, save_base
from ..training.pretrain import PretrainStep, pretrain_quick
from .runs import Prepared, Settings

VERSION = 1  # of the cache; raised when pretraining changes
SHIFT = {"fixture": 0.0, "shifted": 1.0}
LARGEST_FILE = 5_000_000


def cache_folder() -> Path:
    """Where pretrained bodies are kept; HEADSWAP_CACHE names another place."""
    return Path(os.environ.get("HEADSWAP_CACHE") or user_cache_path("headswap"))


def prepared(
    settings: Settings, progress: Callable[[float], None], file: Corpus | None = None, cache: Path | None = None
) -> Prepared:
    """The base and the messages for these settings; `file` holds the messages where `data` names one.

    A shifted fixture meets a body that was pretrained on the first domain: that is the point of it.
    """
    split = practice(settings) if settings.data in SHIFT else own(settings, file)
    texts = pretraining_texts(split) if settings.data not in SHIFT else pretraining_texts(fixture_split())
    config = BodyConfig(max_len=settings.max_len, causal=settings.causal)
    base = cached_base(texts, config, progress, cache or cache_folder())
    key = hashlib.sha256("\0".join(m.text for m in split.validation).encode()).hexdigest()[:12]
    return Prepared(base, split, key)


def practice(settings: Settings) -> Split:
    """The practice messages with as many to train on as the settings ask for; validation and test never change."""
    shift = SHIFT[settings.data]
    split = fixture_split(0, shift)
    wanted = settings.messages
    if wanted > len(split.train):
        start = len(split.train) + 320 + UNLABELLED
        more = fixture.messages(start + wanted - len(split.train), shift=shift)[start:]
        return replace(split, train=split.train + tuple(more))
    return replace(split, train=balanced(split.train, wanted))


def balanced(messages: Sequence[Example], wanted: int) -> tuple[Example, ...]:
    """The first messages of each class, as many of one as of the other, in their order."""
    left = {label: wanted // 2 for label in (0, 1)}
    kept = []
    for message in messages:
        if left[message.label] > 0:
            left[message.label] -= 1
            kept.append(message)
    return tuple(kept)


def own(settings: Settings, file: Corpus | None) -> Split:
    """A learner's messages: 160 to validate and to test, or a fifth each of a small file, the rest to train on."""
    corpus = two_classes(file or read_messages(settings.data))
    fewest = min(sum(m.label == c for m in corpus.messages) for c in (0, 1))
    held_out = min(80, fewest // 5) * 2
    train = min(settings.messages // 2, fewest - held_out) * 2
    if held_out < 2 or train < 2:
        raise DataError(f"{corpus.source} has {fewest} messages of its rarest class; give at least 5 of each")
    return stratified_split(corpus.messages, train, held_out, held_out, label_names=corpus.label_names)


def two_classes(corpus: Corpus) -> Corpus:
    """The corpus itself, or a DataError where it has more classes than the lab can show."""
    if len(corpus.label_names) > 2:
        names = ", ".join(corpus.label_names)
        raise DataError(f"{corpus.source} has the classes {names} and the lab shows two; keep two, or use run_regime")
    return corpus


def dropped(name: str, content: bytes) -> Corpus:
    """A file that the learner chose or dropped into the lab."""
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{name} is {len(content) / 1e6:.1f} MB and the lab reads 5 MB; cut it, or use the command line"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            return two_classes(replace(read_messages(path), source=name))
        except HeadswapError as error:
            raise DataError(str(error).replace(str(path), name)) from None


def pretraining_texts(split: Split) -> list[str]:
    """What the body may read before: training and unlabelled texts, never one that is judged on."""
    return [message.text for message in split.train] + list(split.unlabelled)


def cached_base(
    texts: Sequence[str], config: BodyConfig, progress: Callable[[float], None], folder: Path
) -> LanguageModel:
    """The body pretrained on these texts, from disk where it was pretrained before; a damaged file is made anew."""
    key = hashlib.sha256(json.dumps([VERSION, asdict(config), list(texts)]).encode()).hexdigest()[:16]
    for path in (folder / key).glob("base-*.safetensors"):
        try:
            return load_base(path)
        except HeadswapError:
            path.unlink(missing_ok=True)

    def watch(step: PretrainStep) -> None:
        progress(step.step / step.steps)

    base = pretrain_quick(texts, config, watch=watch)
    save_base(base, folder / key)
    return base
