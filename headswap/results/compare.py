"""The comparison that the course is about: a list of runs, carried out here or by whoever takes work.

`compare` takes any `concurrent.futures` executor; the results are the same, bit for bit.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from ..data.sources import Source, split_of
from ..errors import DivergedError, HeadswapError, MissingExtraError, SettingError
from ..model.body import BodyConfig
from ..regimes.named import find_regime
from ..training.events import Event, StepDone
from ..training.pretrain import PretrainStep, Schooling
from ..training.recipe import Recipe
from ..training.run import History, epochs_of
from ..training.spec import Result, RunSpec, train_spec
from ..weights.bases import can_be_saved
from ..weights.deltas import save_base, save_delta
from .baselines import NgramsSpec, Spec, need_sklearn, run_ngrams
from .given import GivenBase
from .pretrained import base_key, base_of, needs_schooling
from .store import find, keep
from .tune import Tuning, tune

DEFAULT_REGIMES = ("frozen-random", "scratch", "head-only", "last-block", "full")
Waiting: TypeAlias = Future[Any]  # of a Result, a Failure, or None where a body is ready
Work: TypeAlias = Spec | Tuning
Progress = Callable[[str, int], None]  # what is being done, and how many more steps are now done
BEAT = 0.1  # seconds that nobody waits longer for news without a beat


@dataclass(frozen=True, slots=True)
class Settings:
    """What to compare: regimes by name, how many seeds, and the recipe and body they share.

    With `base`, all runs start from that one instead of a body that each seed pretrains.
    """

    regimes: tuple[str, ...] = DEFAULT_REGIMES
    seeds: int = 5
    recipe: Recipe = field(default_factory=Recipe)
    config: BodyConfig = field(default_factory=BodyConfig)
    base: GivenBase | None = None

    def __post_init__(self) -> None:
        for name in self.regimes:
            find_regime(name)
        if self.seeds < 1:
            raise SettingError(f"seeds is {self.seeds}; give a whole number of at least 1")
        if not self.regimes:
            raise SettingError("no regime is named; name at least one, such as head-only")
        if len(set(self.regimes)) != len(self.regimes):
            raise SettingError(f"regimes is {', '.join(self.regimes)}; name each regime once")

    def specs(self, data: Source) -> list[Spec]:
        """Every regime at every seed, seed by seed, and the n-grams where scikit-learn is there to train them."""
        found: list[Spec] = []
        for seed in range(self.seeds):
            body = self.base or Schooling(self.config)
            found += [RunSpec(data, find_regime(name), self.recipe, body, seed) for name in self.regimes]
            found += _ngrams(data, seed, self.config.max_len)
        return found


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that ended in an error. The others go on, unless the executor itself has broken.

    One that `diverged` is a result of its own: with these settings the regime does not train.
    """

    spec: Work
    sentence: str
    diverged: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where runs leave things: schooled bases, finished results, and the weights of the runs that are to be saved.

    With `resume`, a result that is there already is taken instead of run again.
    """

    bases: Path
    results: Path | None = None
    weights: Path | None = None
    resume: bool = False

    def saves(self, spec: Work) -> Path | None:
        """The file for a run's delta: the first seed's, of regimes that start from the pretrained body."""
        if self.weights is None or not isinstance(spec, RunSpec) or spec.seed or spec.regime.body == "random":
            return None
        return self.weights / f"{spec.name}.safetensors"


def compare(
    specs: Sequence[Work], executor: Executor | None = None, *, folder: Path | None = None, resume: bool = False,
    weights: Path | None = None, progress: Progress = lambda what, steps: None, beat: Callable[[], None] = lambda: None,
) -> Iterator[Result | Failure]:  # fmt: skip
    """Carry out every spec and yield its result, or how it failed, as they come in; of a Tuning, the best one's.

    Without an executor the runs follow each other in this process. Schooled bodies and finished results are kept in
    `folder` (a temporary one by default); with `resume` a result that is there already is not run again. `weights`
    is where the first seed's base and deltas go. Leaving the generator early keeps what has been yielded. `beat` is
    called at every step of a run in this process, and ten times a second while others are waited for: a BaseException
    that it raises ends the comparison there.
    """
    with ExitStack() as stack:
        root = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desk = Desk(root / "bases", None if folder is None else root / "results", weights, resume)
        done = {i: result for i, spec in enumerate(specs) if (result := _finished(spec, desk))}
        for i, result in done.items():
            progress(f"seed {specs[i].seed}: {specs[i].name}, found", steps_of(specs[i]))
            yield result
        left = [spec for i, spec in enumerate(specs) if i not in done]
        work = (_in_turn(left, desk, progress, beat) if executor is None
                else _side_by_side(left, desk, executor, progress, beat))  # fmt: skip
        for outcome in work:
            if isinstance(outcome, Result) and desk.results is not None:
                keep(outcome, desk.results)
            yield outcome


def in_order(outcomes: Iterable[Result | Failure], specs: Sequence[Spec]) -> list[Result]:
    """The results among the outcomes, in the order of the runs that they belong to."""
    place = {(spec.name, spec.seed): number for number, spec in enumerate(specs)}
    results = (outcome for outcome in outcomes if isinstance(outcome, Result))
    return sorted(results, key=lambda result: place[result.name, result.seed])


def steps_of(spec: Work) -> int:
    """Optimizer steps of a run, or of all that a tuning tries, for a progress bar."""
    if isinstance(spec, Tuning):
        return sum(map(steps_of, spec.grid.candidates(spec.run)))
    if isinstance(spec, NgramsSpec):
        return 1
    messages = len(split_of(spec.data, spec.seed).train)
    return sum(epochs_of(spec.regime, spec.recipe.epochs)) * -(-messages // spec.recipe.batch_size)


def _finished(spec: Work, desk: Desk) -> Result | None:
    """The stored result of a spec; a run whose weights are to be saved is always carried out, for its weights."""
    if isinstance(spec, Tuning) or not desk.resume or desk.results is None or desk.saves(spec):
        return None
    return find(spec, desk.results)


def _in_turn(
    specs: Sequence[Work], desk: Desk, progress: Progress, beat: Callable[[], None]
) -> Iterator[Result | Failure]:
    for spec in specs:
        beat()
        yield attempt(spec, desk, partial(_tell, progress, beat, spec))


def _tell(progress: Progress, beat: Callable[[], None], spec: Work, event: PretrainStep | Event) -> None:
    beat()
    if isinstance(event, StepDone):
        progress(f"seed {spec.seed}: {spec.name}", 1)
    elif isinstance(event, PretrainStep):
        progress(f"seed {spec.seed}: pretraining", 0)


def _side_by_side(
    specs: Sequence[Work], desk: Desk, executor: Executor, progress: Progress, beat: Callable[[], None]
) -> Iterator[Result | Failure]:
    """First each body's schooling, once, then the runs that start from it; what needs none fills the gaps."""
    waiting: dict[Waiting, tuple[Work, ...]] = {}
    for group in _groups(specs):
        first = group[0]
        if _needs_schooling(first):
            waiting[_submit(executor, _school, first, desk)] = group
        else:
            waiting |= _submitted(group, desk, executor)
    try:
        while waiting:
            beat()
            for future in wait(waiting, timeout=BEAT, return_when=FIRST_COMPLETED).done:
                group = waiting.pop(future)
                outcome = _outcome(future, group[0])
                if outcome is None:  # a body is ready
                    waiting |= _submitted(group, desk, executor)
                    continue
                if isinstance(outcome, Result):
                    progress(f"seed {outcome.seed}: {outcome.name}", steps_of(group[0]))
                    yield outcome
                else:  # a schooling that fails fails all who waited for it
                    yield from (Failure(spec, outcome.sentence) for spec in group)
    finally:
        for future in waiting:
            future.cancel()


