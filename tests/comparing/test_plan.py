"""A plan says which runs there are: the same seeds for each candidate, and everything else as it is set."""

from __future__ import annotations

import pytest

from headswap.comparing.plan import BY_HAND, VARIED, Candidate, Plan
from headswap.comparing.told import same_words
from headswap.data.images.digits import DigitsData
from headswap.data.sources import FixtureData, PracticeData, split_of
from headswap.errors import SettingError
from headswap.gallery.digits import SKETCHER
from headswap.live.prepare import practice
from headswap.live.runs import Settings
from headswap.training.pretrain import pretraining_texts

HAND = (("embedding", 0.0), ("block[0]", 0.0), ("block[1]", 0.5), ("norm", 1.0), ("head", 1.0))


def test_every_candidate_is_run_at_the_same_seeds() -> None:
    plan = Plan(("head-only", "full"), seeds=3)
    runs = plan.runs()
    assert len(runs) == 6
    assert {(number, spec.seed) for spec, number in runs.items()} == {(n, s) for n in (0, 1) for s in (0, 1, 2)}


def test_the_first_seed_is_complete_before_the_second_begins() -> None:
    assert [spec.seed for spec in Plan(("head-only", "full", "scratch"), 2).runs()] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("vary", VARIED)
def test_what_varies_is_all_that_differs(vary: str) -> None:
    plan = Plan(("head-only",), 1, vary)
    specs = list(plan.runs())
    assert len(set(specs)) == len(VARIED[vary].usual) == len(plan.candidates)
    told = [plan.settings(candidate, 0) for candidate in plan.candidates]
    differing = {name for name in Settings.__dataclass_fields__ if len({getattr(s, name) for s in told}) > 1}
    assert differing == ({vary} if vary != "shift" else set())


def test_a_number_is_walked_along_and_so_are_names_where_several_regimes_are_compared() -> None:
    assert Plan(("full",), 1, "messages").sweep and Plan(("full", "head-only"), 1, "pool").sweep
    assert not Plan(("full",), 1, "pool").sweep


def test_digits_are_compared_from_bodies_that_painted_those_of_their_own_seed() -> None:
    plan = Plan(("head-only", "full"), 2, "messages", (20, 45), Settings(data="digits"))
    assert plan.values == (20, 40), "as many of each of ten classes"
    for spec in plan.runs():
        assert isinstance(spec.data, DigitsData) and spec.body == SKETCHER
    words = same_words(plan)
    assert words.startswith("mean pooling, 20 epochs, digits,") and words.endswith("hidden patches for 40 epochs")


def test_values_are_kept_once_and_numbers_in_their_order() -> None:
    assert Plan(("full",), 1, "messages", (320, 21, 40, 40.0)).values == (20, 40, 320)


@pytest.mark.parametrize(
    "vary, values, words",
    [
        ("messages", (10,), "give a whole number from 20 to 80000"),
        ("epochs", (2.5,), "give a whole number"),
        ("epochs", (True,), "give a whole number"),
        ("epochs", ("many",), "give a whole number"),
        ("learning_rate", (0,), "give a number from"),
        ("shift", (2,), "from 0 to 1"),
        ("pool", ("middle",), "choose one of mean"),
        ("colour", ("red",), "choose one of pool"),
        ("", (1,), "set vary"),
    ],
)
def test_a_value_that_a_setting_cannot_take_is_told(vary: str, values: tuple[object, ...], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Plan(("full",), 1, vary, values)  # type: ignore[arg-type]


@pytest.mark.parametrize("regimes", [(), ("fulll",), (BY_HAND,)])
def test_a_plan_without_a_known_regime_is_refused(regimes: tuple[str, ...]) -> None:
    with pytest.raises(SettingError):
        Plan(regimes)


@pytest.mark.parametrize("seeds", [0, 101, 2.0, True])
def test_seeds_are_a_whole_number(seeds: object) -> None:
    with pytest.raises(SettingError, match="whole number from 1 to 100"):
        Plan(("full",), seeds)  # type: ignore[arg-type]


def test_more_runs_than_anybody_waits_for_are_refused() -> None:
    with pytest.raises(SettingError, match="1,200 runs"):
        Plan(("full", "head-only"), 100, "messages", (20, 40, 60, 80, 100, 120))


def test_a_regime_built_by_hand_takes_part_beside_the_named_ones() -> None:
    plan = Plan((BY_HAND, "full"), 1, base=Settings(rates=HAND))
    mine, full = (spec.regime for spec in plan.runs())
    assert mine.name != full.name and full == Plan(("full",), 1).runs().copy().popitem()[0].regime
    assert plan.candidates[0] == Candidate(BY_HAND)


def test_the_defaults_are_the_readmes_practice_table() -> None:
    """So that what the lab shows can be held against the README."""
    (spec,) = Plan(("head-only",), 1).runs()
    mine, table = split_of(spec.data, 3), split_of(FixtureData(fresh=2_000), 3)
    assert (mine.train, mine.validation, mine.test) == (table.train, table.validation, table.test)
    assert pretraining_texts(mine) == pretraining_texts(table)


def test_neither_labels_nor_wording_change_what_the_body_read() -> None:
    texts = [pretraining_texts(PracticeData(*own).split(1)) for own in ((640,), (20,), (2000,), (640, 1.0))]
    assert all(read == texts[0] for read in texts)


def test_fewer_labels_are_as_many_of_each_class_and_more_are_new() -> None:
    few, whole, more = (PracticeData(many).split(0) for many in (20, 640, 1000))
    assert [m.label for m in few.train].count(1) == 10 and set(few.train) < set(whole.train)
    assert more.train[:640] == whole.train and len({m.text for m in more.train}) == 1000
    judged = {m.text for m in (*more.validation, *more.test)}
    assert not judged & {m.text for m in more.train}


def test_a_single_run_and_a_compared_one_learn_from_the_same_messages() -> None:
    (spec,) = Plan(("head-only",), 1, base=Settings(messages=40)).runs()
    assert practice(Settings(messages=40)).train == split_of(spec.data, 0).train
