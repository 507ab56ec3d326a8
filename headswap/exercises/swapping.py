"""Lesson 03: the head swap, what it adds, and the loss that the new head learns by.

Shape letters: B batch, T bytes, D width, C classes.
"""

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from ..data.tokenizer import VOCAB_SIZE
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..model.classifier import Classifier, Swap, swap_head
from ..model.heads import LinearHead
from ..model.pooling import POOLS, LastTokenPool, MaxPool, MeanPool
from .answers import Function, Probe
from .exercise import Exercise, Trap

Fact = Callable[[LanguageModel, nn.Module], object]
TINY = BodyConfig(width=8, heads=2, depth=1, max_len=4)


def swap(model: LanguageModel, classes: int) -> Classifier:
    """A classifier on the model's own body: mean pool, and a new linear head with one logit per class."""
    head = LinearHead(model.body.width, classes, torch.Generator().manual_seed(0))
    return Classifier(model.body, MeanPool(), head)


def count_new_weights(width: int, classes: int) -> int:
    """How many numbers a new linear head for `width` floats and `classes` classes brings."""
    return classes * width + classes


def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of raw logits (B, C) against labels (B,), in nats per message."""
    return F.cross_entropy(logits, labels)


# ---- wrong on purpose


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _new_body(model: LanguageModel, classes: int) -> Classifier:
    return swap(new_language_model(model.body.config, 1), classes)


def _copied_body(model: LanguageModel, classes: int) -> Classifier:
    return swap(copy.deepcopy(model), classes)


def _last_instead(model: LanguageModel, classes: int) -> Classifier:
    return Classifier(model.body, LastTokenPool(), swap(model, classes).head)


def _largest_instead(model: LanguageModel, classes: int) -> Classifier:
    return Classifier(model.body, MaxPool(), swap(model, classes).head)


class _PadsToo(nn.Module):
    prepends_cls = False

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return hidden.mean(1)


def _pads_in_the_mean(model: LanguageModel, classes: int) -> Classifier:
    return Classifier(model.body, _PadsToo(), swap(model, classes).head)  # type: ignore[arg-type]


def _head_overwritten(model: LanguageModel, classes: int) -> Classifier:
    model.head = swap(model, classes).head  # type: ignore[assignment]
    return Classifier(model.body, MeanPool(), model.head)  # type: ignore[arg-type]


def _head_overwritten_alone(model: LanguageModel, classes: int) -> LanguageModel:
    model.head = swap(model, classes).head  # type: ignore[assignment]
    return model


def _frozen_already(model: LanguageModel, classes: int) -> Classifier:
    classifier = swap(model, classes)
    classifier.body.requires_grad_(False)
    return classifier


def _old_head_kept(model: LanguageModel, classes: int) -> Classifier:
    return Classifier(model.body, MeanPool(), model.head)  # type: ignore[arg-type]


def _old_head_underneath(model: LanguageModel, classes: int) -> Classifier:
    head = nn.Sequential(model.head, LinearHead(VOCAB_SIZE, classes, _generator()))
    return Classifier(model.body, MeanPool(), head)  # type: ignore[arg-type]


def _no_bias(model: LanguageModel, classes: int) -> Classifier:
    classifier = swap(model, classes)
    classifier.head.linear.register_parameter("bias", None)
    return classifier


def _always_two(model: LanguageModel, classes: int) -> Classifier:
    return swap(model, 2)


def _one_logit(model: LanguageModel, classes: int) -> Classifier:
    return swap(model, 1)


def _tied(model: LanguageModel, classes: int) -> Classifier:
    classifier, old = swap(model, classes), model.head.linear
    with torch.no_grad():
        for new, row in zip(classifier.head.parameters(), (old.weight, old.bias), strict=True):
            new.copy_(row[:classes])
    classifier.head.requires_grad_(False)
    return classifier


def _no_pool(model: LanguageModel, classes: int) -> LanguageModel:
    return LanguageModel(model.body, LinearHead(model.body.width, classes, _generator()))  # type: ignore[arg-type]


def _report_returned(model: LanguageModel, classes: int) -> Swap:
    return swap_head(model, MeanPool(), LinearHead(model.body.width, classes, _generator()))


def _bias_forgotten(width: int, classes: int) -> int:
    return classes * width


def _one_bias(width: int, classes: int) -> int:
    return classes * width + 1


def _whole_model(width: int, classes: int) -> int:
    body = new_language_model(BodyConfig(width=width), 0).body
    return sum(p.numel() for p in body.parameters()) + count_new_weights(width, classes)


def _bias_of_a_float(width: int, classes: int) -> int:
    return classes * width + width


def _two_classes(width: int, classes: int) -> int:
    return count_new_weights(width, 2)


def _ours(width: int, classes: int) -> int:
    return 130


def _old_head_counted(width: int, classes: int) -> int:
    return count_new_weights(width, VOCAB_SIZE)


def _softmax_first(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.softmax(1), labels)


def _summed(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits, labels, reduction="sum")


def _no_minus(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return -loss(logits, labels)


def _by_cells(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return loss(logits, labels) / logits.shape[1]


def _log_of_softmax(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(logits.softmax(1).log(), labels)


def _exp_overflows(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -shares[torch.arange(len(labels)), labels].log().mean()


def _down_the_batch(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(logits.log_softmax(0), labels)


def _every_label_of_all(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return -logits.log_softmax(1)[:, labels].mean()


def _logits_alone(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(logits, labels)


def _cut_off(logits: torch.Tensor, labels: torch.Tensor) -> float:
    return loss(logits, labels).item()


# ---- the exercises


def _ask_swap(classes: int, fact: Fact) -> Function:
    """A fact about the classifier that the answer makes of a tiny language model of its own."""

    def ask(fn: Function) -> object:
        model = new_language_model(TINY, 0)
        return fact(model, fn(model, classes))

    return ask


def _shape(model: LanguageModel, classifier: nn.Module) -> list[int]:
    ids = torch.tensor([[104, 105], [111, 107]])
    return list(classifier(ids, torch.ones_like(ids, dtype=torch.bool)).shape)


def _new_weights(model: LanguageModel, classifier: nn.Module) -> list[nn.Parameter]:
    return [weight for name, weight in classifier.named_parameters() if not name.startswith("body.")]


def _outside(model: LanguageModel, classifier: nn.Module) -> dict[str, int]:
    weights = _new_weights(model, classifier)
    return {
        "numbers": sum(w.numel() for w in weights),
        "that learn": sum(w.numel() for w in weights if w.requires_grad),
    }


def _body(model: LanguageModel, classifier: nn.Module) -> dict[str, bool]:
    """Whether it is the model's own, as it was before the answer had it, and may still learn."""
    body, fresh = classifier.get_submodule("body"), new_language_model(TINY, 0).body.state_dict()
    before, after = model.body.state_dict(), body.state_dict()
    kept = all(torch.equal(fresh[n], before[n]) and torch.equal(fresh[n], after[n]) for n in fresh)
    learns = all(weight.requires_grad for weight in body.parameters())
    return {"is model.body": body is model.body, "has its weights": kept, "may learn": learns}


