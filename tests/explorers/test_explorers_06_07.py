"""What lesson 06 shows: scores, curves and areas as scikit-learn has them, and a world with less spam."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as judge

from headswap.errors import SettingError
from headswap.explorers import scoreboard
from headswap.explorers.measures import CELLS, Sweep, precision_at, sweep
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


def test_recall_stands_and_precision_falls_with_the_share_of_spam() -> None:
    board = scoreboard(*example())
    found = []
    for share in range(50, 0, -1):
        board.set(prior=share)
        here, there = board.find("Precision over recall")["marks"]
        assert there[0] == here[0], "recall knows nothing of the share"
        assert board.find("ROC curve") == scoreboard(*example()).find("ROC curve")
        found.append(there[1])
    assert abs(found[0] - here[1]) < 1e-12, "as much spam as ham, as in these messages"
    assert all(a > b for a, b in pairwise(found))


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 20))
def test_bayes_rule_is_a_world_with_more_ham(tp: int, fn: int, fp: int, tn: int, times: int) -> None:
    spam, ham = tp + fn, fp + tn
    share = spam / (spam + times * ham)
    counted = tp / (tp + times * fp)
    assert abs(precision_at(tp / spam, fp / ham, share) - counted) < 1e-12


def test_the_dashed_line_is_the_same_filter_in_the_world() -> None:
    labels, chances, texts = example()
    board, ours = scoreboard(labels, chances, texts), sweep(labels, chances)
    board.set(prior=9)
    world = points(board, "Precision over recall", 1)
    rates = zip(ours.recall[1:], ours.false_alarms[1:], strict=True)
    assert np.array_equal(world, [(r, precision_at(r, f, 0.09)) for r, f in rates])
    assert "90 are spam" in board.find("In the world")["text"]
    (_, caught, spam), (_, right, called) = board.find("In the world, in bars")["rows"]
    recall, precision = board.find("Precision over recall")["marks"][1][:2]
    assert caught == right
    told = [int(n) for n in re.findall(r"\d+(?= are| of them)", board.find("In the world")["text"])]
    assert told == [math.floor(n + 0.5) for n in (spam, called, caught)]  # as the bars are labelled in the browser
    assert (caught / spam, right / called) == pytest.approx((recall, precision))


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_shows_its_own_messages_the_least_expected_first(cell: str) -> None:
    labels, chances, texts = example()
    board = scoreboard(labels, chances, texts)
    assert board.find("Messages in the chosen cell")["kind"] == "words"
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
    assert board.find("Messages in the chosen cell")["kind"] == "words"


def test_nothing_to_divide_by_is_zero_and_said() -> None:
    board = board_of([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    board.set(threshold=0.9)
    name, value, low, high = board.find("Scores")["rows"][0]
    assert (name, value, low) == ("precision, nothing to divide by: 0", 0.0, 0.0)
    assert high > 0.9, "and next to nothing is known of it"
    assert board.find("In the world")["text"].endswith("precision 0.000.")
    assert precision_at(0.0, 0.0, 0.5) == 0.0


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_no_reason_to_fall_over(label: int) -> None:
    board = board_of([label] * 4, [0.1, 0.4, 0.6, 0.9])
    for threshold in (0.0, 0.5, 1.0):
        board.set(threshold=threshold, prior=9, cell="fp")
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
        scoreboard(*example()).set(prior=90)


def test_the_same_values_show_the_same_and_the_line_names_them() -> None:
    board = scoreboard(*example())
    before = json.dumps(board.shown, allow_nan=False)
    board.set(threshold=0.8, prior=9, cell="fp")
    assert repr(board) == "Scoreboard(threshold=0.8, prior=9, cell='fp')"
    board.set(threshold=0.5, prior=50, cell="")
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
