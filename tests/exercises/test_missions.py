"""The missions of lesson 07: what each says of the runs that a learner made, and that the lesson's paths lead there."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headswap.data.fixture import messages
from headswap.exercises import missions
from headswap.exercises.exercise import Verdict
from headswap.explorers import lesson_base
from headswap.lab import Lab, Run, Settings
from headswap.metrics.measure import measure
from headswap.training.events import EpochDone
from lessons import build

LESSON = build.LESSONS / "07_lab.py"
LEARN = {"frozen-random": 130, "head-only": 130, "mlp-head": 4290, "last-block": 50_242}
WHOLE = 118_914
LABELS = (0, 1) * 80
BET = ["head-only", "full", "less than two points between them"]


def run_of(
    regime: str = "full", missed: int = 10, losses: tuple[float, ...] = (0.5, 0.3, 0.4), training: float = 0.05,
    outcome: str = "done", forecast: str = "", **settings: Any,
) -> Run:  # fmt: skip
    """A run that missed so many of 80 spam, with these validation losses; no ham is lost."""
    caught, chances = 80 - missed, []
    for label in LABELS:
        chances.append((0.1, 0.9) if label and caught > 0 else (0.9, 0.1))
        caught -= label
    metrics = measure(LABELS, [int(p > q) for q, p in chances])
    epochs = [EpochDone(0, i, len(losses), training, loss, metrics, tuple(chances), 0.1)
              for i, loss in enumerate(losses, 1)]  # fmt: skip
    learning = LEARN.get(regime, WHOLE)
    made = Run(0, Settings(regime=regime, **settings), learning, WHOLE, epochs=epochs, outcome=outcome)
    made.forecast, made.held_out = forecast, tuple((str(i), label) for i, label in enumerate(LABELS))
    return made


def lab_of(*runs: Run, **named: Any) -> Lab:
    """A lab in which these runs were made."""
    lab = Lab(**named)
    for number, run in enumerate(runs, 1):
        run.id = number
        lab._runner.runs.append(run)
    return lab


def says(verdict: Verdict, state: str, *parts: str) -> None:
    assert verdict.state == state, verdict
    for part in parts:
        assert part in verdict.sentence, verdict
    assert re.fullmatch(r"[A-Z].*[.?)]", verdict.sentence), "a sentence begins and ends"


# ---- nothing done yet


@pytest.mark.parametrize("runs", [(), (run_of(outcome="stopped", losses=()),)], ids=["no run", "one without an epoch"])
def test_a_mission_without_runs_is_not_attempted(runs: tuple[Run, ...], tmp_path: Path) -> None:
    lab = lab_of(*runs, question="Which?", answers=BET)
    file = tmp_path / "real.tsv"
    file.write_text("ham\tyes\nspam\tno\n", "utf-8")
    for verdict in (
        missions.predicted(lab),
        missions.cheapest(lab),
        missions.cheapest(lab, "head-only"),
        missions.overfit(lab),
        missions.beat_ngrams(lab, file),
    ):
        says(verdict, "not attempted")


# ---- 1: predict, then look


def pair(*bets: str, missed: tuple[int, int] = (4, 20), **second: Any) -> Lab:
    first, other = (
        run_of("head-only", missed[0], forecast=bets[0]),
        run_of("full", missed[1], forecast=bets[1], **second),
    )
    return lab_of(first, other, question="Which?", answers=BET)


def test_a_bet_is_kept_and_stands_beside_the_outcome() -> None:
    says(missions.predicted(pair("head-only", "head-only")), "passed", "You said: head-only. That is what came out")
    says(
        missions.predicted(pair("full", "full")), "passed", "You said: full. It came out otherwise", "head-only F1 0.97"
    )


def test_less_than_two_points_is_the_answer_that_names_no_regime() -> None:
    says(missions.predicted(pair(BET[2], BET[2], missed=(8, 9))), "passed", "That is what came out", "could be luck")
    says(missions.predicted(pair("full", "full", missed=(8, 9))), "passed", "It came out otherwise")


def test_two_runs_are_compared_message_by_message_and_never_by_their_intervals() -> None:
    """Each interval is some eight points wide and they overlap; on the same messages the difference is clear."""
    first, second = pair("full", "full", missed=(2, 10)).runs
    (low, _), (_, high) = missions._interval(first), missions._interval(second)
    assert low < high, "the two intervals overlap"
    sentence = missions.predicted(pair("full", "full", missed=(2, 10))).sentence
    assert "message by message" in sentence and "luck" not in sentence


def test_looking_before_betting_does_not_count() -> None:
    says(missions.predicted(pair("", "")), "wrong", "looked before you bet")
    says(missions.predicted(pair("", "full")), "wrong", "looked before you bet")


def test_a_bet_that_changes_between_the_runs_does_not_count() -> None:
    says(missions.predicted(pair("head-only", "full")), "wrong", "changed your bet", "from head-only to full")


def test_both_regimes_must_have_run_on_the_same_messages() -> None:
    lab = lab_of(run_of("head-only", forecast="full"), question="Which?", answers=BET)
    says(missions.predicted(lab), "wrong", "Now full")
    says(missions.predicted(pair("full", "full", messages=100)), "wrong", "with the messages and the seed")
    says(missions.predicted(pair("full", "full", seed=1)), "wrong", "Now head-only")


# ---- 2: the cheapest within two points


def several(**missed: int) -> Lab:
    return lab_of(*(run_of(name.replace("_", "-"), count) for name, count in missed.items()))


def test_the_cheapest_within_two_points_passes_with_its_interval() -> None:
    lab = several(frozen_random=30, head_only=10, last_block=9, full=8)
    verdict = missions.cheapest(lab, "head-only")
    says(verdict, "passed", "head-only F1 0.933 [", "full F1 0.947 [", "head-only, 130 weights", "points wide")


def test_a_regime_that_is_dearer_than_needed_is_told_of_the_cheaper_one() -> None:
    lab = several(frozen_random=30, head_only=10, last_block=9, full=8)
    for name in ("last-block", "full"):
        says(missions.cheapest(lab, name), "wrong", "within two points using head-only, with only 130 learning weights")


def test_a_regime_that_is_too_far_behind_is_told_by_how_much() -> None:
    lab = several(frozen_random=30, head_only=10, last_block=9, full=8)
    says(missions.cheapest(lab, "frozen-random"), "wrong", "17.8 points below the best", "full F1 0.947")


def test_the_best_may_itself_be_the_cheapest() -> None:
    says(missions.cheapest(several(head_only=2, last_block=9, full=20), "head-only"), "passed")
    says(missions.cheapest(several(head_only=30, last_block=20, full=2), "full"), "passed")


def test_fewer_than_three_regimes_are_too_few_to_compare() -> None:
    sentence = "at least three regimes with the same seed and messages"
    says(
        missions.cheapest(several(head_only=10, full=8), "head-only"), "wrong", sentence, "you have head-only and full"
    )
    apart = lab_of(run_of("head-only"), run_of("last-block", seed=1), run_of("full", messages=100))
    says(missions.cheapest(apart, "head-only"), "wrong", sentence)
    again = lab_of(run_of("full"), run_of("full"), run_of("full"))
    says(missions.cheapest(again, "full"), "wrong", sentence)


def test_a_rate_of_ones_own_does_not_keep_runs_apart() -> None:
    runs = run_of("head-only", learning_rate=0.1), run_of("last-block", schedule="constant"), run_of("full")
    says(missions.cheapest(lab_of(*runs), "head-only"), "passed")


def test_the_best_is_unknown_while_nothing_learns_as_a_whole() -> None:
    says(missions.cheapest(several(frozen_random=30, head_only=10, last_block=9), "head-only"), "wrong", "add full")


def test_runs_without_a_name_ask_for_one() -> None:
    says(missions.cheapest(several(head_only=10, last_block=9, full=8)), "not attempted", "Now name one")


def test_a_name_that_was_not_run_is_refused() -> None:
    lab = several(head_only=10, last_block=9, full=8)
    says(missions.cheapest(lab, "scratch"), "wrong", "no run of scratch", "head-only, last-block and full")


def test_the_latest_run_of_a_regime_counts() -> None:
    lab = lab_of(run_of("head-only", 40), run_of("last-block", 9), run_of("full", 8), run_of("head-only", 8))
    says(missions.cheapest(lab, "head-only"), "passed")


# ---- 3: overfit


def test_a_validation_loss_that_ends_at_twice_its_lowest_passes() -> None:
    verdict = missions.overfit(lab_of(run_of(losses=(0.5, 0.3, 0.4, 0.7), messages=40)))
    says(verdict, "passed", "0.300 after epoch 2, 0.700 after 4", "on 40 messages")


def test_a_loss_that_is_lowest_at_the_end_has_not_overfitted() -> None:
    says(missions.overfit(lab_of(run_of(losses=(0.5, 0.4, 0.3)))), "wrong", "lowest in its last epoch")


def test_a_loss_that_rises_a_little_is_not_enough() -> None:
    says(missions.overfit(lab_of(run_of(losses=(0.5, 0.3, 0.4)))), "wrong", "hasn't doubled", "0.300 after epoch 2")


def test_a_loss_that_explodes_is_not_learning_by_heart() -> None:
    says(missions.overfit(lab_of(run_of(losses=(0.5, 0.3, 3.0), training=2.5))), "wrong", "not learned by heart")


def test_only_full_fine_tuning_counts_and_the_clearest_run_of_it() -> None:
    other = run_of("last-block", losses=(0.3, 0.4, 0.9))
    says(missions.overfit(lab_of(other)), "not attempted", "regime full", "other runs do not count")
    lab = lab_of(other, run_of(losses=(0.3, 0.4, 0.9)), run_of(losses=(0.5, 0.4, 0.3)))
    says(missions.overfit(lab), "passed")


def test_a_run_that_was_stopped_while_overfitting_counts() -> None:
    says(missions.overfit(lab_of(run_of(losses=(0.3, 0.4, 0.9), outcome="stopped"))), "passed")


# ---- 4: the n-grams


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Messages of one's own in the form of the SMS corpus, every ninth label wrong: no n-gram can know which."""
    path = tmp_path / "MyMessages"
    labelled = [((m.label + (i % 9 == 0)) % 2, m.text) for i, m in enumerate(messages(300, seed=5))]
    rows = [f"{('ham', 'spam')[label]}\t{text}\n" for label, text in labelled]
    path.write_text("".join(rows), "utf-8")
    return path


