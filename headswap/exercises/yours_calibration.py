"""A learner's calibration error and temperature on a real run, and a variational head by their functions (lesson 12).

Shape letters: N messages, B batch, D width, Z latent numbers, M samples, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final, cast

import torch
import torch.nn.functional as F
from torch import nn

from ..calibration.binning import BINS, ece, top_label
from ..calibration.scores import nll
from ..calibration.temperature import fit_temperature, tempered
from ..data.batches import Batch
from ..data.messages import Example, Split
from ..metrics.measure import measure
from ..model.classifier import Classifier
from ..model.copies import lazy_copy
from ..model.heads import Head
from ..model.latent import LATENT, VariationalHead, divergence
from ..model.losses import Loss
from ..regimes.named import REGIMES, SECOND_STEPS
from ..regimes.places import parameter_groups
from ..training.loop import make_optimizer, predict_logits, train_classifier
from ..training.recipe import Recipe
from ..training.run import begin_stage, encode
from .answers import Function, Raised, shown
from .beside import SEED, Beside, OwnError, Row, encoded, f1_text, heard, judged, owned, stopped, your_turn
from .calibrating import ECE, TEMPERATURE, Part
from .exercise import Exercise, is_stub
from .sampling import KL, SAMPLE

EPOCHS, STEPS = 60, SECOND_STEPS  # of a second stage, steps at least; it keeps its best epoch
SILENT = "These numbers don't show the mistake; the check does."
SHOWN = "Compare the two rows above: that's what the mistake does here."
FINE = "Yours does what the library's does; the last digit depends on how it's computed."
# The columns of a second stage, and how far another draw of the noise moves each at most, about.
LUCK: Final = {"F1": 0.02, "cross-entropy": 0.03, "calibration error": 0.03, "KL": 0.05, "spread": 0.05}


# ---- judging a run


def calibration(ece: Function, temperature: Function, model: Classifier, split: Split) -> Beside:
    """Judge a trained classifier by the learner's error and temperature, and by the library's, on its test messages."""
    given = [(ECE, ece), (TEMPERATURE, temperature)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "to judge a real run")
    validation, test = (_said(model, part) for part in (split.validation, split.test))
    columns = (f"{len(test[1]):,} test messages", "right", "calibration error", "temperature", "error at it")
    right = _by_the_library(validation, test)
    mine = heard(lambda: _by_yours(ece, temperature, validation, test))
    rows: list[Row] = [("the library's", *right)]
    if isinstance(mine, Raised):
        return stopped(given, mine, columns, [*rows, ("yours", right[0], *["none"] * 3)])
    rows.append(("yours", *mine))
    alike = mine[:2] + mine[3:] == right[:2] + right[3:]  # all but T, whose last digit hangs on the search
    return Beside(judged(given, _seen(given, mine == right, alike), SILENT), columns, tuple(rows))


def _seen(given: Sequence[tuple[Exercise, Function]], same: bool, alike: bool = False) -> str:
    """What the two rows tell: nothing where they are the same, or where a mistake leaves them alike."""
    right = all(exercise.check(function) for exercise, function in given)
    return "" if same or (alike and not right) else FINE if right else SHOWN


def _said(model: Classifier, messages: tuple[Example, ...]) -> Part:
    """Logits (N, C) and labels of some messages."""
    return predict_logits(model, encoded(messages, model)), torch.tensor([one.label for one in messages])


def _by_the_library(validation: Part, test: Part) -> Row:
    heat = fit_temperature(validation[0].numpy(), validation[1].numpy())
    stated = [top_label(tempered(test[0].numpy(), one), test[1].numpy()) for one in (1.0, heat)]
    return (_percent(float(stated[0].true.mean())), *_row(ece(stated[0]), heat, ece(stated[1])))


def _by_yours(ece: Function, temperature: Function, validation: Part, test: Part) -> Row:
    heat, chances = (torch.as_tensor(one).detach() for one in temperature(_copied(validation), _copied(test)))
    raw = test[0].softmax(1)
    errors = [float(ece(one.float(), test[1].clone(), BINS)) for one in (raw, chances)]
    right = float((raw.argmax(1) == test[1]).float().mean())
    return (_percent(right), *_row(errors[0], float(heat), errors[1]))


def _row(before: float, heat: float, after: float) -> Row:
    return _percent(before), f"{heat:.2f}", _percent(after)


def _copied(part: Part) -> Part:
    return part[0].clone(), part[1].clone()


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# ---- a head that draws samples


class YourLatent(nn.Module):
    """V-TST's head with the learner's divergence and the learner's draw; it begins as `like` does.

    It puts out the logits (B, C) of one sample while it trains, and else the log-probabilities of all its samples.
    """

    def __init__(self, kl: Function, sample: Function, like: VariationalHead) -> None:
        super().__init__()
        self.kl, self.sample, self.like = kl, sample, like
        self.divergence: torch.Tensor | None = None

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        mean, log_variance = self.like.latent(pooled)  # (B, Z) each
        if self.training:
            self.divergence = torch.as_tensor(self.kl(mean, log_variance))
            return self.like.linear(self.sample(mean, log_variance, self.like.drawn(mean)))
        drawn = [self.sample(mean, log_variance, noise.expand_as(mean)) for noise in self.like.noise]
        logits = self.like.linear(torch.stack(drawn))  # (M, B, C)
        return logits.log_softmax(-1).logsumexp(0) - math.log(len(drawn))


@dataclass(frozen=True, slots=True)
class YourVariational(Loss):
    """Cross-entropy of one sample plus the mean of the learner's divergences."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of one batch, from the logits (B, C) of a sample and what the head has just kept."""
        apart = cast(YourLatent, cast(Classifier, model).head).divergence
        assert apart is not None, "the head keeps a divergence for every training batch"
        return F.cross_entropy(output, batch.labels) + apart.mean()


