"""The machine: counted on the model's own modules, decided by the regime's own rules, the same for any body."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from helpers import TINY, tiny_base, tiny_classifier, tiny_split
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Drawn
from toys import Shifts

from headswap.errors import SettingError
from headswap.model.body import BodyConfig, LMBody
from headswap.model.classifier import Classifier, place_of, swap_head
from headswap.model.heads import LinearHead, new_head
from headswap.model.inserts.attach import attach
from headswap.model.inserts.kinds import INSERTS
from headswap.model.pooling import MeanPool, new_pool, pooled_width
from headswap.regimes import named as regimes
from headswap.regimes.named import PROBE, REGIMES, WHOLE
from headswap.regimes.places import parameter_groups
from headswap.regimes.stages import FROZEN, Regime, Stage
from headswap.training.events import EpochDone, StepDone
from headswap.training.recipe import Recipe
from headswap.training.run import begin_stage, first_head, run_regime, start_regime
from headswap.web.building import TIMES, rates_of, regime_of
from headswap.web.code import code_of
from headswap.web.flow import flow_of
from headswap.web.machine import machine_of
from headswap.web.moved import Movement

# What a rate for every layer can say: one stage, in which nothing is inserted and each layer learns as a whole.
SINGLE = [
    regime
    for regime in REGIMES.values()
    if len(regime.stages) == 1 and not regime.stages[0].inserts and regime.name != "bitfit"
]
LP_FT = Regime("lp-ft", "First the head, then all.", (PROBE, replace(WHOLE, head=None)), 1e-3, "nothing")
BITFIT = Regime("bitfit", "Biases learn.", (Stage((("head", 1.0), ("biases", 3.0), ("everything", FROZEN))),), 1e-3, "")
OTHERS = LP_FT, BITFIT, REGIMES["lora"], REGIMES["prompt"]
SHIFTED = Regime(
    "shifts", "A toy.", (Stage((("head", 1.0), ("inserted", 2.0), ("everything", FROZEN)), inserts=(Shifts((1,)),)),),
    0.01, "nothing",
)  # fmt: skip


def model_of(depth: int = 2, pool: str = "mean", head: str = "linear", causal: bool = True) -> Classifier:
    generator = torch.Generator().manual_seed(0)
    body = LMBody(replace(TINY, depth=depth, causal=causal), generator)
    parts = new_pool(pool, 16, generator), new_head(head, pooled_width(pool, 16), 2, generator)
    return Classifier(body, *parts)


def layers(model: Classifier, regime: Regime, **more: Any) -> dict[str, dict[str, Any]]:
    return {layer["key"]: layer for layer in machine_of(model, regime, **more)["layers"]}


def host_of(model: Classifier, name: str) -> str:
    return str(place_of(model, name)).rpartition(" in ")[2]


def keys_of(depth: int) -> list[str]:
    return ["embedding", *(f"block[{i}]" for i in range(depth)), "norm", "pool", "head"]


rate = st.sampled_from([0.0, 0.1, 0.38, 1.0, 3.0])


@st.composite
def builds(draw: st.DrawFn) -> tuple[int, dict[str, float]]:
    """A depth, and a rate for each layer, at least one above 0."""
    depth = draw(st.integers(1, 4))
    rates = {key: draw(rate) for key in keys_of(depth)}
    if not any(rates.values()):
        rates[draw(st.sampled_from([*rates]))] = 1.0
    return depth, rates


# ---- layers


@pytest.mark.parametrize("pool", ["mean", "attention", "mean+attention"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("regime", [*SINGLE, *OTHERS], ids=lambda regime: regime.name)
def test_what_learns_is_what_the_optimizer_gets(regime: Regime, depth: int, pool: str) -> None:
    model = model_of(depth, pool, first_head(regime))
    drawn = layers(model, regime)
    assert [*drawn] == keys_of(depth)
    begin_stage(model, regime.stages[0], torch.Generator())
    weights = dict.fromkeys(drawn, 0)
    for name, parameter in model.named_parameters():
        weights[host_of(model, name)] += parameter.numel()
    assert {key: layer["weights"] for key, layer in drawn.items()} == weights
    learns, rates = dict.fromkeys(drawn, 0), dict.fromkeys(drawn)
    for group in parameter_groups(model, regime.stages[0]):
        layer = str(group.place).rpartition(" in ")[2]
        learns[layer] += sum(p.numel() for p in group.parameters)
        rates[layer] = float(f"{group.multiple:.4g}")
    assert {key: layer["learns"] for key, layer in drawn.items()} == learns
    assert {key: layer["rate"] for key, layer in drawn.items()} == rates


@pytest.mark.parametrize("regime", [REGIMES["full"], BITFIT], ids=lambda regime: regime.name)
def test_the_parts_of_a_layer_add_up_to_it(regime: Regime) -> None:
    drawn = layers(model_of(head="mlp"), regime)
    for layer in drawn.values():
        for field in ("weights", "learns"):
            assert sum(part[field] for part in layer["parts"]) == layer[field]
    named = {key: [part["name"] for part in layer["parts"]] for key, layer in drawn.items()}
    assert named["block[1]"] == ["norm1", "attention", "norm2", "feedforward"]
    assert named["embedding"] == ["embed_tokens", "embed_positions"]
    assert named["head"] == ["hidden", "linear"]
    assert named["pool"] == []


@pytest.mark.parametrize(
    "rules, pool, kept",
    [
        ((("head", 1.0), ("everything", FROZEN)), "mean", "embedding block[0] block[1] norm pool"),
        ((("head", 1.0), ("pool", 1.0), ("everything", FROZEN)), "attention", "embedding block[0] block[1]"),
        ((("norm", 1.0), ("everything", FROZEN)), "mean", "embedding block[0] block[1]"),
        ((("block[1]", 1.0), ("everything", FROZEN)), "mean", "embedding block[0]"),
        ((("block[0]", 1.0), ("everything", FROZEN)), "mean", "embedding"),
        ((("embedding", 1.0), ("everything", FROZEN)), "mean", ""),
        ((("everything", FROZEN),), "mean", "embedding block[0] block[1] norm pool"),
    ],
)
def test_what_lies_below_all_that_learns_is_computed_once(rules: Any, pool: str, kept: str) -> None:
    drawn = layers(model_of(pool=pool), Regime("r", "", (Stage(rules),), 1e-3, ""))
    assert [key for key, layer in drawn.items() if layer["once"]] == kept.split()


@pytest.mark.parametrize(
    "regime, said",
    [
        ("head-only", "34 of {total} weights learn, {share} %; the body runs once per message."),
        ("last-block", "what lies below Block 2 runs once per message."),
        ("full", "{total} of {total} weights learn, 100.0 %; nothing can be computed once and kept."),
        (LP_FT, "the body runs once per message. This is the first of 2 stages."),
    ],
)
def test_the_summary_says_how_much_learns_and_how_much_runs_once(regime: str | Regime, said: str) -> None:
    model = model_of()
    total = sum(p.numel() for p in model.parameters())
    wanted = said.format(total=f"{total:,}", share=f"{100 * 34 / total:.1f}")
    assert machine_of(model, regimes.find_regime(regime))["summary"].endswith(wanted)


def test_a_layer_says_where_its_weights_come_from() -> None:
    for regime, came in (("full", "pretrained"), ("scratch", "random")):
        drawn = layers(model_of(), REGIMES[regime])
        assert [layer["origin"] for layer in drawn.values()] == [came] * 4 + ["new"] * 2
    assert layers(model_of(), REGIMES["full"], origin="random")["norm"]["origin"] == "random"


def test_a_layer_says_what_it_makes_of_which_shape() -> None:
    drawn = layers(model_of(pool="mean+max", causal=False), REGIMES["full"])
    names = ["Embeddings", "Block 1", "Block 2", "Norm", "Pool: mean+max", "Head"]
    assert [layer["name"] for layer in drawn.values()] == names
    assert drawn["pool"]["detail"] == "2 pools side by side: (B, T, 16) becomes (B, 32)."
    assert drawn["head"]["detail"] == "One weighted sum for each class: (B, 32) becomes (B, 2)."
    assert "the whole message" in drawn["block[0]"]["detail"]
    assert (drawn["head"]["rows"], "rows" in drawn["norm"]) == (2, False)


@pytest.mark.parametrize("name", ["mean", "cls", "last", "max", "std", "attention", "mean+std"])
def test_a_pool_has_the_name_that_makes_it(name: str) -> None:
    assert layers(model_of(pool=name), REGIMES["full"])["pool"]["name"] == f"Pool: {name}"


@pytest.mark.parametrize("attached", [False, True], ids=["to come", "there already"])
def test_an_insert_counts_where_it_hangs(attached: bool) -> None:
    model = model_of()
    if attached:
        attach(model.body, Shifts((1,)), torch.Generator())
    drawn = layers(model, SHIFTED)
    assert drawn["block[1]"]["parts"][-1] == {"name": "shift (inserted)", "weights": 16, "learns": 16}
    assert (drawn["block[1]"]["learns"], drawn["block[1]"]["rate"]) == (16, 2.0)
    assert [key for key, layer in drawn.items() if layer["once"]] == ["embedding", "block[0]"]
    assert attached == hasattr(model.body, "inserted")


def test_a_body_of_another_kind_is_drawn_too() -> None:
    model = swap_head(Drawn(depth=3).untrained(), MeanPool(), LinearHead(16, 2, torch.Generator())).classifier
    drawn = layers(model, REGIMES["last-block"])
    assert [*drawn] == keys_of(3)
    assert [layer["learns"] > 0 for layer in drawn.values()] == [False, False, False, True, True, False, True]
    assert [part["name"] for part in drawn["block[2]"]["parts"]] == ["q", "k", "v", "up", "down"]


def test_drawing_leaves_the_model_as_it_was() -> None:
    model = model_of()
    model.body.blocks[0].requires_grad_(False)
    before = {name: (tensor.clone(), tensor.requires_grad) for name, tensor in model.named_parameters()}
    for regime in (*SINGLE, SHIFTED):
        machine_of(model, regime, flow=flow_of(model, "hi"))
    assert [*dict(model.named_parameters())] == [*before]
    for name, tensor in model.named_parameters():
        assert torch.equal(before[name][0], tensor) and before[name][1] == tensor.requires_grad


def test_under_its_old_head_the_language_model_is_counted() -> None:
    base = tiny_base()
    model = swap_head(base, MeanPool(), LinearHead(16, 2, torch.Generator())).classifier
    spec = machine_of(model, REGIMES["full"], old_head=base.head, swapped=False, labels=())
    total = sum(p.numel() for p in base.parameters())
    assert spec["old"] == {"name": "Language-model head", "rows": 260, "weights": 260 * 17}
    assert spec["summary"].startswith(f"The language model, {total:,} weights")
    with pytest.raises(SettingError, match="no old head"):
        machine_of(model, REGIMES["full"], swapped=False)


def test_the_spec_is_plain_data_and_says_only_what_there_is_to_say() -> None:
    spec = machine_of(tiny_classifier(), REGIMES["discriminative"], moved={"head": 0.123456, "norm": None}, note="Hi.")
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert {"note", "subtitle", "tag"} & spec.keys() == {"note"}
    moved = {layer["key"]: layer["moved"] for layer in spec["layers"]}
    assert moved == dict.fromkeys(keys_of(2)) | {"head": 0.1235}


def test_labels_that_are_not_one_for_each_class_are_refused() -> None:
    with pytest.raises(SettingError, match="labels has 3 names and the head 2 classes"):
        machine_of(tiny_classifier(), REGIMES["full"], labels=("a", "b", "c"))


# ---- a regime built by hand


@given(builds(), st.sampled_from(SINGLE), st.sampled_from(["mean", "attention"]))
def test_a_built_regime_gives_every_layer_its_rate(
    build: tuple[int, dict[str, float]], base: Regime, pool: str
) -> None:
    depth, rates = build
    regime = regime_of(rates, base)
    if not any(wanted for key, wanted in rates.items() if pool == "attention" or key != "pool"):
        return  # only a pool without weights learns
    drawn = layers(model_of(depth, pool, first_head(regime)), regime)
    assert (regime.body, first_head(regime)) == (base.body, first_head(base))
    for key, layer in drawn.items():
        assert (layer["rate"] or 0.0) == (rates[key] if layer["weights"] else 0.0)
        assert layer["learns"] == (layer["weights"] if rates[key] else 0)


@given(builds(), st.sampled_from(SINGLE))
def test_code_evaluates_to_the_built_regime(build: tuple[int, dict[str, float]], base: Regime) -> None:
    regime = regime_of(build[1], base)
    assert eval(code_of(regime), dict(vars(regimes))) == regime


@pytest.mark.parametrize("regime", [*REGIMES.values(), LP_FT, BITFIT, SHIFTED], ids=lambda regime: regime.name)
def test_code_evaluates_to_the_regime(regime: Regime) -> None:
    code = code_of(regime)
    names = {**vars(regimes), **INSERTS, "Shifts": Shifts}
    assert eval(code, names) == regime
    assert len(code.splitlines()) <= 30
    odd = replace(regime, name='say "hi"', summary="it's\n\\ fine", tuned_on="\"'")
    assert eval(code_of(odd), names) == odd


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("regime", SINGLE, ids=lambda regime: regime.name)
def test_rates_that_mean_a_named_regime_are_that_regime(regime: Regime, depth: int) -> None:
    rates = rates_of(model_of(depth, "attention", first_head(regime)), regime.stages[0])
    assert regime_of(rates, regime) is regime
    rounded = {key: float(f"{one:.4g}") for key, one in rates.items() if key != "pool"}
    assert regime_of(rounded, regime) is regime
    for other in SINGLE:
        if other.body == regime.body and first_head(other) == first_head(regime):
            assert regime_of(rates, other).stages == regime.stages


@pytest.mark.parametrize(
    "rates, rules",
    [
        ({"head": 1, "block[1]": 0.1}, (("head", 1.0), ("pool", 1.0), ("block[1]", 0.1), ("everything", FROZEN))),
        ({"head": 3, "block[0]": 3, "block[1]": 3, "norm": 3, "embedding": 3}, (("everything", 3.0),)),
        ({"head": 1, "block[0]": 1, "block[1]": 1, "norm": 1}, (("embedding", FROZEN), ("everything", 1.0))),
        ({"norm": 1}, (("norm", 1.0), ("everything", FROZEN))),
        (
            {"block[0]": 0.1, "block[1]": 0.1, "head": 1, "norm": 1, "embedding": 3},
            (("blocks", 0.1), ("embedding", 3.0), ("everything", 1.0)),
        ),
    ],
)
def test_the_rules_are_as_few_as_can_be(rates: dict[str, float], rules: Any) -> None:
    whole = dict.fromkeys(("embedding", "block[0]", "block[1]", "norm", "head"), 0) | rates
    assert regime_of(whole, REGIMES["head-only"]).stages[0].rules == rules


@pytest.mark.parametrize(
    "base, rates, rate, probe",
    [
        ("full", {"head": 3}, "head-only", True),
        ("full", {"pool": 1, "head": 0}, "head-only", False),
        ("mlp-head", {"head": 3}, "mlp-head", False),
        ("mlp-head", {"head": 1, "norm": 1, "block[0]": 1}, "last-block", False),
        ("full", {"head": 1, "norm": 3}, "last-block", False),
        ("head-only", {"head": 1, "embedding": 0.1}, "full", False),
    ],
)
def test_a_built_regime_takes_the_rate_and_the_loss_of_its_nearest(
    base: str, rates: dict[str, float], rate: str, probe: bool
) -> None:
    whole = dict.fromkeys(("embedding", "block[0]", "norm", "head"), 0) | rates
    built = regime_of(whole, REGIMES[base])
    assert first_head(built) == first_head(REGIMES[base])
    assert (built.name, built.learning_rate) == ("mine", REGIMES[rate].learning_rate)
    assert (built.stages[0].loss == PROBE.loss) == (built.stages[0].least_steps == PROBE.least_steps) == probe
    assert "built by hand" in built.tuned_on


def test_a_built_regime_says_in_words_what_learns() -> None:
    rates = {"embedding": 0, "block[0]": 0, "block[1]": 0.1, "norm": 0, "pool": 1, "head": 1}
    more = {"embedding": 3, "norm": 1, "block[0]": 1}
    said = [regime_of(one, REGIMES["full"]).summary for one in (rates, rates | more)]
    assert said == [
        f"Built by hand: head, pool, block[1] {TIMES}0.1 learn; the rest is frozen.",
        f"Built by hand: head, pool, norm, block[1] {TIMES}0.1, block[0], embedding {TIMES}3 learn; nothing is frozen.",
    ]
    norm = dict.fromkeys(rates, 0) | {"norm": 1}
    assert regime_of(norm, REGIMES["full"]).summary == "Built by hand: norm learns; the rest is frozen."


@pytest.mark.parametrize(
    "rates, said",
    [
        ({}, "nothing learns; give at least one layer a rate above 0"),
        ({"head": -1}, "the rate of head is -1; give a multiple"),
        ({"head": math.nan}, "the rate of head is nan"),
        ({"head": math.inf}, "the rate of head is inf"),
        ({"head": True}, "the rate of head is True"),
        ({"head": "1"}, "the rate of head is '1'"),
        ({"hat": 1}, "'hat' is not a layer"),
        ({"block[3]": 1}, "name every layer"),
    ],
)
def test_rates_that_are_none_are_refused_in_one_sentence(rates: dict[str, Any], said: str) -> None:
    whole = dict.fromkeys(("embedding", "block[0]", "norm", "head"), 0)
    with pytest.raises(SettingError) as error:
        regime_of(whole | rates, REGIMES["full"])
    assert said in str(error.value)


@settings(max_examples=12)
@given(builds(), st.sampled_from(SINGLE))
def test_a_built_regime_trains_and_moves_what_it_says(build: tuple[int, dict[str, float]], start: Regime) -> None:
    depth, rates = build
    if not any(wanted for key, wanted in rates.items() if key != "pool"):
        return
    base = tiny_base(config=BodyConfig(width=8, heads=2, depth=depth, max_len=8))
    recipe = Recipe(epochs=1, batch_size=8, pool="attention")
    regime, split = regime_of(rates, start), tiny_split(8, 0, 0)
    untrained = start_regime(base, split, regime, recipe)[0]
    trained = run_regime(base, split, regime, recipe).classifier
    after = dict(trained.named_parameters())
    for name, before in untrained.named_parameters():
        if not rates[host_of(untrained, name)]:
            assert torch.equal(before, after[name])
    assert any(not torch.equal(before, after[name]) for name, before in untrained.named_parameters())


# ---- how far it has moved


@torch.no_grad()
def test_what_has_moved_is_the_change_over_the_length_layer_by_layer() -> None:
    model = model_of(pool="attention")
    parameter_groups(model, REGIMES["last-block"].stages[0])
    start = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    movement = Movement()
    assert set(movement.of(model).values()) == {0.0}
    for parameter in filter(lambda p: p.requires_grad, model.parameters()):
        parameter.add_(torch.randn(parameter.shape))
    moved = movement.of(model)
    assert [*moved] == keys_of(2)
    for key, far in moved.items():
        names = [name for name in start if host_of(model, name) == key]
        now = dict(model.named_parameters())
        change = torch.cat([(now[name] - start[name]).flatten() for name in names]).norm()
        assert far == pytest.approx(float(change / torch.cat([start[n].flatten() for n in names]).norm()), rel=1e-5)
    assert moved["embedding"] == moved["block[0]"] == 0.0 < moved["head"]  # type: ignore[operator]


def test_what_comes_later_begins_where_it_comes() -> None:
    model, movement = model_of(), Movement()
    parameter_groups(model, PROBE)
    movement.of(model)
    model.head = LinearHead(16, 2, torch.Generator().manual_seed(9))
    begin_stage(model, SHIFTED.stages[0], torch.Generator())
    begun = movement.of(model)
    assert begun["head"] == begun["block[1]"] == 0.0
    with torch.no_grad():
        model.head.linear.weight.mul_(2.0)
        model.body.get_submodule("inserted").get_submodule("blocks/1").get_submodule("shift").by.add_(1.0)  # type: ignore[union-attr]
    after = movement.of(model)
    assert after["head"] == pytest.approx(1.0)
    block = torch.cat([p.flatten() for p in model.body.blocks[1].parameters()]).norm()
    assert after["block[1]"] == pytest.approx(float(4.0 / block), rel=1e-5)
    parameter_groups(model, PROBE)  # what is frozen again keeps its distance
    assert movement.of(model) == after


def test_a_layer_that_began_at_0_has_no_measure() -> None:
    model = model_of()
    torch.nn.init.zeros_(model.head.linear.weight)  # type: ignore[union-attr]
    assert Movement().of(model)["head"] is None


def test_a_probes_head_is_measured_as_it_will_be_and_watching_changes_nothing() -> None:
    recipe = Recipe(epochs=2, batch_size=16)
    runs = [start_regime(tiny_base(), tiny_split(), "head-only", recipe) for _ in range(2)]
    model, movement, seen = runs[0][0], Movement(), []
    movement.of(model)
    start = {name: tensor.detach().clone() for name, tensor in model.head.named_parameters()}
    for event in runs[0][1]:
        if isinstance(event, StepDone | EpochDone):
            seen.append(movement.of(model)["head"])
    change = sum((now - start[name]).square().sum() for name, now in model.head.named_parameters()).sqrt().detach()  # type: ignore[union-attr]
    length = sum(tensor.square().sum() for tensor in start.values()).sqrt()  # type: ignore[union-attr]
    assert movement.of(model)["head"] == pytest.approx(float(change / length), rel=1e-5)
    assert seen[-1] == pytest.approx(float(change / length), rel=1e-3)
    [*runs[1][1]]
    assert all(map(torch.equal, runs[0][0].parameters(), runs[1][0].parameters()))
