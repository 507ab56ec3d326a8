"""Weights on disk: a base once, and beside it small deltas that hold what learned and know which base they need.

Only safetensors, never pickle; written to a temporary file and renamed. A file carries a SHA-256 over its names,
shapes, settings and bits, so that a truncated file or a single flipped bit is refused instead of believed.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from .body import BodyConfig, LanguageModel, LMBody, new_language_model
from .classifier import Classifier, swap_head
from .errors import CheckpointError, HeadswapError
from .heads import new_head
from .pooling import new_pool

KEY = "headswap"


@dataclass(frozen=True, slots=True)
class Delta:
    """What a delta says of itself: the base it needs, how to build the classifier, and what its classes are called."""

    base: str
    base_file: str
    regime: str
    pool: str
    head: str
    label_names: tuple[str, ...]


def base_hash(model: LanguageModel) -> str:
    """The SHA-256 of a base: its settings and every weight of body and LM head, bit for bit."""
    return _digest(_tensors(model), {"kind": "base", "config": asdict(model.body.config)})


def save_base(model: LanguageModel, folder: Path | str) -> Path:
    """Write a language model as `base-HASH.safetensors` into `folder`; the path. An equal file is left as it is."""
    path = Path(folder) / f"base-{base_hash(model)[:12]}.safetensors"
    _write(path, _tensors(model), {"kind": "base", "config": asdict(model.body.config)})
    return path


def load_base(path: Path | str) -> LanguageModel:
    """The language model in the file; CheckpointError where the file is damaged or no base."""
    tensors, about = _read(Path(path), "base")
    model = new_language_model(BodyConfig(**about["config"]), seed=0)
    _fill(model, tensors, Path(path))
    return model.eval()


def save_delta(path: Path | str, classifier: Classifier, base: LanguageModel, about: Delta) -> Path:
    """Write what differs from the base, and the pool and head, to `path`; the path.

    A head-only delta is under 3 kB, a delta of full fine-tuning as large as the body.
    """
    before = {f"body.{name}": tensor for name, tensor in _tensors(base.body).items()}
    learned = {
        name: tensor
        for name, tensor in _tensors(classifier).items()
        if name not in before or not torch.equal(tensor, before[name])
    }
    _write(Path(path), learned, {"kind": "delta", **asdict(about)})
    return Path(path)


def describe(
    base: LanguageModel, base_file: Path, regime: str, pool: str, head: str, label_names: tuple[str, ...]
) -> Delta:
    """The Delta that belongs to this base, with the hash it is bound to."""
    return Delta(base_hash(base), base_file.name, regime, pool, head, label_names)


def load_delta(path: Path | str, base: LanguageModel | None = None) -> tuple[Classifier, Delta]:
    """The classifier of a delta, on a copy of the base's body, and what the delta says of itself.

    Without `base` the file that the delta names is read from the same folder. Another base than the delta was
    trained on is refused: its body would give other vectors, and the head would answer nonsense with confidence.
    """
    path = Path(path)
    tensors, raw = _read(path, "delta")
    about = Delta(**{**raw, "label_names": tuple(raw["label_names"])})
    base = base or _base_beside(path, about)
    found = base_hash(base)
    if found != about.base:
        raise CheckpointError(
            f"{path} needs the base {about.base[:12]} and was given {found[:12]}; load it with {about.base_file}"
        )
    classifier = _assemble(base, about)
    _fill(classifier, tensors, path, partly=True)
    return classifier.eval(), about


def _assemble(base: LanguageModel, about: Delta) -> Classifier:
    generator = torch.Generator()
    body: LMBody = copy.deepcopy(base.body)
    pool = new_pool(about.pool, body.width, generator)
    head = new_head(about.head, body.width, len(about.label_names), generator)
    return swap_head(LanguageModel(body, base.head), pool, head).classifier


def _base_beside(path: Path, about: Delta) -> LanguageModel:
    file = path.parent / Path(about.base_file).name
    if not file.is_file():
        raise CheckpointError(
            f"{path} needs its base {file.name} in the same folder; put it there or name it by --base"
        )
    return load_base(file)


def _fill(model: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path, *, partly: bool = False) -> None:
    """Copy tensors into the model by name; every new weight must be there, and nothing else."""
    own = model.state_dict()
    missing = [n for n in own if n not in tensors and not (partly and n.startswith("body."))]
    foreign = [n for n, t in tensors.items() if n not in own or own[n].shape != t.shape]
    if missing or foreign:
        raise CheckpointError(
            f"{path} does not fit this model at {(missing + foreign)[0]}; load it with its own settings"
        )
    model.load_state_dict(tensors, strict=False)


def _write(path: Path, tensors: dict[str, torch.Tensor], about: dict[str, Any]) -> None:
    about = {**about, "sha256": _digest(tensors, about)}
    raw = save(tensors, metadata={KEY: json.dumps(about, sort_keys=True)})
    write_atomically(path, raw)


def _read(path: Path, kind: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and settings of a file whose hash is right."""
    if not path.is_file():
        raise CheckpointError(f"{path} is not there; check the path")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        promised = about.pop("sha256")
        damaged = promised != _digest(tensors, about)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise CheckpointError(
            f"{path} is no headswap file or is damaged ({type(error).__name__}); save it again"
        ) from None
    if damaged:
        raise CheckpointError(f"{path} is damaged: its hash does not match its content; copy or save it again")
    if about.get("kind") != kind:
        raise CheckpointError(f"{path} holds a {about.get('kind')}, not a {kind}; give the right file")
    about.pop("kind")
    return tensors, about


def _tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}


def _digest(tensors: dict[str, torch.Tensor], about: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary neighbour first, then renamed over `path`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise HeadswapError(f"{path} cannot be written ({error.strerror}); choose another place") from None
    finally:
        temporary.unlink(missing_ok=True)
