"""Tiny heads on two numbers of each message, trained while you watch: a straight line, or one that bends.

Shape letters: N messages, D width, R starts, H hidden units.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import pairwise
from math import cos, pi
from typing import Any

import torch
import torch.nn.functional as F

from ..data.messages import Message
from ..live.watch import vectors
from ..metrics.intervals import Verdicts
from ..model.body_contract import Base
from ..model.classifier import swap_head
from ..model.heads import new_head
from ..model.optimum import optimum
from ..model.pooling import MeanPool
from ..model.precision import one_thread
from ..training.run import encode
from .base import lesson_base
from .controls import choice, slider, stops
from .questions import QUESTIONS, answered, quartered
from .widget import Block, Explorer, card, field, headlines

TASKS = {"exactly one: spam, or a comma": "exactly one", "spam or ham": "spam"}
UNITS, LABELS, DRAWS = (0, 2, 4, 16, 64), (20, 80, 640), 10
POINTS = {"its own": True, "fresh": False}
# Messages: for the two directions, for all draws to learn from, and fresh ones to be judged on.
DIRECTIONS, POOL, FRESH = 480, 800, 640
STEPS, RATE, STARTS = 300, 0.05, 16
REACH, COLUMNS, ROWS = 2.6, 48, 36  # of the picture: deviations from its middle to its sides, and cells
Says = Callable[[torch.Tensor], torch.Tensor]  # places (N, 2) to logits (N,), above 0 for yes


@dataclass(frozen=True, slots=True)
class Plane:
    """Messages, the four kinds in turn, and their places (N, 2): what one probe says of spam, and one of commas."""

    messages: tuple[Message, ...]
    places: torch.Tensor

    def answers(self, question: str) -> torch.Tensor:
        """The answer to a question for each message, (N,), 1 for yes."""
        return torch.tensor([message.label for message in answered(self.messages, question)])

    def some(self, count: int, draw: int) -> torch.Tensor:
        """The numbers of `count` messages, as many of each kind; another draw takes others."""
        generator = torch.Generator().manual_seed(draw)
        order = torch.randperm(len(self.messages) // 4, generator=generator)[: count // 4]
        return (4 * order[:, None] + torch.arange(4)).flatten()


def bend(base: Base | None = None) -> Explorer:
    """Two numbers of each message and a head on top: give it hidden units and see where it bends, and what for.

    The two numbers are the logits of two linear probes, for spam and for a comma, on the frozen features.
    """
    pool, fresh = _lessons_planes() if base is None else planes(base)
    controls = [
        choice("task", "Task", next(iter(TASKS)), [*TASKS]),
        stops("units", "Hidden units (0: straight)", UNITS[0], UNITS),
        stops("labels", "Labels", LABELS[-1], LABELS),
        slider("draw", "Draw (labels and start)", DRAWS // 2, 1, DRAWS),
        choice("points", "Messages shown", next(iter(POINTS)), [*POINTS]),
    ]
    fit = lru_cache(256)(partial(_fitted, pool))
    return Explorer("Bend", controls, partial(_show, pool, fresh, fit))


def verdicts(question: str, units: int, labels: int, draw: int) -> Verdicts:
    """What such a head on the lessons' body says of the fresh messages, so that two heads can be compared in pairs."""
    pool, fresh = _lessons_planes()
    said = _fitted(pool, question, units, labels, draw)(fresh.places) > 0
    return Verdicts(range(len(said)), fresh.answers(question).tolist(), said.int().tolist())


@cache
def _lessons_planes() -> tuple[Plane, Plane]:
    return planes(lesson_base())


def planes(base: Base) -> tuple[Plane, Plane]:
    """The messages to learn from and the fresh ones, in the plane of two probes that have learned from others."""
    messages = quartered(DIRECTIONS + POOL + FRESH)
    head = new_head("linear", base.body.width, 2, torch.Generator().manual_seed(0))  # asked for nothing
    model = swap_head(base, MeanPool(), head).classifier
    data = encode(messages, model)
    assert data is not None
    x = vectors(model, data)  # (N, D), the body reads each message once
    places = torch.stack([_probed(x, messages, question) for question in ("spam", "comma")], 1)
    ends = (DIRECTIONS, DIRECTIONS + POOL, len(messages))
    pool, fresh = (Plane(tuple(messages[a:b]), places[a:b]) for a, b in pairwise(ends))
    return pool, fresh


def _probed(x: torch.Tensor, messages: Sequence[Message], question: str) -> torch.Tensor:
    """What a probe that has learned from the first messages says of all, in deviations from its mean, (N,)."""
    seen = x[:DIRECTIONS]
    x = ((x - seen.mean(0)) / seen.std(0).clamp_min(1e-6)).double()
    labels = torch.tensor([message.label for message in answered(messages[:DIRECTIONS], question)])
    best = optimum(x[:DIRECTIONS], labels, 2, 10 / DIRECTIONS)
    logit = (x @ best.weight.T + best.bias) @ torch.tensor([-1.0, 1.0]).double()
    return ((logit - logit[:DIRECTIONS].mean()) / logit[:DIRECTIONS].std()).float()


# ---- heads


