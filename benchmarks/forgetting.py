"""`python -m benchmarks.forgetting`: what each regime forgets of the language, on own and shifted texts.

Every regime that starts from a pretrained body, at the rate it brings, on 640 practice messages; a seed draws the body,
its messages and the run. The language model's own head is put back before the run, after it, and once more when what
was inserted has been taken off again. Finished runs are kept, and the next call does the rest. The tables go to
figures/forgetting.txt, the runs to the record that lesson 11's explorer shows.
"""

import argparse
import json
import math
import pickle
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any, cast

from headswap.data import fixture
from headswap.data.messages import Message
from headswap.data.sources import FixtureData, split_of
from headswap.exercises.forgetting import PULL
from headswap.exercises.yours_forgetting import pulled_back
from headswap.explorers.forgetting import FILE
from headswap.files import cache_folder, write_atomically
from headswap.metrics.intervals import Verdicts, mean_interval, paired_difference, student
from headswap.model.body import LanguageModel
from headswap.model.classifier import Classifier, put_back
from headswap.model.drift import WHOLE, drift
from headswap.model.precision import one_thread
from headswap.regimes.named import AFTER, in_groups
from headswap.results.executors import processes
from headswap.results.forgetting import forgotten, without_inserts
from headswap.training.pretrain import Schooling, generate
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime
from headswap.training.spec import judge, source_hash

from .report import aligned

Pair = tuple[float, float]  # on own texts, and on shifted ones
FIGURE = Path(__file__).parents[1] / "figures" / "forgetting.txt"
UNREAD, TEXTS, FRESH = 20_000, 400, 2_000  # practice messages from there on are read by nobody here
DATA = FixtureData(fresh=FRESH)
BABBLE = (0, 1, 2)  # seeds of the texts that a model is asked to write
LANGUAGE = (
    "Perplexity with the language model's own head put back: how many bytes it hesitates between, on 400 unread",
    "practice messages, and on 400 of the shifted wording. Before the run, after it (the geometric mean over 5 seeds,",
    "with a 95 % interval for the luck of the seeds), and when what was inserted is taken off. Unchanged: in how many",
    "seeds body and perplexities are then what they were, bit for bit. Each seed has a body of its own.",
)
SPAM = (
    "F1 after the same runs, on 2,000 fresh test messages and on 2,000 of the shifted wording: means over the seeds",
    "with 95 % intervals. Minus full: paired over seeds and messages; where the interval holds 0 it could be luck.",
)
FAR = (
    "How far each place of the body moved, in % of the length that it began with: means over the seeds. Body: all of",
    "it together. What is new, the head and what was inserted, is not in here.",
)
PULLED = (
    "L2-SP: full, with a penalty in its loss, strength / 2 times the squared distance of the body from where it began.",
    "The same seeds, bodies and messages; lesson 11 builds it. Halved: in how many seeds the perplexity on own texts",
    "is less than half of full's.",
)
# A random body had no language to lose; what tst and its like do to the body, `full` does: their first stage is one.
REGIMES = [regime.name for regime in in_groups() if regime.body != "random" and regime.group != AFTER]
STRENGTHS = {regime.name: regime for regime in (pulled_back(PULL.reference, one) for one in (0.01, 0.1, 1.0))}
PLACES = ("embedding", "block[0]", "block[1]", "norm", WHOLE)


@dataclass(frozen=True, slots=True)
class Forgot:
    """One run: perplexities on own and shifted texts before, after, and with inserts off; how far each place moved.

    `exact` says whether body and perplexities are bit for bit those of before, once inserts are off. F1 is on fresh
    test messages of the own wording, and of the shifted one. `babble` is what the model writes before, after, and with
    inserts off.
    """

    regime: str
    seed: int
    before: Pair
    after: Pair
    off: Pair
    moved: dict[str, float]
    exact: bool
    learning: int
    f1: Pair
    verdicts: tuple[Verdicts, Verdicts]
    babble: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@cache
