"""`python -m benchmarks.forgetting`: what each regime forgets of the language, on own and shifted texts.

Every regime that starts from a pretrained body, at the rate it brings, on 640 practice messages; a seed draws the body,
its messages and the run. The language model's own head is put back before the run, after it, and once more when what
was inserted has been taken off again. Finished runs are kept, and the next call does the rest; the rows go to
figures/forgetting.json, the table to forgetting.txt.
"""

import argparse
import json
import math
import pickle
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import cast

import torch

from headswap.data import fixture
from headswap.data.sources import FixtureData, split_of
from headswap.files import cache_folder, write_atomically
from headswap.metrics.intervals import Verdicts, mean_interval, student
from headswap.model.body import LanguageModel
from headswap.model.classifier import Classifier, put_back
from headswap.model.inserts.attach import detach, hosts_of, inserts_on
from headswap.model.precision import one_thread
from headswap.regimes.named import in_groups
from headswap.results.executors import processes
from headswap.training.pretrain import Schooling, perplexity
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime
from headswap.training.spec import judge, source_hash

from .report import aligned

FIGURE = Path(__file__).parents[1] / "figures" / "forgetting.txt"
DATA = FixtureData(fresh=2_000)
UNREAD, TEXTS = 20_000, 400  # practice messages from there on are read by nobody here
HEAD = (
    "Perplexity with the language model's own head put back: how many bytes it hesitates between, on 400 unread",
    "practice messages, and on 400 of the shifted wording. Before the run, after it (the geometric mean over seeds,",
    "with a 95 % interval for the luck of the seeds), and when what was inserted is taken off. `moved`: the length of",
    "all that changed in the body, in % of the body's. F1: 2,000 fresh test messages, with its 95 % interval.",
)


@dataclass(frozen=True, slots=True)
class Forgot:
    """One run: perplexities on own and shifted texts before, after, and with inserts off; how far the body moved.

    `exact` says whether body and perplexities are bit for bit those of before, once inserts are off.
    """

    regime: str
    seed: int
    before: tuple[float, float]
    after: tuple[float, float]
    off: tuple[float, float]
    moved: float
    exact: bool
    learning: int
    verdicts: Verdicts
    f1: float


def texts() -> tuple[list[str], list[str]]:
    """Unread messages of the body's own domain, and of the shifted one."""
    own = fixture.messages(UNREAD + TEXTS)[UNREAD:]
    shifted = fixture.messages(TEXTS, seed=1, shift=1.0)
    return [message.text for message in own], [message.text for message in shifted]


def forgot(regime: str, seed: int) -> Forgot:
    """Train one run and ask it about the language."""
    with one_thread():
        split = split_of(DATA, seed)
        base = cast(LanguageModel, Schooling().base(split, seed))
        history = run_regime(base, split, regime, Recipe(seed=seed))
        model = history.classifier
        judged = judge(model, "balanced", split.test)
        before, after = _language(base), _language(put_back(model, base.head))
        for name in sorted({name for host in hosts_of(model.body) for name in inserts_on(model.body, host)}):
            detach(model.body, name)
        off = _language(put_back(model, base.head))
        far = _moved(model, base)
    exact = far == 0.0 and off == before
    verdicts = judged.verdicts
    return Forgot(regime, seed, before, after, off, far, exact, history.learning, verdicts, judged.metrics.f1)


def _language(model: LanguageModel) -> tuple[float, float]:
    own, shifted = texts()
    return perplexity(model, own), perplexity(model, shifted)


@torch.no_grad()
def _moved(model: Classifier, base: LanguageModel) -> float:
    """The length of the body's change over the body's own."""
    now, was = model.body.state_dict(), base.body.state_dict()
    change = sum(float((now[name] - tensor).square().sum()) for name, tensor in was.items())
    return math.sqrt(change / sum(float(tensor.square().sum()) for tensor in was.values()))


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


def table(found: Sequence[Forgot]) -> str:
    """A regime in each line."""
    head = ("regime", "F1", "moved", "own: before", "after", "off", "shifted: before", "after", "off", "unchanged")
    lines: list[tuple[str, ...]] = [head]
    for name in dict.fromkeys(one.regime for one in found):
        runs = [one for one in found if one.regime == name]
        low, high = mean_interval([run.verdicts for run in runs], "f1")
        f1 = f"{mean(run.f1 for run in runs):.3f} [{low:.3f}, {high:.3f}]"
        cells = [cell for which in (0, 1) for cell in (
            f"{spread([run.before[which] for run in runs])[0]:.2f}", _interval([run.after[which] for run in runs]),
            f"{spread([run.off[which] for run in runs])[0]:.2f}")]  # fmt: skip
        exact = sum(run.exact for run in runs)
        lines.append((name, f1, f"{100 * mean(run.moved for run in runs):.1f}", *cells, f"{exact} of {len(runs)}"))
    return "\n".join([*HEAD, "", *aligned(lines)])


def _interval(values: Sequence[float]) -> str:
    middle, low, high = spread(values)
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then keep rows and table."""
    parser = argparse.ArgumentParser(prog="benchmarks.forgetting", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    names = [regime.name for regime in in_groups() if regime.body != "random"]
    tasks = [(name, seed) for seed, name in product(range(options.seeds), names)]
    todo = [task for task in tasks if not place(task).exists()]
    with processes(options.workers) as executor:
        done = map(work, todo) if executor is None else executor.map(work, todo)
        for number, _ in enumerate(done, 1):
            print(f"{number} of {len(todo)}", file=sys.stderr, flush=True)
    found: list[Forgot] = [pickle.loads(place(task).read_bytes()) for task in tasks]
    found.sort(key=lambda one: (names.index(one.regime), one.seed))
    rows = [{key: value for key, value in asdict(one).items() if key != "verdicts"} for one in found]
    write_atomically(FIGURE.with_suffix(".json"), ("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n").encode())
    write_atomically(FIGURE, f"{table(found)}\n".encode())
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
