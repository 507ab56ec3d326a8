"""What lessons 06 and 06b show: scores and curves as scikit-learn has them, a learner's own, and rare spam."""

from __future__ import annotations

import json
import math
import re
import sys
from itertools import pairwise
from time import process_time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as judge

from headswap import exercises
from headswap.errors import SettingError
from headswap.explorers import number_of, precision_at, rare_spam, scoreboard
from headswap.explorers.measures import CELLS, Sweep, sweep
from headswap.explorers.widget import Explorer
from headswap.metrics.measure import measure

N = 160
# Coarse probabilities, so that ties and thresholds that hit a message happen.
filters = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=2, max_size=60)
both = filters.filter(lambda rows: {label for label, _ in rows} == {0, 1})


def unzipped(rows: list[tuple[int, int]]) -> tuple[list[int], list[float]]:
    return [label for label, _ in rows], [p / 20 for _, p in rows]


def example(seed: int = 0, n: int = N) -> tuple[list[int], list[float], list[str]]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0, 1] * (n // 2))
    chances = 1 / (1 + np.exp(-(2.5 * (2 * labels - 1) + rng.normal(0, 2, n))))
    return labels.tolist(), chances.tolist(), [f"message {i}" for i in range(n)]


def board_of(labels: list[int], chances: list[float]) -> Explorer:
    return scoreboard(labels, chances, [f"message {i}" for i in range(len(labels))])


def points(board: Explorer, title: str, number: int = 0) -> np.ndarray:
    return np.array(board.find(title)["lines"][number]["points"])


@given(both)
def test_the_roc_curve_and_its_area_are_scikit_learns(rows: list[tuple[int, int]]) -> None:
    labels, chances = unzipped(rows)
    ours = sweep(labels, chances)
    false_alarms, recall, thresholds = judge.roc_curve(labels, chances, drop_intermediate=False)
    assert np.array_equal(ours.false_alarms, false_alarms)
    assert np.array_equal(ours.recall, recall)
    assert np.array_equal(ours.thresholds, thresholds)
    assert abs(ours.auroc - judge.roc_auc_score(labels, chances)) < 1e-12


@given(both)
def test_the_precision_curve_is_scikit_learns(rows: list[tuple[int, int]]) -> None:
    labels, chances = unzipped(rows)
    ours = sweep(labels, chances)
    precision, recall, thresholds = judge.precision_recall_curve(labels, chances)
    assert np.array_equal(ours.precision[:0:-1], precision[:-1])  # the last is scikit-learn's end of the curve
    assert np.array_equal(ours.recall[:0:-1], recall[:-1])
    assert np.array_equal(ours.thresholds[:0:-1], thresholds)


@given(filters, st.integers(0, 20))
def test_the_scores_at_any_threshold_are_scikit_learns(rows: list[tuple[int, int]], threshold: int) -> None:
    labels, chances = unzipped(rows)
    board = board_of(labels, chances)
    board.set(threshold=threshold / 20)
    said = [int(p >= threshold / 20) for p in chances]
    metrics = measure(labels, said)
    theirs = judge.precision_recall_fscore_support(labels, said, average="binary", zero_division=0.0)[:3]
    assert np.abs(np.array([metrics.precision, metrics.recall, metrics.f1]) - theirs).max() < 1e-12
    assert [row[1] for row in board.find("Scores")["rows"]] == [round(float(value), 3) for value in theirs]
    assert board.find("Verdicts")["counts"] == judge.confusion_matrix(labels, said, labels=[0, 1]).tolist()
    mark = board.find("Precision over recall")["marks"][0]
    assert np.abs(np.array(mark[:2]) - [theirs[1], theirs[0]]).max() < 1e-12


def test_the_curves_on_the_page_are_the_sweep() -> None:
    labels, chances, texts = example()
    board, ours = scoreboard(labels, chances, texts), sweep(labels, chances)
    assert np.array_equal(points(board, "ROC curve"), np.stack([ours.false_alarms, ours.recall], 1))
    assert np.array_equal(points(board, "Precision over recall"), np.stack([ours.recall, ours.precision], 1)[1:])
    assert board.find("Area under the ROC curve")["text"].startswith(f"{ours.auroc:.3f}:")


def test_intervals_are_those_of_the_library() -> None:
    board, (labels, chances, _) = scoreboard(*example()), example()
    intervals = measure(labels, [int(p >= 0.5) for p in chances]).intervals()
    shown = [tuple(row[2:]) for row in board.find("Scores")["rows"]]
    assert shown == [tuple(round(end, 3) for end in intervals[name]) for name in ("precision", "recall", "f1")]


def world_of(labels: list[int], chances: list[float], **values: float) -> Explorer:
    world = rare_spam(labels, chances)
    world.set(**values)
    return world


def large(explorer: Explorer, name: str) -> dict[str, Any]:
    return next(item for item in explorer.find("The scores")["items"] if item["name"] == name)


def test_the_share_of_spam_begins_as_these_messages_have_it() -> None:
    assert rare_spam([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.9]).value["prior"] == 25
    assert rare_spam([1, 1, 1, 0], [0.9, 0.9, 0.2, 0.1]).value["prior"] == 75
    assert rare_spam([0, 0], [0.1, 0.2]).value["prior"] == 1


def test_recall_stays_and_precision_falls_with_the_share_of_spam() -> None:
    labels, chances, _ = example()
    found, recalls = [], set()
    for share in range(50, 0, -1):
        world = world_of(labels, chances, prior=share)
        here, there = world.find("Precision over recall")["marks"]
        assert there[0] == here[0], "recall knows nothing of the share"
        recalls |= {(large(world, "recall")["value"], large(world, "recall")["says"])}
        found.append(there[1])
    assert len(recalls) == 1
    assert abs(found[0] - here[1]) < 1e-12, "as much spam as ham, as in these messages"
    assert all(a > b for a, b in pairwise(found))


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 20))
def test_bayes_rule_is_a_world_with_more_ham(tp: int, fn: int, fp: int, tn: int, times: int) -> None:
    spam, ham = tp + fn, fp + tn
    share = spam / (spam + times * ham)
    counted = tp / (tp + times * fp)
    assert abs(precision_at(tp / spam, fp / ham, share) - counted) < 1e-12


