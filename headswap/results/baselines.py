"""What a classifier without any body scores: the bar that fine-tuning has to clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from ..data.messages import Example, Split
from ..errors import MissingExtraError


@dataclass(frozen=True, slots=True)
class Ngrams:
    """Logistic regression on character n-grams (1 to 4, tf-idf), trained; `predict` names classes of texts."""

    model: object
    weights: int
    seconds: float

    def predict(self, messages: Sequence[Example]) -> list[int]:
        """The class of each message, (N,)."""
        return [int(c) for c in self.model.predict([m.text for m in messages])]  # type: ignore[attr-defined]


def train_ngrams(split: Split) -> Ngrams:
    """Train the n-gram baseline on the split's training messages; it reads them whole, whatever max_len is.

    Needs scikit-learn, and raises MissingExtraError without it.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
    except ImportError:
        raise MissingExtraError("the n-gram baseline needs scikit-learn; pip install scikit-learn") from None
    began = perf_counter()
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    regression = LogisticRegression(C=10.0, max_iter=1000)
    model = make_pipeline(features, regression).fit([m.text for m in split.train], [m.label for m in split.train])
    return Ngrams(model, int(np.size(regression.coef_) + np.size(regression.intercept_)), perf_counter() - began)