def _pool_used(model: LanguageModel, classifier: nn.Module) -> str:
    """The pool whose vectors, under the answer's own head, give the answer's own logits; a short message has pads."""
    ids, mask = torch.tensor([[104, 105, 33], [111, 256, 256]]), torch.tensor([[True] * 3, [True, False, False]])
    hidden, head = classifier.get_submodule("body")(ids, mask), classifier.get_submodule("head")
    pools = {name: new(TINY.width, torch.Generator().manual_seed(0)) for name, new in POOLS.items()}
    pools["mean, pads and all"] = _PadsToo()  # type: ignore[assignment]
    logits = classifier(ids, mask)
    fits = (name for name, pool in pools.items() if torch.allclose(head(pool(hidden, mask)), logits, atol=1e-6))
    return next(fits, "one of its own")


def _speaks(model: LanguageModel, classifier: nn.Module) -> list[int]:
    return _shape(model, model)


def _has_gradient(fn: Function) -> bool:
    answer = fn(torch.zeros(1, 2, requires_grad=True), torch.tensor([1]))
    return isinstance(answer, torch.Tensor) and answer.requires_grad


def _ask_loss(logits: list[list[float]], labels: list[int]) -> Probe:
    says = f"loss(torch.tensor({logits}), torch.tensor({labels}))"
    return Probe(says, lambda fn: fn(torch.tensor(logits), torch.tensor(labels)))