@given(both, st.integers(1, 50), st.integers(0, 20))
def test_counts_and_shares_agree_in_any_world(rows: list[tuple[int, int]], share: int, threshold: int) -> None:
    """What is written as 4 of 16 is never called 23 %."""
    labels, chances = unzipped(rows)
    world = world_of(labels, chances, threshold=threshold / 20, prior=share)
    counts = world.find("A thousand messages")["counts"]
    assert sum(counts.values()) == 1000
    assert counts["tp"] + counts["fn"] == 10 * share
    for name in ("precision", "recall", "false-positive rate"):
        part, whole = (int(n) for n in re.findall(r"\d+", large(world, name)["says"])[:2])
        assert large(world, name)["value"] == f"{part / whole if whole else 0:.2f}"
    called = counts["tp"] + counts["fp"]
    assert world.find("A thousand messages")["text"].startswith(f"{called} of 1,000 messages are called spam")


def test_a_precision_is_the_share_of_the_counts_beside_it_even_where_rounding_makes_another() -> None:
    labels = [0] * 80 + [1] * 80
    chances = [0.9] * 4 + [0.1] * 76 + [0.9] * 73 + [0.1] * 7
    world = world_of(labels, chances, prior=1)
    assert f"{precision_at(73 / 80, 4 / 80, 0.01):.2f}" == "0.16"
    assert (large(world, "precision")["value"], large(world, "precision")["says"][:10]) == ("0.15", "9 of the 5")


def test_the_dashed_line_is_the_same_filter_in_the_world() -> None:
    labels, chances, _ = example()
    ours = sweep(labels, chances)
    rates = zip(ours.recall[1:], ours.false_alarms[1:], strict=True)
    world = points(world_of(labels, chances, prior=12), "Precision over recall", 1)
    assert np.array_equal(world, [(r, precision_at(r, f, 0.12)) for r, f in rates])


