"""Lesson 08 quotes the record, and says of luck only what an interval allows."""

from __future__ import annotations

import re

import torch
from test_lessons import ROOT, code_cells, prose, stored

from headswap.model.heads import HEADS, new_head

LESSON = "08_feature_head"


def test_lesson_08_reveals_the_difference_of_record() -> None:
    record = (ROOT / "figures" / "fixture.txt").read_text("utf-8")
    paired = record.partition("minus head-only, paired")[2]
    line = next(line for line in paired.splitlines() if line.startswith("balanced ") and " mlp-head " in line)
    found = re.search(r"[+-]\d\.\d{3} \[[^\]]+\]", line)
    assert found
    (told,) = (cell.source for cell in code_cells(stored(LESSON)) if "bet.reveal" in cell.source)
    assert f"mlp-head minus head-only {found[0]}, five seeds (figures/fixture.txt)" in told
    low, high = map(float, re.findall(r"[+-]\d\.\d{3}", found[0])[1:])
    assert low < 0 < high, "the lesson says that it's too close to call"
    assert "bet.reveal(CLOSE" in told


def test_lesson_08_counts_the_weights_that_the_heads_have() -> None:
    printed = "".join(output.get("text", "") for cell in code_cells(stored(LESSON)) for output in cell.outputs)
    for regime, name in (("head-only", "linear"), ("mlp-head", "mlp"), ("mlp-stacked", "stacked")):
        head = new_head(name, 64, 2, torch.Generator())
        total = sum(p.numel() for p in head.parameters())
        assert re.search(rf"{regime} +{total:,} ", printed)
    assert HEADS.keys() == {"linear", "mlp", "stacked"}
    assert "4,290 numbers into 130" in " ".join(prose(LESSON).split())
