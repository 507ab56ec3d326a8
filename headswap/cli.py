"""The command line: `python -m headswap demo`, `images`, `data`, `predict`. It prints; the library does the work."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from .data.download import download_sms
from .data.messages import Message
from .data.readers import Corpus, Reading, unique_messages
from .data.sources import LENGTHS, FileData, FixtureData, OrderData, Source, cut, split_of
from .errors import DivergedError, HeadswapError, SettingError
from .files import cache_folder, check_folder, check_writable, write_atomically
from .images.commands import add_images
from .model.body import BodyConfig
from .model.pooling import POOLS, pool_names
from .regimes.named import REGIMES
from .results.baselines import Spec
from .results.compare import DEFAULT_REGIMES, Failure, Settings, Work, compare, in_order, steps_of
from .results.executors import processes
from .results.given import GivenBase
from .results.report import diverged, report, table, trust_table
from .results.scores import Score, scores
from .results.tune import TUNED, tunings
from .shelf.commands import add_shelf, answer, base_in
from .shelf.rows import read_lines
from .training.loop import predict_logits
from .training.recipe import Recipe
from .training.run import encode
from .training.spec import Result
from .weights.deltas import load_base, load_delta

SIZES = "640,160,160"
MADE: dict[str, Source] = {"fixture": FixtureData(), "order": OrderData()}  # messages that nobody has to bring


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when training diverged, 2 when it could not: with one line on stderr."""
    parser = _parser()
    options, more = parser.parse_known_args(arguments)
    if hasattr(options, "texts") and not any(word.startswith("-") for word in more):
        options.texts += more  # argparse takes the words behind an option for strangers
    elif more:
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    try:
        options.run(options)
    except HeadswapError as error:
        print(f"headswap: {error}", file=sys.stderr)
        return 1 if isinstance(error, DivergedError) else 2
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (Python flushes it once more at the end)
        return 0
    except KeyboardInterrupt as stop:
        print(f"headswap: {stop if isinstance(stop, Interrupted) else 'stopped'}", file=sys.stderr)
        return 130
    return 0


def run_demo(
    data: Path | str | None = None, settings: Settings | None = None, *, sizes: tuple[int, int, int] | None = None,
    save: Path | str | None = None, workers: int = 1, folder: Path | str | None = None, resume: bool = False,
    tune: bool = False, calibration: bool = False,
) -> list[Score]:  # fmt: skip
    """Pretrain, train every regime on several seeds, print each one's report and a table, and return the scores.

    `data` is a file of messages, or "fixture" (the default) or "order"; a file's parts are as large as it allows, or
    have the `sizes` that are given; "order" asks for a body of 96 bytes. With
    `save`, the first seed's base and deltas are written to that folder. With more `workers` the runs go to so many
    processes; the numbers stay the same. Finished runs are kept in `folder`, and with `resume` found there. With
    `tune` a second table follows, of the settings that were best on the validation messages, and with `calibration` one
    of how far the probabilities can be trusted. Progress is shown on stderr, and only on a terminal.
    """
    name = str(data or "fixture")
    source = MADE[name] if name in MADE else FileData.of(name, sizes)
    kept = None if folder is None else Path(folder)
    found, problem = _demonstrate(
        source, settings or Settings(), Plan(workers, kept, resume, save and Path(save), tune, calibration)
    )
    if problem is not None:
        raise problem
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """How a comparison is carried out: processes, where finished runs are kept and found, where weights go.

    With `tune`, every run is also made with the settings that were best on its validation messages. With `calibration`,
    a table of how far the probabilities can be trusted follows each other one.
    """

    workers: int = 1
    folder: Path | None = None
    resume: bool = False
    save: Path | str | None = None
    tune: bool = False
    calibration: bool = False


def _demonstrate(
    source: Source, settings: Settings, plan: Plan
) -> tuple[list[Score], KeyboardInterrupt | HeadswapError | None]:
    """Carry out a comparison and tell it; the scores that came in, and what kept others from doing so."""
    print(_headline(source, settings), flush=True)
    specs = settings.specs(source)
    results, problem = _compared(specs, specs, settings, plan)
    if not plan.tune or problem is not None:
        return scores(results), problem
    print(f"\n{TUNED}", flush=True)
    more, problem = _compared(specs, tunings(specs, results), settings, replace(plan, save=None))
    return scores(results) + scores(more), problem


