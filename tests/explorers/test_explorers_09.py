"""Lesson 09's explorers: the record holds every regime that they show, and the timetable what an optimizer is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from statistics import mean
from typing import Any

import pytest
import torch

from benchmarks.moved import FIGURE, table
from headswap import LinearHead, MeanPool, Recipe, Split, StepDone, fixture_split, place_of, start_regime, swap_head
from headswap.errors import SettingError
from headswap.explorers import lesson_base, moved, movement, movement_of, timetable
from headswap.explorers.closed import in_words
from headswap.explorers.movement import COLUMNS, FILE, NAMES, RATES, SHOWN, at_rate, recorded_rows, row_of
from headswap.explorers.timetable import in_epoch, parts_of
from headswap.regimes.named import REGIMES
from headswap.training import run as running
from headswap.training.loop import make_optimizer
from headswap.web.layers import key_of

BASE, WHOLE = lesson_base(), fixture_split()
SPLIT = Split(WHOLE.train[::6], WHOLE.validation[::10], WHOLE.test[::5])
LAYERS = ["embedding", "block[0]", "block[1]", "norm", "head"]
EVERY = [*product(SHOWN, RATES)]


# ---- the record


def test_the_record_holds_every_regime_at_every_rate_and_nothing_else() -> None:
    assert list(recorded_rows()) == EVERY
    assert len(json.loads(FILE.read_text("utf-8"))) == len(EVERY)
    assert {row["seeds"] for row in recorded_rows().values()} == {3}
    assert all(list(row["moved"]) == LAYERS for row in recorded_rows().values())
    assert FILE.stat().st_size < 20_000


def test_the_table_on_file_is_that_of_the_record() -> None:
    assert FIGURE.read_text("utf-8") == f"{table([*recorded_rows().values()])}\n"


def test_every_regime_that_is_shown_is_the_librarys_but_the_one_that_is_none() -> None:
    assert {name for name in SHOWN if SHOWN[name] is not REGIMES.get(name)} == {"cosine-head"}
    assert {SHOWN[name].learning_rate for name in SHOWN} <= {*RATES}


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_every_recorded_number_can_be_slid_to_and_read(name: str, rate: float) -> None:
    shown, row = movement(), recorded_rows()[name, rate]
    shown.set(regime=name, rate=rate)
    f1, language = shown.find("After 20 epochs")["cards"]
    assert (f1["name"], f1["big"]) == ("F1, ham or spam", f"{row['f1'][0]:.2f}")
    assert language["loud"] is (row["left"][0] > 4 * row["perplexity"][0])
    assert float(language["big"].replace(",", "")) == pytest.approx(row["left"][0], rel=0.05)
    grid = shown.find("How far from the start")
    assert grid["rows"] == ["Head", "Norm", "Block 2", "Block 1", "Embeddings"]
    assert grid["values"] == [row["moved"][key] for key in reversed(LAYERS)]
    assert grid["columns"] == [str(epoch) for epoch in COLUMNS] == [str(epoch) for epoch in row["epochs"]]
    lines = shown.find("Perplexity, epoch by epoch")["lines"]
    assert lines[0]["points"] == [[epoch, left] for epoch, left in enumerate(row["perplexity"])]
    assert len(row["perplexity"]) == 21


@pytest.mark.parametrize("rate", RATES)
def test_what_a_regime_freezes_has_not_moved_in_the_record(rate: float) -> None:
    last, gradual, lp = (recorded_rows()[name, rate]["moved"] for name in ("last-block", "gradual-unfreezing", "lp-ft"))
    assert not any(last["embedding"]) and not any(last["block[0]"]) and all(last["block[1]"])
    first = {key: next(epoch for epoch, far in zip(COLUMNS, gradual[key], strict=True) if far) for key in LAYERS}
    assert first == {"head": 1, "norm": 2, "block[1]": 2, "block[0]": 3, "embedding": 5}
    assert [lp[key][0] for key in LAYERS[:-1]] == [0.0] * 4 and lp["head"][0] > 100


def test_a_picture_of_one_regime_offers_only_the_rate() -> None:
    assert [control["name"] for control in movement("full").controls] == ["rate"]
    assert [control["name"] for control in movement().controls] == ["regime", "rate"]
    assert movement("lp-ft").value == {"rate": REGIMES["lp-ft"].learning_rate}


def test_what_was_not_recorded_is_refused_with_what_was() -> None:
    with pytest.raises(SettingError, match=r"regime 'lora' was not recorded; choose among full, discriminative"):
        movement("lora")
    with pytest.raises(SettingError, match=r"rate is 0.5; choose one of 0.0003, 0.001"):
        movement().set(rate=0.5)


def test_a_closed_notebook_tells_how_far_the_layers_are_in_the_end() -> None:
    row = recorded_rows()["full", 0.001]
    said = in_words(movement("full").get_state())
    assert f"in the last column Head {row['moved']['head'][-1]:.3g} %; Norm " in said
    assert f"F1, ham or spam: {row['f1'][0]:.2f}" in said


# ---- live


def short(name: str, epochs: int = 2, seed: int = 0) -> Any:
    return moved(BASE, SPLIT, SHOWN[name], Recipe(epochs=epochs, seed=seed))


@pytest.mark.parametrize("name", ["full", "gradual-unfreezing", "lp-ft"])
def test_a_distance_is_the_length_of_the_change_over_the_length_before(name: str) -> None:
    model, events = start_regime(BASE, SPLIT, name, Recipe(epochs=4))
    before = {of: weight.detach().clone() for of, weight in model.named_parameters()}
    list(events)
    squares: dict[str, list[float]] = {}
    for of, weight in model.named_parameters():
        sums = squares.setdefault(key_of(place_of(model, of)), [0.0, 0.0])
        sums[0] += float((weight.detach() - before[of]).square().sum())
        sums[1] += float(before[of].square().sum())
    found = short(name, epochs=4)
    assert list(found.layers[-1]) == LAYERS
    for key, (change, start) in squares.items():
        assert found.layers[-1][key] == pytest.approx((change / start) ** 0.5, rel=1e-4)


def test_a_live_run_says_what_it_was_and_leaves_the_base_alone() -> None:
    before = [weight.clone() for weight in BASE.parameters()]
    found = short("gradual-unfreezing", epochs=4)
    assert (found.regime, found.rate) == ("gradual-unfreezing", REGIMES["gradual-unfreezing"].learning_rate)
    assert len(found.perplexity) == len(found.layers) + 1
    assert found.perplexity[0] == found.perplexity[1] < found.perplexity[-1], "only the head learns in the first epoch"
    assert 0.0 <= found.f1 <= 1.0
    assert all(torch.equal(a, b) for a, b in zip(before, BASE.parameters(), strict=True))


def test_a_row_is_the_mean_the_middle_and_the_ends_of_its_runs() -> None:
    found = [short("last-block", seed=seed) for seed in range(3)]
    runs = [replace(run, perplexity=(2.0, 2.5, end)) for run, end in zip(found, (30.0, 3.0, 4.0), strict=True)]
    row, ends = row_of(runs), [run.perplexity[-1] for run in runs]
    assert row["f1"][0] == pytest.approx(mean(run.f1 for run in runs), abs=1e-4)
    assert row["f1"][1] < row["f1"][0] < row["f1"][2]
    assert row["left"] == [4.0, 3.0, 30.0]
    assert row["ends"] == pytest.approx(ends, rel=0.005), "seed by seed"
    assert row["moved"]["head"][1] == pytest.approx(100 * mean(run.layers[1]["head"] for run in runs), rel=0.005)
    assert row["epochs"] == [1, 2]


def test_live_runs_are_shown_in_the_same_picture() -> None:
    runs = [short("full"), short("last-block")]
    shown = movement_of(runs)
    shown.set(run="last-block at 0.002")
    values = shown.find("How far from the start")["values"]
    assert values[-1] == [0.0, 0.0] and values[0][-1] > 0
    assert shown.find("After 2 epochs")["note"] == "Live, one seed."


def test_a_rate_is_the_regimes_and_a_probe_keeps_its_own() -> None:
    probe, rest = at_rate("lp-ft", 0.01).stages
    assert (at_rate("lp-ft", 0.01).learning_rate, probe.learning_rate, rest.learning_rate) == (0.01, 0.05, None)


# ---- the timetable


def layer_rates(model: Any, optimizer: torch.optim.Optimizer) -> dict[str, float]:
    """What an optimizer has been told, layer by layer; what it doesn't hold is 0."""
    held = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    return {key_of(place_of(model, name)): held.get(id(p), 0.0) for name, p in model.named_parameters()}


