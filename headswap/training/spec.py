"""A run is a value: everything that its numbers hang on, and everything that came out.

The same spec gives the same result, bit for bit, in this process, in a worker and on another day.
Shape letters: N messages, C classes.
"""

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path

import torch

from .. import values
from ..data.images.augment import Augment
from ..data.images.cifar import CifarData
from ..data.images.digits import DigitsData
from ..data.messages import Example, Split, key_of
from ..data.readers import Reading
from ..data.sources import FileData, FixtureData, OrderData, PracticeData, Source, split_of
from ..data.tasks import TaskData
from ..errors import SettingError
from ..metrics.intervals import Verdicts
from ..metrics.measure import Metrics, measure
from ..metrics.thresholds import shares
from ..model.body import BodyConfig, LanguageModel
from ..model.body_contract import Base
from ..model.classifier import Classifier, put_back
from ..model.inserts.kinds import INSERTS
from ..model.losses import CrossEntropy
from ..model.precision import one_thread
from ..model.probe import Probe
from ..model.variational import Variational
from ..model.vision.vit import ViTConfig
from ..model.vision.wide_resnet import WideResNetConfig
from ..regimes.named import REGIMES
from ..regimes.stages import Falling, Frozen, Regime, Stage
from .events import EpochDone, Event, StageBegan, StageEnded
from .looking.paint import MaskedPatches
from .looking.school import Unschooled
from .looking.turn import Rotations
from .loop import predict_logits
from .pretrain import Origin, PretrainStep, Schooling, perplexity
from .recipe import Compute, Recipe
from .run import History, encode, start_regime

SOURCES = ("data", "metrics", "model", "regimes", "training", "results/baselines.py")  # what makes the numbers
Watch = Callable[[PretrainStep | Event], None]


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run: its messages, the regime, the recipe, the body it starts from, and the seed of every draw.

    The seed draws the split, the schooling and the run; the recipe's own is set to it. A run that is only a candidate
    for tuning is not `tested`: nobody sees its test sets. `tried` says among how many its settings were chosen.
    """

    data: Source = field(default_factory=FixtureData)
    regime: Regime = REGIMES["head-only"]
    recipe: Recipe = field(default_factory=Recipe)
    body: Origin = field(default_factory=Schooling)
    seed: int = 0
    tested: bool = True
    tried: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise SettingError(f"seed is {self.seed!r}; give a whole number of at least 0")
        object.__setattr__(self, "recipe", replace(self.recipe, seed=self.seed))

    @property
    def name(self) -> str:
        """What a table calls it: the regime's name."""
        return self.regime.name


@dataclass(frozen=True, slots=True)
class Judged:
    """One test set: a key per message, labels and predicted classes (N,), and each class's probability (N, C).

    A message has the same key in every test set and at every seed.
    """

    test: str
    metrics: Metrics
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    predictions: tuple[int, ...]
    probabilities: tuple[tuple[float, ...], ...]

    @property
    def verdicts(self) -> Verdicts:
        """What an interval needs to know of it."""
        return Verdicts(self.keys, self.labels, self.predictions)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: seconds of training, and of the schooling that it shares with others; on which machine."""

    seconds: float
    pretrain_seconds: float = 0.0
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of a spec. Two results are equal when their numbers are: what they cost does not count.

    `validation` is what it said of the validation messages, `shares` are those of the classes among the training
    messages. `objective` and `floor` are a converged probe's, in nats: what it reached, and the least there is.
    `perplexity` is the language model's with its own head put back on the body as the run left it, on validation texts;
    of what is not tested nobody asks it. `drift` is how far the body moved, as a share of its length.
    """

    spec: object
    name: str
    seed: int
    judged: tuple[Judged, ...]
    validation: Judged | None
    shares: tuple[float, ...]
    epochs: tuple[EpochDone, ...]
    learning: int
    total: int
    cached: str
    cost: Cost = field(compare=False)
    objective: float | None = None
    floor: float | None = None
    perplexity: float | None = None
    drift: float | None = None


@dataclass(frozen=True, slots=True)
class Schooled:
    """A base and the seconds that its schooling took."""

    base: Base
    seconds: float


KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        RunSpec, FixtureData, PracticeData, OrderData, FileData, TaskData, Reading, Regime, Stage, Falling, Frozen,
        CrossEntropy, Probe, Variational, Recipe, Compute, Schooling, BodyConfig, Result, Judged, Metrics, EpochDone,
        Cost, DigitsData, CifarData, Augment, MaskedPatches, Rotations, Unschooled, ViTConfig, WideResNetConfig,
    )
} | INSERTS  # fmt: skip


