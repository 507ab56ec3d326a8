"""What a classifier without any body scores: the bar that fine-tuning has to clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

import numpy as np

from ..data.messages import Example, Split
from ..data.sources import Source, split_of
from ..errors import MissingExtraError
from ..metrics.thresholds import shares
from ..training import spec as runs
from ..training.spec import Cost, Result, RunSpec, judged_as, tests_of

NGRAMS = "n-grams"
REACH = (1, 4)  # characters


@dataclass(frozen=True, slots=True)
class Ngrams:
    """Logistic regression on character n-grams (1 to 4, tf-idf), trained; it reads `max_len` bytes, or all."""

    model: object
    weights: int
    seconds: float
    max_len: int | None = None

    def predict(self, messages: Sequence[Example]) -> list[int]:
        """The class of each message, (N,)."""
        return [int(c) for c in self.model.predict(_texts(messages, self.max_len))]  # type: ignore[attr-defined]

    def probabilities(self, messages: Sequence[Example]) -> np.ndarray:
        """The probability of each class, (N, C)."""
        return self.model.predict_proba(_texts(messages, self.max_len))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class NgramsSpec:
    """The n-gram baseline on the messages of a seed, as a value beside the runs that it is compared to.

    A body reads `max_len` bytes of each message; without it the n-grams read all of them, which is more. `strength`
    is scikit-learn's C; for `tested` and `tried` see `RunSpec`.
    """

    data: Source
    seed: int = 0
    max_len: int | None = None
    strength: float = 10.0
    tested: bool = True
    tried: int = 0

    @property
    def name(self) -> str:
        """What a table calls it."""
        return NGRAMS if self.max_len is None else f"{NGRAMS} {self.max_len} B"


Spec: TypeAlias = RunSpec | NgramsSpec
KINDS: dict[str, type] = runs.KINDS | {"NgramsSpec": NgramsSpec}


def run_ngrams(spec: NgramsSpec) -> Result:
    """Train the baseline and judge it on the same test sets as every run of that seed."""
    split = split_of(spec.data, spec.seed)
    model = train_ngrams(split, spec.max_len, spec.strength)
    parts = tests_of(split) if spec.tested else []
    judged = [judged_as(t, part, model.predict(part), model.probabilities(part).tolist()) for t, part in parts]
    held_out = split.validation
    validation = (
        judged_as("validation", held_out, model.predict(held_out), model.probabilities(held_out).tolist())
        if held_out
        else None
    )
    return Result(
        spec, spec.name, spec.seed, tuple(judged), validation,
        shares([m.label for m in split.train], len(split.label_names)), (), model.weights, model.weights, "nothing",
        Cost(model.seconds),
    )  # fmt: skip


def need_sklearn() -> None:
    """MissingExtraError where scikit-learn is not installed."""
    try:
        import sklearn.feature_extraction.text  # noqa: F401
    except ImportError:
        raise MissingExtraError("the n-gram baseline needs scikit-learn; pip install scikit-learn") from None


def train_ngrams(split: Split, max_len: int | None = None, strength: float = 10.0) -> Ngrams:
    """Train the n-gram baseline on the split's training messages, whole or cut to `max_len` bytes each.

    Needs scikit-learn, and raises MissingExtraError without it.
    """
    need_sklearn()
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    began = perf_counter()
    features = TfidfVectorizer(analyzer="char", ngram_range=REACH, sublinear_tf=True)
    regression = LogisticRegression(C=strength, max_iter=1000)
    model = make_pipeline(features, regression).fit(_texts(split.train, max_len), [m.label for m in split.train])
    weights = int(np.size(regression.coef_) + np.size(regression.intercept_))
    return Ngrams(model, weights, perf_counter() - began, max_len)


def _texts(messages: Sequence[Example], max_len: int | None) -> list[str]:
    """The texts, cut where a body's reading ends; a letter that is cut in two is left out."""
    return [m.text if max_len is None else m.text.encode()[:max_len].decode(errors="ignore") for m in messages]
