"""Lesson 09: its proofs are at stake, and what it quotes stands in the record."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_prove_cells import SWITCH, fails, only, only_proofs

from headswap import REGIMES, Recipe, run_regime, start_regime
from headswap.errors import SettingError
from headswap.explorers.movement import recorded_rows
from headswap.regimes.named import PROBE_STEPS
from headswap.training.events import StageEnded
from lessons import build

ROOT = Path(__file__).resolve().parents[2]
LESSON = "09_rates"
PROBE, GRADUAL = 0, 1  # its proofs, in their order


# ---- the proofs


def with_a_watcher(when: Callable[[Any], bool], write: Callable[[Any], None]) -> Callable[..., Any]:
    """A start_regime whose events are watched by somebody who writes to the model at one of them."""

    def start(base: Any, split: Any, regime: Any, recipe: Recipe) -> tuple[Any, Iterator[Any]]:
        model, events = start_regime(base, split, regime, recipe)

        def watched() -> Iterator[Any]:
            for event in events:
                if when(event):
                    with torch.no_grad():
                        write(model)
                yield event

        return model, watched()

    return start


def test_09_notices_a_second_stage_that_starts_from_a_head_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = only(LESSON, PROBE)
    probe, rest = REGIMES["lp-ft"].stages
    fresh = replace(REGIMES["lp-ft"], stages=(probe, replace(rest, head="linear")))
    rehearsal.space["REGIMES"] = REGIMES | {"lp-ft": fresh}
    fails(rehearsal)


def test_09_notices_a_probe_that_was_trained_otherwise() -> None:
    rehearsal = only(LESSON, PROBE)
    rehearsal.space["run_regime"] = lambda base, split, regime, recipe: run_regime(
        base, split, regime, replace(recipe, seed=recipe.seed + 1)
    )
    fails(rehearsal)


def test_09_notices_one_weight_of_the_head_that_moves_between_the_stages() -> None:
    rehearsal = only(LESSON, PROBE)
    second = lambda event: getattr(event, "stage", 0) == 1  # noqa: E731
    rehearsal.space["start_regime"] = with_a_watcher(second, lambda model: model.head.linear.bias[0].add_(1e-6))
    fails(rehearsal)


def test_09_notices_a_layer_that_moves_before_it_is_thawed() -> None:
    rehearsal = only(LESSON, GRADUAL)
    first = lambda event: isinstance(event, StageEnded) and event.stage == 0  # noqa: E731
    rehearsal.space["start_regime"] = with_a_watcher(first, lambda model: model.body.blocks[0].norm1.bias[0].add_(1e-7))
    fails(rehearsal)


def test_09_notices_stages_in_another_order() -> None:
    rehearsal = only(LESSON, GRADUAL)
    head, top, below, whole = REGIMES["gradual-unfreezing"].stages
    turned = replace(REGIMES["gradual-unfreezing"], stages=(head, replace(below, share=0.05), top, whole))
    rehearsal.space["REGIMES"] = REGIMES | {"gradual-unfreezing": turned}
    fails(rehearsal)


def test_09_notices_that_nothing_was_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = only(LESSON, GRADUAL)
    monkeypatch.setattr("headswap.regimes.places.freeze", lambda parameters: None)
    with pytest.raises(SettingError, match="the optimizer does not hold"):
        rehearsal.prove()


def test_09_has_a_switch_in_the_first_line_of_each_proof_that_says_what_to_do() -> None:
    cells = only_proofs(LESSON)
    assert len(cells) == 2
    assert all(re.match(rf"{SWITCH}  # set this to True and run the cell again", cell) for cell in cells)


@pytest.mark.parametrize(
    ("number", "said"), [(PROBE, r"28 of 30 tensors"), (GRADUAL, r"Broken: .*stage 2: .*embedding")]
)
def test_09_breaks_its_promises_in_words_and_stops_nothing(
    number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal = only(LESSON, number)
    exec(rehearsal.proofs[0].replace(SWITCH, "break_it = True"), rehearsal.space)
    assert re.search(said, capsys.readouterr().out)


# ---- what it quotes


def told() -> str:
    """The lesson's prose, line by line; its sentences run on."""
    cells = [cell.source for cell in build.read(build.LESSONS / f"{LESSON}.py").cells if cell.cell_type == "markdown"]
    return "\n".join(cells)


def short(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


@pytest.mark.parametrize("name", ["full", "gradual-unfreezing", "discriminative", "cosine-head", "last-block", "lp-ft"])
def test_09_quotes_how_far_the_layers_moved(name: str) -> None:
    row = recorded_rows()[name, 0.001]
    middle, least, most = map(short, row["left"])
    far = [row["moved"][key][-1] for key in ("head", "block[1]")]
    assert f"| `{name}` | {middle} ({least} to {most}) | {far[0]:,.0f} % | {far[1]:.0f} % |" in told()


def test_09_says_in_its_sentences_what_was_recorded() -> None:
    said, rows = " ".join(told().split()), recorded_rows()
    assert PROBE_STEPS == 40 * 20, "40 times over 640 messages in batches of 32"
    left = {key: short(row["left"][0]) for key, row in rows.items()}
    assert f"Even at the lowest rate here it ends near {left['full', 0.0003]}" in said
    assert f"`full` ends at a perplexity of about {left['full', 0.001]}" in said
    assert f"at 0.01 `lp-ft` ends at {left['lp-ft', 0.01]}" in said
    fast, probe, slow_too = (left[name, 0.0003] for name in ("cosine-head", "lp-ft", "full"))
    assert f"at 0.0003 `cosine-head` ends at {fast}, where `lp-ft` ends at {probe} and `full` near {slow_too}" in said
    assert rows["cosine-head", 0.0003]["moved"]["head"][0] > 2 * rows["full", 0.0003]["moved"]["head"][0]
    slow = rows["full", 0.0003]["moved"]
    most = max(far[-1] for key, far in slow.items() if key != "head")
    assert (
        f"moves no layer of the body by more than {math.ceil(most)} %, and still ends near {left['full', 0.0003]}"
        in said
    )
    probed = rows["lp-ft", 0.002]["moved"]
    assert all(probed[key][-1] > slow[key][-1] for key in ("block[0]", "embedding"))
    assert f"further than that run does, and ends at {left['lp-ft', 0.002]}" in said


def test_09_says_what_helps_only_where_all_seeds_agree() -> None:
    """Slower below, frozen below, a probe first: in each seed the perplexity falls from one to the next."""
    ends = (recorded_rows()[name, 0.001]["ends"] for name in ("full", "discriminative", "last-block", "lp-ft"))
    for full, slower, frozen, probe in zip(*ends, strict=True):
        assert full > slower > frozen > probe


def test_09_quotes_the_table_of_every_regime() -> None:
    record = (ROOT / "figures" / "every.txt").read_text("utf-8").split("\norder, ")[0]
    for name in ("full", "discriminative", "gradual-unfreezing", "lp-ft"):
        line = next(line for line in record.splitlines() if line.startswith(f"{name} "))
        f1, *_, difference = re.findall(r"[+-]?\d\.\d{3} \[[^\]]+\]", line)
        paired = "" if name == "full" else difference
        row = f"| {name} | {f1} | {paired} | {line.split()[-1]} |".replace("|  |", "| |")
        assert row in told(), row
        if paired:
            low, high = map(float, re.findall(r"[+-]\d\.\d{3}", paired)[1:])
            assert low < 0 < high, "the lesson says that it could be luck"
