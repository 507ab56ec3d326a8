"""What a classifier without any body scores: the bar that fine-tuning has to clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

import numpy as np

from ..data.messages import Example, Split
from ..data.sources import Source, split_of
from ..errors import MissingExtraError
from ..metrics.measure import measure
from ..training import spec as runs
from ..training.spec import Cost, Judged, Result, RunSpec, tests_of

NGRAMS = "n-grams"


@dataclass(frozen=True, slots=True)
class Ngrams:
    """Logistic regression on character n-grams (1 to 4, tf-idf), trained; `predict` names classes of texts."""

    model: object
    weights: int
    seconds: float

    def predict(self, messages: Sequence[Example]) -> list[int]:
        """The class of each message, (N,)."""
        return [int(c) for c in self.model.predict([m.text for m in messages])]  # type: ignore[attr-defined]

    def probabilities(self, messages: Sequence[Example]) -> np.ndarray:
        """The probability of each class, (N, C)."""
        return self.model.predict_proba([m.text for m in messages])  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class NgramsSpec:
    """The n-gram baseline on the messages of a seed, as a value beside the runs that it is compared to."""

    data: Source
    seed: int = 0

    @property
    def name(self) -> str:
        """What a table calls it."""
        return NGRAMS


Spec: TypeAlias = RunSpec | NgramsSpec
KINDS: dict[str, type] = runs.KINDS | {"NgramsSpec": NgramsSpec}


def run_ngrams(spec: NgramsSpec) -> Result:
    """Train the baseline and judge it on the same test sets as every run of that seed."""
    split = split_of(spec.data, spec.seed)
    model, classes = train_ngrams(split), len(split.label_names)
    judged = []
    for test, messages in tests_of(split):
        labels, predictions = tuple(m.label for m in messages), tuple(model.predict(messages))
        probabilities = tuple(map(tuple, model.probabilities(messages).tolist()))
        judged.append(Judged(test, measure(labels, predictions, classes), labels, predictions, probabilities))
    cost = Cost(model.seconds)
    return Result(spec, NGRAMS, spec.seed, tuple(judged), (), model.weights, model.weights, "nothing", cost)


def need_sklearn() -> None:
    """MissingExtraError where scikit-learn is not installed."""
    try:
        import sklearn.feature_extraction.text  # noqa: F401
    except ImportError:
        raise MissingExtraError("the n-gram baseline needs scikit-learn; pip install scikit-learn") from None


def train_ngrams(split: Split) -> Ngrams:
    """Train the n-gram baseline on the split's training messages; it reads them whole, whatever max_len is.

    Needs scikit-learn, and raises MissingExtraError without it.
    """
    need_sklearn()
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    began = perf_counter()
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    regression = LogisticRegression(C=10.0, max_iter=1000)
    model = make_pipeline(features, regression).fit([m.text for m in split.train], [m.label for m in split.train])
    return Ngrams(model, int(np.size(regression.coef_) + np.size(regression.intercept_)), perf_counter() - began)
