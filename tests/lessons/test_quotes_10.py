"""What lesson 10 quotes stands in the record."""

from __future__ import annotations

import json
import re
from statistics import mean

from test_lessons import ROOT, code_cells, prose, stored

TOLD = prose("10_inserts")
NAMES = ("head-only", "bitfit", "ia3", "prompt", "prefix", "lora", "adapters-houlsby", "adapters-pfeiffer")


def row_of(regime: str) -> dict[str, str]:
    """A regime's row in the fixture's table of figures/every.txt."""
    table = (ROOT / "figures" / "every.txt").read_text("utf-8").split("fixture, 32 bytes")[1].split("\n\n")[0]
    line = next(line for line in table.splitlines() if line.startswith(f"{regime} "))
    numbers = re.findall(r"[+-]?\d[\d,]*\.?\d*", line.removeprefix(regime))
    apart = re.findall(r"[+-]\d\.\d{3} \[[^\]]+\]", line)
    return {"weights": numbers[0], "f1": numbers[1], "apart": apart[0] if apart else "", "perplexity": numbers[-1]}


def test_the_table_of_parts_is_the_record() -> None:
    for name in ("full", *NAMES):
        row = row_of(name)
        apart = f" {row['apart']} " if row["apart"] else " "
        assert f"| {name} | {row['weights']} | {row['f1']} |{apart}| {row['perplexity']} |" in TOLD


def test_only_head_only_and_bitfit_are_said_to_be_behind_by_more_than_luck() -> None:
    ends = {name: [float(end) for end in re.findall(r"[+-]\d\.\d{3}", row_of(name)["apart"])] for name in NAMES}
    assert {name for name, (_, low, high) in ends.items() if not low <= 0 <= high} == {"head-only", "bitfit"}
    revealed = next(c.source for c in code_cells(stored("10_inserts")) if "bet.reveal" in c.source)
    assert row_of("lora")["apart"] in revealed


def test_the_grid_of_ranks_is_the_record() -> None:
    rows = json.loads((ROOT / "figures" / "ranks.json").read_text("utf-8"))
    for rank in (1, 2, 4, 8, 16):
        means = [f"{mean(row['losses']):.3f}" for row in rows if row["rank"] == rank]
        assert f"| {rank} | {' | '.join(means)} |" in TOLD
    assert {len(row["losses"]) for row in rows} == {3}


def test_an_epochs_time_is_the_record() -> None:
    bills = {bill["regime"]: bill for bill in json.loads((ROOT / "figures" / "costs.json").read_text("utf-8"))}
    least, most = (f"{bills[name]['ratio']:.2f}" for name in ("adapters-pfeiffer", "prompt"))
    inserting = [bills[name]["ratio"] for name in NAMES if name not in ("head-only", "bitfit")]
    assert (f"{min(inserting):.2f}", f"{max(inserting):.2f}") == (least, most)
    assert f"between {least} (Pfeiffer's adapters) and {most} (prompt)" in " ".join(TOLD.split())


def test_what_a_shelf_saves_is_the_record() -> None:
    record = json.loads((ROOT / "figures" / "shelf.json").read_text("utf-8"))
    disk = {size["regime"]: size["disk"] / 1e6 for size in record["sizes"] if size["tasks"] == 100}
    for name, regime, digits in (("whole copies", "full", 0), ("a shelf of LoRAs", "lora", 1),
                                 ("a shelf of heads", "head-only", 1)):  # fmt: skip
        assert f"| {name} | {disk[regime]:.{digits}f} MB |" in TOLD
    assert record["further"]["head-only"] < 10_000 and record["further"]["lora"] < 100_000
    assert "one more head takes less than 10 kB, and one more LoRA less than 100 kB" in " ".join(TOLD.split())
