"""The comparison that the course is about: one body, several regimes, several seeds, the same messages.

Shape letters: C classes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..data.messages import Example, Split
from ..errors import MissingExtraError, SettingError
from ..metrics.counts import joint_table
from ..metrics.intervals import Interval, paired_difference
from ..metrics.measure import Metrics, measure
from ..model.body import BodyConfig, LanguageModel
from ..training.events import StageBegan, StepDone
from ..training.loop import predict_logits
from ..training.pretrain import PretrainStep, pretrain_quick
from ..training.recipe import Recipe
from ..training.regimes import find_regime
from ..training.run import History, encode, start_regime
from .baselines import train_ngrams

DEFAULT_REGIMES = ("frozen-random", "scratch", "head-only", "last-block", "full")
NGRAMS = "n-grams"
PRETRAIN_EPOCHS = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """What to compare: regimes by name, how many seeds, and the recipe and body they share."""

    regimes: tuple[str, ...] = DEFAULT_REGIMES
    seeds: int = 5
    recipe: Recipe = field(default_factory=Recipe)
    config: BodyConfig = field(default_factory=BodyConfig)

    def __post_init__(self) -> None:
        for name in self.regimes:
            find_regime(name)
        if self.seeds < 1:
            raise SettingError(f"seeds is {self.seeds}; give a whole number of at least 1")
        if len(set(self.regimes)) != len(self.regimes) or not self.regimes:
            raise SettingError(f"regimes is {', '.join(self.regimes) or 'empty'}; name each regime once")


@dataclass(frozen=True, slots=True)
class Result:
    """One regime at one seed on one test set; seconds are training alone, labels and predictions are classes."""

    regime: str
    seed: int
    test: str
    metrics: Metrics
    labels: tuple[int, ...]
    predictions: tuple[int, ...]
    seconds: float
    pretrain_seconds: float
    learning: int
    total: int
    cached: str

    def as_json(self) -> dict[str, object]:
        """The result as plain numbers, confusion [[TN, FP], [FN, TP]]."""
        own = ("regime", "seed", "test", "seconds", "pretrain_seconds", "learning", "total", "cached")
        measured = ("precision", "recall", "f1", "accuracy", "confusion", "undefined")
        return {n: getattr(self, n) for n in own} | {n: getattr(self.metrics, n) for n in measured}


Progress = Callable[[str, int], None]  # what is being done, and how many more steps are now done
Keep = Callable[[int, LanguageModel, History], None]  # a seed, its base, and a run that started from it


def compare(
    split_of: Callable[[int], Split], settings: Settings, progress: Progress = lambda what, steps: None,
    keep: Keep = lambda seed, base, history: None,
) -> Iterator[Result]:  # fmt: skip
    """Pretrain once per seed, train every regime from that base, and yield its results on each test set.

    `split_of` maps a seed to its split. The pretraining reads the training texts and the split's unlabelled ones,
    never a text that is judged on.
    """
    for seed in range(settings.seeds):
        split = split_of(seed)
        base, pretrain_seconds = _base(split, settings, seed, progress)
        for name in settings.regimes:
            history = _run(base, split, name, settings, seed, progress)
            keep(seed, base, history)
            own = pretrain_seconds if history.regime.body == "pretrained" else 0.0
            yield from _judge(history, split, seed, own)
        yield from _ngrams(split, seed)


def steps_of(split: Split, settings: Settings) -> int:
    """How many steps the whole comparison takes, for a progress bar."""
    texts = len(split.train) + len(split.unlabelled)
    pretraining = PRETRAIN_EPOCHS * -(-texts // 16)
    training = settings.recipe.epochs * -(-len(split.train) // settings.recipe.batch_size)
    return settings.seeds * (pretraining + training * len(settings.regimes))


def differences(results: Sequence[Result], test: str, baseline: str) -> dict[str, tuple[float, Interval]]:
    """How much better than the baseline each regime's F1 is, paired over seeds and messages, with 95 % intervals."""
    mine = [r for r in results if r.test == test]
    floor = {r.seed: r for r in mine if r.regime == baseline}
    names = dict.fromkeys(r.regime for r in mine if r.regime != baseline and floor)
    return {name: _paired([(r, floor[r.seed]) for r in mine if r.regime == name]) for name in names}


def _paired(pairs: list[tuple[Result, Result]]) -> tuple[float, Interval]:
    classes = len(pairs[0][0].metrics.confusion)
    return paired_difference([joint_table(a.labels, a.predictions, b.predictions, classes) for a, b in pairs])


def _base(split: Split, settings: Settings, seed: int, progress: Progress) -> tuple[LanguageModel, float]:
    seconds = 0.0

    def watch(step: PretrainStep) -> None:
        nonlocal seconds
        seconds += step.seconds
        progress(f"seed {seed}: pretraining", 1)

    texts = [m.text for m in split.train] + list(split.unlabelled)
    return pretrain_quick(texts, settings.config, epochs=PRETRAIN_EPOCHS, seed=seed, watch=watch), seconds


def _run(base: LanguageModel, split: Split, name: str, settings: Settings, seed: int, progress: Progress) -> History:
    recipe = replace(settings.recipe, seed=seed)
    model, events = start_regime(base, split, name, recipe)
    history = History(find_regime(name), recipe, model)
    for event in events:
        history.events.append(event)
        if isinstance(event, StepDone):
            progress(f"seed {seed}: {name}", 1)
    return history


def _judge(history: History, split: Split, seed: int, pretrain_seconds: float) -> Iterator[Result]:
    began = next(event for event in history.events if isinstance(event, StageBegan))
    for test, messages in _tests(split):
        data = encode(messages, history.classifier, len(split.label_names))
        assert data is not None
        predictions = predict_logits(history.classifier, data).argmax(1).tolist()
        labels = data.labels.tolist()
        metrics = measure(labels, predictions, data.classes)
        cost = (history.seconds, pretrain_seconds, history.learning, began.total)
        name = history.regime.name
        yield Result(name, seed, test, metrics, tuple(labels), tuple(predictions), *cost, cached=began.cached)


def _ngrams(split: Split, seed: int) -> Iterator[Result]:
    try:
        model = train_ngrams(split)
    except MissingExtraError:
        return
    for test, messages in _tests(split):
        labels, predictions = tuple(m.label for m in messages), tuple(model.predict(messages))
        metrics = measure(labels, predictions, len(split.label_names))
        cost = (model.seconds, 0.0, model.weights, model.weights)
        yield Result(NGRAMS, seed, test, metrics, labels, predictions, *cost, cached="nothing")


def _tests(split: Split) -> list[tuple[str, tuple[Example, ...]]]:
    return [(name, part) for name, part in (("balanced", split.test), ("natural", split.natural)) if part]
