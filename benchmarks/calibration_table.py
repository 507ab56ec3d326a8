"""The tables of `benchmarks.calibration`: means over seeds, and differences on the same messages with intervals."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import cast

import numpy as np

from benchmarks.calibration import TOO_SURE, USUAL, Seed
from benchmarks.calibration_picture import Rows, picture
from headswap.calibration.binning import Labels, ece, equal_mass, top_label
from headswap.calibration.floor import ece_floor
from headswap.calibration.paired import Claims, Difference, bootstrap_difference, mean_difference
from headswap.calibration.scores import brier, brier_each, nll, nll_each, right_each
from headswap.files import write_atomically
from headswap.metrics.measure import measure
from headswap.results.figures import save_figure

FIGURE = Path(__file__).parents[1] / "figures" / "calibration.txt"
DRAWS = 300
HEAD = (
    "Every seed has its own body, first stage and second stages. ECE: of the chosen class, in 15 bins of equal width.",
    "Floor: the ECE that luck gives a perfectly calibrated model with the same probabilities. Then the ECE in bins of",
    "equal mass. NLL is in nats; Brier is summed over the classes. Differences are paired over messages and seeds and",
    "have 95 % intervals; one that holds 0 could be luck. Lower is better for all but accuracy and F1. AUROC and FPR:",
    "how well a score tells the test messages from strange ones, and how many of those pass where 95 % of the test do.",
)
COLUMNS = ("accuracy", "F1", "NLL", "Brier", "ECE", "floor", "equal mass")
Tables = dict[tuple[str, str], Sequence[Seed]]


def top_ece(probabilities: np.ndarray, labels: Labels) -> float:
    """The ECE of the tables."""
    return ece(top_label(probabilities, labels))


def claims(seed: Seed, method: str) -> Claims:
    """What a method said at a seed, for pairing."""
    return Claims(tuple(seed.keys), np.array(seed.labels), np.array(seed.said[method].probabilities))


def numbers(seed: Seed, method: str) -> dict[str, float]:
    """A row of the table at one seed."""
    one = claims(seed, method)
    chances, labels = one.probabilities, seed.labels
    stated, found = top_label(chances, labels), measure(labels, chances.argmax(1).tolist(), chances.shape[1])
    return {
        "accuracy": found.accuracy, "F1": found.f1, "NLL": nll(chances, labels), "Brier": brier(chances, labels),
        "ECE": ece(stated), "floor": ece_floor(stated.chance, draws=DRAWS).mean,
        "equal mass": ece(stated, edges=equal_mass),
    }  # fmt: skip


def differences(seeds: Sequence[Seed], method: str, rival: str) -> dict[str, Difference]:
    """How much higher a method's numbers are than a rival's."""
    pairs = [(claims(seed, method), claims(seed, rival)) for seed in seeds]
    means = {"accuracy": right_each, "NLL": nll_each, "Brier": brier_each}
    found = {name: mean_difference(pairs, each) for name, each in means.items()}
    return found | {"ECE": bootstrap_difference(pairs, top_ece, DRAWS)}


def block(name: str, base: str, seeds: Sequence[Seed]) -> tuple[list[str], dict[str, object]]:
    """A base's tables and their numbers."""
    methods = list(seeds[0].said)
    rows = {method: [numbers(seed, method) for seed in seeds] for method in methods}
    lines = ["", f"{name}, {base} base, {len(seeds)} seeds, {len(seeds[0].labels):,} test messages", _titles(COLUMNS)]
    lines += [_line(m, [f"{mean(row[c] for row in rows[m]):.3f}" for c in COLUMNS]) for m in methods]
    heats = [heat for seed in seeds if (heat := seed.said["temperature"].temperature) is not None]
    lines.append(f"fitted temperatures: {min(heats):.2f} to {max(heats):.2f}, mean {mean(heats):.2f}")
    told: dict[str, object] = {"seeds": rows, "temperatures": heats}
    for rival in ("base", "temperature"):
        apart = {m: differences(seeds, m, rival) for m in methods if m != rival}
        lines += ["", _titles(tuple(f"{column} minus {rival}'s" for column in ("accuracy", "NLL", "Brier", "ECE")), 28)]
        lines += [_line(m, [_interval(one) for one in row.values()], 28) for m, row in apart.items()]
        told[f"minus {rival}"] = apart
    more, told["strangers"] = strangers(seeds)
    return lines + more, told


def strangers(seeds: Sequence[Seed]) -> tuple[list[str], dict[str, dict[str, list[float]]]]:
    """AUROC, and false alarms where 95 % of the test pass, for each method, score and strange set: means over seeds."""
    sets = tuple(seeds[0].said["base"].strangers)
    lines = ["", _titles([f"{what}, {name}" for what in ("AUROC", "FPR") for name in sets], 17)]
    told: dict[str, dict[str, list[float]]] = {}
    for method, said in seeds[0].said.items():
        for score in said.strangers[sets[0]]:
            both = np.array([[seed.said[method].strangers[name][score] for name in sets] for seed in seeds])
            label = f"{method}, {score}"
            told[label] = {name: both[:, i, 0].tolist() for i, name in enumerate(sets)}
            cells = [f"{both[:, i, side].mean():.3f}" for side in (0, 1) for i in range(len(sets))]
            lines.append(_line(label, cells, 17))
    return lines, told


def write(found: Tables) -> None:
    """Print the tables, and keep them, their numbers and their picture."""
    made = {key: block(*key, seeds) for key, seeds in found.items()}
    lines = [*HEAD, *(line for one, _ in made.values() for line in one)]
    print("\n".join(lines))
    write_atomically(FIGURE, ("\n".join(lines) + "\n").encode())
    rows = {key: numbers["seeds"] for key, (_, numbers) in made.items()}
    save_figure(picture(cast(Mapping[tuple[str, str], Rows], rows), (USUAL, TOO_SURE)), FIGURE.with_suffix(".svg"))
    told = {f"{name}, {base}": numbers for (name, base), (_, numbers) in made.items()}
    write_atomically(FIGURE.with_suffix(".json"), f"{json.dumps(_rounded(told), indent=1)}\n".encode())


def _titles(columns: Sequence[str], width: int = 12) -> str:
    return " " * 24 + "".join(column.rjust(width) for column in columns)


def _line(label: str, cells: Sequence[str], width: int = 12) -> str:
    return label.ljust(24) + "".join(cell.rjust(width) for cell in cells)


def _interval(difference: Difference) -> str:
    middle, (low, high) = difference
    return f"{middle:+.3f} [{low:+.3f}, {high:+.3f}]"


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 5) if isinstance(value, float) else value