def run_spec(spec: RunSpec, schooled: Schooled | None = None, watch: Watch = lambda event: None) -> Result:
    """Carry out one run and judge it on its test sets: `train_spec`, without the classifier."""
    return train_spec(spec, schooled, watch)[1]


def train_spec(
    spec: RunSpec, schooled: Schooled | None = None, watch: Watch = lambda event: None
) -> tuple[History, Result]:
    """Carry out one run on one torch thread; the trained classifier and what came out.

    `schooled` is the base of this very spec where somebody has it already; `watch` hears of every step.
    """
    with one_thread():
        split = split_of(spec.data, spec.seed)
        schooled = schooled or school(spec, split, watch)
        model, events = start_regime(schooled.base, split, spec.regime, spec.recipe)
        history = History(spec.regime, spec.recipe, model, base=schooled.base)
        for event in events:
            history.events.append(event)
            watch(event)
        classes = len(split.label_names)
        judged = tuple(judge(model, test, part, classes) for test, part in (tests_of(split) if spec.tested else []))
        validation = judge(model, "validation", split.validation, classes) if split.validation else None
        language = language_left(history, split) if spec.tested else None
    began = [event for event in history.events if isinstance(event, StageBegan)]
    ended = [event for event in history.events if isinstance(event, StageEnded)]
    return history, Result(
        spec, spec.name, spec.seed, judged, validation, shares([m.label for m in split.train], classes),
        tuple(history.epochs), history.learning, began[-1].total, began[0].cached,
        Cost(history.seconds, schooled.seconds, platform.machine()), ended[-1].objective, began[-1].floor, language,
        history.drift,
    )  # fmt: skip


def school(spec: RunSpec, split: Split, watch: Watch = lambda event: None) -> Schooled:
    """The base that the spec starts from; a regime on a random body needs no schooling."""
    if spec.regime.body == "random":
        return Schooled(spec.body.untrained(), 0.0)
    took: list[float] = []

    def hear(step: PretrainStep) -> None:
        took.append(step.seconds)
        watch(step)

    return Schooled(spec.body.base(split, spec.seed, hear), sum(took))


def language_left(history: History, split: Split) -> float | None:
    """The perplexity of the old head on the trained body; None where the body never knew the language."""
    base = history.base
    if history.regime.body == "random" or not isinstance(base, LanguageModel) or not split.validation:
        return None
    return perplexity(put_back(history.classifier, base.head), [message.text for message in split.validation])


def judge(model: Classifier, test: str, messages: Sequence[Example], classes: int = 2) -> Judged:
    """What the classifier says of a test set: its metrics, and verdicts that intervals and pairs can be made of."""
    data = encode(messages, model, classes)
    assert data is not None
    logits = predict_logits(model, data).cpu()
    return judged_as(test, messages, logits.argmax(1).tolist(), logits.softmax(1).tolist())


def judged_as(
    test: str, messages: Sequence[Example], predictions: Sequence[int], probabilities: Sequence[Sequence[float]]
) -> Judged:
    """Predictions (N,) and probabilities (N, C) of a test set, with everything that is counted from them."""
    labels = tuple(message.label for message in messages)
    metrics = measure(labels, predictions, len(probabilities[0]))
    keys = tuple(map(key_of, messages))
    return Judged(test, metrics, keys, labels, tuple(predictions), tuple(map(tuple, probabilities)))


def tests_of(split: Split) -> list[tuple[str, tuple[Example, ...]]]:
    """The split's test sets that are not empty, with their names."""
    return [(name, part) for name, part in (("balanced", split.test), ("natural", split.natural)) if part]


def run_key(spec: object) -> str:
    """The SHA-256 under which a spec's result is kept: its values, the libraries' versions and the source that counts.

    A file's own hash is in its spec, so no other data, code, PyTorch or scikit-learn ever answers for this one.
    """
    versions = torch.__version__, _version("scikit-learn")
    return hashlib.sha256(f"{values.to_json(spec)}\n{versions}\n{source_hash()}".encode()).hexdigest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def source_hash() -> str:
    """The SHA-256 of the source that makes the numbers: every file of it, by name."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    found = [path for source in SOURCES for path in ((package / source).rglob("*"), [package / source])]
    for path in sorted(p for paths in found for p in paths if p.suffix in (".py", ".toml")):
        digest.update(f"\0{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
