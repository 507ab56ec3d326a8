"""One vector per message: what pads do to it, and where the vectors of two classes lie.

Shape letters: N messages, B batch, T bytes, D width.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import torch

from ..data.messages import Split
from ..data.tokenizer import PAD, ByteTokenizer
from ..errors import DataError, SettingError
from ..live.watch import directions, vectors
from ..model.body import LanguageModel, LMBody
from ..model.classifier import Classifier
from ..training.events import EpochDone
from ..training.recipe import Recipe
from ..training.run import encode, start_regime
from ..web.glyphs import glyph
from .widget import Block, Explorer, choice, cloud, curves, line, slider, table, tape, text, words

LINES = ("mean of the real bytes", "mean of every position", "last real byte", "last position")
MASKED = LINES[::2]
Readings = tuple[tuple[float, ...], ...]  # P(spam) per line of LINES, from no pad to as many as fit


# ---- pads


def pads(mean: Classifier, last: Classifier, message: str = "Our records say") -> Explorer:
    """P(spam) of one message while pads are put beside it: pooled with its mask, and as if pads were bytes.

    `mean` and `last` are classifiers with those pools, trained head-only from one base, so that the body is the same.
    """
    if not all(map(torch.equal, mean.body.parameters(), last.body.parameters())):
        raise SettingError("the two classifiers have different bodies; train both head-only from the same base")
    most = _bytes_read(mean)
    controls = [
        text("text", "Your message", message),
        slider("pads", "Pads beside it", 0, 0, most - 1, unit="pads"),
        choice("side", "Side", "right", ["right", "left"]),
    ]
    read = lru_cache(64)(partial(readings, mean, last))
    return Explorer("Pads", controls, partial(_show_pads, read, most))


def _bytes_read(model: Classifier) -> int:
    assert isinstance(model.body, LMBody)
    return model.body.config.max_len


@torch.inference_mode()
def readings(mean: Classifier, last: Classifier, ids: tuple[int, ...], side: str) -> Readings:
    """P(spam) of one message beside 0, 1, 2 … pads, a run of the model for each, by the four ways of LINES."""
    rows = []
    for count in range(_bytes_read(mean) - len(ids) + 1):
        blank = [PAD] * count
        batch = torch.tensor([[*ids, *blank] if side == "right" else [*blank, *ids]])  # (1, T)
        mask = batch != PAD
        hidden = mean.body(batch, mask)  # (1, T, D)
        rows.append([_spam(m, hidden, seen) for m in (mean, last) for seen in (mask, torch.ones_like(mask))])
    return tuple(zip(*rows, strict=True))


def _spam(model: Classifier, hidden: torch.Tensor, mask: torch.Tensor) -> float:
    """P(spam) of hidden states (1, T, D); a mask of ones takes every pad for a byte."""
    return float(model.head(model.pool(hidden, mask)).softmax(1)[0, 1])


def _show_pads(read: Callable[[tuple[int, ...], str], Readings], most: int, value: Mapping[str, Any]) -> list[Block]:
    try:
        ids = tuple(ByteTokenizer().encode(value["text"], most))
    except DataError as error:
        return [words("What moved", f"This is no text: {error}.")]
    if not ids:
        return [words("What moved", "Type at least one character.")]
    found, side, count = read(ids, value["side"]), value["side"], min(int(value["pads"]), most - len(ids))
    drawn = [line(name, list(enumerate(ps)), name not in MASKED) for name, ps in zip(LINES, found, strict=True)]
    now = [(count, found[1][count], "now")]
    axis = f"pads on the {side} (number)"
    return [
        tape("What the model reads", _cells(ids, count, side)),
        table("Verdicts", ["pool", "no pads", f"pads: {count}", "verdict"], _verdicts(found, count)),
        curves("P(spam) for every number of pads", axis, "P(spam)", drawn, now, y_range=(0.0, 1.0)),
        words("What moved", " ".join(map(_moved, LINES, found))),
    ]


def _cells(ids: Sequence[int], count: int, side: str) -> list[dict[str, str]]:
    real = [{"top": glyph(i), "bottom": str(i), "kind": "byte"} for i in ids]
    blank = [{"top": "pad", "bottom": str(PAD), "kind": "pad"}] * count
    return real + blank if side == "right" else blank + real


def _verdicts(found: Readings, count: int) -> list[list[str]]:
    return [
        [name, f"{ps[0]:.2f}", f"{ps[count]:.2f}", _verdict(ps[count])] for name, ps in zip(LINES, found, strict=True)
    ]


def _verdict(spam: float) -> str:
    return "spam" if spam >= 0.5 else "ham"


def _moved(name: str, ps: Sequence[float]) -> str:
    flip = next((k for k, p in enumerate(ps) if _verdict(p) != _verdict(ps[0])), None)
    far = max(ps) - min(ps)
    if far < 1e-5:
        return f"The {name} stands still."
    turned = f"and changes its verdict at pad {flip}" if flip else "and keeps its verdict"
    return f"The {name} moves by up to {far:.2f} {turned}."


# ---- clouds


def pooled(runs: Mapping[str, Sequence[torch.Tensor]], labels: Sequence[int]) -> Explorer:
    """Pooled vectors as points, class by class: before training at epoch 0, then after each epoch of a run.

    `runs` holds vectors (N, D) per epoch by the run's name. The two directions are those in which the vectors of
    epoch 0 spread most; they stay, so that what moves is the vectors.
    """
    names = [*runs]
    last = max(map(len, runs.values())) - 1
    controls = [choice("run", "Run", names[-1], names), slider("epoch", "Epoch", 0, 0, last)]
    return Explorer("Pooled vectors", controls, partial(_show_cloud, runs, torch.tensor(labels)))


def snapshots(base: LanguageModel, split: Split, regime: str, recipe: Recipe | None = None) -> list[torch.Tensor]:
    """The pooled vectors (N, D) of the validation messages before a run and after each of its epochs."""
    model, events = start_regime(base, split, regime, recipe or Recipe())
    data = encode(split.validation, model)
    if data is None:
        raise SettingError("the split has no validation messages; give at least a few to watch")
    return [vectors(model, data)] + [vectors(model, data) for event in events if isinstance(event, EpochDone)]


def apart(x: torch.Tensor, labels: torch.Tensor) -> float:
    """How far two classes of points (N, D) stand apart: the distance of their means over their common spread."""
    ham, spam = x[labels == 0], x[labels == 1]
    spread = (ham.var(0).sum() + spam.var(0).sum()).sqrt()
    return float((ham.mean(0) - spam.mean(0)).norm() / spread)


def _show_cloud(
    runs: Mapping[str, Sequence[torch.Tensor]], labels: torch.Tensor, value: Mapping[str, Any]
) -> list[Block]:
    run = runs[value["run"]]
    epoch = min(int(value["epoch"]), len(run) - 1)
    axes, centre = directions(run[0]), run[0].mean(0)
    flat = [(x - centre) @ axes.T for x in (run[0], run[epoch])]  # (N, 2)
    groups = [
        (name, mark, [(x, y) for x, y in flat[1][labels == c].tolist()])
        for c, (name, mark) in enumerate((("ham", "circle"), ("spam", "triangle")))
    ]
    before, now = (apart(points, labels) for points in flat)
    columns = ["", "epoch 0", f"epoch {epoch}"]
    return [
        cloud(f"{len(labels)} messages after epoch {epoch}", groups),
        table(
            "How far the classes stand apart",
            columns,
            [["distance of means ÷ spread", round(before, 2), round(now, 2)]],
        ),
        words("What moved", _drift(float((run[epoch] - run[0]).abs().max()), now / before)),
    ]


def _drift(far: float, ratio: float) -> str:
    if far == 0.0:
        return "Not one vector has moved."
    return f"The vectors have moved; the classes stand {ratio:.1f} times as far apart as at the start."
