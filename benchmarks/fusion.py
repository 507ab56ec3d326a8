"""`python -m benchmarks.fusion`: do other tasks' adapters help a task with few labels, mixed or one at a time?

Spam with 80 labels, on a body of 128 bytes; question, money and time lend it their adapters. Five seeds: each draws
the body's schooling, the messages and the run. The lenders learn from texts that the body has read and that the spam
task never sees. Finished runs are kept, and the next call does the rest; the table goes to figures/fusion.txt, every
run's scores to fusion.json, and what the picture shows to headswap/explorers/fused.json.
"""

import argparse
import json
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from headswap.data import fixture
from headswap.data.messages import Message, Split
from headswap.data.sources import FileData
from headswap.data.splits import balanced, sizes_for, stratified_split
from headswap.data.tasks import ASKED, QUESTIONS, READ, TaskData, answered
from headswap.explorers.fused import FILE, FUSION, OWN, SETS, WIDE
from headswap.files import cache_folder, write_atomically
from headswap.metrics.intervals import mean_interval, share_interval
from headswap.metrics.thresholds import shares
from headswap.model.body import BodyConfig
from headswap.model.body_contract import Base
from headswap.model.inserts.adapters import PFEIFFER
from headswap.model.precision import one_thread
from headswap.regimes.named import PROBE, inserting
from headswap.regimes.stages import Regime
from headswap.results.executors import processes
from headswap.results.scores import Score, differences, ranking_differences, scores
from headswap.results.tune import validation_loss
from headswap.shelf.fusion import fuse, shares_of
from headswap.shelf.shelf import Shelf
from headswap.training.events import StageBegan
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.run import History, run_regime, start_regime
from headswap.training.spec import Cost, Result, judge, source_hash
from headswap.weights.deltas import Learned

from .rates import SMS
from .report import aligned

FIGURE = Path(__file__).parents[1] / "figures" / "fusion.txt"
TARGET, LENDERS = "spam", ("question", "money", "time")
NAMES = ("head alone", *(f"{task}'s adapter" for task in LENDERS), OWN, FUSION, WIDE)
TASKS = (*LENDERS, TARGET)  # whose adapters are mixed: the target's own is among them, as in the paper
BYTES, LABELS, HELD_OUT, PLENTY, FRESH = 128, 80, 80, 640, 2_000
FEW = Recipe(epochs=20, passes=2, batch_size=16, keep="best")  # 200 steps over 80 messages
MANY = Recipe(epochs=10, batch_size=16, keep="best")  # 400 steps over 640
RATES, PROBE_RATES = (1e-3, 3e-3, 1e-2), (0.02, 0.05, 0.15)  # what parts in the body try, and heads alone
NARROW = 96  # numbers: adapters so wide have as many weights as the fusion's attention
CONTROL = Regime("wide", "One adapter a block learns, with as many weights as a fusion.",
                 (inserting(replace(PFEIFFER, narrow=NARROW)),), 3e-3, "not tuned")  # fmt: skip
LENT = Regime("lent", "Another task's adapter stays as it is; a new head learns on it.",
              (replace(PROBE, inserts=(PFEIFFER,)),), 0.05, "not tuned")  # fmt: skip
HEAD = (
    "Spam from 80 labels, on a body of 128 bytes. Each contender and seed: the best of 3 learning rates, each at its",
    "best of 20 epochs (200 steps), by the loss on 80 validation messages. Means over the seeds with 95 % intervals;",
    "differences are paired over seeds and messages, and could be luck where the interval holds 0. Question, money and",
    "time learned from other texts, by their rules, and lend frozen adapters. The fusion mixes these three and spam's",
    "own, which was tuned before it on the same 80 labels. The wide adapter has as many weights as the fusion.",
)
Train = Callable[[Recipe], History]
Seed = tuple[str, int]  # the set's name, the seed


@dataclass(frozen=True, slots=True)
class Ran:
    """One contender at one seed: what came out, at which of three rates and which epoch; the shares of a fusion."""

    result: Result
    rate: float
    epoch: int
    shares: tuple[tuple[float, ...], ...] = ()


# ---- the messages


