"""How sure a run is, and how sure it should be: what the reliability panel shows of an epoch, as data.

It is computed of what the browser was told, so the numbers are those on the page. Shape letters: N validation messages,
C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..calibration.binning import Bin, ece, reliability, top_label
from ..calibration.floor import Floor, ece_floor
from ..calibration.scores import brier, nll
from ..calibration.temperature import fit_temperature, tempered
from ..errors import SettingError
from ..metrics.thresholds import LEAST
from .told import FIRST, LETTERS, STEP, TAIL, Told, is_tail

LEAST_TOLD = 0.0005  # a run that was recorded without tails: less than half a thousandth was told as 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the probabilities of a run's epoch can be taken at their word, on the validation messages.

    `ece` means little without its `floor`, the error of a perfect model of this size; `nll` is in nats, `brier` goes
    from 0 to 2. All are at `temperature`. `best` is the temperature with the lowest NLL on these very messages, which
    flatters it; None where there is none, such as where every message is right.
    """

    run: int
    epoch: int
    temperature: float
    bins: tuple[Bin, ...]
    ece: float
    floor: Floor
    nll: float
    brier: float
    best: float | None


def calibration_of(told: Told, epoch: int | None = None, temperature: float = 1.0) -> Calibration:
    """What a run's probabilities are worth after an epoch, the last one by default, divided by a temperature."""
    if not told.epochs:
        raise SettingError(f"run {told.head['id']} has no epoch yet; train it first")
    number = len(told.epochs) if epoch is None else epoch
    if not 1 <= number <= len(told.epochs):
        raise SettingError(f"epoch is {number}; run {told.head['id']} has epochs from 1 to {len(told.epochs)}")
    rows = rows_told(told.epochs[number - 1], len(told.head["label_names"]))
    labels = [int(digit) for digit in told.head["truths"][: len(rows)]]
    logits = np.log(np.maximum(rows, LEAST))
    return _measured(told.head["id"], number, temperature, logits, labels)


def _measured(run: int, epoch: int, temperature: float, logits: np.ndarray, labels: Sequence[int]) -> Calibration:
    rows = tempered(logits, temperature)
    stated = top_label(rows, labels)
    try:
        best = fit_temperature(logits, np.asarray(labels))
    except SettingError:  # one class, all right, or no better than none
        best = None
    return Calibration(run, epoch, temperature, reliability(stated), ece(stated), ece_floor(stated.chance),
                       nll(rows, labels), brier(rows, labels), best)  # fmt: skip


def rows_told(epoch: Mapping[str, Any], classes: int) -> np.ndarray:
    """The probabilities (N, C) of an epoch, from what the browser was told of it."""
    told = np.array(epoch["p"], dtype=float)  # (N,) of two classes, else (N * C,)
    near = told > 500 if classes == 2 else np.zeros(len(told), dtype=bool)
    side = np.where(near, 1000 - told, told) / 1000  # the smaller share of two
    far = np.flatnonzero(is_tail(told, classes))
    tails = _tails(epoch.get("tails", ""))
    side[far] = tails if len(tails) else np.maximum(side[far], LEAST_TOLD)
    if classes == 2:
        return np.where(near[:, None], np.stack([side, 1 - side], 1), np.stack([1 - side, side], 1))
    shares = side.reshape(-1, classes)
    for row, said in zip(shares, map(int, epoch["said"]), strict=True):
        others = np.delete(row, said)
        likely = 1 - others.sum() if row[said] > 1 - TAIL / 1000 else row[said]
        row[said] = max(likely, others.max() * (1 + 1e-9))  # who was said is the likeliest, also by thousandths
    return shares / shares.sum(1, keepdims=True)


def _tails(letters: str) -> np.ndarray:
    levels = [64 * LETTERS.index(one) + LETTERS.index(other) for one, other in zip(*[iter(letters)] * 2, strict=True)]
    return np.exp(-FIRST - STEP * np.array(levels, dtype=float))
