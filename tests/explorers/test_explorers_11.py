"""F1 against what is left of the language: the record is whole, and taking inserts off does what the record says."""

from __future__ import annotations

import json
import re
from math import exp, log
from pathlib import Path
from statistics import mean

import pytest

from benchmarks.forgetting import FIGURE, REGIMES
from headswap.errors import SettingError
from headswap.explorers import forgetting
from headswap.explorers.closed import in_words
from headswap.explorers.forgetting import FILE, FROZEN, INSERTS, LEARNS, TEXTS, group_of, recorded_runs

RUNS = recorded_runs()
NAMES = [*REGIMES]
HEADS = ("head-only", "mlp-head", "mlp-stacked")
ADDED = ("adapters-pfeiffer", "lora", "lp-lora", "prompt", "prefix", "ia3")


def points(shown: object) -> dict[tuple[str, int], dict]:
    runs = shown.find("F1 against perplexity")["runs"]  # type: ignore[attr-defined]
    return {(run["name"], run["seed"]): run for run in runs}


def test_the_record_holds_every_regime_that_had_a_language_to_lose_and_five_seeds_of_each() -> None:
    assert [(run["regime"], run["seed"]) for run in RUNS] == [(name, seed) for name in NAMES for seed in range(5)]
    assert FILE.stat().st_size < 60_000


def test_a_frozen_body_is_what_it_was_once_inserts_are_off_in_every_run() -> None:
    kinds = {name: {group_of(run) for run in RUNS if run["regime"] == name} for name in NAMES}
    assert {name for name, kind in kinds.items() if kind == {FROZEN}} == {*HEADS}
    assert {name for name, kind in kinds.items() if kind == {INSERTS}} == {*ADDED}
    assert all(kinds[name] == {LEARNS} for name in NAMES if name not in (*HEADS, *ADDED))
    for run in RUNS:
        assert run["exact"] == (run["off"] == run["before"] and not any(run["moved"].values()))


def test_seeds_differ_in_the_body_and_regimes_of_a_seed_share_it() -> None:
    befores = {seed: {tuple(run["before"]) for run in RUNS if run["seed"] == seed} for seed in range(5)}
    assert all(len(found) == 1 for found in befores.values())
    assert len(set.union(*befores.values())) == 5


def test_taking_inserts_off_moves_frozen_bodies_onto_their_own_perplexity_and_nothing_else() -> None:
    shown = forgetting()
    on = points(shown)
    shown.set(inserts=False)
    off = points(shown)
    for run in RUNS:
        key = run["regime"], run["seed"]
        assert on[key]["x"] == run["after"][0] and off[key]["x"] == run["off"][0] and on[key]["y"] == off[key]["y"]
        if run["exact"]:
            assert off[key]["x"] == run["before"][0] and "exactly as before" in off[key]["says"]
    still = {name for name, _ in on if all(on[name, seed]["x"] == off[name, seed]["x"] for seed in range(5))}
    assert still == {*NAMES} - {*ADDED} - {"adapters-houlsby"}


def test_the_axes_stay_when_only_the_inserts_go() -> None:
    shown = forgetting()
    before = shown.find("F1 against perplexity")
    shown.set(inserts=False)
    after = shown.find("F1 against perplexity")
    assert before["x_range"] == after["x_range"] and before["y_range"] == after["y_range"]
    for run in after["runs"]:
        assert after["x_range"][0] < run["x"] < after["x_range"][1]
        assert after["y_range"][0] < run["y"] < after["y_range"][1]


def test_the_other_wording_has_its_own_scores_and_its_own_rule() -> None:
    shown = forgetting("full")
    shown.set(texts=TEXTS[1])
    picture, mine = shown.find("F1 against perplexity"), [run for run in RUNS if run["regime"] == "full"]
    assert [run["y"] for run in picture["runs"]] == [run["f1"][1] for run in mine]
    assert picture["rule"] == pytest.approx(exp(mean(log(run["before"][1]) for run in mine)))


def test_what_a_frozen_body_writes_with_inserts_off_is_what_it_wrote_before() -> None:
    shown = forgetting("lora")

    def written() -> tuple[list[str], list[str]]:
        rows = shown.find("What it writes, unasked, with the old head on")["rows"]
        return [text for who, text in rows if who == "before the run"], [text for who, text in rows[2:]]

    assert written()[0] != written()[1]
    shown.set(inserts=False)
    assert written()[0] == written()[1]


def test_what_is_written_can_be_printed() -> None:
    shown = forgetting()
    for name in NAMES:
        shown.set(regime=name)
        assert all(text.isprintable() for row in shown.find("What it writes, unasked, with the old head on")["rows"]
                   for text in row)  # fmt: skip


def test_a_regime_that_was_not_recorded_is_refused_with_those_that_were() -> None:
    with pytest.raises(SettingError, match=r"regime 'scratch' was not recorded; choose among head-only, last-block"):
        forgetting("scratch")


def test_a_closed_notebook_tells_where_the_chosen_run_is() -> None:
    run = next(run for run in RUNS if (run["regime"], run["seed"]) == ("full", 0))
    said = in_words(forgetting().get_state())
    assert f"full, seed 0: F1 {run['f1'][0]:.3f}, perplexity {run['after'][0]:.0f}, from {run['before'][0]:.1f}" in said
    assert "15 circles for frozen body, 30 triangles for inserts in a frozen body, 40 diamonds" in said


def test_the_tables_on_file_are_of_the_same_runs() -> None:
    """Both are written by one call; the record keeps five digits."""
    language, _, far, _ = tables()
    for name in NAMES:
        runs = [run for run in RUNS if run["regime"] == name]
        numbers = [float(one) for one in re.findall(r"[\d.]+", language[name].split("]")[0])]
        before, after = (exp(mean(log(run[key][0]) for run in runs)) for key in ("before", "after"))
        assert numbers[:2] == pytest.approx([before, after], abs=0.006)
        assert language[name].split()[-3:] == [str(sum(run["exact"] for run in runs)), "of", "5"]
        moved = float(far[name].split()[-1])
        assert moved == pytest.approx(100 * mean(run["moved"]["body"] for run in runs), abs=0.006)


def tables(path: Path = FIGURE) -> list[dict[str, str]]:
    """The four tables of the figure: each regime's line without its name."""
    found: list[dict[str, str]] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("regime "):
            found.append({})
        elif found and line and not line.startswith(" "):
            name, _, rest = line.partition("  ")
            if rest and (name in NAMES or name.startswith("full, ")):
                found[-1][name] = rest
    assert json.dumps([len(one) for one in found]) == "[17, 17, 17, 4]"
    return found
