"""The learner's rates at work: right ones end where ours end, wrong ones show in the run or in the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from headswap import REGIMES, Falling, Split, Stage, fixture_split, parameter_groups, place_of
from headswap.exercises import yours, yours_rates
from headswap.exercises.rates import LAYER_GROUPS, WARM_COSINE, layer_groups, rates_by_layer, tall, warm_cosine
from headswap.exercises.yours import Beside
from headswap.explorers import lesson_base
from headswap.explorers.machine import Machine
from headswap.regimes.named import NEW
from headswap.web.layers import key_of

BASE, WHOLE = lesson_base(), fixture_split()
SPLIT = Split(WHOLE.train[::6], WHOLE.validation[::5], WHOLE.test[::2])


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs of three batches tell right rates from wrong ones."""
    monkeypatch.setattr(yours_rates, "EPOCHS", 2)


def wrong(name: str) -> Callable[..., Any]:
    return next(trap.wrong for trap in LAYER_GROUPS.traps + WARM_COSINE.traps if trap.wrong.__name__ == name)


def forgets(word: str) -> Callable[..., Any]:
    """The trap whose sentence says that this was forgotten."""
    return next(trap.wrong for trap in LAYER_GROUPS.traps if trap.sentence.startswith(f"You forgot the {word}"))


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def crashes(*_: Any) -> Any:
    raise IndexError("of a wrong shape")


def cells(beside: Beside, row: int = 1) -> dict[str, str]:
    return dict(zip(beside.columns, beside.rows[row], strict=True))


# ---- the reference


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("pool", ["mean", "attention"])
def test_the_reference_is_the_librarys_discriminative_regime_group_by_group(depth: int, pool: str) -> None:
    model = tall(depth, pool)
    (stage,) = REGIMES["discriminative"].stages
    ours = rates_by_layer(model, layer_groups(model, 0.1, 2.6))
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    theirs = {
        key_of(place_of(model, names[id(parameter)])): 0.1 * group.multiple
        for group in parameter_groups(model, stage)
        for parameter in group.parameters
    }
    assert ours.keys() == theirs.keys()
    assert all(ours[key] == pytest.approx(theirs[key]) for key in ours)


def test_the_factor_of_the_reference_is_fallings() -> None:
    model = tall(3)
    rules = (*NEW, ("norm", 1.0), ("blocks", Falling(4.0)), ("embedding", Falling(4.0)))
    multiples = sorted({group.multiple for group in parameter_groups(model, Stage(rules))})
    assert sorted({group["lr"] for group in layer_groups(model, 1.0, 4.0)}) == pytest.approx(multiples)


# ---- a run


def test_right_rates_end_where_ours_end() -> None:
    found = yours.rates(layer_groups, warm_cosine, BASE, SPLIT)
    ours, mine = found.rows
    assert (ours[0], mine[0]) == ("the library's", "yours")
    assert ours[1:] == mine[1:]
    assert "the same numbers" in found.said
    assert found.columns[3:] == ("Head moved", "Norm moved", "Block 2 moved", "Block 1 moved", "Embeddings moved")


def test_forgotten_embeddings_have_not_moved_and_the_check_says_why() -> None:
    found = yours.rates(forgets("embeddings"), warm_cosine, BASE, SPLIT)
    assert cells(found)["Embeddings moved"] == "0.0 %" != cells(found, 0)["Embeddings moved"]
    assert found.said.startswith("layer_groups: You forgot the embeddings.")


def test_upside_down_rates_move_the_lowest_layers_most() -> None:
    found = yours.rates(wrong("_upside_down"), warm_cosine, BASE, SPLIT)
    lowest = [float(cells(found, row)["Embeddings moved"].rstrip(" %")) for row in (0, 1)]
    assert lowest[1] > 3 * lowest[0] > 0


def test_a_schedule_that_never_climbs_moves_more_in_a_short_run() -> None:
    found = yours.rates(layer_groups, lambda done, warm: 1.0, BASE, SPLIT)
    assert "warm_cosine" in found.said
    far = [float(cells(found, row)["Block 2 moved"].rstrip(" %")) for row in (0, 1)]
    assert far[1] > far[0]


