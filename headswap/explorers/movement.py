"""Lesson 09: how far each layer moves under a regime, and how much of the language that costs.

What the picture shows is recorded (`benchmarks/moved.py`); `moved` trains one regime live, for the same picture.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any, Final

from ..data.messages import Split
from ..errors import SettingError
from ..metrics.intervals import mean_interval
from ..model.body import LanguageModel
from ..model.classifier import Classifier, put_back
from ..regimes.named import NEW, REGIMES, find_regime
from ..regimes.stages import Regime, Stage
from ..training.events import EpochDone, StageBegan
from ..training.pretrain import perplexity
from ..training.recipe import Recipe
from ..training.run import start_regime
from ..training.spec import Judged, judge
from ..web.moved import Movement
from .controls import choice, stops
from .widget import HERE, Block, Explorer, card, curves, headlines, heat, line

FILE = Path(HERE) / "moved.json"
RATES: Final = (0.0003, 0.001, 0.002, 0.01)
COLUMNS: Final = (1, 2, 3, 5, 10, 15, 20)  # epochs of the picture
FULL_SHADE = 100.0  # per cent of a layer's own length
LOST = 4.0  # times the perplexity before the run: from here on a card warns
AHEAD = 50.0  # times the body's rate: the head of `cosine-head` begins nearly as fast as a probe
STEADY: Final = Regime(
    "cosine-head", "The head learns 50 times faster, along a cosine; the body keeps a small constant rate.",
    (Stage((*((place, AHEAD) for place, _ in NEW), ("everything", 1.0))),), 3e-4, "nothing", schedule="cosine-head",
)  # fmt: skip
TAKEN = ("full", "discriminative", "last-block", "gradual-unfreezing", "lp-ft")
SHOWN: Final[dict[str, Regime]] = {name: REGIMES[name] for name in TAKEN} | {STEADY.name: STEADY}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """One run: how far each layer was from its start after each epoch, and the perplexity, which begins before the run.

    A distance is the length of a layer's change over the length that it began with, ‖Δw‖ / ‖w‖.
    """

    regime: str
    rate: float
    layers: tuple[Mapping[str, float], ...]
    perplexity: tuple[float, ...]
    judged: Judged
    classifier: Classifier = field(compare=False, repr=False)

    @property
    def f1(self) -> float:
        """F1 on the test messages, at the end."""
        return self.judged.metrics.f1


def moved(base: LanguageModel, split: Split, regime: Regime | str, recipe: Recipe | None = None) -> Moved:
    """Train a regime; after each epoch measure how far each layer is from its start, and what is left of the language.

    The language is measured on the validation messages, with the base's own head put back; F1 on the test messages.
    """
    regime, recipe = find_regime(regime), recipe or Recipe()
    model, events = start_regime(base, split, regime, recipe)
    movement, texts = Movement(), [message.text for message in split.validation]
    movement.of(model)
    layers, left = [], [_language(model, base, texts)]
    for event in events:
        if isinstance(event, StageBegan):
            movement.of(model)  # what this stage thaws begins here
        if isinstance(event, EpochDone):
            layers.append({key: share or 0.0 for key, share in movement.of(model).items()})
            left.append(_language(model, base, texts))
    rate = recipe.learning_rate or regime.learning_rate
    return Moved(regime.name, rate, tuple(layers), tuple(left), judge(model, "test", split.test), model)


def _language(model: Classifier, base: LanguageModel, texts: Sequence[str]) -> float:
    return perplexity(put_back(model, base.head), texts)


def at_rate(name: str, rate: float) -> Regime:
    """One of the regimes that the picture shows, at this rate; a probe before it keeps its own."""
    return replace(SHOWN[name], learning_rate=rate)


def row_of(runs: Sequence[Moved]) -> Row:
    """What the picture shows of the runs of one regime at one rate, one for each seed: means, a median, an interval."""
    first, ends = runs[0], [run.perplexity[-1] for run in runs]
    columns = [epoch for epoch in COLUMNS if epoch <= len(first.layers)]
    f1 = mean(run.f1 for run in runs), *mean_interval([run.judged.verdicts for run in runs], "f1")
    return {
        "regime": first.regime,
        "rate": first.rate,
        "seeds": len(runs),
        "f1": [round(number, 4) for number in f1],
        "left": [_short(number) for number in (median(ends), min(ends), max(ends))],
        "ends": [_short(number) for number in ends],
        "epochs": columns,
        "moved": {
            key: [_short(100 * mean(run.layers[epoch - 1][key] for run in runs)) for epoch in columns]
            for key in first.layers[-1]
        },
        "perplexity": [_short(median(of_epoch)) for of_epoch in zip(*(run.perplexity for run in runs), strict=True)],
    }


def _short(number: float) -> float:
    """A number to three digits."""
    return float(f"{number:.3g}")


@cache
def recorded_rows() -> dict[tuple[str, float], Row]:
    """The recorded rows, by regime and rate."""
    return {(row["regime"], row["rate"]): row for row in json.loads(FILE.read_text("utf-8"))}


# ---- the explorers


def movement(*names: str) -> Explorer:
    """How far each layer moves, recorded: choose a regime (of `names`, or of all) and a learning rate."""
    shown = names or tuple(SHOWN)
    unknown = [name for name in shown if name not in SHOWN]
    if unknown:
        raise SettingError(f"regime {unknown[0]!r} was not recorded; choose among {', '.join(SHOWN)}")
    first = shown[0]
    rates = stops("rate", "Learning rate", SHOWN[first].learning_rate, RATES)
    regimes = [choice("regime", "Regime", first, shown)] if shown[1:] else []

    def show(value: Mapping[str, Any]) -> list[Block]:
        name = value.get("regime", first)
        return _blocks(recorded_rows()[name, value["rate"]], _about(name))

    return Explorer("How far each layer moves", [*regimes, rates], show)


def movement_of(runs: Iterable[Moved]) -> Explorer:
    """The same picture of runs that have just been trained, one seed each."""
    rows = {f"{run.regime} at {run.rate:g}": row_of([run]) for run in runs}
    names = list(rows)
    controls = [choice("run", "Run", names[0], names)]
    return Explorer("How far each layer moved", controls, lambda value: _blocks(rows[value["run"]], "Live, one seed."))


def _about(name: str) -> str:
    tuned = SHOWN[name].learning_rate
    known = f"Its usual rate is {tuned:g}." if name in REGIMES else "This one was never tuned."
    return f"{SHOWN[name].summary} {known} Recorded: one body, 3 seeds."


def _blocks(row: Row, about: str) -> list[Block]:
    return [
        headlines(f"After {len(row['perplexity']) - 1} epochs", _cards(row)) | {"note": about},
        _picture(row),
        _course(row),
    ]


def _cards(row: Row) -> list[dict[str, Any]]:
    f1, low, high = row["f1"]
    left, least, most = row["left"]
    before, seeds = row["perplexity"][0], row["seeds"]
    spread = f"the middle of {seeds} seeds, {_told(least)} to {_told(most)}; " if seeds > 1 else ""
    return [
        card("F1, ham or spam", f"{f1:.2f}", f"95 % interval {low:.2f} to {high:.2f}, 160 test messages"),
        card("perplexity, with the old head back on", _told(left),
             f"{spread}it was {before:.1f} before, and 260 means it knows nothing", left > LOST * before),
    ]  # fmt: skip


def _told(number: float) -> str:
    """A perplexity as people write it: 2.3, 16, 1,200."""
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def _picture(row: Row) -> Block:
    """Layers from the head down, epochs from left to right."""
    keys = list(reversed(row["moved"]))
    note = "Each cell: the length of a layer's change, in % of the length it began with."
    return heat(
        "How far from the start", [name_of(key) for key in keys], [str(epoch) for epoch in row["epochs"]],
        [row["moved"][key] for key in keys], FULL_SHADE, "%",
    ) | {"note": note, "subtitle": "in %, epoch by epoch"}  # fmt: skip


def name_of(key: str) -> str:
    """What the machine calls a layer: Head, Norm, Block 2, Block 1, Embeddings."""
    return f"Block {int(key[6:-1]) + 1}" if key.startswith("block[") else NAMES[key]


NAMES = {"head": "Head", "pool": "Pool", "norm": "Norm", "embedding": "Embeddings"}


def _course(row: Row) -> Block:
    """Perplexity by epoch, on an axis whose equal steps are equal factors."""
    path = [*enumerate(row["perplexity"])]
    start = [(0, path[0][1]), (path[-1][0], path[0][1])]
    lines = [line(row["regime"], path), line("before the run", start, True)]
    most = max(260.0, *(row["perplexity"]))
    return curves("Perplexity, epoch by epoch", "epoch", "perplexity", lines, y_range=(1.0, 10 ** _powers(most))) | {
        "y_log": True
    }


def _powers(number: float) -> int:
    """The power of ten that is at least as large as a number."""
    return len(str(int(number)))
