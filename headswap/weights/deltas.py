"""Weights on disk: a base once, and beside it small deltas that hold what learned and know which base they need.

Only safetensors, never pickle; written to a temporary file and renamed. A file carries a SHA-256 over its names,
shapes, settings and bits, so that a truncated file or a single flipped bit is refused instead of believed.
"""

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import CheckpointError, SettingError
from ..files import write_atomically
from ..model.body import LMBody
from ..model.body_contract import Base, device_of
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import new_head
from ..model.inserts.attach import Insert, attach
from ..model.inserts.kinds import INSERTS
from ..model.pooling import new_pool, pooled_width
from ..training.run import History, last_head
from ..values import as_plain, from_plain
from .bases import built_as, rebuilt

KEY = "headswap"
FORMAT = 2  # of files and hashes; 1 hashed the whole BodyConfig, so that one field more orphaned every delta


FIRST_FIELDS = ("width", "heads", "depth", "max_len", "causal", "dropout", "vocab_size")  # of a BodyConfig, format 1


@dataclass(frozen=True, slots=True)
class Delta:
    """What a delta says of itself: the hash of its base, how to build the classifier, what its classes are called."""

    base: str
    regime: str
    pool: str
    head: str
    label_names: tuple[str, ...]
    inserts: tuple[Insert, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a run learned: the tensors that its base does not have, by their names in the classifier."""

    tensors: Mapping[str, torch.Tensor]
    about: Delta


def base_hash(model: Base) -> str:
    """The SHA-256 of a base: every weight of body and head, bit for bit, and the settings that are not the default.

    A setting that a later version adds, at its default, changes no hash.
    """
    return _digest(_tensors(model), {"kind": "base", "format": FORMAT, "settings": model.body.settings()})


def base_hashes(model: Base) -> tuple[str, ...]:
    """The hashes that a delta may know this base by: today's, and that of the first format."""
    body = model.body
    if not isinstance(body, LMBody) or set(body.settings()) - set(FIRST_FIELDS):
        return (base_hash(model),)
    config = {name: getattr(body.config, name) for name in FIRST_FIELDS}
    return base_hash(model), _digest(_tensors(model), {"kind": "base", "config": config})


def base_name(digest: str) -> str:
    """The file name that a base of this hash goes by, so that a delta finds it."""
    return f"base-{digest[:12]}.safetensors"


def save_base(model: Base, folder: Path | str) -> Path:
    """Write a base as `base-HASH.safetensors` into `folder`, and give its path.

    Bodies of bytes and of images can be written; CheckpointError for one of somebody else's.
    """
    about = {"kind": "base", "format": FORMAT, **built_as(model)}
    path = Path(folder) / base_name(base_hash(model))
    _write(path, _tensors(model), about)
    return path


def load_base(path: Path | str) -> Base:
    """The base in the file, on bytes or on images; CheckpointError where the file is damaged or no base."""
    tensors, about = _read(Path(path), "base")
    model = rebuilt(about, path)
    _fill(model, tensors, Path(path))
    return model.eval()


def save_delta(path: Path | str, history: History, base: Base, label_names: tuple[str, ...] = ("ham", "spam")) -> Path:
    """Write what a run learned, that is what differs from its base, and its pool and head, to `path`.

    A head-only delta is about 1 kB, a delta of full fine-tuning as large as the body.
    """
    return write_delta(path, learned_by(history, base, label_names))


def learned_by(history: History, base: Base, label_names: tuple[str, ...] = ("ham", "spam")) -> Learned:
    """What differs from the base after a run: its head and pool, its inserts, and what it changed in the body."""
    before = {f"body.{name}": tensor for name, tensor in _tensors(base.body).items()}
    after = _tensors(history.classifier)
    learned = {n: t for n, t in after.items() if n not in before or not torch.equal(t, before[n])}
    regime = history.regime
    inserts = tuple(insert for stage in regime.stages for insert in stage.inserts)
    about = Delta(base_hash(base), regime.name, history.recipe.pool, last_head(regime), tuple(label_names), inserts)
    return Learned(learned, about)


def write_delta(path: Path | str, learned: Learned) -> Path:
    """Write what was learned to `path`, whole or not at all."""
    _write(Path(path), learned.tensors, _told(learned.about))
    return Path(path)


def delta_hash(learned: Learned) -> str:
    """The SHA-256 of what was learned and how it is used: two files of one hash hold the same."""
    return _digest(learned.tensors, _told(learned.about))


def read_delta(path: Path | str, kinds: Mapping[str, type] = INSERTS) -> Learned:
    """What the file says was learned; CheckpointError where it is damaged or no delta."""
    tensors, raw = _read(Path(path), "delta")
    return Learned(tensors, _about(Path(path), raw, kinds))


def check_base(learned: Learned, base: Base, name: object) -> None:
    """CheckpointError, by name, where this was learned on another base."""
    if learned.about.base not in base_hashes(base):
        need, found = base_name(learned.about.base), base_name(base_hash(base))
        raise CheckpointError(f"{name} needs the base {need} but got {found}; give the one it needs")


def load_delta(
    path: Path | str, base: Base | None = None, kinds: Mapping[str, type] = INSERTS
) -> tuple[Classifier, Delta]:
    """The classifier of a delta, on a copy of the base's body and its device, and what the delta says of itself.

    Without `base` the file that the delta names is read from the same folder. Another base than the delta was
    trained on is refused: its body would give other vectors, and the head would answer nonsense with confidence.
    `kinds` are the inserts that a delta may bring.
    """
    path, learned = Path(path), read_delta(path, kinds)
    base = base or _base_beside(path, learned.about)
    check_base(learned, base, path)
    classifier = _assemble(base, learned.about)
    _fill(classifier, learned.tensors, path, given={f"body.{name}" for name in base.body.state_dict()})
    return classifier.eval(), learned.about


def _told(about: Delta) -> dict[str, Any]:
    """What stands in a delta's file beside its tensors."""
    told = {name: getattr(about, name) for name in ("base", "regime", "pool", "head", "label_names")}
    more = {"inserts": [as_plain(insert) for insert in about.inserts]} if about.inserts else {}
    return {"kind": "delta", "format": FORMAT, **told, **more}


def _about(path: Path, raw: dict[str, Any], kinds: Mapping[str, type]) -> Delta:
    try:
        inserts = from_plain(raw.get("inserts", []), kinds)
        return Delta(raw["base"], raw["regime"], raw["pool"], raw["head"], tuple(raw["label_names"]), inserts)  # type: ignore[arg-type]
    except (KeyError, SettingError) as error:
        raise CheckpointError(f"{path} was written by another version of headswap ({error}); save it again") from None


def _assemble(base: Base, about: Delta) -> Classifier:
    width, generator = base.body.width, torch.Generator()
    head = new_head(about.head, pooled_width(about.pool, width), len(about.label_names), generator)
    body = lazy_copy(base.body)
    for insert in about.inserts:
        attach(body, insert, generator)
    classifier = swap_head(Base(body, base.head), new_pool(about.pool, width, generator), head).classifier
    return classifier.to(device_of(base.body))


def _base_beside(path: Path, about: Delta) -> Base:
    file = path.parent / base_name(about.base)
    if not file.is_file():
        raise CheckpointError(f"{path} needs its base {file.name} beside it; put it there or name it with --base")
    return load_base(file)


def _fill(
    model: torch.nn.Module, tensors: Mapping[str, torch.Tensor], path: Path, given: Set[str] = frozenset()
) -> None:
    """Copy tensors into the model by name; every weight that is not `given` must be there, and nothing else."""
    own = model.state_dict()
    missing = [n for n in own if n not in tensors and n not in given]
    foreign = [n for n, t in tensors.items() if n not in own or own[n].shape != t.shape]
    if missing or foreign:
        raise CheckpointError(f"{path} does not fit this model at {(missing + foreign)[0]}; save it again")
    model.load_state_dict(tensors, strict=False)


def _write(path: Path, tensors: Mapping[str, torch.Tensor], about: dict[str, Any]) -> None:
    about = {**about, "sha256": _digest(tensors, about)}
    raw = save(dict(tensors), metadata={KEY: json.dumps(about, sort_keys=True)})
    write_atomically(path, raw)


def _read(path: Path, kind: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and settings of a file whose hash is right."""
    if not path.is_file():
        what = "is a folder, expected a file in it" if path.is_dir() else "is not there"
        raise CheckpointError(f"{path} {what}; check the path")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        promised = about.pop("sha256")
        damaged = promised != _digest(tensors, about)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        reason = type(error).__name__
        raise CheckpointError(f"{path} is not a headswap file, or it is damaged ({reason}); save it again") from None
    if damaged:
        raise CheckpointError(f"{path} is damaged: its hash does not match its content; copy or save it again")
    if about.get("kind") != kind:
        raise CheckpointError(f"{path} holds a {about.get('kind')}, not a {kind}; give the right file")
    about.pop("kind")
    return tensors, about


def _tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}


def _digest(tensors: Mapping[str, torch.Tensor], about: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)  # a count has no axis of its own
    return digest.hexdigest()