def _compared(
    specs: Sequence[Spec], work: Sequence[Work], settings: Settings, plan: Plan
) -> tuple[list[Result], KeyboardInterrupt | HeadswapError | None]:
    """Carry out the work on these runs and print what came out, in their order."""
    done = _carry_out(work, plan)
    results = in_order(done, specs)
    failures = [outcome for outcome in done if isinstance(outcome, Failure)]
    found = scores(results)
    _tell(found, split_of(specs[0].data, 0).label_names, settings, failures)
    if found and plan.calibration:
        print("\n" + trust_table(found, _baseline(settings)))
    return results, _problem(done, len(work), plan)


def _problem(done: Sequence[Result | Failure], wanted: int, plan: Plan) -> KeyboardInterrupt | HeadswapError | None:
    """What kept the comparison from being whole; a run that diverged is told in its row."""
    failed = [outcome for outcome in done if isinstance(outcome, Failure) and not outcome.diverged]
    if len(done) < wanted:
        finished = len(done) - len(failed)
        kept = "; they are kept, and --resume does the rest" if finished and plan.folder is not None else ""
        return Interrupted(f"stopped after {finished} of {wanted} runs{kept}")
    if failed:
        lines = [f"{failure.spec.name}, seed {failure.spec.seed}: {failure.sentence}" for failure in failed]
        return HeadswapError(f"{len(failed)} of {wanted} runs failed: " + "; ".join(lines))
    return None


class Interrupted(KeyboardInterrupt):
    """The user stopped a comparison; what was finished has been shown."""


def _carry_out(specs: Sequence[Work], plan: Plan) -> list[Result | Failure]:
    """The outcome of every spec, or of those that were there when the user pressed Ctrl-C."""
    done: list[Result | Failure] = []
    weights = None if plan.save is None else Path(plan.save)
    total = sum(map(steps_of, specs))
    bar = tqdm(total=total, unit="step", disable=None, leave=False)
    with suppress(KeyboardInterrupt), bar, processes(plan.workers) as executor:
        for outcome in compare(
            specs, executor, folder=plan.folder, resume=plan.resume, weights=weights, progress=partial(_advance, bar)
        ):
            done.append(outcome)
    return done


def _tell(found: Sequence[Score], label_names: Sequence[str], settings: Settings, failures: Sequence[Failure]) -> None:
    """Each regime's report, then the table of all, with a row for what diverged."""
    for name in dict.fromkeys(s.regime for s in found):
        print("\n" + report([s for s in found if s.regime == name], label_names))
    if found:
        print("\n" + table(found, _baseline(settings)))
    for line in diverged(failures):
        print(line)


