"""What lesson 12 quotes stands in the record."""

from __future__ import annotations

import re

from test_lessons import ROOT, code_cells, prose, stored

from headswap.explorers import calibrated, elsewhere, strangers
from headswap.explorers.strangers import SETS

LESSON = "12_calibration"
TOLD = prose(LESSON)
SAID = " ".join(TOLD.split())
TABLES = (ROOT / "figures" / "calibration.txt").read_text("utf-8").split("\n\n")
ROWS = {"as it is": "base", "temperature": "temperature", "new linear head": "reinit-linear", "TST": "tst",
        "V-TST, 10 samples": "v-tst, M = 10", "V-TST, 1 sample": "v-tst, M = 1"}  # fmt: skip
BASES = ("over-trained", "usual")
INTERVAL = r"[+-]\d\.\d{3} \[[+-]\d\.\d{3}, [+-]\d\.\d{3}\]"


def lines(base: str, number: int, data: str = "fixture") -> dict[str, str]:
    """A table of a base by method: 0 is the scores, 1 and 2 the differences from base and temperature, 3 strangers."""
    first = next(i for i, table in enumerate(TABLES) if table.startswith(f"{data}, {base} base, 10 seeds"))
    rows = (re.match(r"(\S+(?:,? \S+)*)  +(.*)", line) for line in TABLES[first + number].splitlines())
    return {row[1]: row[2] for row in rows if row}


def score(base: str, method: str, place: int, data: str = "fixture") -> str:
    return lines(base, 0, data)[method].split()[place]


def apart(base: str, method: str, place: int, number: int = 2, data: str = "fixture") -> str:
    return re.findall(INTERVAL, lines(base, number, data)[method])[place]


def ends(interval: str) -> tuple[float, float, float]:
    middle, low, high = map(float, re.findall(r"[+-]\d\.\d+", interval))
    return middle, low, high


def test_the_table_of_errors_is_the_record() -> None:
    for name, method in ROWS.items():
        cells = [name]
        for base in BASES:
            cells += [score(base, method, 4), "" if name == "temperature" else apart(base, method, 3)]
        assert f"| {' | '.join(cells)} |".replace("|  |", "| |") in TOLD, name


def test_the_bet_comes_out_as_the_record_has_it() -> None:
    revealed = next(c.source for c in code_cells(stored(LESSON)) if "bet.reveal" in c.source)
    found = apart("over-trained", "tst", 3)
    assert f"TST minus temperature is {found}," in revealed and "bet.reveal(LUCK" in revealed
    assert ends(found)[1] < 0 < ends(found)[2], "luck could explain it"
    assert f"from {score('over-trained', 'base', 4)} to about 0.03" in revealed
    assert all(abs(float(score("over-trained", name, 4)) - 0.03) < 0.002 for name in ("tst", "temperature"))


def test_nobody_reaches_the_floor_and_the_floors_are_the_records() -> None:
    floors = [score(base, "temperature", 5) for base in BASES]
    floors[1] = score("usual", "tst", 5)
    assert f"Mean floors for the mended models: {floors[0]} and {floors[1]}." in SAID
    for base in BASES:
        for method in ("temperature", "reinit-linear", "tst", "v-tst, M = 10"):
            assert abs(float(score(base, method, 5)) - float(floors[BASES.index(base)])) < 0.0021
            assert float(score(base, method, 4)) > 1.5 * float(score(base, method, 5))


def test_what_is_said_of_accuracy_and_of_who_is_ahead_is_the_record() -> None:
    for base in BASES:
        _, low, high = ends(apart(base, "tst", 0, 1))
        assert low > -0.005 and high < 0.005, "less than half a point"
        assert ends(apart(base, "v-tst, M = 1", 0, 1))[2] < 0, "clearly lower"
    over, usual = (apart(base, "v-tst, M = 1", 0, 1).split()[0].removeprefix("-") for base in BASES)
    assert f"clearly lower, by {over} over-trained and {usual} as usual." in SAID
    nats = {method: apart("usual", method, 1) for method in ("tst", "reinit-linear")}
    assert all(ends(one)[2] < 0 for one in nats.values()), "by more than luck"
    tst, linear = (one.split()[0].removeprefix("-") for one in nats.values())
    assert f"ahead by a hair, {tst} nats of cross-entropy, and a plain linear head by {linear}." in SAID


def test_what_is_said_of_real_messages_and_of_digits_is_the_record() -> None:
    plain, warm, two = (score("over-trained", name, 4, "sms") for name in ("base", "temperature", "tst"))
    assert f"{plain} as it is, {warm} with a temperature, {two} with TST." in SAID
    floor = score("over-trained", "tst", 5, "sms")
    assert f"160 messages and a floor of {floor}," in SAID and float(two) < 1.25 * float(floor)
    error, nats = (ends(apart("over-trained", "v-tst, M = 10", place, 2, "digits")) for place in (3, 1))
    assert error[2] < 0 < nats[1], "clearly lower, and clearly higher"
    assert f"by {-error[0]:.3f}, and a clearly higher cross-entropy, by {nats[0]:.3f}." in SAID


def test_what_is_said_of_strangers_is_the_record() -> None:
    found = {name: cells.split() for name, cells in lines("usual", 3).items()}
    unsure, energy, far, sampled = (
        found[name][2] for name in ("base, unsure", "base, energy", "base, distance", "v-tst, M = 10, unsure")
    )
    assert f"an AUROC of {unsure} (mean of 10 seeds, trained as usual)" in SAID
    assert f"Energy has {energy}, and V-TST, which isn't in the picture, {sampled}." in SAID
    assert f"tells more: {far}." in SAID
    real = lines("usual", 3, "sms")["base, distance"].split()[1]
    assert f"On real text messages even shuffled letters pass: {real}." in SAID


def test_what_is_said_of_distance_is_what_the_picture_shows() -> None:
    shown = strangers()
    told = {}
    for name in SETS:
        shown.set(strange=name, score="distance")
        told[name] = shown.find("In short")["cards"][1]["big"]
    assert f"it hardly notices other subjects: {told['other subjects']}." in SAID
    assert int(told["shuffled letters"].split()[0]) > 85, "it works"


def test_what_is_said_of_the_first_pictures_is_what_they_show() -> None:
    (surest, _), shown = calibrated().find("In short")["cards"], elsewhere()
    assert surest["says"] == "1,658 of 2,000 messages" and surest["big"] == "88 of 100"
    assert "at least 99 % sure of 1,658 of the 2,000 test messages, and 88 in 100 of those verdicts are right" in SAID
    *_, off = shown.find("In short")["cards"]
    assert (off["big"], off["says"]) == ("4.9 %", "luck alone: up to 2.7 %")
    assert "is a little off: by 4.9 %, where luck explains up to 2.7 %." in SAID
    shown.set(share=9)
    sure, expected, _ = shown.find("In short")["cards"]
    assert (sure["big"], expected["big"], expected["says"]) == ("73 of 101", "289", "there are 99")
    assert "in 101 messages, and 73 of them are spam. In all, it expects 289 spam where there are 99." in SAID