def texts() -> tuple[list[str], list[str]]:
    """Unread messages of the body's own domain, and of the shifted one."""
    own = fixture.messages(UNREAD + TEXTS)[UNREAD:]
    return [message.text for message in own], [message.text for message in shifted()[:TEXTS]]


@cache
def shifted() -> list[Message]:
    """Messages of the shifted wording, which no body has read."""
    return fixture.messages(FRESH, seed=1, shift=1.0)


@lru_cache(maxsize=1)
def schooled(seed: int) -> LanguageModel:
    """The base of a seed, which its regimes share."""
    return cast(LanguageModel, Schooling().base(split_of(DATA, seed), seed))


def forgot(regime: str, seed: int) -> Forgot:
    """Train one run and ask it about the language."""
    with one_thread():
        split, base = split_of(DATA, seed), schooled(seed)
        history = run_regime(base, split, STRENGTHS.get(regime, regime), Recipe(seed=seed))
        model = history.classifier
        judged = judge(model, "balanced", split.test), judge(model, "shifted", shifted())
        own, other = (forgotten(model, base, some) for some in texts())
        far = drift(model, base)
        bare = Classifier(without_inserts(model), model.pool, model.head)
        babble = babbled(base), babbled(put_back(model, base.head)), babbled(put_back(bare, base.head))
    off = own.off, other.off
    exact = far["body"] == 0.0 and off == (own.before, other.before)
    return Forgot(
        regime, seed, (own.before, other.before), (own.after, other.after), off, far, exact, history.learning,
        (judged[0].metrics.f1, judged[1].metrics.f1), (judged[0].verdicts, judged[1].verdicts), babble,
    )  # fmt: skip


def babbled(model: LanguageModel) -> tuple[str, ...]:
    """What a language model writes when nobody asks it anything."""
    return tuple(generate(model, seed=seed) for seed in BABBLE)


def place(task: tuple[str, int]) -> Path:
    """Where a finished run is kept: apart for every version of the code that makes the numbers."""
    return cache_folder() / "forgetting" / source_hash()[:12] / f"{task[0]}-{task[1]}.pickle"


def work(task: tuple[str, int]) -> None:
    """Do one run and keep what it came to."""
    place(task).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place(task), pickle.dumps(forgot(*task)))


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """The geometric mean of perplexities and its 95 % interval over the seeds."""
    logs = [math.log(value) for value in values]
    half = student(len(logs) - 1) * stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.inf
    return math.exp(mean(logs)), math.exp(mean(logs) - half), math.exp(mean(logs) + half)


def by_regime(found: Sequence[Forgot]) -> dict[str, list[Forgot]]:
    """The runs of each regime, by seed."""
    return {name: [one for one in found if one.regime == name] for name in dict.fromkeys(one.regime for one in found)}


def language(found: Sequence[Forgot]) -> list[str]:
    """What is left of the language, a regime in each line."""
    lines: list[tuple[str, ...]] = [
        ("regime", "own: before", "after", "off", "shifted: before", "after", "off", "unchanged")
    ]
    for name, runs in by_regime(found).items():
        cells = [cell for which in (0, 1) for cell in (
            f"{spread([run.before[which] for run in runs])[0]:.2f}", _interval([run.after[which] for run in runs]),
            f"{spread([run.off[which] for run in runs])[0]:.2f}")]  # fmt: skip
        lines.append((name, *cells, f"{sum(run.exact for run in runs)} of {len(runs)}"))
    return aligned(lines)


def spam(found: Sequence[Forgot]) -> list[str]:
    """How well each regime finds spam, own and shifted."""
    lines: list[tuple[str, ...]] = [("regime", "weights", "F1", "minus full", "F1 shifted", "minus full")]
    for name, runs in by_regime(found).items():
        cells = [cell for which in (0, 1) for cell in (told(scored(runs, which)), _apart(found, name, which))]
        lines.append((name, f"{runs[0].learning:,}", *cells))
    return aligned(lines)