def _baseline(settings: Settings) -> str:
    return next((name for name in ("frozen-random", "scratch") if name in settings.regimes), "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="headswap", description="Fine-tune a classifier by swapping the head.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_demo(commands.add_parser("demo", help="pretrain a small body and compare regimes on it"))
    add_images(commands.add_parser("images", help="compare regimes on images: digits, or CIFAR"))
    data = commands.add_parser("data", help="download the real messages")
    data.set_defaults(run=_data)
    data.add_argument("corpus", choices=["sms"], help="sms: the UCI SMS Spam Collection (CC BY 4.0)")
    data.add_argument("--to", type=Path, default=Path("data"), metavar="FOLDER", help="default: data")
    _add_predict(commands.add_parser("predict", help="ask a trained classifier about messages"))
    add_shelf(commands.add_parser("shelf", help="many tasks on one body: list, add, remove, rename"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", metavar="PATH", help=f"messages: {', '.join(MADE)}, the UCI file, or a TSV or CSV (default: fixture)")
    add("--text-column", metavar="NAME", help="the column with the text (default: guessed)")
    add("--label-column", metavar="NAME", help="the column with the label (default: guessed)")
    add("--encoding", metavar="NAME", help="the file's encoding (default: UTF-8)")
    add("--positive", metavar="NAME", help="the class to look for, of two (default: guessed, and printed)")
    add(
        "--sizes",
        metavar="A,B,C",
        help=f"messages to train, validate, test on (default: {SIZES}, or as many as there are)",
    )
    add("--regimes", default=",".join(DEFAULT_REGIMES), metavar="A,B", help=f"all, or some of {', '.join(REGIMES)}")
    add("--epochs", type=int, default=20, help="default: 20")
    add("--pool", default="mean", help=f"of {', '.join(POOLS)}, or several: mean+max (default: mean)")
    add("--max-len", type=int, metavar="BYTES", help="default: 32, or 96 for order; one SMS is 160")
    add(
        "--base",
        type=Path,
        metavar="PATH",
        help="train on this base: its file, a folder from --save, or a shelf (default: each seed pretrains its own)",
    )
    add("--seeds", type=int, default=5, help="default: 5")
    add("--json", type=Path, metavar="FILE", help="write every run as JSON")
    add("--plot", type=Path, metavar="FILE", help="draw the comparison (.png, .svg or .pdf)")
    add("--save", type=Path, metavar="FOLDER", help="keep the first seed's base and deltas, for `predict`")
    add("--workers", type=int, default=1, metavar="N", help="processes that share the runs (default: 1)")
    add("--tune", action="store_true", help="a second table: every regime tuned on its own validation messages")
    add("--calibration", action="store_true", help="a second table: NLL, Brier, calibration error and its luck")
    add("--resume", action="store_true", help="keep the runs that are finished already, and do the rest")
    parser.set_defaults(run=_demo)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print a line for each message, its columns divided by tabs: the class, how probable the classifier finds it "
        "(0 to 1), and the message; with --shelf, the task stands in front of them."
    )
    add = parser.add_argument
    add("delta", nargs="?", metavar="DELTA", help="a file written by `demo --save`; none with --shelf")
    add("texts", nargs="*", metavar="TEXT", help="messages to judge")
    add(
        "--file",
        type=Path,
        help="messages to judge, one per line; with --shelf a CSV or TSV with the columns task and text, "
        "or with --task any file of messages",
    )
    add("--encoding", metavar="NAME", help="the file's encoding (default: UTF-8)")
    add("--shelf", type=Path, metavar="FOLDER", help="ask tasks of this shelf")
    add("--task", metavar="NAME", help="which task of the shelf, for all messages")
    add("--base", type=Path, help="the base, if it isn't beside the delta")
    parser.set_defaults(run=_predict)


def _demo(options: argparse.Namespace) -> None:
    sizes = None if options.sizes is None else _sizes(options.sizes)
    pool_names(options.pool)
    base = None if options.base is None else GivenBase.of(base_in(options.base))
    settings = Settings(
        tuple(REGIMES) if options.regimes == "all" else tuple(name.strip() for name in options.regimes.split(",")),
        options.seeds,
        Recipe(epochs=options.epochs, pool=options.pool),
        _config(options, base),
        base,
    )
    if options.plot is not None and options.plot.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SettingError(f"--plot is {options.plot}; its name must end in .png, .svg or .pdf")
    for path in filter(None, (options.json, options.plot, options.save and options.save / "base")):
        check_writable(path)
        if options.data is not None and path.resolve() == Path(options.data).resolve():
            raise SettingError(f"{path} holds the messages, and writing to it would destroy them; choose another name")
    for path in filter(None, (options.json, options.plot)):
        check_folder(path)
    found, problem = _demonstrate(_source(options, sizes), settings, _plan(options))
    _tell_saved(options.save)
    if found and options.json is not None:
        write_atomically(options.json, json.dumps([score.as_json() for score in found], indent=1).encode())
    if found and options.plot is not None:
        from .results.figures import comparison, save_figure

        save_figure(comparison(found), options.plot)
    if problem is not None:
        raise problem


def _config(options: argparse.Namespace, base: GivenBase | None) -> BodyConfig:
    """The body's sizes: the given base's, or the usual ones with the length that the messages ask for."""
    if base is None:
        return BodyConfig(max_len=LENGTHS.get(options.data, 32) if options.max_len is None else options.max_len)
    if options.max_len not in (None, base.config.max_len):
        raise SettingError(
            f"--max-len is {options.max_len}, and the base reads {base.config.max_len} bytes; leave it out"
        )
    return base.config


def _tell_saved(folder: Path | None) -> None:
    """Say where the weights are, and how to ask them."""
    deltas = sorted(path.name for path in folder.glob("*.safetensors")) if folder and folder.is_dir() else []
    deltas = [name for name in deltas if not name.startswith("base-")]
    if folder and deltas:
        print(
            f"\nIn {folder}: {', '.join(deltas)}. Ask one: python -m headswap predict {folder / deltas[0]} 'a message'"
        )
    elif folder:
        print(f"\nNothing was saved in {folder}: a regime on a random body is not saved.")


def _source(options: argparse.Namespace, sizes: tuple[int, int, int] | None) -> Source:
    made = MADE.get(options.data or "fixture")
    if made is not None:
        for name in ("sizes", "text_column", "label_column", "encoding", "positive"):
            if getattr(options, name) is not None:
                said = f"--{name.replace('_', '-')}"
                raise SettingError(f"{said} is for a file of your own, and --data names none; give its path")
        return made
    columns = options.text_column, options.label_column, options.encoding
    return FileData.of(options.data, sizes, Reading(*columns, positive=options.positive))


def _plan(options: argparse.Namespace) -> Plan:
    if options.workers < 1:
        raise SettingError(f"--workers is {options.workers}; give a whole number of at least 1")
    kept = cache_folder() / "compare"
    return Plan(options.workers, kept, options.resume, options.save, options.tune, options.calibration)


def _data(options: argparse.Namespace) -> None:
    path = download_sms(options.to)
    print(f"{path}\nNow: python -m headswap demo --data {path} --max-len 160")


def _predict(options: argparse.Namespace) -> None:
    if options.shelf is not None:
        if options.base is not None:
            raise SettingError(f"--base is {options.base}, and a shelf has a base of its own; leave one of them out")
        texts = [*filter(None, [options.delta]), *options.texts]
        return answer(options.shelf, options.task, texts, options.file, options.encoding)
    if options.task is not None:
        raise SettingError(f"--task is {options.task}, which is for a shelf; give --shelf FOLDER, or leave it out")
    if options.delta is None:
        raise SettingError("predict needs the file of a trained classifier, or --shelf FOLDER; give one of them")
    texts = [*options.texts, *(read_lines(options.file, options.encoding) if options.file else [])]
    if not texts:
        raise SettingError("there is no message to judge; give texts, or --file with one per line")
    base = load_base(base_in(options.base)) if options.base else None
    model, about = load_delta(options.delta, base)
    messages = [Message(text, 0) for text in texts]
    data = encode(messages, model, len(about.label_names))
    assert data is not None
    for text, row in zip(texts, predict_logits(model, data).softmax(1).tolist(), strict=True):
        best = max(range(len(row)), key=row.__getitem__)
        print(f"{about.label_names[best]}\t{row[best]:.3f}\t{text}")


def _sizes(text: str) -> tuple[int, int, int]:
    try:
        train, validation, test = (int(part) for part in text.split(","))
    except ValueError:
        raise SettingError(f"--sizes is {text!r}; give three whole numbers, such as {SIZES}") from None
    return train, validation, test


def _headline(source: Source, settings: Settings) -> str:
    """What is compared on what, and what the reader of the file found and decided."""
    split, notes = split_of(source, 0), _found(source.corpus()) if isinstance(source, FileData) else ()
    seeds = f"{settings.seeds} seed{'s' if settings.seeds > 1 else ''}"
    names = split.label_names
    what = f"the positive class is {names[1]}, the other {names[0]}" if len(names) == 2 else f"{len(names)} classes"
    return "\n".join([
        f"{source}: {len(split.train)} messages to train on, {len(split.validation)} to validate, "
        f"{len(split.test)} to test" + (f" and {len(split.natural)} at the natural share" if split.natural else "")
        + f"; {what}.",
        *notes,
        *filter(None, [cut(str(source), settings.config.max_len)]),
        f"{settings.config.max_len} bytes of each, {settings.recipe.epochs} epochs, {settings.recipe.pool} pooling, "
        f"{seeds}; each seed draws its own split, {'body, ' if settings.base is None else ''}head and order. "
        "Intervals cover 95 %, over seeds and messages.",
        *([] if settings.base is None else [_given(settings.base)]),
    ])  # fmt: skip


def _given(base: GivenBase) -> str:
    return (
        f"The body is that of {base.path}, the same for all seeds. "
        "If it has read these messages before, the scores may flatter."
    )


def _found(corpus: Corpus) -> tuple[str, ...]:
    """How much the file holds, of which different texts count, and the reader's notes."""
    different = unique_messages(corpus.messages)
    counts = [sum(m.label == label for m in different) for label in range(len(corpus.label_names))]
    each = ", ".join(f"{count:,} {name}" for count, name in zip(counts, corpus.label_names, strict=True))
    return (
        f"The file holds {len(corpus.messages):,} messages; {len(different):,} different texts: {each}.",
        *corpus.notes,
    )


def _advance(bar: tqdm, what: str, steps: int) -> None:
    bar.set_description(what, refresh=False)
    bar.update(steps)
