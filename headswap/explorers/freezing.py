"""The freeze toggle: what a stale gradient does to a frozen weight, and the arithmetic of a new head.

Shape letter: D width.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .controls import choice, slider
from .widget import Block, Explorer, bars, card, curves, headlines, line, table

START, RATE, STEPS = 1.0, 0.1, 20
LEFTOVERS = ("the gradient of the last step", "zeros in its place", "no gradient at all")


# ---- a stale gradient


def stale() -> Explorer:
    """One weight that has learned for a step and is then frozen: what later steps of the optimizer do to it."""
    controls = [
        choice("optimizer", "Optimizer", "AdamW", ["SGD", "AdamW"]),
        choice("left", "Left in the frozen weight", LEFTOVERS[0], LEFTOVERS),
        slider("steps", "Steps after freezing", STEPS, 1, STEPS, unit="steps"),
    ]
    return Explorer("Stale gradient", controls, _show_stale)


def frozen_path(optimizer: str, left: str, steps: int) -> list[float]:
    """A weight of 1.0 after one step with gradient 1.0, then after each of `steps` steps while it is frozen."""
    weight = nn.Parameter(torch.tensor([START]))
    made = torch.optim.SGD([weight], lr=RATE) if optimizer == "SGD" else torch.optim.AdamW([weight], lr=RATE)
    weight.grad = torch.ones(1)
    made.step()
    weight.requires_grad_(False)
    weight.grad = {LEFTOVERS[0]: weight.grad, LEFTOVERS[1]: torch.zeros(1), LEFTOVERS[2]: None}[left]
    path = [weight.item()]
    for _ in range(steps):
        made.step()
        path.append(weight.item())
    return path


def _show_stale(value: Mapping[str, Any]) -> list[Block]:
    steps = int(value["steps"])
    path = frozen_path(value["optimizer"], value["left"], steps)
    lines = [
        line("the frozen weight", list(enumerate(path))),
        line("where it should stay", [(0, path[0]), (len(path) - 1, path[0])], True),
    ]
    far = path[-1] - path[0]
    after = f"after {steps} step{'s' if steps > 1 else ''}"
    big, says = ("STAYED", f"at {path[0]:.2f}, {after}") if far == 0.0 else ("MOVED", f"by {far:+.2f}, {after}")
    return [
        headlines("After freezing", [card("requires_grad=False, and the weight", big, says, far != 0.0)]),
        curves("A frozen weight", "steps after freezing", "its value", lines),
    ]


# ---- the feature head's arithmetic


def arithmetic() -> Explorer:
    """How many weights a whole network learns, and how many a new head on its features; no biases are counted."""
    controls = [
        slider("inputs", "Inputs", 32, 1, 128),
        slider("width", "Width, D", 64, 4, 256, 4),
        slider("layers", "Further layers of the body", 2, 0, 12),
        slider("hidden", "Hidden layer of the head", 20, 1, 128),
        slider("outputs", "Outputs", 10, 2, 100),
    ]
    return Explorer("Feature head", controls, _show_arithmetic)


def _show_arithmetic(value: Mapping[str, Any]) -> list[Block]:
    names = ("inputs", "width", "layers", "hidden", "outputs")
    inputs, width, layers, hidden, outputs = (int(value[name]) for name in names)
    body = [
        ("body: inputs to its first layer", f"{width} · {inputs}", width * inputs),
        ("body: its further layers", f"{layers} · {width} · {width}", layers * width * width),
    ]
    head = [
        ("head: features to its hidden layer", f"{hidden} · {width}", hidden * width),
        ("head: hidden layer to the outputs", f"{outputs} · {hidden}", outputs * hidden),
    ]
    whole, new = sum(n for *_, n in body + head), sum(n for *_, n in head)
    rows = [[*rest, f"{n:,}"] for *rest, n in body + head]
    said = f"{new:,} instead of {whole:,} weights"
    return [
        headlines("The head alone", [card("training only the head", f"{whole / new:.2f} times fewer", said)]),
        bars("What learns", [("the whole network", whole, whole), ("the head alone", new, whole)], "weights"),
        table("Weights", ["layer", "product", "weights"], [*rows, ["the whole network", "", f"{whole:,}"]]),
    ]