def line(x: torch.Tensor, y: torch.Tensor) -> Says:
    """The best straight line through places (N, 2) with answers y (N,): a linear head that has converged."""
    best = optimum(x.double(), y, 2, 0.1 / len(y))
    weight, bias = best.weight[1] - best.weight[0], best.bias[1] - best.bias[0]
    return lambda places: (places.double() @ weight + bias).float()


def bent(x: torch.Tensor, y: torch.Tensor, units: int, seed: int) -> Says:
    """A head with a hidden layer of relu units: the best of a few starts, since a small one may get stuck."""
    starts, generator = max(1, STARTS // units), torch.Generator().manual_seed(seed)
    w, b = (torch.randn(starts, n, units, generator=generator) for n in (2, 1))
    v, c = torch.randn(starts, units, 1, generator=generator) / units**0.5, torch.zeros(starts, 1, 1)
    weights = [one.requires_grad_() for one in (w, b, v, c)]
    optimizer = torch.optim.Adam(weights, lr=RATE, fused=True)
    wanted, losses = y.float().expand(starts, -1), torch.zeros(starts)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * (1 + cos(pi * step / STEPS)) / 2
        logits = (torch.relu(x @ w + b) @ v + c).squeeze(2)  # (R, N)
        losses = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(1)  # (R,)
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
    w, b, v, c = (one.detach()[losses.argmin()] for one in weights)
    return lambda places: (torch.relu(places @ w + b) @ v + c).squeeze(1)


def _fitted(pool: Plane, question: str, units: int, labels: int, draw: int) -> Says:
    some = pool.some(labels, draw)
    x, y = pool.places[some], pool.answers(question)[some]
    with one_thread(), torch.enable_grad():
        return bent(x, y, units, draw) if units else line(x, y)


# ---- what it shows


def _show(pool: Plane, fresh: Plane, fit: Callable[..., Says], value: Mapping[str, Any]) -> list[Block]:
    question, units, labels, draw = TASKS[value["task"]], value["units"], value["labels"], int(value["draw"])
    says, some = fit(question, units, labels, draw), pool.some(labels, draw)
    home = Judged.of(says, pool.places[some], pool.answers(question)[some])
    away = Judged.of(says, fresh.places, fresh.answers(question))
    straight = Judged.of(fit(question, 0, labels, draw), fresh.places, fresh.answers(question))
    drawn = home if POINTS[value["points"]] else away
    return [
        headlines("How often it is right", [_home(home), _away(away, straight if units else None)]),
        field(
            _title(units), "more likely spam →", "more likely a comma →", ((-REACH, REACH), (-REACH, REACH)),
            logits_of(says), QUESTIONS[question], drawn.groups(QUESTIONS[question]),
        ),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """Places (N, 2), their answers (N,), and whether a head is right about each, (N,)."""

    places: torch.Tensor
    answers: torch.Tensor
    right: torch.Tensor

    @classmethod
    def of(cls, says: Says, places: torch.Tensor, answers: torch.Tensor) -> "Judged":
        """What a head says of these places, held against the answers."""
        return cls(places, answers, (says(places) > 0) == (answers == 1))

    @property
    def share(self) -> float:
        """How much of it is right."""
        return self.right.float().mean().item()

    def groups(self, names: tuple[str, str]) -> list[tuple[str, str, list[tuple[float, float]], list[bool]]]:
        """The points of each answer for the picture; what lies beyond its edge is drawn at the edge."""
        inside = self.places.clamp(-REACH, REACH)
        chosen = [(name, mark, self.answers == c) for c, (name, mark) in enumerate(zip(names, MARKS, strict=True))]
        return [
            (name, mark, [(round(a, 2), round(b, 2)) for a, b in inside[own].tolist()], (~self.right[own]).tolist())
            for name, mark, own in chosen
        ]


MARKS = ("circle", "triangle")


def logits_of(says: Says) -> list[list[float]]:
    """What a head says in the middle of each cell of the picture, row by row from the bottom."""
    across, up = ((torch.arange(n) + 0.5) * (2 * REACH / n) - REACH for n in (COLUMNS, ROWS))
    places = torch.cartesian_prod(up, across).flip(1)  # (ROWS * COLUMNS, 2)
    return [
        [float(f"{value:.4g}") for value in row] for row in says(places).clamp(-20, 20).view(ROWS, COLUMNS).tolist()
    ]


def _title(units: int) -> str:
    return f"A head with {units} hidden units" if units else "A linear head: a straight line"


def _home(home: Judged) -> dict[str, Any]:
    return card("on the labels it learned from", _percent(home), f"{int(home.right.sum())} of {len(home.right)} right")


def _away(away: Judged, straight: Judged | None) -> dict[str, Any]:
    """The share on fresh messages, beside that of a straight line; loud where bending has cost three points or more."""
    name = f"on {len(away.right)} fresh messages"
    if straight is None:
        return card(name, _percent(away), "guessing gets 50 %")
    worse = straight.share - away.share >= 0.03
    return card(name, _percent(away), f"a straight line gets {_percent(straight)}", worse)


def _percent(judged: Judged) -> str:
    return f"{100 * judged.share:.0f} %"