def target_split(name: str, seed: int) -> Split:
    """The spam task: 80 labels, 80 messages to choose settings by, and a test that nobody chooses by."""
    if name == "practice":
        split = TaskData(TARGET, LABELS).split(seed)
        test = tuple(fixture.messages(READ + ASKED + FRESH)[READ + ASKED :])
    else:
        split = TaskData(TARGET, LABELS, FileData.of(SMS)).split(seed)
        test = split.natural
    return replace(split, validation=balanced(split.validation, HELD_OUT), test=test, natural=())


def lender_split(task: str, target: Split, seed: int) -> Split:
    """A lender's messages: texts that the body has read, labelled by the task's rule; none is in the spam task."""
    found = answered([Message(text, 0) for text in target.corpus], task)
    names = QUESTIONS[task].names
    return stratified_split(found, *sizes_for(found, 2, (PLENTY, 80, 80), names), seed=seed, label_names=names)


# ---- one seed


def folder(name: str, seed: int) -> Path:
    """Where a seed is kept: apart for every version of the code that makes the numbers."""
    return cache_folder() / "fusion" / source_hash()[:12] / f"{name}-{seed}"


def lenders(name: str, seed: int, split: Split) -> Shelf:
    """The body and the lenders' adapters; their F1 at their own tasks is kept beside them."""
    place = folder(name, seed) / "shelf"
    if (place / "shelf.json").exists():
        return Shelf.load(place)
    base = Schooling(BodyConfig(max_len=BYTES)).base(split, seed)
    shelf, told = Shelf(base), {}
    for task in LENDERS:
        theirs = lender_split(task, split, seed)
        history = run_regime(base, theirs, "adapters-pfeiffer", replace(MANY, seed=seed))
        told[task] = len(theirs.train), judge(history.classifier, "test", theirs.test).metrics.f1
        shelf.put(task, history, theirs.label_names)
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(place.parent / "lenders.json", json.dumps(told).encode())
    shelf.save(place)
    return shelf


def contenders(shelf: Shelf, split: Split) -> dict[str, tuple[Train, Sequence[float]]]:
    """How each contender trains, and the three rates that it tries; the fusion comes after the target's own adapter."""
    base = shelf.base
    alone: dict[str, tuple[Train, Sequence[float]]] = {"head alone": (_plain(base, split, "head-only"), PROBE_RATES)}
    borrowed = {f"{task}'s adapter": (_borrowing(base, split, shelf, task), PROBE_RATES) for task in LENDERS}
    own: dict[str, tuple[Train, Sequence[float]]] = {
        OWN: (_plain(base, split, "adapters-pfeiffer"), RATES),
        FUSION: (lambda recipe: fuse(shelf, TASKS, split, recipe), RATES),
        WIDE: (_plain(base, split, CONTROL), RATES),
    }
    return alone | borrowed | own


def _plain(base: Base, split: Split, regime: Regime | str) -> Train:
    return lambda recipe: run_regime(base, split, regime, recipe)


def _borrowing(base: Base, split: Split, shelf: Shelf, task: str) -> Train:
    return lambda recipe: lent(base, shelf.task(task).learned, split, recipe)


def lent(base: Base, learned: Learned, split: Split, recipe: Recipe) -> History:
    """A new head on a body that wears another task's adapter, frozen."""
    classifier, events = start_regime(base, split, LENT, recipe)
    there = classifier.state_dict()
    for name, tensor in learned.tensors.items():
        if name.startswith("body."):
            there[name].copy_(tensor)
    return History(LENT, recipe, classifier, list(events), base)


def tuned(name: str, train: Train, rates: Sequence[float], split: Split, seed: int) -> tuple[History, Ran]:
    """The best of three rates, each at its best epoch, by the loss on the split's validation messages."""
    tried = []
    for rate in rates:
        history = train(replace(FEW, learning_rate=rate, seed=seed))
        tried.append((history, result_of(name, history, split)))
    history, result = min(tried, key=lambda one: validation_loss(one[1]))
    judged = judge(history.classifier, "test", split.test)
    best = min(history.epochs, key=lambda epoch: epoch.validation_loss or 0.0)
    mixes = name == FUSION
    said = shares_of(history.classifier, [m.item for m in split.test]).tolist() if mixes else []
    rate = history.recipe.learning_rate or 0.0
    return history, Ran(replace(result, judged=(judged,)), rate, best.epoch, tuple(map(tuple, said)))


