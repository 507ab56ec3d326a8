"""What every insert promises: it starts as its paper says, comes off again, and is blind to pads and neighbours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import TINY, tiny_base, tiny_split
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import ImageBody

from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import SettingError
from headswap.model.body import new_language_model
from headswap.model.classifier import Classifier, place_of, put_back
from headswap.model.copies import lazy_copy
from headswap.model.heads import HEADS, new_head
from headswap.model.inserts.adapters import HOULSBY, PFEIFFER, Adapters
from headswap.model.inserts.attach import attach, detach, hosts_of, inserts_on
from headswap.model.inserts.ia3 import IA3
from headswap.model.inserts.lora import LoRA, merge
from headswap.model.inserts.virtual import Prefix, Prompt
from headswap.model.pooling import POOLS, new_pool, pooled_width
from headswap.regimes.named import REGIMES, after_probe, inserting, surgical
from headswap.regimes.places import matcher
from headswap.regimes.stages import Frozen, Regime
from headswap.training.recipe import Recipe
from headswap.training.run import begin_stage, encode, run_regime
from headswap.weights.deltas import load_delta, save_delta

KINDS = (LoRA(), LoRA(places=("qkv", "out", "up", "down")), HOULSBY, PFEIFFER, IA3(), Prompt(length=3),
         Prompt(3, "random"), Prefix(length=3), Prefix(3, "random"))  # fmt: skip
IDENTITIES = (LoRA(), LoRA(places=("qkv", "out", "up", "down")), IA3())
every = pytest.mark.parametrize("insert", KINDS, ids=repr)
TEXTS = ["hi", "see you at the old pla", "URGENT: call now", "ok 👍"]
FROZEN_BODY = [name for name, regime in REGIMES.items() if regime.body == "pretrained" and all(
    {place for place, rate in stage.rules if not isinstance(rate, Frozen)} <= {"head", "pool", "inserted"}
    for stage in regime.stages
)]  # fmt: skip
QUICK = Recipe(epochs=2, batch_size=16, learning_rate=0.02)


def draw(module: torch.nn.Module, std: float = 0.3, seed: int = 1) -> None:
    """Every weight far from its start."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(std * torch.randn(parameter.shape, generator=generator))


def model_of(insert: Any, pool: str = "mean", head: str = "linear", causal: bool = True) -> Classifier:
    """A tiny classifier whose insert has learned something."""
    generator = torch.Generator().manual_seed(0)
    body = new_language_model(replace(TINY, causal=causal), 0).body
    draw(body, 0.1)
    attach(body, insert, generator)
    draw(body.get_submodule("inserted"))
    parts = new_pool(pool, 16, generator), new_head(head, pooled_width(pool, 16), 2, generator)
    return Classifier(body, *parts).eval()


def state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


# ---- the start and the end


@pytest.mark.parametrize("insert", IDENTITIES, ids=repr)
@torch.no_grad()
def test_lora_and_ia3_start_as_the_identity_bit_for_bit(insert: Any) -> None:
    body = new_language_model(TINY, 3).body.eval()
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    before = body(ids, mask)
    attach(body, insert, torch.Generator().manual_seed(0))
    assert torch.equal(body(ids, mask), before)


@torch.no_grad()
def test_adapters_start_within_a_thousandth_of_the_identity() -> None:
    body = new_language_model(TINY, 3).body.eval()
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    before = body(ids, mask)
    attach(body, HOULSBY, torch.Generator().manual_seed(0))
    after = body(ids, mask)
    assert not torch.equal(after, before)
    torch.testing.assert_close(after, before, rtol=0.0, atol=1e-3)


@every
@torch.no_grad()
def test_what_is_taken_off_leaves_the_body_as_it_was(insert: Any) -> None:
    body = new_language_model(TINY, 3).body.eval()
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    before, names = body(ids, mask), [*body.state_dict()]
    hosts = attach(body, insert, torch.Generator().manual_seed(0))
    draw(body.get_submodule("inserted"))
    assert not torch.equal(body(ids, mask), before)
    copied = lazy_copy(body)  # a copy's hooks are its own
    assert detach(copied, insert.name) == hosts
    assert torch.equal(copied(ids, mask), before)
    assert not torch.equal(body(ids, mask), before)
    assert [*copied.state_dict()] == names
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in copied.modules())


def test_one_of_two_inserts_comes_off_alone() -> None:
    body = new_language_model(TINY, 3).body
    for insert in (LoRA(), replace(LoRA(), name="other"), IA3()):
        attach(body, insert, torch.Generator().manual_seed(0))
    detach(body, "other")
    assert [*inserts_on(body, "blocks.0.attention.qkv")] == ["lora", "ia3"]
    with pytest.raises(SettingError, match=r"no insert named 'other' hangs on this body; there is ia3, lora"):
        detach(body, "other")