def judged(file: Path, right: float = 1.0, **settings: Any) -> Run:
    """A run on the file that is right on this share of its validation messages."""
    told = Settings(data=str(file), **settings)
    validation = missions.own_split(told, file).validation
    correct = round(right * len(validation))
    rows = [(0.1, 0.9) if (m.label == 1) == (i < correct) else (0.9, 0.1) for i, m in enumerate(validation)]
    labels = [m.label for m in validation]
    metrics = measure(labels, [int(b > a) for a, b in rows])
    run = Run(0, told, 130, WHOLE, epochs=[EpochDone(0, 1, 1, 0.1, 0.2, metrics, tuple(rows), 0.1)], outcome="done")
    run.held_out = tuple((m.text, m.label) for m in validation)
    return run


def test_without_a_file_the_mission_stays_open_and_says_how_to_get_one() -> None:
    says(
        missions.beat_ngrams(lab_of(run_of()), "nowhere/SMSSpamCollection"),
        "not attempted",
        "no file SMSSpamCollection",
    )
    says(missions.beat_ngrams(Lab(), "nowhere/mine.csv"), "not attempted", "download_sms", "a file of your own")


def test_practice_messages_are_not_real_ones(file: Path) -> None:
    runs = run_of(), run_of(data="shifted")
    says(missions.beat_ngrams(lab_of(*runs), file), "not attempted", "No run on real messages yet")