# ---- a learner's own functions


def right_verdicts(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    return probabilities >= threshold


def swapped(labels: torch.Tensor, verdicts: torch.Tensor) -> tuple[float, ...]:
    precision, recall, f1 = exercises.scores.reference(labels, verdicts)
    return recall, precision, f1


def own_board(verdicts: Any = None, scores: Any = None) -> Explorer:
    given = {"verdicts": verdicts and exercises.verdicts.yours(verdicts),
             "scores": scores and exercises.scores.yours(scores)}  # fmt: skip
    return scoreboard(*example(), **given)


def test_right_functions_fill_the_board_as_the_library_does() -> None:
    board = own_board(right_verdicts, exercises.scores.reference)
    for threshold in (0.0, 0.3, 0.9, 1.0):
        board.set(threshold=threshold)
        assert all(item["agrees"] for item in board.find("The scores")["items"])
        plain = scoreboard(*example())
        plain.set(threshold=threshold)
        assert board.find("Yours")["counts"] == plain.find("Verdicts")["counts"]
        assert "rival" not in board.find("Yours")


def test_wrong_scores_show_their_damage_beside_the_librarys() -> None:
    board = own_board(right_verdicts, swapped)
    board.set(threshold=0.8)
    precision, recall, f1 = board.find("The scores")["items"]
    assert (precision["yours"], recall["yours"]) == (recall["value"], precision["value"])
    assert (precision["agrees"], recall["agrees"], f1["agrees"]) == (False, False, True)


def test_wrong_verdicts_show_their_damage_in_the_cells_and_in_f1() -> None:
    board = own_board(lambda p, threshold: p < threshold, exercises.scores.reference)
    block = board.find("Yours")
    assert block["rival"] == scoreboard(*example()).find("Verdicts")["counts"]
    assert block["counts"] == [row[::-1] for row in block["rival"]]
    f1 = board.find("The scores")["items"][2]
    assert float(f1["yours"]) < 0.3 < float(f1["value"])


def stub(*given: Any) -> Any: ...


def test_stubs_say_your_turn_and_the_library_goes_on() -> None:
    board = own_board(stub, stub)
    assert board.find("Verdicts")["note"] == "Your verdicts: your turn."
    assert {item["yours"] for item in board.find("The scores")["items"]} == {"your turn"}
    assert not any("agrees" in item for item in board.find("The scores")["items"])


@pytest.mark.parametrize(
    "broken",
    [lambda *_: 1 / 0, lambda *_: "spam", lambda *_: [2] * N, lambda *_: torch.zeros(3, 3), lambda *_: sys.exit("gone"),
     lambda *_: float("nan"), lambda *_: print, lambda: 1],
    ids=range(8),
)  # fmt: skip
def test_no_answer_of_a_learners_function_stops_the_board(broken: Any) -> None:
    board = own_board(broken, broken)
    board.set(threshold=0.7, cell="fp")
    assert json.dumps(board.shown, allow_nan=False)
    assert board.find("Verdicts")["note"].startswith("Your verdicts: ")
    assert all(item["yours"] for item in board.find("The scores")["items"])


def test_a_function_that_never_ends_is_stopped_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headswap.exercises.exercise.SECONDS", 0.2)

    def endless(*_: Any) -> None:
        while True:
            pass

    board = own_board(None, endless)
    assert "stopped after" in board.find("The scores")["items"][0]["yours"]


def test_a_learners_answer_is_a_number_or_says_what_it_is() -> None:
    yours = exercises.choose_threshold.yours
    assert number_of(yours(lambda *_: torch.tensor(0.5))(1, 2)) == 0.5
    assert number_of(yours(lambda *_: math.inf)(1, 2)) == math.inf
    assert number_of(yours(stub)(1, 2)) == "your turn"
    assert number_of(yours(lambda *_: 1 / 0)(1, 2)) == "ZeroDivisionError: division by zero"
    assert number_of(yours(lambda *_: [1, 2])(1, 2)) == "a list that cannot be read"


def test_a_learners_function_cannot_change_what_it_is_given() -> None:
    labels = torch.tensor([0, 1])
    exercises.scores.yours(lambda labels, verdicts: labels.fill_(1))(labels, labels)
    assert labels.tolist() == [0, 1]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_shows_its_own_messages_the_least_expected_first(cell: str) -> None:
    labels, chances, texts = example()
    board = scoreboard(labels, chances, texts)
    assert "read its messages" in board.find("Verdicts")["note"]
    board.set(cell=cell, threshold=0.6)
    truth, verdict, _ = CELLS[cell]
    block = board.find("Messages in the chosen cell")
    count = board.find("Verdicts")["counts"][truth][verdict]
    mine = [(p, text) for label, p, text in zip(labels, chances, texts, strict=True)
            if (label, int(p >= 0.6)) == (truth, verdict)]  # fmt: skip
    assert len(mine) == count
    assert block["columns"][1].endswith(f"{min(12, count)} of {count}")
    expected = sorted(mine, key=lambda one: abs(one[0] - truth), reverse=True)[:12]
    assert block["rows"] == [[f"{p:.3f}", text] for p, text in expected]
    board.set(cell="")
    assert "Messages in the chosen cell" not in [block["title"] for block in board.shown]


def test_nothing_to_divide_by_is_zero_and_said() -> None:
    board = board_of([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    board.set(threshold=0.9)
    name, value, low, high = board.find("Scores")["rows"][0]
    assert (name, value, low) == ("precision, nothing to divide by: 0", 0.0, 0.0)
    assert high > 0.9, "and next to nothing is known of it"
    assert board.find("The scores")["items"][0]["says"] == "nothing is called spam"
    world = world_of([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], threshold=0.9)
    assert large(world, "precision")["value"] == "0.00"
    assert precision_at(0.0, 0.0, 0.5) == 0.0


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_no_reason_to_fall_over(label: int) -> None:
    board = board_of([label] * 4, [0.1, 0.4, 0.6, 0.9])
    for threshold in (0.0, 0.5, 1.0):
        board.set(threshold=threshold, cell="fp")
        assert json.dumps(world_of([label] * 4, [0.1, 0.4, 0.6, 0.9], threshold=threshold).shown, allow_nan=False)
    assert sum(map(sum, board.find("Verdicts")["counts"])) == 4
    assert json.dumps(board.shown, allow_nan=False)


def test_a_message_at_the_threshold_is_spam() -> None:
    board = board_of([0, 1], [0.25, 0.5])
    assert board.find("Verdicts")["counts"] == [[1, 0], [0, 1]]
    board.set(threshold=0.51)
    assert board.find("Verdicts")["counts"] == [[1, 0], [1, 0]]


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(SettingError, match="2 labels and 1 messages"):
        scoreboard([0, 1], [0.1, 0.9], ["one"])
    with pytest.raises(SettingError, match="2 labels and 1 probabilities"):
        sweep([0, 1], [0.5])
    with pytest.raises(SettingError, match="prior is 90"):
        rare_spam(*example()[:2]).set(prior=90)


def test_the_same_values_show_the_same_and_the_line_names_them() -> None:
    board = scoreboard(*example())
    before = json.dumps(board.shown, allow_nan=False)
    board.set(threshold=0.8, cell="fp")
    assert repr(board) == "Scoreboard(threshold=0.8, cell='fp')"
    board.set(threshold=0.5, cell="")
    assert json.dumps(board.shown) == before


def test_a_move_of_the_slider_is_answered_at_once() -> None:
    board = scoreboard(*example())
    began = process_time()
    for step in range(20):
        board.set(threshold=step / 20)
    assert (process_time() - began) / 20 < 0.05


def test_a_sweep_of_ties_counts_each_pair_as_one_half() -> None:
    assert isinstance(sweep([0, 1], [0.5, 0.5]), Sweep)
    assert sweep([0, 1], [0.5, 0.5]).auroc == 0.5
    assert sweep([0, 1], [0.25, 0.5]).auroc == 1.0
