"""What the lab sees of a run: pooled vectors as moving points, and how much of the language is left.

Shape letters: N validation messages, D width.
"""

from __future__ import annotations

import torch

from ..data.batches import ClassificationDataset, ordered_batches
from ..model.body import LanguageModel
from ..model.classifier import Classifier, put_back
from ..training.loop import EVALUATION_BATCH
from ..training.pretrain import perplexity
from ..training.run import encode
from ..web.moved import Movement
from ..web.numbers import short
from .runs import Prepared

GAUGE_TEXTS = 16  # enough for a gauge, of 160 and more that an epoch reads
Frame = tuple[torch.Tensor, torch.Tensor, float]  # centre (D,), directions (2, D), scale


class Watch:
    """Looks at a run from outside: pooled vectors as points, and how much of the language is left.

    The pooled vectors (N, D) are those that the loop's own validation pass hands to the head, so looking is free.
    """

    def __init__(self, model: Classifier, prepared: Prepared, *, speaks: bool = True) -> None:
        self.model, self.base, self.split = model, prepared.base, prepared.split
        data = encode(self.split.validation, model, len(self.split.label_names))
        assert data is not None
        self.order = torch.cat(ordered_batches(data.lengths, EVALUATION_BATCH)).argsort()
        self.seen: list[torch.Tensor] = []
        self.speaks, self.kept = speaks and isinstance(self.base, LanguageModel), prepared.kept
        # A random body never knew the language, and one of images has none.
        self.latest: float | None = self.kept.get("perplexity") if self.speaks else float("nan")
        same = speaks and not list(model.pool.parameters())  # else the seed is in it
        frame = self.kept.get(type(model.pool).__name__) if same else None
        self.frame: Frame = frame or frame_of(vectors(model, data))
        if same:
            self.kept[type(model.pool).__name__] = self.frame
        self.movement = Movement()
        self.movement.of(model)
        self.handle = model.head.register_forward_pre_hook(self._see)

    def _see(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if not module.training:
            self.seen.append(inputs[0].detach())

    def points(self) -> list[int]:
        """x and y of each validation message in turn, thousandths of the frame fixed at the start.

        An answer to the learner's text passes the head too, but after this: the validation pass is what came last.
        """
        batches, self.seen = self.seen, []
        if sum(map(len, batches)) < len(self.order):
            return []
        rows = torch.cat(batches)[-len(self.order) :]  # (N, D)
        centre, axes, scale = self.frame
        xy = (rows[self.order] - centre) @ axes.T * (1000 / scale)  # (N, 2)
        return xy.clamp(-1000, 1000).round().int().flatten().tolist()

    def moved(self) -> dict[str, float]:
        """How far each layer is from where it began, as a share of its length; layers that stand still are left out."""
        return {key: far for key, moved in self.movement.of(self.model).items() if moved and (far := short(moved))}

    def before(self) -> float:
        """The language model's perplexity on the untouched base, measured once."""
        if self.latest is None:
            self.latest = self.kept["perplexity"] = self._measured()
        return self.latest

    def perplexity(self) -> float:
        """The language model's perplexity with the body as it is now."""
        if self.speaks and any(p.requires_grad for p in self.model.body.parameters()):
            self.latest = self._measured()
        return self.before()

    def _measured(self) -> float:
        assert isinstance(self.base, LanguageModel)
        texts = [message.text for message in self.split.validation[:GAUGE_TEXTS]]
        return perplexity(put_back(self.model, self.base.head), texts)


@torch.no_grad()
def vectors(model: Classifier, data: ClassificationDataset) -> torch.Tensor:
    """What the head sees: one vector per message, (N, D)."""
    model.eval()
    return model.features(*data.rows.tensors)


def directions(x: torch.Tensor) -> torch.Tensor:
    """The two directions (2, D) in which vectors (N, D) spread most, each with its largest part positive."""
    axes = torch.linalg.svd((x - x.mean(0)).double(), full_matrices=False).Vh[:2]
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return (axes * largest.sign()).to(x.dtype)


def frame_of(x: torch.Tensor) -> Frame:
    """Where to stand to see vectors (N, D): their centre, main directions, and a scale that leaves room to move."""
    centre, axes = x.mean(0), directions(x)
    spread = ((x - centre) @ axes.T).abs()
    return centre, axes, float(1.5 * spread.quantile(0.98)) or 1.0