def variational(kl: Function, sample: Function, first: Classifier, split: Split) -> Beside:
    """Train V-TST's head on a finished run's frozen features, by the library and by the learner's two functions."""
    given = [(KL, kl), (SAMPLE, sample)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in a second stage")
    columns = (f"second stage, seed {SEED}", *LUCK)
    own = [owned(exercise, function) for exercise, function in given]
    right = _outcome(second_stage(first, split), split)
    mine = heard(lambda: _outcome(second_stage(first, split, *own), split))
    rows: list[Row] = [("the library's", *_texts(right))]
    if isinstance(mine, Raised):
        return stopped(given, _blamed(mine), columns, [*rows, ("yours", *["none"] * len(right))])
    rows.append(("yours", *_texts(mine)))
    if all(exercise.check(function) for exercise, function in given):
        return Beside(judged(given, "" if rows[0][1:] == rows[1][1:] else FINE), columns, tuple(rows))
    return Beside(judged(given, _given_away(right, mine), SILENT), columns, tuple(rows))


def _blamed(why: Raised) -> Raised:
    """Why a run stopped, with whose doing that is: an error in the library comes from what the functions returned."""
    if why.kind == "DivergedError":  # no other learning rate would help
        return Raised(OwnError.__name__, why.says.partition(" with learning rate")[0])
    if not why.kind.endswith("Error") or why.kind == OwnError.__name__:
        return why
    return Raised(OwnError.__name__, f"what your kl or your sample returned led to {shown(why, 240)}")


def _given_away(right: Sequence[float], mine: Sequence[float]) -> str:
    """The columns that differ by more than luck would make them, with both numbers; none where no column does."""
    texts = zip(LUCK, _texts(mine), _texts(right), strict=True)
    far = [abs(a - b) > least for a, b, least in zip(mine, right, LUCK.values(), strict=True)]
    told = [
        f"{name} ({own} instead of {theirs})" for (name, own, theirs), shows in zip(texts, far, strict=True) if shows
    ]
    if not told:
        return ""
    quiet = [name for name, shows in zip(LUCK, far, strict=True) if not shows][:2]
    calm = f" {_listed(quiet)} alone wouldn't." if quiet and not far[1] else ""
    return f"Here {_listed(told)} give{'s' * (len(told) == 1)} the mistake away.{calm}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def second_stage(
    first: Classifier, split: Split, kl: Function | None = None, sample: Function | None = None
) -> Classifier:
    """V-TST's second stage on a copy of a classifier: a new variational head, the library's or by two functions."""
    regime, generator = REGIMES["v-tst"], torch.Generator().manual_seed(SEED)
    stage = replace(regime.stages[1], share=1.0)
    made = VariationalHead(first.body.width, 2, generator)
    head = made if kl is None or sample is None else YourLatent(kl, sample, made)
    stage = stage if head is made else replace(stage, loss=YourVariational())
    model = Classifier(lazy_copy(first.body), first.pool, cast(Head, head))
    begin_stage(model, stage, generator)
    train, validation = encoded(split.train, model), encode(split.validation, model)
    recipe = Recipe(EPOCHS, schedule=regime.schedule, keep="best")
    steps = ceil(len(train) / recipe.batch_size) * EPOCHS
    recipe = replace(recipe, passes=max(1, ceil(STEPS / steps)))
    optimizer = make_optimizer(parameter_groups(model, stage), regime.learning_rate)
    for _ in train_classifier(model, train, optimizer, recipe, validation=validation, generator=generator):
        pass
    return model


@torch.no_grad()
def _outcome(model: Classifier, split: Split) -> tuple[float, ...]:
    """The numbers of the table: of the test messages the first three, of the validation messages KL and spread."""
    logits, labels = _said(model, split.test)
    chances, truth = tempered(logits.double().numpy(), 1.0), labels.numpy()
    f1, loss = measure(labels.tolist(), chances.argmax(1).tolist()).f1, nll(chances, truth)
    mean, log_variance = _latent(model, split.validation)
    apart = float(divergence(mean, log_variance).mean()) / LATENT
    spread = float((0.5 * log_variance).exp().mean())
    return f1, loss, ece(top_label(chances, truth)), apart, spread


def _texts(outcome: Sequence[float]) -> Row:
    f1, loss, error, apart, spread = outcome
    return f1_text(f1), f"{loss:.3f}", _percent(error), f"{apart:.2f}", f"{spread:.2f}"


def _latent(model: Classifier, messages: tuple[Example, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Means and log-variances of the latent numbers of some messages, (N, Z) each."""
    data = encoded(messages, model)
    head = model.head.like if isinstance(model.head, YourLatent) else cast(VariationalHead, model.head)
    return head.latent(model.features(*data.rows.batch(torch.arange(len(messages)))))
