"""`make figures`: run the comparisons that the README shows, and keep their tables, numbers and pictures.

`python -m benchmarks.figures recorded` makes the lab's recorded runs alone, and the classifier that one of them keeps.
The real messages are read from `--data PATH`, by default where `headswap data sms` puts them or from
`../shared/data/sms-spam`; without them only the fixture's figures are made.
"""

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from tqdm import tqdm

from headswap.data.sources import FileData, FixtureData, Source
from headswap.errors import HeadswapError
from headswap.files import cache_folder, write_atomically
from headswap.lab import Lab, Run
from headswap.live.prepare import practice
from headswap.model.body import BodyConfig
from headswap.results.baselines import Spec
from headswap.results.compare import Failure, Settings, Work, compare, in_order, steps_of
from headswap.results.executors import processes
from headswap.results.figures import comparison, save_figure
from headswap.results.pretrained import kept_base, key_of
from headswap.results.report import table, versus
from headswap.results.scores import scores
from headswap.results.tune import TUNED, tunings
from headswap.training.pretrain import pretraining_texts
from headswap.training.run import History
from headswap.training.spec import Result
from headswap.weights.deltas import save_base, save_delta

FIGURES = Path(__file__).parents[1] / "figures"
RECORDED = FIGURES.parent / "headswap" / "lab" / "recorded"
KEPT = "head-only"  # the recorded run that keeps its classifier: 546 kB, nearly all of it the body
WHAT = ("recorded", "fixture", "sms")
# The README's tables; `benchmarks.every` has all regimes.
SHOWN = ("scratch", "frozen-random", "head-only", "mlp-head", "last-block", "full", "discriminative")
FRESH = 2_000  # test messages of the practice table: 160 can hardly tell two regimes apart
CORPUS = ("data/SMSSpamCollection", "../shared/data/sms-spam/SMSSpamCollection")


def main() -> None:
    """Make every figure whose messages are at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=WHAT, help=f"of {', '.join(WHAT)} (default: all)")
    parser.add_argument("--data", type=Path, help="the SMS Spam Collection")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the runs (default: 1)")
    parser.add_argument("--resume", action="store_true", help="take the runs that are finished already")
    options = parser.parse_args()
    how = partial(_carry_out, workers=options.workers, resume=options.resume)
    if "recorded" in options.what:
        record(("head-only", "full"))
    if "fixture" in options.what:
        make("fixture", FixtureData(fresh=FRESH), Settings(SHOWN), how)
    if "sms" not in options.what:
        return
    paths = [options.data] if options.data else [FIGURES.parent / path for path in CORPUS]
    corpus = next((path for path in paths if path.is_file()), None)
    if corpus is None:
        print("no SMS corpus: figures/sms.* stay as they are; get it by `python -m headswap data sms`")
        return
    make("sms", FileData.of(corpus), Settings(SHOWN, config=BodyConfig(max_len=160)), how)


def make(
    name: str, source: Source, settings: Settings, how: Callable[[list[Spec], Sequence[Work]], list[Result]]
) -> None:
    """Run one comparison at the defaults and one with tuned settings; write figures/NAME.* and NAME-tuned.txt."""
    specs = settings.specs(source)
    results = how(specs, specs)
    defaults, chosen = scores(results), scores(how(specs, tunings(specs, results)))
    for suffix, found, head in (("", defaults, []), ("-tuned", chosen, [TUNED])):
        text = "\n\n".join([*head, table(found, "frozen-random"), versus(found, "head-only")])
        print(text)
        write_atomically(FIGURES / f"{name}{suffix}.txt", f"{text}\n".encode())
    runs = [result.as_json() for result in (*defaults, *chosen)]
    write_atomically(FIGURES / f"{name}.json", json.dumps(runs, indent=1).encode())
    save_figure(comparison(defaults), FIGURES / f"{name}.svg")


def _carry_out(specs: list[Spec], work: Sequence[Work], workers: int, resume: bool) -> list[Result]:
    """The result of all work on these runs, in their order; with one worker, their seconds compare best."""
    began, total = perf_counter(), sum(map(steps_of, work))
    folder = cache_folder() / "compare"
    with tqdm(total=total, unit="step", disable=None) as bar, processes(workers) as executor:
        found = list(compare(work, executor, folder=folder, resume=resume, progress=partial(_advance, bar)))
    failed = [outcome.sentence for outcome in found if isinstance(outcome, Failure) and not outcome.diverged]
    if failed:
        raise HeadswapError(failed[0])
    print(f"{total} steps of {len(work)} runs, {workers} at a time: {perf_counter() - began:.0f} s\n")
    return in_order(found, specs)


def record(regimes: Sequence[str]) -> None:
    """Record real runs of the lab, which it shows before the first Train, marked as recorded.

    The head-only run keeps its classifier, so that it can be asked about a text at once.
    """
    for i, regime in enumerate(regimes, 1):
        lab = Lab(regime=regime)
        lab.train(block=True)
        run = lab.runs[0]
        told = run.told.whole() | {"id": -i, "recorded": True, "messages": run.held_out}
        if regime == KEPT:
            told |= keep(run, RECORDED / f"{i}-{regime}.safetensors")
        write_atomically(RECORDED / f"{i}-{regime}.json", json.dumps(told, separators=(",", ":")).encode())


def keep(run: Run, path: Path) -> dict[str, Any]:
    """Write the classifier of a run as base and delta; what its record says of them, and of what it answers."""
    texts = pretraining_texts(practice(run.settings))
    config = BodyConfig(max_len=run.settings.max_len, causal=run.settings.causal)
    base, seconds = kept_base(texts, config, cache_folder())
    assert run.model is not None
    for old in path.parent.glob("base-*.safetensors"):
        old.unlink()
    name = save_base(base, path.parent).name
    history = History(run.settings.chosen_regime(), run.settings.recipe(), run.model)
    save_delta(path, history, base, run.label_names)
    weights = {"base": name, "delta": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
               "key": key_of(texts, config), "seconds": round(seconds, 2)}  # fmt: skip
    return {"weights": weights, "exact": [round(row[-1], 7) for row in run.epochs[-1].probabilities]}


def _advance(bar: tqdm, what: str, steps: int) -> None:
    bar.update(steps)


if __name__ == "__main__":
    main()