@pytest.mark.parametrize("given", [(crashes, warm_cosine), (layer_groups, crashes), (lambda *_: [], warm_cosine),
                                   (wrong("_everything_first"), warm_cosine)])  # fmt: skip
def test_a_function_that_breaks_ends_its_own_run_and_nothing_else(given: tuple[Any, Any]) -> None:
    found = yours.rates(*given, BASE, SPLIT)
    assert "Your run stopped" in found.said
    assert found.rows[1] == ("yours", *["none"] * 7)
    assert found.rows[0][1] != "none"


def test_a_rate_that_blows_the_model_up_ends_in_a_sentence_too() -> None:
    found = yours.rates(
        lambda model, rate, factor: [{"params": model.parameters(), "lr": 1e6}], warm_cosine, BASE, SPLIT
    )
    assert found.rows[1][0] == "yours"
    assert found.said.startswith("layer_groups: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((stub, warm_cosine), "Your turn: write layer_groups, and this cell uses it in a real run."),
        ((stub, stub), "Your turn: write layer_groups and warm_cosine, and this cell uses them in a real run."),
    ],
)
def test_a_stub_is_your_turn_and_nothing_is_trained(given: tuple[Any, Any], said: str) -> None:
    assert yours.rates(*given, BASE, SPLIT) == Beside(said)


def test_the_lessons_body_is_left_as_it_was() -> None:
    before = [weight.clone() for weight in BASE.parameters()]
    yours.rates(layer_groups, warm_cosine, BASE, SPLIT)
    yours.machine(layer_groups, BASE)
    assert all(torch.equal(a, b) for a, b in zip(before, BASE.parameters(), strict=True))
    assert all(weight.requires_grad for weight in BASE.parameters())


# ---- the machine


def rates_in(drawn: Any) -> dict[str, float]:
    """Each layer's rate as the machine draws it; 0 for one that is frozen."""
    layers = drawn.find("The machine")["layers"]
    return {layer["key"]: layer["rate"] or 0.0 for layer in layers if layer["weights"]}


def test_right_groups_make_the_machine_the_discriminative_regime() -> None:
    drawn = yours.machine(layer_groups, BASE)
    assert isinstance(drawn, Machine)
    assert drawn.value["regime"] == "discriminative"


def test_wrong_groups_are_drawn_as_they_are() -> None:
    drawn = yours.machine(wrong("_upside_down"), BASE)
    assert isinstance(drawn, Machine)
    assert drawn.value["regime"] == "built by hand"
    found = rates_in(drawn)
    assert found["embedding"] == pytest.approx(2.6**2) and found["block[0]"] == pytest.approx(2.6)


def test_a_layer_in_no_group_is_drawn_frozen() -> None:
    found = rates_in(yours.machine(forgets("embeddings"), BASE))
    assert found["embedding"] == 0.0 < found["block[0]"]


def from_elsewhere(model: Any, rate: float, factor: float) -> list[dict[str, Any]]:
    return [*layer_groups(model, rate, factor), {"params": [torch.zeros(1)], "lr": rate}]


def a_word(model: Any, rate: float, factor: float) -> list[dict[str, Any]]:
    return [{"params": model.parameters(), "lr": "fast"}]


@pytest.mark.parametrize("given", [forgets("position vectors"), from_elsewhere, a_word, wrong("_everything_first")])
def test_what_the_machine_cannot_draw_is_a_sentence(given: Callable[..., Any]) -> None:
    found = yours.machine(given, BASE)
    assert isinstance(found, Beside)
    assert found.rows == ()
    assert found.said.startswith("layer_groups: ")
    assert "Your run stopped: " in found.said


def test_a_crash_and_a_stub_are_sentences_too() -> None:
    assert "Your run stopped: IndexError: of a wrong shape" in yours.machine(crashes, BASE).said  # pyright: ignore
    assert yours.machine(stub, BASE) == Beside("Your turn: write layer_groups, and this cell uses it to set the rates "
                                               "of the machine.")  # fmt: skip