def _submitted(specs: Sequence[Work], desk: Desk, executor: Executor) -> dict[Waiting, tuple[Work, ...]]:
    return {_submit(executor, attempt, spec, desk): (spec,) for spec in specs}


def _submit(executor: Executor, work: Callable[[Work, Desk], object], spec: Work, desk: Desk) -> Waiting:
    """The work's future. An executor whose worker has died takes nothing more: then the future says so."""
    try:
        return executor.submit(work, spec, desk)
    except BrokenExecutor as error:
        future: Waiting = Future()
        future.set_exception(error)
        return future


def _groups(specs: Sequence[Work]) -> list[tuple[Work, ...]]:
    """Specs that start from one schooled body together, those that need none at the end."""
    shared: dict[object, list[Work]] = {}
    for spec in specs:
        shared.setdefault(_body_of(spec) if _needs_schooling(spec) else None, []).append(spec)
    alone = shared.pop(None, [])
    return [tuple(group) for group in (*shared.values(), alone) if group]


def _outcome(future: Waiting, spec: Work) -> Result | Failure | None:
    try:
        return future.result()
    except BrokenExecutor:
        return Failure(spec, "a worker died, probably because memory ran out; run the rest with fewer workers")


def _needs_schooling(spec: Work) -> bool:
    run = _run_of(spec)
    return isinstance(run, RunSpec) and needs_schooling(run)


