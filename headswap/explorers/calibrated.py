"""Lesson 12: is a model as often right as it is sure? Its claims in bins, a temperature to slide, and other heads.

What is shown is recorded (`benchmarks/calibrated.py`): a body, a base and its second heads for each seed.
Shape letter: N messages.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..calibration.binning import Stated, ece, top_label
from ..calibration.floor import Floor, ece_floor
from ..calibration.scores import nll
from ..calibration.temperature import fit_temperature, tempered
from .controls import choice, slider, stops
from .widget import HERE, Block, Explorer, card, curves, folded, headlines, line, reliability, table

FILE = Path(HERE) / "calibrated.json"
PRECISION = 0.01  # of a recorded number
# What a learner reads of a base and of a head, by the name under which it is recorded.
MODELS: Final = {
    "far too long": ("over-trained", "160 messages, 100 epochs, no weight decay"),
    "as usual": ("usual", "640 messages, 20 epochs"),
}
HEADS: Final = {"its own": "base", "new, linear": "reinit-linear", "new, TST": "tst", "new, V-TST": "v-tst"}
COLDEST, HOTTEST, SURE, DRAWS = 0.5, 8.0, 0.99, 300


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Recorded log-odds of spam (N,) and labels (N,)."""

    odds: np.ndarray
    labels: np.ndarray

    @property
    def logits(self) -> np.ndarray:
        """Logits (N, 2) with these odds."""
        return np.stack([np.zeros_like(self.odds), self.odds], 1)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a base and the heads on it said, by head: of the validation messages, and of the test messages.

    `strange` has, for test messages and each set of strangers, three numbers for each message.
    """

    base: str
    seed: int
    validation: Mapping[str, Part]
    test: Mapping[str, Part]
    strange: Mapping[str, Mapping[str, np.ndarray]]


@cache
def recorded_runs() -> tuple[Run, ...]:
    """The recorded runs, base by base and seed by seed."""
    return tuple(_run(row) for row in json.loads(FILE.read_text("utf-8")))


def _run(row: Mapping[str, Any]) -> Run:
    labels = {name: np.array([*map(int, text)]) for name, text in row["labels"].items()}
    validation, test = ({head: Part(_numbers(said[name]), labels[name]) for head, said in row["odds"].items()}
                        for name in ("validation", "test"))  # fmt: skip
    strange = {name: {key: _numbers(text) for key, text in scores.items()} for name, scores in row["strange"].items()}
    return Run(row["base"], row["seed"], validation, test, strange)


def _numbers(text: str) -> np.ndarray:
    return np.frombuffer(b64decode(text), "<i2") * PRECISION


def run_of(model: str, seed: int) -> Run:
    """The recorded run of a base, as a learner calls it, and a seed."""
    return next(run for run in recorded_runs() if (run.base, run.seed) == (MODELS[model][0], seed))


def calibrated() -> Explorer:
    """How often a model is right, by how sure it is: slide the temperature, or give the same body a new head."""
    seeds = sorted({run.seed for run in recorded_runs()})
    controls = [
        choice("model", "Trained", next(iter(MODELS)), [*MODELS]),
        choice("head", "Head", next(iter(HEADS)), [*HEADS]),
        slider("temperature", "Temperature", 1.0, COLDEST, HOTTEST, 0.1),
        stops("seed", "Seed", seeds[0], seeds),
    ]
    return Explorer("How sure, how often right?", controls, _show)


def _show(value: Mapping[str, Any]) -> list[Block]:
    model, seed, heat = value["model"], int(value["seed"]), float(value["temperature"])
    run, head = run_of(model, seed), HEADS[value["head"]]
    now, was = judged(run, head, heat), judged(run, "base", 1.0)
    return [
        _told(now, MODELS[model][1]),
        reliability("How often it's right", now.stated, now.error, now.floor, was.stated if now is not was else None),
        _valley(run.validation[head], heat),
        folded(_all(run)),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a head claims of the test messages at a temperature, and how good that is."""

    stated: Stated
    error: float
    floor: Floor
    loss: float


@lru_cache(maxsize=128)
def judged(run: Run, head: str, heat: float) -> Judged:
    """A head of a run at a temperature, on the test messages."""
    part = run.test[head]
    chances = tempered(part.logits, heat)
    stated = top_label(chances, part.labels)
    return Judged(stated, ece(stated), ece_floor(stated.chance, draws=DRAWS), nll(chances, part.labels))


@lru_cache(maxsize=64)
def best_temperature(part: Part) -> float:
    """The temperature that suits these messages best."""
    return fit_temperature(part.logits, part.labels)


def _told(now: Judged, about: str) -> Block:
    sure = now.stated.chance >= SURE
    many = int(sure.sum())
    right = float(now.stated.true[sure].sum()) / max(1, many)
    name = "at least 99 % sure, and right"
    surest = card(name, f"{100 * right:.0f} of 100", f"{many:,} of {len(sure):,} messages", right < SURE - 0.02)
    if not many:
        surest = card(name, "no message", "it's never that sure")
    luck = now.floor.explains(now.error)
    off = card("calibration error", f"{100 * now.error:.1f} %",
               f"luck alone: up to {100 * now.floor.interval[1]:.1f} %", not luck)  # fmt: skip
    right_of_all = f"{100 * now.stated.true.mean():.1f} % of them right at any temperature"
    note = f"Recorded, not live: {about}. Judged on {len(sure):,} fresh messages, {right_of_all}."
    return headlines("In short", [surest, off]) | {"note": note}


def _valley(part: Part, heat: float) -> Block:
    """The validation messages' cross-entropy at every temperature, with the chosen and the best one."""
    places = np.geomspace(COLDEST, HOTTEST, 40)
    points = [(float(T), nll(tempered(part.logits, T), part.labels)) for T in places]
    best = best_temperature(part)
    marks = [(best, nll(tempered(part.logits, best), part.labels), f"best: {best:.1f}"),
             (heat, nll(tempered(part.logits, heat), part.labels), "now")]  # fmt: skip
    top = min(max(y for _, y in points), 3 * marks[0][1])
    note = (
        f"These {len(part.labels)} validation messages choose the temperature; the picture above judges it on others."
    )
    return curves("Which temperature fits?", "temperature", "cross-entropy (nats)",
                  [line("validation", points)], marks, (COLDEST, HOTTEST), (0.0, top)) | {"note": note}  # fmt: skip


def _all(run: Run) -> Block:
    """Every head as it is and at its best temperature, on the test messages."""
    rows = []
    for name, head in HEADS.items():
        best = best_temperature(run.validation[head])
        for heat in (1.0, best):
            one = judged(run, head, heat)
            rows.append((name, f"{heat:.2f}", *(f"{100 * x:.1f} %" for x in (one.stated.true.mean(), one.error)),
                         f"{100 * one.floor.mean:.1f} %", f"{one.loss:.3f}"))  # fmt: skip
    columns = ["head", "temperature", "right", "calibration error", "luck alone, mean", "cross-entropy"]
    return table(f"All heads, seed {run.seed}", columns, rows)
