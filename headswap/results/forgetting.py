"""What a run cost the language model that its body came from: how much of the language is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..model.body import LanguageModel
from ..model.body_contract import Body
from ..model.classifier import Classifier, put_back
from ..model.copies import lazy_copy
from ..model.inserts.attach import detach, hosts_of, inserts_on
from ..training.pretrain import perplexity


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A language model's perplexity on the same texts: before a run, after it, and with what was inserted taken off."""

    before: float
    after: float
    off: float

    @property
    def factor(self) -> float:
        """How many times as many bytes the model hesitates between; 1 where nothing is forgotten."""
        return self.after / self.before


def forgotten(model: Classifier, base: LanguageModel, texts: Sequence[str]) -> Forgotten:
    """Put the language model's own head back on a trained body and ask what is left of the language.

    Neither the classifier nor the base is touched: inserts are taken off a copy.
    """
    bare = Classifier(without_inserts(model), model.pool, model.head)
    before, after, off = (
        perplexity(one, texts) for one in (base, put_back(model, base.head), put_back(bare, base.head))
    )
    return Forgotten(before, after, off)


def without_inserts(model: Classifier) -> Body:
    """A copy of the classifier's body with every insert taken off."""
    body = lazy_copy(model.body)
    for name in sorted({name for host in hosts_of(body) for name in inserts_on(body, host)}):
        detach(body, name)
    return body
