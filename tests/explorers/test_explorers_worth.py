"""What pretraining adds, shown: every recorded number has a stop of the slider, and luck is called luck."""

from __future__ import annotations

import pytest

from headswap.errors import SettingError
from headswap.explorers import worth
from headswap.explorers.worth import NAMES, SETS, _rows, verdict

EVERY = [(data, row) for data in SETS for row in _rows(data)]


@pytest.mark.parametrize(("data", "row"), EVERY)
def test_every_recorded_number_can_be_slid_to_and_read(data: str, row: dict) -> None:
    shown = worth()
    shown.set(messages=SETS[data], labels=row["labels"])
    lead, picture = shown.find("Pretrained minus random"), shown.find("F1 by number of labels")
    assert lead["scores"] == [[name, *row["f1"][key]] for key, name in NAMES.items()]
    assert abs(float(lead["big"].replace("\N{MINUS SIGN}", "-")) - row["ahead"][0]) < 6e-4
    assert picture["words"][picture["rule"]] == str(row["labels"])
    assert len(picture["lines"]) == len(NAMES) and all(line["whiskers"] for line in picture["lines"])


def test_a_difference_whose_interval_holds_0_is_said_to_be_luck_perhaps_and_no_other() -> None:
    for data, row in EVERY:
        shown = worth()
        shown.set(messages=SETS[data], labels=row["labels"])
        low, high = row["ahead"][1:]
        assert (shown.find("Pretrained minus random")["verdict"] == "could be luck") == (low <= 0 <= high)
    assert [verdict(*ends) for ends in ((-0.1, 0.2), (0.0, 0.2), (0.1, 0.2), (-0.2, -0.1))] == [
        "could be luck", "could be luck", "more than luck", "behind, by more than luck"]  # fmt: skip


def test_a_probe_is_compared_over_five_seeds_and_on_both_kinds_of_messages() -> None:
    assert {data for data, _ in EVERY} == {"fixture", "sms"}
    assert {row["seeds"] for _, row in EVERY} == {5}


def test_a_number_of_labels_that_was_not_recorded_is_refused_with_those_that_were() -> None:
    with pytest.raises(SettingError, match=r"labels is 11; choose one of 10, 20, 40"):
        worth().set(labels=11)
