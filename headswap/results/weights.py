"""Weights on disk: a base once, and beside it small deltas that hold what learned and know which base they need.

Only safetensors, never pickle; written to a temporary file and renamed. A file carries a SHA-256 over its names,
shapes, settings and bits, so that a truncated file or a single flipped bit is refused instead of believed.
"""

import copy
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import CheckpointError
from ..files import write_atomically
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..model.classifier import Classifier, swap_head
from ..model.heads import new_head
from ..model.pooling import new_pool
from ..training.run import History

KEY = "headswap"


@dataclass(frozen=True, slots=True)
class Delta:
    """What a delta says of itself: the hash of its base, how to build the classifier, what its classes are called."""

    base: str
    regime: str
    pool: str
    head: str
    label_names: tuple[str, ...]


def base_hash(model: LanguageModel) -> str:
    """The SHA-256 of a base: its settings and every weight of body and LM head, bit for bit."""
    return _digest(_tensors(model), {"kind": "base", "config": asdict(model.body.config)})


def base_name(digest: str) -> str:
    """The file name that a base of this hash goes by, so that a delta finds it."""
    return f"base-{digest[:12]}.safetensors"


def save_base(model: LanguageModel, folder: Path | str) -> Path:
    """Write a language model as `base-HASH.safetensors` into `folder`, and give its path."""
    path = Path(folder) / base_name(base_hash(model))
    _write(path, _tensors(model), {"kind": "base", "config": asdict(model.body.config)})
    return path


def load_base(path: Path | str) -> LanguageModel:
    """The language model in the file; CheckpointError where the file is damaged or no base."""
    tensors, about = _read(Path(path), "base")
    model = new_language_model(BodyConfig(**about["config"]), seed=0)
    _fill(model, tensors, Path(path))
    return model.eval()


def save_delta(
    path: Path | str, history: History, base: LanguageModel, label_names: tuple[str, ...] = ("ham", "spam")
) -> Path:
    """Write what a run learned, that is what differs from its base, and its pool and head, to `path`.

    A head-only delta is about 1 kB, a delta of full fine-tuning as large as the body.
    """
    before = {f"body.{name}": tensor for name, tensor in _tensors(base.body).items()}
    after = _tensors(history.classifier)
    learned = {n: t for n, t in after.items() if n not in before or not torch.equal(t, before[n])}
    head = next(stage.head for stage in reversed(history.regime.stages) if stage.head)
    about = Delta(base_hash(base), history.regime.name, history.recipe.pool, head, label_names)
    _write(Path(path), learned, {"kind": "delta", **asdict(about)})
    return Path(path)


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
        need = base_name(about.base)
        raise CheckpointError(f"{path} needs the base {need} and was given {base_name(found)}; give the one it needs")
    classifier = _assemble(base, about)
    _fill(classifier, tensors, path, partly=True)
    return classifier.eval(), about


def _assemble(base: LanguageModel, about: Delta) -> Classifier:
    width, generator = base.body.width, torch.Generator()
    head = new_head(about.head, width, len(about.label_names), generator)
    return swap_head(copy.deepcopy(base), new_pool(about.pool, width, generator), head).classifier


def _base_beside(path: Path, about: Delta) -> LanguageModel:
    file = path.parent / base_name(about.base)
    if not file.is_file():
        raise CheckpointError(f"{path} needs its base {file.name} beside it; put it there or name it by --base")
    return load_base(file)


def _fill(model: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path, *, partly: bool = False) -> None:
    """Copy tensors into the model by name; every new weight must be there, and nothing else."""
    own = model.state_dict()
    missing = [n for n in own if n not in tensors and not (partly and n.startswith("body."))]
    foreign = [n for n, t in tensors.items() if n not in own or own[n].shape != t.shape]
    if missing or foreign:
        raise CheckpointError(f"{path} does not fit this model at {(missing + foreign)[0]}; save it again")
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
        reason = type(error).__name__
        raise CheckpointError(f"{path} is no headswap file or is damaged ({reason}); save it again") from None
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
