"""The machine to take apart: what is frozen by hand is a regime, and what it shows is the model's own."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
import torch
from helpers import tiny_base, tiny_classifier, tiny_split
from pictures import Drawn

from headswap.errors import SettingError
from headswap.explorers import machine
from headswap.explorers.closed import closed, in_words
from headswap.explorers.machine import BY_HAND, KEYS, Machine
from headswap.model.inserts.kinds import INSERTS
from headswap.regimes import named as regimes
from headswap.regimes.named import REGIMES, in_groups
from headswap.regimes.stages import FROZEN, Regime, Stage
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime, start_regime
from headswap.web.glyphs import glyph

TITLE = "The machine"
MESSAGE = "Free prize"


@pytest.fixture
def drawn() -> Machine:
    return machine(tiny_base(), text=MESSAGE)


def layers(explorer: Machine) -> dict[str, dict[str, Any]]:
    return {layer["key"]: layer for layer in explorer.find(TITLE)["layers"]}


def rates(explorer: Machine) -> dict[str, float]:
    return {key: layer["rate"] or 0 for key, layer in layers(explorer).items()}


def test_it_draws_the_model_that_a_run_would_start_from(drawn: Machine) -> None:
    assert [control["name"] for control in drawn.controls if control["kind"] != "hidden"] == ["regime", "text"]
    assert drawn.controls[0]["options"] == [*(regime.name for regime in in_groups()), BY_HAND]
    for name, regime in REGIMES.items():
        drawn.set(regime=name)
        block = drawn.find(TITLE)
        model, _ = start_regime(tiny_base(), tiny_split(), regime, Recipe())
        assert [layer["weights"] for layer in block["layers"]][-1] == sum(p.numel() for p in model.head.parameters())
        with torch.no_grad():
            wanted = model.eval()(*model.body.encode([MESSAGE]).tensors)[0]
        torch.testing.assert_close(torch.tensor(block["flow"]["logits"]), wanted, rtol=1e-3, atol=1e-5)
        assert (block["tag"], eval(block["code"], {**vars(regimes), **INSERTS})) == (name, regime)
        assert block["labels"] == ["ham", "spam"]


def test_a_click_on_a_layer_builds_a_regime_by_hand(drawn: Machine) -> None:
    drawn.set(rules=json.dumps(rates(drawn) | {"block[1]": 0.1}))
    assert (drawn.value["regime"], drawn.value["start"]) == (BY_HAND, "head-only")
    assert layers(drawn)["block[1]"]["rate"] == 0.1
    assert eval(drawn.find(TITLE)["code"], dict(vars(regimes))) == drawn.regime()
    run = run_regime(tiny_base(), tiny_split(), drawn.regime(), Recipe(epochs=1))
    assert run.learning == sum(layer["learns"] for layer in layers(drawn).values())


def test_what_the_browser_sends_is_settled_too(drawn: Machine) -> None:
    drawn.set_state({"value": drawn.value | {"rules": '{"norm": 1}'}})
    assert drawn.value["regime"] == BY_HAND
    assert layers(drawn)["norm"]["learns"] == 32
    drawn.set_state({"value": drawn.value | {"regime": "full"}})
    assert (drawn.value["rules"], drawn.value["start"]) == ("", "full")


def test_two_quick_clicks_both_count(drawn: Machine) -> None:
    """The second is sent before the browser has heard what the first one changed."""
    for name, came in (("head-only", "pretrained"), ("scratch", "random")):
        drawn.set(regime=name)
        seen, first = drawn.value, rates(drawn) | {"norm": 3}
        drawn.set_state({"value": {**seen, "rules": json.dumps(first)}})
        drawn.set_state({"value": {**seen, "rules": json.dumps(first | {"block[1]": 3})}})
        assert (rates(drawn)["norm"], rates(drawn)["block[1]"]) == (3, 3)
        assert (layers(drawn)["norm"]["origin"], drawn.value["regime"]) == (came, BY_HAND)
    stale = drawn.value
    drawn.set(regime="full")
    drawn.set_state({"value": {**stale, "regime": "full", "rules": json.dumps(rates(drawn) | {"norm": 0})}})
    assert (layers(drawn)["norm"]["learns"], layers(drawn)["norm"]["origin"]) == (0, "pretrained")


def test_what_means_a_named_regime_gets_its_name(drawn: Machine) -> None:
    drawn.set(rules='{"norm": 1, "block[1]": 1, "pool": 0}')
    assert (drawn.value["regime"], drawn.value["start"], drawn.value["rules"]) == ("last-block", "last-block", "")
    drawn.set(rules='{"block[0]": 1, "embedding": 1}')
    assert drawn.value["regime"] == "full"


def test_what_is_built_keeps_the_body_and_the_head_that_it_began_with(drawn: Machine) -> None:
    for name, head, came in (("scratch", 34, "random"), ("mlp-head", 306, "pretrained")):
        drawn.set(regime=name)
        drawn.set(rules='{"head": 3}')
        assert drawn.value["regime"] == BY_HAND
        assert (layers(drawn)["head"]["weights"], layers(drawn)["norm"]["origin"]) == (head, came)


def test_another_regime_drops_what_was_built(drawn: Machine) -> None:
    drawn.set(rules='{"norm": 3}')
    drawn.set(regime="head-only")
    assert (drawn.value["rules"], rates(drawn)["norm"]) == ("", 0)
    drawn.set(regime=BY_HAND)
    assert rates(drawn)["head"] == 1.0


def test_empty_rules_lead_back_to_where_it_began(drawn: Machine) -> None:
    drawn.set(rules='{"norm": 3}')
    drawn.set(rules="")
    assert drawn.value["regime"] == "head-only"


def test_where_everything_is_frozen_it_says_so_and_is_drawn(drawn: Machine) -> None:
    drawn.set(rules='{"head": 0}')
    block = drawn.find(TITLE)
    assert block["note"].startswith("Nothing learns")
    assert set(rates(drawn).values()) == {0}
    drawn.set(rules='{"head": 0, "norm": 1}')
    assert "note" not in drawn.find(TITLE)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"rules": "{"}, "rules is '{'; give a rate for some of embedding, block"),
        ({"rules": "[1]"}, "give a rate for some of"),
        ({"rules": '{"hat": 1}'}, "give a rate for some of"),
        ({"rules": '{"head": -1}'}, "the rate of head is -1"),
        ({"rules": '{"head": "1"}'}, "the rate of head is '1'"),
        ({"regime": "nothing"}, "choose one of 'head-only'"),
        ({"swapped": "no"}, "give True or False"),
        ({"position": "3"}, "give a whole number"),
        ({"zoom": "block[2]"}, "choose one of '', 'block"),
        ({"head": 2}, "choose one of 0, 1"),
        ({"text": None}, "give a text"),
    ],
)
def test_wrong_values_are_errors_and_change_nothing(drawn: Machine, wrong: dict[str, Any], said: str) -> None:
    before = (drawn.value, drawn.shown)
    with pytest.raises(SettingError) as error:
        drawn.set(**wrong)
    assert said in str(error.value)
    assert (drawn.value, drawn.shown) == before


def test_its_block_names_the_values_that_a_click_sets(drawn: Machine) -> None:
    assert drawn.find(TITLE)["keys"] == KEYS
    assert set(KEYS.values()) <= drawn.value.keys()
    drawn.set(position=3, zoom="block[1]", head=1)
    flow = drawn.find(TITLE)["flow"]
    assert (flow["position"], flow["zoom"], flow["head"], len(flow["steps"])) == (3, "block[1]", 1, 13)


def test_unswapped_the_language_models_head_names_the_likeliest_next_bytes(drawn: Machine) -> None:
    drawn.set(swapped=False, position=3)
    block, base = drawn.find(TITLE), tiny_base()
    with torch.no_grad():
        best = base(*base.body.encode([MESSAGE]).tensors)[0, 3].softmax(0).topk(5)
    assert block["flow"]["labels"] == [glyph(i) for i in best.indices.tolist()]
    assert block["flow"]["probabilities"] == pytest.approx(best.values.tolist(), rel=1e-3)
    assert (block["swapped"], block["old"]["rows"]) == (False, 260)
    assert (block["labels"], "tag" in block) == (["ham", "spam"], False)
    drawn.set(text="")
    assert drawn.find(TITLE)["labels"] == ["ham", "spam"], "the new head waits, and is of these classes"


@pytest.mark.parametrize("text, said", [("", "Type at least one character"), ("\ud83d", "That isn't a text")])
def test_a_message_that_cannot_be_followed_says_why(drawn: Machine, text: str, said: str) -> None:
    drawn.set(text=text)
    assert drawn.find(TITLE)["flow"] is None
    assert drawn.find(TITLE)["note"].startswith(said)


def test_a_trained_classifier_keeps_its_own_head() -> None:
    model = tiny_classifier("last", "mlp")
    before = {name: (tensor.clone(), tensor.requires_grad) for name, tensor in model.named_parameters()}
    drawn = machine(model, "full", text=MESSAGE)
    with torch.no_grad():
        wanted = model(*model.body.encode([MESSAGE]).tensors)[0].tolist()
    for name in ("full", "head-only", "scratch", BY_HAND):
        drawn.set(regime=name)
        assert drawn.find(TITLE)["flow"]["logits"] == pytest.approx(wanted, rel=1e-3)
    assert "trained" in drawn.find(TITLE)["subtitle"]
    assert layers(drawn)["pool"]["name"] == "Pool: last"
    drawn.set(rules='{"block[0]": 1}')
    assert all(torch.equal(before[n][0], p) and before[n][1] == p.requires_grad for n, p in model.named_parameters())
    with pytest.raises(SettingError, match="choose one of True"):
        drawn.set(swapped=False)


def test_the_base_stays_as_it_is(drawn: Machine) -> None:
    base = tiny_base()
    before = {name: (tensor.clone(), tensor.requires_grad) for name, tensor in base.named_parameters()}
    explorer = machine(base, "last-block")
    explorer.set(regime="head-only", zoom="block[0]", rules='{"embedding": 1}')
    assert all(torch.equal(before[n][0], p) and before[n][1] == p.requires_grad for n, p in base.named_parameters())


def test_what_happens_to_the_model_later_is_not_drawn() -> None:
    base, model = tiny_base(), tiny_classifier()
    drawn = [machine(base), machine(model)]
    before = [explorer.find(TITLE)["flow"]["logits"] for explorer in drawn]
    with torch.no_grad():
        for parameter in (*base.parameters(), *model.parameters()):
            parameter.zero_()
    for explorer, logits in zip(drawn, before, strict=True):
        explorer.set(regime="mlp-head")
        assert any(explorer.find(TITLE)["flow"]["strips"]["norm"])
        explorer.set(regime="head-only")
        assert explorer.find(TITLE)["flow"]["logits"] == logits


def test_a_body_of_another_kind_is_drawn_without_a_message() -> None:
    drawn = machine(Drawn().untrained(), "last-block", labels=("three", "eight"))
    assert drawn.find(TITLE)["flow"] is None
    assert (drawn.find(TITLE)["labels"], drawn.find(TITLE)["old"]) == (["three", "eight"], None)


def test_more_classes_and_another_pool_are_drawn() -> None:
    drawn = machine(tiny_base(), pool="mean+max", labels=("a", "b", "c"))
    assert (layers(drawn)["head"]["weights"], layers(drawn)["pool"]["name"]) == (99, "Pool: mean+max")


def test_without_a_base_it_is_the_one_of_the_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(Machine.__module__)  # its name in the package is the function's
    monkeypatch.setattr(module, "lesson_base", tiny_base)
    assert layers(machine())["norm"]["weights"] == 32
    assert machine(regime=BY_HAND).value["start"] == "head-only"
    with pytest.raises(SettingError, match="regime 'none' is unknown"):
        machine(regime="none")


def test_a_regime_of_ones_own_joins_the_menu_and_is_drawn() -> None:
    rules = (("head", 1.0), ("block[0]", 0.5), ("everything", FROZEN))
    mine = Regime("mine", "The lowest block learns half as fast.", (Stage(rules),), 1e-3, "nothing yet")
    drawn = machine(tiny_base(), mine)
    assert drawn.value["regime"] == drawn.find(TITLE)["tag"] == "mine"
    assert (rates(drawn)["block[0]"], rates(drawn)["embedding"]) == (0.5, 0)
    drawn.set(regime="full")
    drawn.set(regime="mine")
    assert drawn.regime() is mine
    drawn.set(rules='{"norm": 1}')
    assert (drawn.value["regime"], drawn.value["start"]) == (BY_HAND, "mine")
    assert rates(drawn)["block[0]"] == 0.5


def test_all_that_it_shows_is_plain_data_and_can_be_read_out(drawn: Machine) -> None:
    for values in ({}, {"zoom": "block[0]"}, {"rules": '{"norm": 0.38}'}, {"swapped": False}, {"text": "é👍"}):
        drawn.set(**values)
        assert json.loads(json.dumps(drawn.shown, allow_nan=False)) == drawn.shown
    drawn.set(swapped=True)
    said = in_words(closed(drawn.get_state()))
    assert "Regime: built by hand; Message: é👍." in said
    assert "Embeddings, pretrained, 4,544 weights, frozen, computed once; Block 1" in said
    assert "Norm, pretrained, 32 weights, all learn at 0.38 times the rate; Pool: mean, no weights" in said
