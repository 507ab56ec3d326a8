"""The command line: `python -m headswap demo`, `data sms`, `predict`. It prints; the library does the work."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from .data.download import download_sms
from .data.messages import Message, Split
from .data.readers import Corpus, read_messages
from .data.splits import fixture_split, natural_split
from .errors import HeadswapError, SettingError
from .files import write_atomically
from .model.body import BodyConfig, LanguageModel
from .model.pooling import POOLS
from .results.compare import DEFAULT_REGIMES, Result, Settings, compare, steps_of
from .results.report import report, table
from .results.weights import load_base, load_delta, save_base, save_delta
from .training.loop import predict_logits
from .training.recipe import Recipe
from .training.regimes import REGIMES
from .training.run import History, encode

FEWEST_NATURAL = 160  # a natural test set smaller than the balanced one would say nothing
SIZES = "640,160,160"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 with one line on stderr when it could not."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except HeadswapError as error:
        print(f"headswap: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("headswap: stopped", file=sys.stderr)
        return 130
    return 0


def run_demo(
    data: Path | str | None = None, settings: Settings | None = None, *, sizes: tuple[int, int, int] = (640, 160, 160),
    corpus: Corpus | None = None, save: Path | str | None = None,
) -> list[Result]:  # fmt: skip
    """Pretrain a body, train each regime on it, print a report of each and one table of all; the results.

    Without `data` or `corpus` the messages are the fixture's. With `save`, the weights of the first seed are kept
    in that folder. Progress is shown on stderr, and only on a terminal.
    """
    settings = settings or Settings()
    corpus = corpus or (None if data is None else read_messages(data))
    split_of = fixture_split if corpus is None else partial(_split, corpus, sizes)
    names = split_of(0).label_names
    print(_headline(corpus.source if corpus else "the fixture", split_of(0), settings), flush=True)
    with tqdm(total=steps_of(split_of(0), settings), unit="step", disable=None, leave=False) as bar:
        keep = partial(_keep, Path(save) if save else None, names)
        results = list(compare(split_of, settings, partial(_advance, bar), keep))
    for name in dict.fromkeys(r.regime for r in results):
        print("\n" + report([r for r in results if r.regime == name], names))
    baseline = next((name for name in ("frozen-random", "scratch") if name in settings.regimes), "")
    print("\n" + table(results, baseline))
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="headswap", description="Fine-tune a classifier by swapping the head.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_demo(commands.add_parser("demo", help="pretrain a small body and compare regimes on it"))
    data = commands.add_parser("data", help="download the real messages")
    data.set_defaults(run=_data)
    data.add_argument("corpus", choices=["sms"], help="sms: the UCI SMS Spam Collection (CC BY 4.0)")
    data.add_argument("--to", type=Path, default=Path("data"), metavar="FOLDER", help="default: data")
    _add_predict(commands.add_parser("predict", help="ask a trained classifier about messages"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", metavar="PATH", help="messages: the UCI file, or a TSV or CSV (default: the fixture)")
    add("--text-column", metavar="NAME", help="the column with the text (default: guessed)")
    add("--label-column", metavar="NAME", help="the column with the label (default: guessed)")
    add("--encoding", metavar="NAME", help="the file's encoding (default: UTF-8)")
    add("--sizes", default=SIZES, metavar="A,B,C", help=f"messages to train, validate, test on (default: {SIZES})")
    add("--regimes", default=",".join(DEFAULT_REGIMES), metavar="A,B", help=f"of {', '.join(REGIMES)}")
    add("--epochs", type=int, default=20, help="default: 20")
    add("--pool", choices=list(POOLS), default="mean", help="default: mean")
    add("--max-len", type=int, default=32, metavar="BYTES", help="default: 32; one SMS is 160")
    add("--seeds", type=int, default=5, help="default: 5")
    add("--json", type=Path, metavar="FILE", help="write every run as JSON")
    add("--plot", type=Path, metavar="FILE", help="draw the comparison (.png, .svg or .pdf)")
    add("--save", type=Path, metavar="FOLDER", help="keep the first seed's base and deltas, for `predict`")
    parser.set_defaults(run=_demo)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("delta", type=Path, metavar="DELTA", help="a file written by `demo --save`")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="messages to judge")
    parser.add_argument("--file", type=Path, help="messages to judge, one per line (UTF-8)")
    parser.add_argument("--base", type=Path, help="the base, where it is not beside the delta")
    parser.set_defaults(run=_predict)


def _demo(options: argparse.Namespace) -> None:
    sizes = _sizes(options.sizes)
    settings = Settings(
        tuple(name.strip() for name in options.regimes.split(",")),
        options.seeds,
        Recipe(epochs=options.epochs, pool=options.pool),
        BodyConfig(max_len=options.max_len),
    )
    if options.plot is not None and options.plot.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SettingError(f"--plot is {options.plot}; its name must end in .png, .svg or .pdf")
    corpus = None
    if options.data is not None:
        corpus = read_messages(options.data, options.text_column, options.label_column, encoding=options.encoding)
    results = run_demo(settings=settings, sizes=sizes, corpus=corpus, save=options.save)
    if options.json is not None:
        write_atomically(options.json, json.dumps([r.as_json() for r in results], indent=1).encode())
    if options.plot is not None:
        from .results.figures import comparison, save_figure

        save_figure(comparison(results), options.plot)


def _data(options: argparse.Namespace) -> None:
    path = download_sms(options.to)
    print(f"{path}\nNow: python -m headswap demo --data {path} --max-len 160")


def _predict(options: argparse.Namespace) -> None:
    texts = [*options.texts, *(_lines(options.file) if options.file else [])]
    if not texts:
        raise SettingError("there is no message to judge; give texts, or --file with one per line")
    base = load_base(options.base) if options.base else None
    model, about = load_delta(options.delta, base)
    messages = [Message(text, 0) for text in texts]
    data = encode(messages, model, len(about.label_names))
    assert data is not None
    for text, row in zip(texts, predict_logits(model, data).softmax(1).tolist(), strict=True):
        best = max(range(len(row)), key=row.__getitem__)
        print(f"{about.label_names[best]}\t{row[best]:.3f}\t{text}")


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8").splitlines() if line]
    except UnicodeDecodeError as error:
        raise SettingError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror}); check the path") from None


def _sizes(text: str) -> tuple[int, int, int]:
    try:
        train, validation, test = (int(part) for part in text.split(","))
    except ValueError:
        raise SettingError(f"--sizes is {text!r}; give three whole numbers, such as {SIZES}") from None
    return train, validation, test


def _split(corpus: Corpus, sizes: tuple[int, int, int], seed: int) -> Split:
    """A seed's split; with a second, natural test set where the corpus holds enough beyond the balanced parts."""
    split = natural_split(corpus.messages, *sizes, seed=seed, label_names=corpus.label_names)
    return split if len(split.natural) >= FEWEST_NATURAL else replace(split, natural=())


def _headline(source: str, split: Split, settings: Settings) -> str:
    seeds = f"{settings.seeds} seed{'s' if settings.seeds > 1 else ''}"
    return (
        f"{source}: {len(split.train)} messages to train on, {len(split.validation)} to validate, "
        f"{len(split.test)} to test"
        + (f" and {len(split.natural)} at the natural share" if split.natural else "")
        + ".\n"
        f"{settings.config.max_len} bytes of each, {settings.recipe.epochs} epochs, {settings.recipe.pool} pooling, "
        f"{seeds}; each seed draws its own split, body, head and order. Intervals cover 95 %, over seeds and messages."
    )


def _advance(bar: tqdm, what: str, steps: int) -> None:
    bar.set_description(what, refresh=False)
    bar.update(steps)


def _keep(folder: Path | None, label_names: tuple[str, ...], seed: int, base: LanguageModel, history: History) -> None:
    """Write the first seed's base, and the deltas of the regimes that start from it."""
    if folder is not None and seed == 0 and history.regime.body == "pretrained":
        save_base(base, folder)
        save_delta(folder / f"{history.regime.name}.safetensors", history, base, label_names)
