"""What the browser is told of a comparison."""

from __future__ import annotations

from itertools import combinations

from headswap.comparing.told import IDENTITIES, whos
from headswap.regimes.named import REGIMES


def test_a_regime_looks_the_same_in_every_comparison() -> None:
    known = [*REGIMES][:IDENTITIES]
    whole = dict(zip(known, whos(known), strict=True))
    for some in combinations(known, 3):
        assert whos(some) == [whole[name] for name in some]
    assert len({*whole.values()}) == len(known)


def test_regimes_that_are_not_known_are_told_apart_all_the_same() -> None:
    assert whos(["by hand", "full"]) == [0, 1]