SWAP = Exercise(
    reference=swap,
    probes=(
        Probe("The shape of swap(model, 2)(ids, mask) for two messages", _ask_swap(2, _shape)),
        Probe("The shape of swap(model, 3)(ids, mask) for two messages", _ask_swap(3, _shape)),
        Probe("What is outside the body of swap(model, 2), at width 8,", _ask_swap(2, _outside)),
        Probe("The body of swap(model, 2)", _ask_swap(2, _body)),
        Probe("The pool of swap(model, 2)", _ask_swap(2, _pool_used)),
        Probe("The shape of the language model's own logits after swap(model, 2)", _ask_swap(2, _speaks)),
    ),
    traps=(
        Trap(_new_body, "A new body: what the model has learned is gone. Use model.body itself, and renew the head."),
        Trap(_copied_body, "A copy of the body: from now on there are two, and one learns without the other. Use "
             "model.body itself."),
        Trap(_last_instead, "That is the last byte's vector; the classifier is to read the mean of the real bytes."),
        Trap(_largest_instead, "That is the largest value of each feature; the classifier is to read their mean."),
        Trap(_pads_in_the_mean, "Your pool counts the pads: MeanPool() takes the mask and leaves them out."),
        Trap(_head_overwritten, "You overwrote model.head, and the language model has lost its own. Give the new head "
             "to the classifier alone."),
        Trap(_head_overwritten_alone, "You overwrote model.head and returned the model: it has lost its own head, and "
             "has no pool. Build a Classifier."),
        Trap(_frozen_already, "You froze the body too. A swap changes the head alone; what learns is decided later."),
        Trap(_old_head_kept, "The body is there, but so is the old head: its 260 scores are for the next byte."),
        Trap(_old_head_underneath, "The new head sits on the old one. It must read the pooled vector, D floats."),
        Trap(_no_bias, "The head has no bias: no number can say that one class is more frequent."),
        Trap(_always_two, "Always two logits: the head's size must follow classes."),
        Trap(_one_logit, "One logit for all classes: give each class its own, so the head's size is (classes, D)."),
        Trap(_tied, "The old head's rows, frozen: they know next bytes and cannot learn. Make new weights."),
        Trap(_no_pool, "A verdict for every byte: a pool must first make one vector per message."),
        Trap(_report_returned, "This is swap_head's report; the model is in it, as its field classifier."),
    ),
    hints=(
        "Three parts: the body you have, a pool, and one new thing.",
        "Classifier(body, pool, head) puts them together; MeanPool() takes no arguments.",
        "LinearHead(width, classes, generator) is the new head; model.body.width is D, and a "
        "torch.Generator() with a seed gives it its first weights.",
    ),
    praise="The body is the model's own, the head is new, and the language model can still speak.",
)  # fmt: skip

COUNT_NEW_WEIGHTS = Exercise(
    reference=count_new_weights,
    probes=tuple(
        Probe(f"count_new_weights({width}, {classes})", lambda fn, w=width, c=classes: fn(w, c))
        for width, classes in ((64, 2), (64, 10), (32, 3))
    ),
    traps=(
        Trap(_bias_forgotten, "The biases are missing: each class has one number more, whatever the width."),
        Trap(_one_bias, "One bias for all: each class has a bias of its own."),
        Trap(_bias_of_a_float, "A bias for each float: it is one for each class, beside its weighted sum."),
        Trap(_two_classes, "You always count for two classes; the head grows with classes."),
        Trap(_ours, "130 is right for width 64 and two classes alone; compute it from width and classes."),
        Trap(_whole_model, "This is the whole model: the body is kept, so only the head's numbers are new."),
        Trap(_old_head_counted, "This is the old head, a logit for each of 260 ids; the new one has one per class."),
    ),
    hints=(
        "A logit is a weighted sum of D floats, and a bias.",
        "One class: width weights and 1 bias. Now for all classes.",
        "Width 64 and 2 classes give 2 * 64 + 2 = 130.",
    ),
    praise="130 new numbers at width 64 with two classes: 2 * 64 + 2.",
)

LOSS = Exercise(
    reference=loss,
    probes=(
        _ask_loss([[0.0, 0.0]], [1]),
        _ask_loss([[2.0, -1.0], [0.5, 1.0], [-3.0, 0.0]], [0, 1, 0]),
        _ask_loss([[200.0, 0.0], [200.0, 0.0]], [1, 0]),
        Probe("Whether the loss hands a gradient back to the logits", _has_gradient),
    ),
    traps=(
        Trap(_softmax_first, "Softmax before cross-entropy: it takes raw logits and does the softmax itself. Twice is "
             "too much: the loss of a perfect verdict could never fall below 0.31."),
        Trap(_down_the_batch, "Your softmax runs down the batch, over dim 0, so messages share the probability. A "
             "message's own classes share it: dim 1."),
        Trap(_every_label_of_all, "You pick every label from every message, (B, B) numbers: pick row i at labels[i]."),
        Trap(_logits_alone, "The logarithm of the shares is missing: nll_loss wants log_softmax(1) of the logits."),
        Trap(_summed, "Summed instead of averaged: twice the messages would give twice the step."),
        Trap(_no_minus, "The minus is missing: the logarithm of a share is below 0, and a loss is above it."),
        Trap(_by_cells, "Divided by all cells of the logits, B times C: a message counts once, so divide by B."),
        Trap(_log_of_softmax, "A share that was rounded to 0 has no logarithm: take log_softmax of the logits."),
        Trap(_exp_overflows, "exp(200) is too large for a float32: log_softmax first subtracts the largest logit."),
        Trap(_cut_off, "A plain number: without the tensor no gradient finds its way back, and nothing can learn."),
    ),
    hints=(
        "For each message, how surprising is its true label? Then the mean over messages.",
        "log_softmax(1) turns logits into log-shares; pick each row's entry at its label, and mind the sign.",
        "torch.nn.functional.cross_entropy takes raw logits (B, C) and labels (B,) and gives the mean.",
    ),
    praise="Raw logits in, one mean out; two equal logits cost log 2 = 0.69 nats.",
)  # fmt: skip