@pytest.mark.parametrize("name", SHOWN)
def test_the_timetable_is_what_the_optimizer_of_a_real_run_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    optimizers: list[torch.optim.Optimizer] = []

    def kept(*given: Any) -> torch.optim.Optimizer:
        optimizers.append(make_optimizer(*given))
        return optimizers[-1]

    monkeypatch.setattr(running, "make_optimizer", kept)
    regime, epochs = SHOWN[name], 4
    model, events = start_regime(BASE, SPLIT, regime, Recipe(epochs=epochs))
    parts = parts_of(swap_head(BASE, MeanPool(), LinearHead(64, 2, torch.Generator().manual_seed(0))).classifier,
                     regime, epochs)  # fmt: skip
    for event in events:
        if isinstance(event, StepDone):
            part = parts[len(optimizers) - 1]
            epoch = part.begins + (event.step - 1) / event.steps * (part.ends - part.begins)
            told = layer_rates(model, optimizers[-1])
            assert told == pytest.approx({key: part.rate(key, epoch) * regime.learning_rate for key in told})
    assert len(optimizers) == len(parts)


def rows(name: str) -> Iterator[list[float]]:
    shown = timetable()
    shown.set(regime=name)
    yield from shown.find("Rate by layer and epoch")["values"]


def test_the_timetable_tells_the_regimes_apart() -> None:
    assert len({json.dumps([*rows(name)]) for name in SHOWN}) == len(SHOWN)
    head, norm, above, below, embedding = rows("discriminative")
    assert head == norm == above
    assert [a / b for a, b in zip(above, below, strict=True)] == pytest.approx([2.6] * len(COLUMNS))
    assert [a / b for a, b in zip(below, embedding, strict=True)] == pytest.approx([2.6] * len(COLUMNS))
    thawed = [
        next(epoch for epoch, rate in zip(COLUMNS, row, strict=True) if rate) for row in rows("gradual-unfreezing")
    ]
    assert thawed == [1, 2, 2, 3, 5]
    head, *body = rows("cosine-head")
    assert head[0] > 100 * head[-1] and body == [[pytest.approx(100.0)] * len(COLUMNS)] * 4
    assert head[0] == pytest.approx(5_000, rel=0.01)
    assert next(rows("lp-ft"))[0] > 5_000, "a probe's own rate is far above the one that follows"


def test_a_mean_over_an_epoch_is_the_schedules() -> None:
    parts = parts_of(swap_head(BASE, MeanPool(), LinearHead(64, 2, torch.Generator().manual_seed(0))).classifier,
                     SHOWN["full"])  # fmt: skip
    assert mean(in_epoch(parts, "head", epoch) for epoch in range(1, 21)) == pytest.approx(0.5, abs=1e-3)


def test_the_schedule_has_two_lines_only_where_head_and_body_differ() -> None:
    shown = timetable()
    for name, regime in SHOWN.items():
        shown.set(regime=name)
        lines = shown.find(f"The schedule: {regime.schedule}")["lines"]
        assert [one["name"] for one in lines] == (["head", "body"] if name == "cosine-head" else ["all layers"])


def test_every_layer_has_a_name() -> None:
    assert NAMES.keys() == {"head", "pool", "norm", "embedding"}
