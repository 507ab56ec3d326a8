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
from .controls import choice, slider, text
from .widget import Block, Explorer, card, cloud, curves, folded, headlines, line, table, tape, words

LINES = ("mean of the real bytes", "mean of every position", "last real byte", "last position")
MASKED = LINES[::2]
POOLED = {"mean": (0, 1), "last byte": (2, 3)}  # the lines of a pool, with its mask and without
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
        choice("pool", "Pool", "mean", [*POOLED]),
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
        return [words("What moved", f"The model can't read this: {error}.")]
    if not ids:
        return [words("What moved", "Type at least one character.")]
    found, side, count = read(ids, value["side"]), value["side"], min(int(value["pads"]), most - len(ids))
    pair = POOLED[value["pool"]]
    drawn = [line(LINES[i], list(enumerate(found[i])), LINES[i] not in MASKED) for i in pair]
    now = [(count, found[pair[1]][count], "now")]
    axis = f"pads on the {side} (number)"
    return [
        tape("What the model reads", _cells(ids, count, side)),
        headlines("The verdict", [_card(LINES[i], found[i], count) for i in pair]),
        curves("P(spam) for every number of pads", axis, "P(spam)", drawn, now, y_range=(0.0, 1.0)),
        words("What moved", " ".join(_moved(LINES[i], found[i]) for i in pair)),
        folded(table("Verdicts", ["pool", "no pads", f"pads: {count}", "verdict"], _verdicts(found, count))),
    ]


def _cells(ids: Sequence[int], count: int, side: str) -> list[dict[str, str]]:
    real = [{"top": glyph(i), "bottom": str(i), "kind": "byte"} for i in ids]
    blank = [{"top": "pad", "bottom": str(PAD), "kind": "pad"}] * count
    return real + blank if side == "right" else blank + real


def _card(name: str, ps: Sequence[float], count: int) -> dict[str, Any]:
    """The verdict beside `count` pads; loud where it is another than without them."""
    before, now = _verdict(ps[0]), _verdict(ps[count])
    says = f"P(spam) {ps[count]:.2f}"
    if count:
        says += f", {ps[0]:.2f} without pads" if abs(ps[count] - ps[0]) >= 0.005 else ", as without pads"
    flipped = now != before
    which = "pads left out" if name in MASKED else "pads counted as bytes"
    return card(f"{which}: {name}", now.upper(), f"flipped from {before}: {says}" if flipped else says, flipped)


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
        return f"With the {name}, P(spam) stays put."
    turned = f"and the verdict flips at pad {flip}" if flip else "and the verdict stays"
    return f"With the {name}, P(spam) moves by up to {far:.2f} {turned}."


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
    """How far two classes of points (N, D) lie apart: the distance of their means over their common spread."""
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
    row = ["distance of means ÷ spread", round(before, 2), round(now, 2)]
    says = _drift(float((run[epoch] - run[0]).abs().max()), now / before)
    return [
        headlines("How far apart", [card("distance of the classes ÷ their spread", f"{now:.2f}", says)]),
        cloud(f"{len(labels)} messages after epoch {epoch}", groups),
        folded(table("How far the classes lie apart", ["", "epoch 0", f"epoch {epoch}"], [row])),
    ]


def _drift(far: float, ratio: float) -> str:
    if far == 0.0:
        return "Not one vector has moved."
    return f"The vectors have moved: the classes lie {ratio:.1f} times as far apart as before training."
