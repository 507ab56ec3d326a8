"""`make figures`: run the comparisons that the README shows, and keep their tables, numbers and pictures.

The real messages are read from `--data PATH`, by default where `headswap data sms` puts them or from
`../shared/data/sms-spam`; without them only the fixture's figures are made.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from headswap.data.sources import FileData, FixtureData, Source
from headswap.errors import HeadswapError
from headswap.files import write_atomically
from headswap.lab import Lab
from headswap.model.body import BodyConfig
from headswap.results.compare import Failure, Settings, compare, steps_of
from headswap.results.figures import comparison, save_figure
from headswap.results.report import table
from headswap.results.scores import scores
from headswap.training.spec import Result

FIGURES = Path(__file__).parents[1] / "figures"
RECORDED = FIGURES.parent / "headswap" / "lab" / "recorded"
CORPUS = ("data/SMSSpamCollection", "../shared/data/sms-spam/SMSSpamCollection")


def main() -> None:
    """Make every figure whose messages are at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the SMS Spam Collection")
    options = parser.parse_args()
    record(("head-only", "full"))
    make("fixture", FixtureData(), Settings())
    paths = [options.data] if options.data else [FIGURES.parent / path for path in CORPUS]
    corpus = next((path for path in paths if path.is_file()), None)
    if corpus is None:
        print("no SMS corpus: figures/sms.* stay as they are; get it by `python -m headswap data sms`")
        return
    make("sms", FileData.of(corpus), Settings(config=BodyConfig(max_len=160)))


def make(name: str, source: Source, settings: Settings) -> None:
    """Run one comparison, one run after the other, so that seconds compare; write figures/NAME.*."""
    began, specs = perf_counter(), settings.specs(source)
    with tqdm(total=sum(map(steps_of, specs)), unit="step", desc=name, disable=None) as bar:
        outcomes = list(compare(specs, progress=partial(_advance, bar)))
    failed = [outcome.sentence for outcome in outcomes if isinstance(outcome, Failure)]
    if failed:
        raise HeadswapError(failed[0])
    results = scores([outcome for outcome in outcomes if isinstance(outcome, Result)])
    text = table(results, "frozen-random")
    print(f"{text}\n{perf_counter() - began:.0f} s in all\n")
    write_atomically(FIGURES / f"{name}.txt", f"{text}\n".encode())
    runs = [result.as_json() for result in results]
    write_atomically(FIGURES / f"{name}.json", json.dumps(runs, indent=1).encode())
    save_figure(comparison(results), FIGURES / f"{name}.svg")


def record(regimes: Sequence[str]) -> None:
    """Record real runs of the lab, which it shows before the first Train, marked as recorded."""
    for i, regime in enumerate(regimes, 1):
        lab = Lab(regime=regime)
        lab.train(block=True)
        told = lab.runs[0].told | {"id": -i, "recorded": True}
        write_atomically(RECORDED / f"{i}-{regime}.json", json.dumps(told, separators=(",", ":")).encode())


def _advance(bar: tqdm, what: str, steps: int) -> None:
    bar.update(steps)


if __name__ == "__main__":
    main()