def result_of(name: str, history: History, split: Split) -> Result:
    """What a run came to before its test messages are looked at."""
    began = next(event for event in history.events if isinstance(event, StageBegan))
    held_out = judge(history.classifier, "validation", split.validation)
    return Result(
        None, name, history.recipe.seed, (), held_out, shares([m.label for m in split.train], 2),
        tuple(history.epochs), history.learning, began.total, began.cached, Cost(history.seconds),
    )  # fmt: skip


def work(task: Seed) -> None:
    """Do what is missing of a seed, and keep every contender as soon as it is done."""
    name, seed = task
    with one_thread():
        split = target_split(name, seed)
        shelf = lenders(name, seed, split)
        for contender, (train, rates) in contenders(shelf, split).items():
            if place(name, seed, contender).exists() and (contender != OWN or TARGET in shelf):
                continue
            history, ran = tuned(contender, train, rates, split, seed)
            if contender == OWN:
                shelf.put(TARGET, history)
                shelf.save(folder(name, seed) / "shelf")
            write_atomically(place(name, seed, contender), pickle.dumps(ran))
            print(f"{name}, seed {seed}: {contender}", file=sys.stderr, flush=True)


def place(name: str, seed: int, contender: str) -> Path:
    """Where a contender's run is kept."""
    return folder(name, seed) / f"{contender}.pickle"


# ---- what came out


def found(name: str, seeds: int) -> dict[str, list[Ran]]:
    """Every contender's runs of the seeds that are whole."""
    whole = [seed for seed in range(seeds) if all(place(name, seed, one).exists() for one in NAMES)]
    return (
        {one: [pickle.loads(place(name, seed, one).read_bytes()) for seed in whole] for one in NAMES} if whole else {}
    )


def row(name: str, runs: Mapping[str, Sequence[Ran]]) -> dict[str, Any]:
    """What the picture shows of a set: means over the seeds, 95 % intervals, paired differences."""
    told = scores([ran.result for one in runs.values() for ran in one])
    over_own, over_wide = (differences(told, "test", rival) for rival in (OWN, WIDE))
    ranked = ranking_differences(told, "test", OWN)
    mixed = torch.tensor([ran.shares for ran in runs[FUSION]])  # (seeds, blocks, tasks)
    seeds = [ran.result.seed for ran in runs[FUSION]]
    return {
        "set": name, "bytes": BYTES, "labels": LABELS, "held_out": HELD_OUT, "seeds": len(seeds), "tasks": [*TASKS],
        "test": len(runs[FUSION][0].result.judged[0].labels),
        "contenders": [_contender(one, told, over_own, ranked) for one in NAMES],
        "ahead": _flat(over_own[FUSION]), "control": _flat(over_wide[FUSION]),
        "shares": _rounded(mixed.mean(0)), "least": _rounded(mixed.amin(0)), "most": _rounded(mixed.amax(0)),
        "lenders": _lent(name, seeds),
    }  # fmt: skip


Leads = Mapping[str, tuple[float, tuple[float, float]]]


def _contender(name: str, told: Sequence[Score], over_own: Leads, ranked: Leads) -> dict[str, Any]:
    mine = [score for score in told if score.regime == name]
    f1, ap = mean(score.metrics.f1 for score in mine), mean(score.average_precision for score in mine)
    leads = {} if name == OWN else {"ahead": _flat(over_own[name]), "ap_ahead": _flat(ranked[name])}
    return {
        "name": name, "weights": mine[0].learning, "seeds": [round(score.metrics.f1, 4) for score in mine],
        "f1": _flat((f1, mean_interval([score.verdicts for score in mine], "f1"))),
        "ap": _flat((ap, share_interval([score.ranking for score in mine], ap))), **leads,
    }  # fmt: skip


def _flat(found: tuple[float, tuple[float, float]]) -> list[float]:
    return [round(number, 4) for number in (found[0], *found[1])]


def _rounded(grid: torch.Tensor) -> list[list[float]]:
    return [[round(share, 4) for share in block] for block in grid.tolist()]