@every
def test_inserting_twice_is_an_error_and_changes_nothing(insert: Any) -> None:
    model = model_of(insert)
    before = state(model)
    with pytest.raises(SettingError, match="already has an insert named"):
        attach(model.body, insert, torch.Generator())
    assert [*model.state_dict()] == [*before]


@pytest.mark.parametrize(
    "insert", [LoRA(places=("key",)), Adapters(behind=("head",)), IA3(("x",), ("y",))], ids=repr
)  # fmt: skip
def test_an_insert_that_matches_nothing_is_an_error(insert: Any) -> None:
    with pytest.raises(SettingError, match="matches no module of this LMBody"):
        attach(new_language_model(TINY, 0).body, insert, torch.Generator())


@pytest.mark.parametrize(
    "make", [lambda: LoRA(rank=0), lambda: LoRA(places=()), lambda: Adapters(narrow=0), lambda: Adapters(shape="tanh"),
             lambda: Prompt(length=0), lambda: Prompt(start="zeros"), lambda: Prefix(start="sampled")]
)  # fmt: skip
def test_a_size_or_start_that_is_none_is_refused_in_one_sentence(make: Any) -> None:
    with pytest.raises(SettingError) as error:
        make()
    assert "; " in str(error.value) and "\n" not in str(error.value)


# ---- what passes


