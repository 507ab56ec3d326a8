"""What lesson 11 quotes stands in the record."""

from __future__ import annotations

import re
from typing import Any

from test_lessons import ROOT, code_cells, prose, stored

from headswap.explorers.forgetting import recorded_runs
from headswap.explorers.movement import recorded_rows

LESSON = "11_forgetting"
TOLD = prose(LESSON)
SAID = " ".join(TOLD.split())
NAMES = ("head-only", "lp-ft", "lora", "adapters-houlsby", "last-block", "bitfit", "first-block", "discriminative")
INTERVAL = r"[+-]?[\d.]+ \[[+-]?[\d.]+, [+-]?[\d.]+\]"


def tables() -> list[dict[str, str]]:
    """The four tables of the figure: language, F1, how far, and the pull; each regime's line without its name."""
    found: list[dict[str, str]] = []
    for line in (ROOT / "figures" / "forgetting.txt").read_text("utf-8").splitlines():
        if line.startswith("regime "):
            found.append({})
        elif found and (cells := re.match(r"(\S+(?: \S+)*)  +(\d.*)", line)):
            found[-1][cells[1]] = cells[2]
    return found


LANGUAGE, SPAM, FAR, PULL = tables()


def ends(interval: str) -> tuple[float, float, float]:
    middle, low, high = map(float, re.findall(r"[+-]?\d[\d.]*", interval))
    return middle, low, high


def row(name: str) -> dict[str, Any]:
    own, other = re.findall(INTERVAL, LANGUAGE[name])
    f1 = re.findall(INTERVAL, SPAM[name])
    return {"own": own, "shifted": other, "f1": f1[0].split()[0], "apart": f1[1] if name != "full" else "",
            "f1 shifted": f1[-1 if name == "full" else 2].split()[0], "apart shifted": f1[-1],
            "before": re.findall(r"[\d.]+", LANGUAGE[name])[0], "moved": FAR[name].split()[-1],
            "off": LANGUAGE[name].split("]")[1].split()[0]}  # fmt: skip


def test_the_table_of_regimes_is_the_record() -> None:
    assert f"| regime | perplexity, was {row('full')['before']} |" in TOLD
    for name in (*NAMES, "full"):
        one = row(name)
        off = one["off"] if name in ("lora", "adapters-houlsby") else ""
        cells = (f"`{name}`", one["own"], off, one["f1"], one["apart"], f"{one['moved']} %")
        assert f"| {' | '.join(cells)} |".replace("|  |", "| |") in TOLD, name


def test_full_forgets_most_on_average_and_more_than_last_block_in_every_seed() -> None:
    assert max(LANGUAGE, key=lambda name: ends(row(name)["own"])[0]) == "full"
    after = {(run["regime"], run["seed"]): run["after"][0] for run in recorded_runs()}
    assert all(after["full", seed] > 2 * after["last-block", seed] for seed in range(5))
    revealed = next(c.source for c in code_cells(stored(LESSON)) if "bet.reveal" in c.source)
    for name in ("full", "last-block"):
        assert "{:.0f} [{:.0f}, {:.0f}]".format(*ends(row(name)["own"])) in revealed
        assert f"{float(row(name)['moved']):.0f} %" in SAID
    first = row("first-block")
    assert f"moves it by {float(first['moved']):.0f} %, and still ends at {ends(first['own'])[0]:.1f}." in SAID


def test_only_frozen_bodies_are_clearly_behind_full_and_nobody_is_ahead_by_a_point() -> None:
    heads = {"head-only", "mlp-head", "mlp-stacked"}
    apart = {name: ends(row(name)["apart"]) for name in SPAM if name != "full"}
    assert {name for name, (middle, _, high) in apart.items() if middle < -0.02 and high < 0} == heads
    assert max(middle for middle, _, _ in apart.values()) < 0.0075
    assert len(apart) == 16 and "among sixteen comparisons" in SAID


def test_the_table_of_pulls_is_the_record_and_what_it_saves_is_saved_in_every_seed() -> None:
    for strength, name in (("0 (`full`)", "full"), ("0.01", "full, pulled 0.01"), ("0.1", "full, pulled 0.1"),
                           ("1", "full, pulled 1")):  # fmt: skip
        own, _, f1, *apart = re.findall(INTERVAL, PULL[name])
        moved = re.findall(r"\]  +([\d.]+)  ", PULL[name])[0]
        between = apart[0] if name != "full" else ""
        cells = f"| {strength} | {own} | {moved} % | {f1.split()[0]} | {between} |".replace("|  |", "| |")
        assert cells in TOLD
    _, low, high = ends(re.findall(INTERVAL, PULL["full, pulled 0.1"])[3])
    assert -0.01 < low < 0 < high < 0.01, "the same, to within a point"
    assert PULL["full, pulled 0.1"].endswith("5 of 5"), "most of it is gone in every seed"
    _, low, high = ends(re.findall(INTERVAL, PULL["full, pulled 1"])[3])
    assert low < 0 < high, "could be luck"


def test_what_is_said_of_another_wording_is_the_record() -> None:
    full, head = row("full"), row("head-only")
    before, after = float(LANGUAGE["full"].split("]")[1].split()[1]), ends(full["shifted"])[0]
    assert f"from {before:.0f} to {after:.0f}" in SAID
    assert f"we see no loss in F1: {full['f1 shifted']}, and {head['f1 shifted']} for `head-only`" in SAID
    assert f"(`head-only` minus `full`: {head['apart shifted']}, so either could be better)" in SAID
    _, low, high = ends(head["apart shifted"])
    assert low < 0 < high


def test_what_is_said_of_rates_epochs_and_real_messages_is_in_other_records() -> None:
    middle, least, most = recorded_rows()["full", 0.01]["left"]
    said = f"`full` ended at {middle:.0f} in lesson 09, the middle of three seeds from {least:.0f} to {most:,.0f}"
    assert said in SAID
    every = (ROOT / "figures" / "every.txt").read_text("utf-8")
    names = ("fixture, 32 bytes", "sms, 160 bytes, balanced", "order, 96 bytes")
    own, real, order = (every.split(name)[1].split("\n\n")[0] for name in names)

    def left(table: str, regime: str) -> str:
        return next(line for line in table.splitlines() if line.startswith(f"{regime} ")).split()[-1]

    chosen = (
        f"it ends at {left(own, 'full')}, and `discriminative` at {left(own, 'discriminative')} (`figures/every.txt`)"
    )
    assert f"With rate and epoch chosen by validation, {chosen}" in SAID
    frozen, full, probed = (left(real, name) for name in ("head-only", "full", "lp-ft"))
    assert f"{frozen} before, {full} after `full`, and {probed} after `lp-ft`" in SAID
    clear, behind = (
        [
            float(one)
            for one in re.findall(r"[+-]\d\.\d{3}", next(x for x in table.splitlines() if x.startswith("lp-ft ")))
        ]
        for table in (real, order)
    )
    assert clear[1] < 0 < clear[2], "no clear gap"
    assert f"clearly behind `full`, by {-behind[0]:.3f}" in SAID and behind[2] < 0
    assert float(left(order, "lp-ft")) < 2 < 10 < float(left(order, "full")), "keeps the language, too"