def far(found: Sequence[Forgot]) -> list[str]:
    """How far each place moved, in percent."""
    lines: list[tuple[str, ...]] = [("regime", *PLACES)]
    for name, runs in by_regime(found).items():
        lines.append((name, *(f"{100 * mean(run.moved[place] for run in runs):.2f}" for place in PLACES)))
    return aligned(lines)


def pulled(found: Sequence[Forgot]) -> list[str]:
    """What a penalty on the distance saves, and what it costs."""
    lines: list[tuple[str, ...]] = [
        (
            "regime",
            "own: after",
            "shifted: after",
            "body moved",
            "F1",
            "minus full",
            "F1 shifted",
            "minus full",
            "halved",
        )
    ]
    for name in ("full", *STRENGTHS):
        runs = by_regime(found)[name]
        halved = sum(run.after[0] < one.after[0] / 2 for run, one in zip(runs, by_regime(found)["full"], strict=True))
        after = (_interval([run.after[which] for run in runs]) for which in (0, 1))
        cells = [cell for which in (0, 1) for cell in (told(scored(runs, which)), _apart(found, name, which))]
        lines.append(
            (name, *after, f"{100 * mean(run.moved[WHOLE] for run in runs):.2f}", *cells, f"{halved} of {len(runs)}")
        )
    return aligned(lines)


def scored(runs: Sequence[Forgot], which: int) -> tuple[float, float, float]:
    """The mean F1 over seeds, and its 95 % interval."""
    return mean(run.f1[which] for run in runs), *mean_interval([run.verdicts[which] for run in runs], "f1")


def minus_full(found: Sequence[Forgot], name: str, which: int) -> tuple[float, float, float]:
    """How much higher a regime's F1 is than full's, paired, and its 95 % interval."""
    regimes = by_regime(found)
    pairs = zip(regimes[name], regimes["full"], strict=True)
    middle, (low, high) = paired_difference([(a.verdicts[which], b.verdicts[which]) for a, b in pairs])
    return middle, low, high


def told(three: tuple[float, float, float], sign: str = "") -> str:
    """A mean and its interval."""
    middle, low, high = (f"{number:{sign}.3f}" for number in three)
    return f"{middle} [{low}, {high}]"


def _apart(found: Sequence[Forgot], name: str, which: int) -> str:
    return "" if name == "full" else told(minus_full(found, name, which), "+")


def table(found: Sequence[Forgot]) -> str:
    """All four tables."""
    named = [one for one in found if one.regime not in STRENGTHS]
    parts = ((LANGUAGE, language, named), (SPAM, spam, named), (FAR, far, named), (PULLED, pulled, found))
    return "\n\n".join("\n".join([*head, "", *make(runs)]) for head, make, runs in parts)


def _interval(values: Sequence[float]) -> str:
    middle, low, high = spread(values)
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def record(found: Sequence[Forgot]) -> str:
    """The rows that lesson 11's explorer shows, a run in each line; five digits of a number are kept."""
    rows = [{key: short(value) for key, value in asdict(one).items() if key != "verdicts"} for one in found
            if one.regime not in STRENGTHS]  # fmt: skip
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def short(value: Any) -> Any:
    """The value with five digits of each fraction."""
    if isinstance(value, dict):
        return {key: short(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [short(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then keep rows and table."""
    parser = argparse.ArgumentParser(prog="benchmarks.forgetting", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    names = [*REGIMES, *STRENGTHS]
    tasks = [(name, seed) for seed, name in product(range(options.seeds), names)]
    todo = [task for task in tasks if not place(task).exists()]
    with processes(options.workers) as executor:
        done = map(work, todo) if executor is None else executor.map(work, todo)
        for number, _ in enumerate(done, 1):
            print(f"{number} of {len(todo)}", file=sys.stderr, flush=True)
    found: list[Forgot] = [pickle.loads(place(task).read_bytes()) for task in tasks]
    found.sort(key=lambda one: (names.index(one.regime), one.seed))
    write_atomically(FILE, record(found).encode())
    write_atomically(FIGURE, f"{table(found)}\n".encode())
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