@every
@given(st.sampled_from([*POOLS, "mean+max"]), st.sampled_from([*HEADS]), st.booleans(), st.permutations(TEXTS))
@settings(max_examples=8)
@torch.no_grad()
def test_neighbours_and_pads_on_either_side_change_no_answer(
    insert: Any, pool: str, head: str, causal: bool, texts: list[str]
) -> None:
    model, cls = model_of(insert, pool, head, causal), pool == "cls"
    alone = torch.cat([model(*ByteTokenizer().batch([text], 24, cls=cls)) for text in texts])
    right = model(*ByteTokenizer().batch(texts, 24, cls=cls))
    left = model(*ByteTokenizer().batch(texts, 24, side="left", cls=cls))
    torch.testing.assert_close(right, alone, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(left, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("insert", [Prompt(5), Prefix(5)], ids=repr)
@torch.no_grad()
def test_no_pool_sees_a_virtual_position(insert: Any) -> None:
    model = model_of(insert)
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    hidden, seen = model.body.finish(model.body.run_blocks(model.body.embed(ids, mask)))
    assert hidden.shape == (*ids.shape, 16)
    assert torch.equal(seen, mask)


@torch.no_grad()
def test_a_message_of_full_length_has_room_for_a_prompt() -> None:
    model = model_of(Prompt(9))
    assert model(*ByteTokenizer().batch(["x" * 24], 24)).isfinite().all()


@every
@torch.no_grad()
def test_an_insert_hangs_on_a_body_of_images(insert: Any) -> None:
    if insert in (KINDS[1],):
        insert = LoRA(places=("q", "k", "v", "up", "down"))
    body = ImageBody(16, 2, torch.Generator().manual_seed(0)).eval()
    pixels = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
    before = body.finish(body.run_blocks(body.embed(pixels)))[0]
    attach(body, insert, torch.Generator().manual_seed(0))
    draw(body.get_submodule("inserted"))
    after, mask = body.finish(body.run_blocks(body.embed(pixels)))
    assert after.shape == before.shape and mask.shape == before.shape[:2]
    assert not torch.equal(after, before)
    detach(body, insert.name)
    assert torch.equal(body.finish(body.run_blocks(body.embed(pixels)))[0], before)


# ---- regimes


@pytest.mark.parametrize("name", REGIMES)
@pytest.mark.parametrize("pool, head", [("attention", "linear"), ("mean", "mlp"), ("max", "stacked")])
def test_nothing_learns_that_no_rule_names(name: str, pool: str, head: str) -> None:
    base = tiny_base()
    regime = REGIMES[name]
    stages = tuple(replace(s, head=s.head and head, loss=inserting().loss, least_steps=0) for s in regime.stages)
    regime, before = replace(regime, stages=stages, body="pretrained"), state(base)
    history = run_regime(base, tiny_split(), regime, replace(QUICK, pool=pool))
    model = history.classifier
    named = {parameter for stage in stages for place, rate in stage.rules if not isinstance(rate, Frozen)
             for parameter, _ in model.named_parameters() if matcher(model, place)(parameter)}  # fmt: skip
    after = model.state_dict()
    moved = {key for key in before if key.startswith("body.") and not torch.equal(before[key], after[key])}
    assert moved <= named
    assert all(torch.equal(tensor, before[key]) for key, tensor in base.state_dict().items())


@pytest.mark.parametrize("name", FROZEN_BODY)
def test_after_a_frozen_body_regime_the_base_is_there_bit_for_bit(name: str) -> None:
    base = tiny_base()
    before = state(base.body)
    body = run_regime(base, tiny_split(), name, QUICK).classifier.body
    for insert in {insert for host in hosts_of(body) for insert in inserts_on(body, host)}:
        detach(body, insert)
    assert [*body.state_dict()] == [*before]
    assert all(torch.equal(tensor, before[key]) for key, tensor in body.state_dict().items())
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    again = put_back(Classifier(body, new_pool("mean", 16, torch.Generator()), None), base.head)  # type: ignore[arg-type]
    assert torch.equal(again(ids, mask), base(ids, mask))


def test_the_frozen_body_regimes_are_those_that_say_so() -> None:
    assert FROZEN_BODY == ["head-only", "mlp-head", "mlp-stacked", "adapters-pfeiffer", "lora", "lp-lora", "prompt",
                           "prefix", "ia3"]  # fmt: skip


@pytest.mark.parametrize("name", [name for name, regime in REGIMES.items() if regime.stages[-1].inserts])
def test_a_delta_brings_its_insert_back(name: str, tmp_path: Path) -> None:
    base = tiny_base()
    history = run_regime(base, tiny_split(), name, QUICK)
    classifier, about = load_delta(save_delta(tmp_path / "a.safetensors", history, base), base)
    ids, mask = ByteTokenizer().batch(TEXTS, 24)
    with torch.no_grad():
        assert torch.equal(classifier(ids, mask), history.classifier(ids, mask))
    assert about.inserts == history.regime.stages[-1].inserts


@pytest.mark.parametrize("name", ["lora", "adapters-pfeiffer", "prompt", "prefix", "ia3"])
def test_the_cached_prefix_changes_no_event(name: str) -> None:
    cached, plain = (
        run_regime(tiny_base(), tiny_split(), name, replace(QUICK, cache_bytes=size)) for size in (2**26, 0)
    )
    for one, other in zip(cached.epochs, plain.epochs, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-5)
        assert one.validation == other.validation


def test_a_probe_before_a_stage_keeps_its_own_rate_and_its_head_goes_on() -> None:
    probe, lora = after_probe(inserting(LoRA()))
    assert (probe.learning_rate, lora.head, probe.share + lora.share) == (0.05, None, 1.0)
    history = run_regime(tiny_base(), tiny_split(), "lp-lora", replace(QUICK, epochs=20, learning_rate=None))
    first, second = (epoch for epoch in history.epochs if epoch.stage < 2 and epoch.epoch == 1)
    assert second.validation_loss == pytest.approx(first.validation_loss, rel=0.5)


def test_surgery_moves_the_chosen_block_and_nothing_else_of_the_body() -> None:
    base = tiny_base()
    regime = Regime("surgery", "One block.", (surgical(-2),), 0.01, "nothing")
    after = run_regime(base, tiny_split(), regime, QUICK).classifier.body.state_dict()
    moved = {key.split(".")[1] for key, tensor in base.body.state_dict().items() if not torch.equal(tensor, after[key])}
    assert moved == {"0"}


def test_a_merged_run_gives_the_runs_answers() -> None:
    model = run_regime(tiny_base(), tiny_split(), "lora", QUICK).classifier
    merged = Classifier(merge(model.body), model.pool, model.head)
    data = encode(tiny_split().test, model)
    assert data is not None
    with torch.no_grad():
        torch.testing.assert_close(merged(data.ids, data.mask), model(data.ids, data.mask), rtol=0.0, atol=1e-5)


def test_the_weights_of_every_insert_are_counted_as_their_papers_count_them() -> None:
    D, L, r, m, p = 16, 2, 4, 8, 8
    counts = {
        "lora": 2 * L * 2 * r * D, "adapters-houlsby": 2 * L * (2 * m * D + m + D), "ia3": L * (2 * D + 4 * D),
        "adapters-pfeiffer": L * (2 * 16 * D + 16 + D), "prompt": p * D, "prefix": p * 2 * L * D,
    }  # fmt: skip
    for name, count in counts.items():
        model = model_of(IA3())
        detach(model.body, "ia3")
        begin_stage(model, REGIMES[name].stages[0], torch.Generator().manual_seed(0))
        inserted = [p for key, p in model.named_parameters() if place_of(model, key).insert]
        assert sum(p.numel() for p in inserted) == count, name
