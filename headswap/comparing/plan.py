"""What is to be compared: a few candidates, each at the same seeds; a plan turns them into runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

from ..data.images.digits import NAMES, DigitsData
from ..data.labels import HAM_SPAM
from ..data.sources import PRACTICE, FileData, PracticeData, Source
from ..errors import SettingError
from ..gallery.digits import DIGITS, SKETCHER
from ..live.runs import FIELDS, LIMITS, Settings
from ..model.body import BodyConfig
from ..regimes.named import find_regime
from ..training.pretrain import Origin, Schooling
from ..training.spec import RunSpec

BY_HAND = "by hand"  # the regime that was built by clicking on the machine
FRESH = 2_000  # test messages of the practice data: 160 can hardly tell two regimes apart
MOST_RUNS = 1_000
Value = str | int | float


@dataclass(frozen=True, slots=True)
class Varied:
    """A setting that candidates may differ in: what a page calls it, the values it usually takes, and its scale."""

    name: str
    usual: tuple[Value, ...]
    number: bool = True
    log: bool = False


VARIED: Final[dict[str, Varied]] = {
    "pool": Varied("Pooling", ("mean", "cls", "last", "max", "attention", "mean+max"), number=False),
    "messages": Varied("Training messages", (20, 40, 80, 160, 320, 640), log=True),
    "max_len": Varied("Maximum length", (8, 16, 32, 64), log=True),
    "learning_rate": Varied("Learning rate", (3e-4, 1e-3, 3e-3, 1e-2, 3e-2), log=True),
    "epochs": Varied("Epochs", (1, 2, 5, 10, 20, 40), log=True),
    "shift": Varied("Shift of the wording", (0.0, 0.25, 0.5, 0.75, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that is compared: a regime, and the value of what varies (None where nothing does)."""

    regime: str
    value: Value | None = None

    @property
    def label(self) -> str:
        """What tells it apart from the others."""
        return self.regime if self.value is None else f"{self.regime} · {self.value}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Regimes at so many seeds, with everything else as in `base`; `vary` names a setting, `values` what it takes.

    `file` are the messages where `base.data` is a file. What varies is walked along for a number, and for names
    where several regimes are compared; the names of one regime are held against each other.
    """

    regimes: tuple[str, ...]
    seeds: int = 5
    vary: str = ""
    values: tuple[Value, ...] = ()
    base: Settings = field(default_factory=Settings)
    file: FileData | None = None

    def __post_init__(self) -> None:
        if not self.regimes:
            raise SettingError("no regime is chosen; choose at least one, such as head-only")
        for name in self.regimes:
            self._settings(Candidate(name)).chosen_regime()
        if isinstance(self.seeds, bool) or not isinstance(self.seeds, int) or not 1 <= self.seeds <= 100:
            raise SettingError(f"seeds is {self.seeds!r}; give a whole number from 1 to 100")
        self._check_values()
        if len(self.candidates) * self.seeds > MOST_RUNS:
            many = len(self.candidates) * self.seeds
            raise SettingError(f"that makes {many:,} runs; at most {MOST_RUNS:,} can be compared, so choose fewer")

    @property
    def images(self) -> bool:
        """Whether digits are compared, not messages."""
        return self.base.data == DIGITS

    @property
    def sweep(self) -> bool:
        """Whether regimes are compared at one value after the other."""
        return bool(self.vary) and (VARIED[self.vary].number or len(self.regimes) > 1)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every regime with every value, in order."""
        values: tuple[Value | None, ...] = self.values if self.vary else (None,)
        return tuple(Candidate(regime, value) for regime, value in product(self.regimes, values))

    def runs(self) -> dict[RunSpec, int]:
        """Every run and the number of its candidate, seed by seed: so the first pairs can be compared early."""
        return {
            self._spec(candidate, seed): number
            for seed in range(self.seeds)
            for number, candidate in enumerate(self.candidates)
        }

    def settings(self, candidate: Candidate, seed: int) -> Settings:
        """What the lab would have to be set to for a run of this candidate."""
        return replace(self._settings(candidate), seed=seed)

    def _settings(self, candidate: Candidate) -> Settings:
        base = self.base
        if candidate.regime != BY_HAND:
            base = replace(base, regime=find_regime(candidate.regime).name, rates=())
        elif not base.rates:
            raise SettingError("no regime was built by hand; click on a part of the machine, or choose a named one")
        own = self.vary in FIELDS and candidate.value is not None
        return replace(base, **{self.vary: candidate.value}) if own else base

    def _spec(self, candidate: Candidate, seed: int) -> RunSpec:
        settings = self.settings(candidate, seed)
        source, body = self._source(candidate, settings), self._body(settings)
        return RunSpec(source, settings.chosen_regime(), settings.recipe(), body, seed)

    def _body(self, settings: Settings) -> Origin:
        return SKETCHER if self.images else Schooling(BodyConfig(max_len=settings.max_len, causal=settings.causal))

    def _source(self, candidate: Candidate, settings: Settings) -> Source:
        if self.images:
            return DigitsData(settings.messages)
        if self.file is not None:
            return replace(self.file, train=settings.messages) if self.vary == "messages" else self.file
        if self.vary == "shift":
            return PracticeData(settings.messages, float(candidate.value or 0.0), FRESH)
        return replace(PRACTICE[settings.data], labelled=settings.messages, fresh=FRESH)

    def _check_values(self) -> None:
        if not self.vary:
            if self.values:
                raise SettingError(f"you gave values, but nothing varies; set vary to one of {', '.join(VARIED)}")
            return
        if self.vary not in VARIED:
            raise SettingError(f"vary is {self.vary!r}; choose one of {', '.join(VARIED)}")
        if self.vary == "shift" and self.file is not None:
            raise SettingError("a file's wording cannot be shifted; vary another setting, or choose the fixture")
        if self.vary == "shift" and self.base.data == "order":
            raise SettingError("the wording of order cannot be shifted; vary another setting, or choose the fixture")
        if self.vary in ("shift", "max_len") and self.images:
            raise SettingError("digits have neither a wording nor a length in bytes; vary another setting")
        if not self.values:
            object.__setattr__(self, "values", VARIED[self.vary].usual)
        values = ordered(self.vary, self.values)
        if self.vary == "messages" and self.file is None:  # as many of each class
            classes = len(NAMES) if self.images else len(HAM_SPAM)
            values = tuple(dict.fromkeys(int(value) - int(value) % classes for value in values))
        object.__setattr__(self, "values", values)


def ordered(vary: str, values: Sequence[Any]) -> tuple[Value, ...]:
    """The values that a setting is to take, each once, numbers in their order; SettingError for one it cannot take."""
    kept = tuple(dict.fromkeys(_checked(vary, value) for value in values))
    return tuple(sorted(kept)) if VARIED[vary].number else kept  # type: ignore[type-var]


BOUNDS: Final[dict[str, tuple[float, float]]] = {**LIMITS, "learning_rate": (1e-6, 10.0), "shift": (0.0, 1.0)}


def _checked(vary: str, value: object) -> Value:
    if not VARIED[vary].number:
        if value not in VARIED[vary].usual:
            raise SettingError(f"{vary} {value!r} is unknown; choose one of {', '.join(map(str, VARIED[vary].usual))}")
        return str(value)
    (low, high), whole = BOUNDS[vary], vary in LIMITS
    kind = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingError(f"{vary} is {value!r}; give {kind} from {low:g} to {high:g}")
    if not whole:
        return float(value)
    if value != int(value):
        raise SettingError(f"{vary} is {value!r}; give {kind} from {low:g} to {high:g}")
    return int(value)
