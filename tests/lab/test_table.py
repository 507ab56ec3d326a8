"""Single runs of a lab: deleted and brought back, used again, promised; and the line that makes the same view."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import until

from headswap.errors import SettingError
from headswap.lab import Lab, Settings
from headswap.live.runs import DEFAULTS, FIELDS

SMALL: dict[str, Any] = {"max_len": 16, "epochs": 2, "messages": 64}


def trained(*seeds: int, **settings: Any) -> Lab:
    lab = Lab(**(SMALL | settings))
    for seed in seeds:
        lab.seed = seed
        lab.train(block=True)
    return lab


def ids(lab: Lab) -> list[int]:
    return [run.id for run in lab.runs]


# ---- deleted, and brought back


def test_a_deleted_run_comes_back_until_the_next_one_begins() -> None:
    lab = trained(0, 1, 2)
    before = lab.runs
    lab.delete(2)
    assert (ids(lab), lab.story()["undo"]) == ([1, 3], "delete")
    lab.restore()
    assert (ids(lab), lab.story()["undo"]) == ([1, 2, 3], "")
    assert all(run is old for run, old in zip(lab.runs, before, strict=True))
    lab.delete(2)
    lab.train(block=True)
    lab.restore()
    assert ids(lab) == [1, 3, 4], "a new run has begun: the old one is gone"


def test_what_was_put_away_last_comes_back_first() -> None:
    lab = trained(0, 1, 2)
    lab.delete(1)
    lab.delete(3)
    lab.reset()
    for undo, back in (("reset", [2]), ("delete", [2, 3]), ("delete", [1, 2, 3])):
        assert lab.story()["undo"] == undo
        lab.restore()
        assert ids(lab) == back
    assert lab.story()["undo"] == ""


def test_no_other_run_gets_the_number_of_a_deleted_one() -> None:
    lab = trained(0, 1)
    lab.delete(2)
    lab.train(block=True)
    assert ids(lab) == [1, 3]


def test_a_run_under_way_is_not_deleted_and_a_recorded_one_never() -> None:
    lab = trained()
    lab.step(block=True)
    with pytest.raises(SettingError, match="run 1 is under way; stop it"):
        lab.delete(1)
    lab._asked(lab, {"do": "delete", "id": 1}, [])
    assert lab.said is not None and "under way" in lab.said["sentence"], "the page hears it in one sentence"
    lab.stop()
    lab.delete(1)
    with pytest.raises(SettingError, match="there is no run -1 to delete"):
        lab.delete(-1)


def test_a_saved_page_keeps_the_latest_run_that_is_left() -> None:
    lab = trained(0, 1)
    lab.delete(2)
    assert lab.kept["id"] == 1
    lab.delete(1)
    assert lab.kept == {}


# ---- used again


def test_the_settings_of_a_run_can_be_used_again_all_of_them() -> None:
    lab = trained(0, regime="full", pool="max", batch_size=16, learning_rate=0.01)
    lab.rates = {"embedding": 0.0, "block[0]": 0.0, "block[1]": 0.25, "norm": 0.5, "head": 1.0}
    lab.train(block=True)
    first, second = lab.runs
    for name in FIELDS:
        setattr(lab, name, {} if name == "rates" else getattr(DEFAULTS, name))
    lab.use(2)
    assert lab._settings() == second.settings and lab.rates
    lab.use(1)
    assert lab._settings() == first.settings and not lab.rates


def test_a_recorded_run_s_settings_can_be_used_too() -> None:
    lab = trained(seed=5)
    recorded = lab.story()["runs"][-1]
    lab.use(recorded["id"])
    assert lab._settings() == Settings(recorded["regime"], recorded["pool"], recorded["planned"], seed=recorded["seed"])


def test_what_is_locked_stays_when_a_run_s_settings_are_used() -> None:
    lab = trained(0, regime="full", locked=["seed"])
    lab.regime, lab.seed = "head-only", 7
    lab.use(1)
    assert (lab.regime, lab.seed) == ("full", 7)
    assert lab.said is not None and lab.said["sentence"].endswith("Locked settings stay as they are.")
    with pytest.raises(SettingError, match="there is no run 9"):
        lab.use(9)


# ---- promised, and shared

PINNED = [SMALL | {"regime": "full", "epochs": 1}, SMALL | {"seed": 3}]


def test_pinned_runs_are_trained_first_and_give_the_numbers_that_they_give_alone() -> None:
    lab = Lab(**SMALL, pinned=PINNED)
    assert lab.state["sentence"] == "ready; Train begins with the 2 pinned runs"
    assert lab.runs == (), "nothing is trained before Train"
    lab.train(block=True)
    assert [(run.id, run.pinned, run.outcome) for run in lab.runs] == [
        (1, True, "done"), (2, True, "done"), (3, False, "done")]  # fmt: skip
    for run, settings in zip(lab.runs, [*PINNED, SMALL], strict=True):
        alone = Lab(**settings)
        alone.train(block=True)
        assert [e.probabilities for e in run.epochs] == [e.probabilities for e in alone.runs[0].epochs]
    lab.train(block=True)
    assert ids(lab) == [1, 2, 3, 4], "once"


def test_the_status_says_which_pinned_run_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(**SMALL, pinned=PINNED)
    said: list[str] = []
    monkeypatch.setattr(lab, "send", lambda content, buffers=None: said.append(content.get("sentence", "")))
    lab.train(block=True)
    assert "first the pinned runs, 1 of 2: training" in said and "first the pinned runs, 2 of 2: training" in said
    assert said.index("first the pinned runs, 2 of 2: training") < said.index("run 3: training")


def test_a_step_pauses_in_the_run_that_was_asked_for_not_in_those_before_it() -> None:
    lab = Lab(**SMALL, pinned=[SMALL])
    lab.step(block=True)
    assert [len(run.epochs) for run in lab.runs] == [2, 1]
    lab.stop()


def test_stop_ends_the_pinned_runs_too_and_the_next_train_begins_them_anew() -> None:
    lab = Lab(**SMALL, pinned=[SMALL | {"epochs": 200, "regime": "full"}])
    lab.train()
    until(lambda: lab.runs and lab.runs[0].epochs)
    lab.stop()
    assert [(run.outcome, run.pinned) for run in lab.runs] == [("stopped", False)]
    assert "pinned=[dict(regime='full', epochs=200" in lab.line()
    lab._runner.promised = [Settings(**SMALL)]  # quicker than waiting for 200 epochs
    lab.train(block=True)
    assert [(run.id, run.outcome, run.pinned) for run in lab.runs[1:]] == [(2, "done", True), (3, "done", False)]


def test_a_pinned_run_that_fails_is_told_and_stands_in_nobody_s_way() -> None:
    lab = Lab(**SMALL, pinned=[{"data": "nowhere.tsv"}])
    told: list[dict[str, Any]] = []
    lab.send = lambda content, buffers=None: told.append(content)  # type: ignore[method-assign]
    lab.train(block=True)
    assert [run.outcome for run in lab.runs] == ["done"]
    assert any("nowhere.tsv" in message["sentence"] for message in told if message["kind"] == "said")
    assert lab.line() == "Lab(epochs=2, messages=64, max_len=16)"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"regime": "sideways"}, "regime 'sideways' is unknown"), ({"epochs": 0}, "epochs is 0"),
     ({"gear": 3}, "setting 'gear' is unknown"), ({"pool": 3}, "pool")],
)  # fmt: skip
def test_pinned_settings_that_make_no_sense_are_refused_at_once(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        Lab(pinned=[settings])


def test_a_lab_s_line_makes_the_same_view_before_and_after_training() -> None:
    lab = Lab(**SMALL, regime="full", threshold=0.3, folds=["messages"], pinned=PINNED)
    line = lab.line()
    assert line == (
        "Lab(regime='full', epochs=2, messages=64, max_len=16, threshold=0.3, folds=['messages'], pinned=["
        "dict(regime='full', epochs=1, messages=64, max_len=16), dict(epochs=2, messages=64, max_len=16, seed=3)])"
    )
    again = eval(line, {"Lab": Lab})
    assert again.line() == line and again._settings() == lab._settings()
    lab.train(block=True)
    assert lab.line() == line
    lab.pin(1, False)
    lab.pin(3)
    lab.face = "compare"
    assert eval(lab.line(), {"Lab": Lab}).line() == lab.line()
    assert lab.line().endswith("face='compare', pinned=[dict(epochs=2, messages=64, max_len=16, seed=3), "
                               "dict(regime='full', epochs=2, messages=64, max_len=16)])")  # fmt: skip


def test_the_page_is_told_the_line_of_what_it_shows() -> None:
    lab = Lab(**SMALL)
    told: list[dict[str, Any]] = []
    lab.send = lambda content, buffers=None: told.append(content)  # type: ignore[method-assign]
    lab._asked(lab, {"do": "line", "settings": {"threshold": 0.7, "seed": 4}}, [])
    assert told[-1]["line"] == "Lab(epochs=2, messages=64, max_len=16, seed=4, threshold=0.7)"


def test_a_line_says_which_file_it_cannot_bring_along() -> None:
    lab = Lab(**SMALL)
    rows = "".join(f"{'spam' if i % 2 else 'ham'}\tmessage {i}\n" for i in range(60)).encode()
    lab._take_file("mine.tsv", [memoryview(rows)])
    assert lab.line().endswith("data='mine.tsv')  # mine.tsv was dropped into the lab: give its path")


def test_a_run_that_is_seen_under_other_settings_comes_along_in_a_shared_line() -> None:
    lab = Lab(**SMALL)
    lab.train(block=True)
    lab.regime = "full"
    assert "pinned" not in lab.line()
    assert lab.line(lab.runs[0].id).endswith("pinned=[dict(epochs=2, messages=64, max_len=16)])")


def test_a_teacher_s_lab_is_shared_with_its_controls_and_its_question() -> None:
    made = {"controls": ["train", "regime", "forecast"], "locked": ["regime"],
            "question": "Up or down?", "answers": ["up"]}  # fmt: skip
    again = eval(Lab(**SMALL, **made).line(), {"Lab": Lab})  # type: ignore[arg-type]
    assert {name: list(getattr(again, name)) for name in ("controls", "locked", "answers")} == {
        name: made[name] for name in ("controls", "locked", "answers")
    }
    assert again.question == made["question"]