def test_a_run_that_is_ahead_by_little_is_told_what_chance_could_do(file: Path) -> None:
    verdicts = (missions.beat_ngrams(lab_of(judged(file, right / 50)), file) for right in range(35, 51))
    says(next(filter(None, verdicts)), "passed", "a difference of +", "Chance alone could have done this.")


def test_a_perfect_run_beats_them_for_sure(file: Path) -> None:
    verdict = missions.beat_ngrams(lab_of(judged(file)), file)
    says(verdict, "passed", "F1 1.000", "n-grams, 0.", "on the same", "a difference of +")
    assert "best of" not in verdict.sentence
    assert "Chance" not in verdict.sentence


def test_the_best_of_several_runs_is_told_that_it_is_flattered(file: Path) -> None:
    lab = lab_of(judged(file, 0.9), judged(file), judged(file, 0.8))
    says(missions.beat_ngrams(lab, file), "passed", "best of 3 runs", "flatters")


def test_a_run_that_is_behind_is_told_by_how_much(file: Path) -> None:
    says(missions.beat_ngrams(lab_of(judged(file, 0.6)), file), "wrong", "a difference of -", "The n-grams still lead")


def test_runs_on_another_file_do_not_count(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "Other"
    other.write_text("".join(reversed(file.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    says(missions.beat_ngrams(lab_of(judged(file)), other), "wrong", "another file, not Other")


def test_a_file_that_was_dropped_into_the_lab_is_known_by_its_messages(file: Path) -> None:
    run = judged(file)
    run.settings = replace(run.settings, data="MyMessages")
    says(missions.beat_ngrams(lab_of(run), file), "passed")


def test_a_file_that_cannot_be_read_is_explained(file: Path) -> None:
    run = judged(file)
    file.write_text("neither\n", "utf-8")
    verdict = missions.beat_ngrams(lab_of(run), file)
    assert verdict.state == "wrong"
    assert "MyMessages" in verdict.sentence


def test_without_scikit_learn_there_is_nothing_to_beat(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, really = judged(file), builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return really(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    says(missions.beat_ngrams(lab_of(run), file), "not attempted", "pip install scikit-learn")


# ---- played in the lab, as a learner does


def test_the_missions_are_played_in_the_lab() -> None:
    few = {"max_len": 16, "messages": 20, "epochs": 12}
    lab = Lab(question="Which?", answers=BET, **few)
    lab.forecast("full")
    for regime in ("head-only", "last-block", "full"):
        lab.regime = regime
        lab.train(block=True)
    says(missions.predicted(lab), "passed", "You said: full.")
    verdicts = [missions.cheapest(lab, name) for name in ("head-only", "last-block", "full")]
    assert [verdict.state for verdict in verdicts].count("passed") == 1
    assert missions.overfit(lab).state in ("passed", "wrong")


def test_a_reset_opens_every_mission_again() -> None:
    lab = lab_of(run_of(losses=(0.3, 0.4, 0.9)))
    assert missions.overfit(lab)
    lab.reset()
    says(missions.overfit(lab), "not attempted")


def paths() -> list[str]:
    """The paths that the lesson gives, as Python."""
    found = re.findall(r"^# ```python\n(.*?)^# ```", LESSON.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [re.sub(r"^# ?", "", path, flags=re.MULTILINE) for path in found]


@pytest.mark.slow
def test_the_paths_of_the_lesson_lead_there() -> None:
    """The first two lead there whatever comes out, so few messages are enough; the third brings its own sizes."""
    lesson_base()
    wager, lab = Lab(answers=BET, messages=20, epochs=1), Lab(messages=20, epochs=1)
    one, two, three, _ = paths()
    exec(one, {"wager": wager})
    assert missions.predicted(wager)
    exec(two, {"lab": lab, "exercises": __import__("headswap.exercises").exercises})
    found = [name for name in {run.settings.regime for run in lab.runs} if missions.cheapest(lab, name)]
    assert len(found) == 1
    exec(three, {"lab": lab})
    assert missions.overfit(lab), missions.overfit(lab)


@pytest.mark.slow
@pytest.mark.corpus
def test_the_path_to_real_messages_ends_with_an_honest_comparison(corpus_path: Path) -> None:
    lab = Lab(data=str(corpus_path), epochs=1)
    for regime, pool in [("head-only", "mean"), ("head-only", "max")]:
        lab.regime, lab.pool = regime, pool
        lab.train(block=True)
    verdict = missions.beat_ngrams(lab, corpus_path)
    says(verdict, "wrong", "n-grams, 0.9", "on the same 160 messages", "a difference of -")