def _body_of(spec: Work) -> object:
    run = _run_of(spec)
    assert isinstance(run, RunSpec)
    try:
        return base_key(run.data, run.body, run.seed)
    except Exception:  # its own run will say what is wrong with the data
        return run.data, run.body, run.seed


def _run_of(spec: Work) -> Spec:
    return spec.run if isinstance(spec, Tuning) else spec


def _school(spec: Work, desk: Desk) -> Failure | None:
    try:
        run = _run_of(spec)
        assert isinstance(run, RunSpec)
        base_of(run, desk.bases)
    except Exception as error:  # the runs that wait for it are told, the others go on
        return Failure(spec, in_words(error))
    return None


def attempt(
    spec: Work, desk: Desk, watch: Callable[[PretrainStep | Event], None] = lambda event: None
) -> Result | Failure:
    """Carry out one spec or tuning, in whichever process this is; an error becomes a Failure."""
    try:
        if isinstance(spec, Tuning):
            return tune(spec, partial(_try, desk, watch))
        return run_ngrams(spec) if isinstance(spec, NgramsSpec) else _train(spec, desk, watch)[1]
    except Exception as error:
        return Failure(spec, in_words(error), isinstance(error, DivergedError))


def _try(desk: Desk, watch: Callable[[PretrainStep | Event], None], spec: Spec) -> tuple[History | None, Result]:
    """A tuning's candidate: found, or carried out and kept, so that a tuning that is stopped can go on."""
    found = _finished(spec, desk)
    if found is not None:
        return None, found
    history, result = (None, run_ngrams(spec)) if isinstance(spec, NgramsSpec) else _train(spec, desk, watch)
    if desk.results is not None:
        keep(result, desk.results)
    return history, result


def _train(spec: RunSpec, desk: Desk, watch: Callable[[PretrainStep | Event], None]) -> tuple[History, Result]:
    schooled = base_of(spec, desk.bases, watch)
    history, result = train_spec(spec, schooled, watch)
    delta = desk.saves(spec)
    if delta is not None:
        if can_be_saved(schooled.base):
            save_base(schooled.base, delta.parent)
        save_delta(delta, history, schooled.base, split_of(spec.data, spec.seed).label_names)
    return history, result


def in_words(error: Exception) -> str:
    """What to tell about an error: its sentence, with its kind where it is none of ours."""
    return str(error) if isinstance(error, HeadswapError) else f"{type(error).__name__}: {error}"


def _ngrams(data: Source, seed: int, max_len: int) -> list[Spec]:
    """The n-grams of the whole text, and of the bytes that the body reads."""
    try:
        need_sklearn()
    except MissingExtraError:
        return []
    return [NgramsSpec(data, seed), NgramsSpec(data, seed, max_len)]