def _lent(name: str, seeds: Sequence[int]) -> dict[str, list[float]]:
    """How many labels each lender had, and its F1 at its own task, the mean over the seeds."""
    told = [json.loads((folder(name, seed) / "lenders.json").read_text("utf-8")) for seed in seeds]
    return {task: [told[0][task][0], round(mean(one[task][1] for one in told), 3)] for task in LENDERS}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Every set: its contenders, the control, the shares, the lenders."""
    lines = [*HEAD]
    for found in rows:
        lines += ["", f"{found['set']}: {found['test']:,} test messages, {found['seeds']} seeds", *_scores(found)]
        lines += ["", f"fusion minus {WIDE}, F1: {_signed(found['control'])}", "", *_mixed(found)]
        lent = (f"{task} {f1:.3f} from {many} labels" for task, (many, f1) in found["lenders"].items())
        lines += ["", f"The lenders' F1 at their own tasks: {', '.join(lent)}"]
    return "\n".join(lines)


def _scores(found: Mapping[str, Any]) -> list[str]:
    """A contender in each line."""
    lines = [("contender", "weights", "F1", f"minus {OWN}", "average precision", f"minus {OWN}")]
    for one in found["contenders"]:
        leads = [_signed(one[key]) if key in one else "" for key in ("ahead", "ap_ahead")]
        lines.append((one["name"], f"{one['weights']:,}", _plainly(one["f1"]), leads[0], _plainly(one["ap"]), leads[1]))
    return aligned(lines)


def _mixed(found: Mapping[str, Any]) -> list[str]:
    """A block in each line: the mean share of each adapter, and its ends over the seeds."""
    lines = [("attention", *found["tasks"])]
    for number, block in enumerate(zip(found["shares"], found["least"], found["most"], strict=True), 1):
        cells = (f"{share:.2f} ({least:.2f} to {most:.2f})" for share, least, most in zip(*block, strict=True))
        lines.append((f"block {number}", *cells))
    return aligned(lines)


def _signed(estimate: Sequence[float]) -> str:
    return "{:+.3f} [{:+.3f}, {:+.3f}]".format(*estimate)


def _plainly(estimate: Sequence[float]) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(*estimate)


def each(name: str, runs: Mapping[str, Sequence[Ran]]) -> list[dict[str, Any]]:
    """A line for every run, with what its tuning chose."""
    kept = [
        (ran, score) for one in runs.values() for ran, score in zip(one, scores([r.result for r in one]), strict=True)
    ]
    return [{"set": name, "rate": ran.rate, "epoch": ran.epoch} | score.as_json() for ran, score in kept]


def write(seeds: int) -> None:
    """Keep the record, the table and every run's scores; a set without a whole seed here keeps what is on file."""
    rows, runs = stored(FILE), stored(FIGURE.with_suffix(".json"))
    for name in SETS:
        if there := found(name, seeds):
            rows = [one for one in rows if one["set"] != name] + [row(name, there)]
            runs = [one for one in runs if one["set"] != name] + each(name, there)
    rows.sort(key=lambda one: list(SETS).index(one["set"]))
    for file, content in ((FILE, rows), (FIGURE.with_suffix(".json"), runs)):
        write_atomically(file, ("[\n" + ",\n".join(map(json.dumps, content)) + "\n]\n").encode())
    write_atomically(FIGURE, f"{table(rows)}\n".encode())
    print(table(rows))


def stored(file: Path) -> list[dict[str, Any]]:
    """The rows that are on file."""
    return json.loads(file.read_text("utf-8")) if file.exists() else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing of the chosen sets, then keep the tables of all there is."""
    parser = argparse.ArgumentParser(prog="benchmarks.fusion", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default="practice", metavar="A,B", help="of practice, sms (default: practice)")
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--table", action="store_true", help="run nothing, keep the tables of what there is")
    options = parser.parse_args(arguments)
    if not options.table:
        tasks = [(name, seed) for name in options.sets.split(",") for seed in range(options.seeds)]
        with processes(options.workers) as executor:
            list(map(work, tasks) if executor is None else executor.map(work, tasks))
    write(options.seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
