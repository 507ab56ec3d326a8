"""What must hold to the bit, or for every message: each was seen to fail when its promise was broken."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
import torch
from helpers import TINY, brief, tiny_base, tiny_classifier, tiny_split
from hypothesis import given
from hypothesis import strategies as st

from headswap.data.batches import ClassificationDataset, shuffled_batches
from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import SettingError
from headswap.model.body import BodyConfig
from headswap.model.body_contract import device_of
from headswap.model.classifier import place_of, put_back, swap_head
from headswap.model.heads import new_head
from headswap.model.pooling import POOLS, new_pool
from headswap.regimes.named import REGIMES
from headswap.regimes.places import freeze_body, parameter_groups, unfreeze_body
from headswap.regimes.stages import FROZEN, Falling, Regime, Stage
from headswap.training.events import EpochDone, Event, StageBegan, StageEnded, StepDone
from headswap.training.loop import evaluate, make_optimizer, predict_logits, train_classifier
from headswap.training.pretrain import perplexity, pretrain_quick
from headswap.training.recipe import Recipe
from headswap.training.run import encode, run_regime, start_regime

TEXTS = ["hi", "free prize, call the number now", "see you", "ünïcödé 👍"]
QUICK = Recipe(epochs=2, batch_size=16, learning_rate=0.01)


def numbers(events: Iterator[Event] | list[Event]) -> list[object]:
    """Events without their seconds, which differ from run to run."""
    return [replace(e, seconds=0.0) if hasattr(e, "seconds") else e for e in events]


def state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


# ---- the swap


def test_a_swap_keeps_every_bit_of_the_body_and_names_what_it_did() -> None:
    base = tiny_base()
    before = state(base.body)
    generator = torch.Generator().manual_seed(1)
    swap = swap_head(base, new_pool("attention", 16, generator), new_head("linear", 16, 2, generator))
    assert swap.classifier.body is base.body
    assert moved(before, state(swap.classifier.body)) == set()
    assert set(swap.kept) == {f"body.{name}" for name in before}
    assert swap.dropped == ("head.linear.bias", "head.linear.weight")
    assert swap.created == ("head.linear.bias", "head.linear.weight", "pool.query")


def test_the_lm_head_goes_back_with_the_same_perplexity_to_the_bit() -> None:
    base = pretrain_quick(TEXTS, TINY, epochs=1)
    before = perplexity(base, TEXTS)
    history = run_regime(base, tiny_split(), "head-only", QUICK)
    assert perplexity(put_back(history.classifier, base.head), TEXTS) == before
    forgetful = run_regime(base, tiny_split(), "full", QUICK)
    assert perplexity(put_back(forgetful.classifier, base.head), TEXTS) != before


def test_a_classifier_on_another_device_gets_its_old_head_there_and_leaves_the_base_its_own() -> None:
    base = tiny_base()
    swap = swap_head(base, new_pool("mean", 16, torch.Generator()), new_head("linear", 16, 2, torch.Generator()))
    elsewhere = copy.deepcopy(swap.classifier).to("meta")  # the one other device that every machine has
    assert device_of(put_back(elsewhere, base.head).head).type == "meta"
    assert device_of(base.head).type == "cpu"
    assert put_back(swap.classifier, base.head).head is base.head


# ---- frozen means frozen


@pytest.mark.parametrize("pool, expected", [("mean", set()), ("attention", {"pool.query"})])
def test_head_only_moves_exactly_the_head_and_a_pool_that_has_weights(pool: str, expected: set[str]) -> None:
    model, events = start_regime(tiny_base(), tiny_split(), "head-only", replace(QUICK, pool=pool))
    before = state(model)
    list(events)
    assert moved(before, state(model)) == {"head.linear.weight", "head.linear.bias"} | expected


def test_last_block_moves_the_head_the_last_norm_and_the_last_block_only() -> None:
    model, events = start_regime(tiny_base(), tiny_split(), "last-block", QUICK)
    before = state(model)
    list(events)
    assert {str(place_of(model, name)) for name in moved(before, state(model))} == {"head", "norm", "block[1]"}


def test_the_base_is_untouched_by_every_regime() -> None:
    base, split = tiny_base(), tiny_split()
    before = state(base)
    for name in REGIMES:
        run_regime(base, split, brief(name), QUICK)
    assert moved(before, state(base)) == set()


def test_a_stale_gradient_moves_no_frozen_weight() -> None:
    model, data = tiny_classifier(), ClassificationDataset(tiny_split().train, 24)
    torch.nn.functional.cross_entropy(model(data.ids, data.mask), data.labels).backward()
    freeze_body(model)
    before = state(model.body)
    everything = torch.optim.AdamW(model.parameters(), lr=0.01)
    with pytest.raises(SettingError, match="frozen or foreign weights; make it after freezing"):
        train_classifier(model, data, everything, QUICK)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    list(train_classifier(model, data, optimizer, QUICK))
    assert all(p.grad is None for p in model.body.parameters())
    assert moved(before, state(model.body)) == set()


def test_freezing_is_one_call_and_so_is_its_reverse() -> None:
    model = tiny_classifier()
    freeze_body(model)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 2 * 16 + 2
    unfreeze_body(model)
    assert all(p.requires_grad for p in model.parameters())


def test_a_frozen_module_stays_in_eval_even_with_dropout_and_a_meddling_watcher() -> None:
    config = replace(TINY, dropout=0.5)
    for meddle in (torch.nn.Module.eval, torch.nn.Module.train):
        model, events = start_regime(tiny_base(config=config), tiny_split(), "last-block", QUICK)
        for event in events:
            if isinstance(event, StepDone):
                assert not model.body.blocks[0].training
                assert not model.body.dropout.training
                assert model.body.blocks[1].dropout.training
                meddle(model)


def test_writing_to_a_frozen_weight_while_training_is_noticed() -> None:
    model, events = start_regime(tiny_base(), tiny_split(), "head-only", QUICK)
    with pytest.raises(Exception, match=r"a frozen weight changed while training, body\.norm\.weight"):
        for event in events:
            if isinstance(event, EpochDone):
                with torch.no_grad():
                    model.body.norm.weight.add_(1e-3)


def test_the_default_head_is_130_of_118914_weights() -> None:
    model, _ = start_regime(tiny_base(config=BodyConfig()), tiny_split(), "head-only", QUICK)
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert (learning, sum(p.numel() for p in model.parameters())) == (130, 118_914)


# ---- padding, neighbours, order


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("pool", POOLS)
@torch.no_grad()
def test_pads_neighbours_and_order_change_no_prediction(pool: str, causal: bool) -> None:
    model = tiny_classifier(pool, config=replace(TINY, causal=causal))
    cls = model.pool.prepends_cls
    alone = torch.cat([model(*ByteTokenizer().batch([text], 24, cls=cls)) for text in TEXTS])
    for side in ("right", "left"):
        together = model(*ByteTokenizer().batch(TEXTS, 24, side=side, cls=cls))
        torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)
        backwards = model(*ByteTokenizer().batch(TEXTS[::-1], 24, side=side, cls=cls))
        torch.testing.assert_close(backwards.flip(0), alone, rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_a_later_byte_never_changes_an_earlier_hidden_state_of_a_causal_body() -> None:
    body = tiny_base().body
    ids, mask = ByteTokenizer().batch(["abcdefgh"], 24)
    changed = ids.clone()
    changed[0, 5] = 120
    same = (body(ids, mask) == body(changed, mask)).all(-1)[0]
    assert same.tolist() == [True] * 5 + [False] * 3
    both_ways = tiny_base(config=replace(TINY, causal=False)).body
    assert not (both_ways(ids, mask) == both_ways(changed, mask)).all(-1).any()


@torch.no_grad()
def test_cls_in_front_of_a_causal_body_is_blind_and_in_front_of_a_bidirectional_one_sees() -> None:
    ids, mask = ByteTokenizer().batch(TEXTS, 24, cls=True)
    blind = tiny_classifier("cls")(ids, mask)
    assert torch.allclose(blind, blind[:1].expand_as(blind), atol=1e-6)
    seeing = tiny_classifier("cls", config=replace(TINY, causal=False))(ids, mask)
    assert not torch.allclose(seeing, seeing[:1].expand_as(seeing), atol=1e-6)


@given(st.lists(st.integers(1, 160), min_size=1, max_size=200), st.integers(1, 40), st.integers(0, 9))
def test_an_epoch_holds_each_message_once(lengths: list[int], batch_size: int, seed: int) -> None:
    batches = shuffled_batches(torch.tensor(lengths), batch_size, torch.Generator().manual_seed(seed))
    assert sorted(torch.cat(batches).tolist()) == list(range(len(lengths)))
    assert max(map(len, batches)) <= batch_size


def test_bucketing_carries_far_fewer_pads_than_chance() -> None:
    lengths = torch.randint(5, 160, (640,), generator=torch.Generator().manual_seed(0))
    carried = sum(len(b) * int(lengths[b].max()) for b in shuffled_batches(lengths, 32, torch.Generator()))
    assert carried / int(lengths.sum()) < 1.2  # 1.9 without


# ---- the frozen prefix


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("regime", ["head-only", "mlp-head", "last-block", "full"])
def test_the_cached_prefix_changes_no_number(regime: str, pool: str) -> None:
    base, split, recipe = tiny_base(), tiny_split(), replace(QUICK, pool=pool)
    cached = run_regime(base, split, brief(regime), recipe)
    plain = run_regime(base, split, brief(regime), replace(recipe, cache_bytes=0))
    assert [e.validation for e in cached.epochs] == [e.validation for e in plain.epochs]
    losses = torch.tensor([[e.train_loss, e.validation_loss] for e in (*cached.epochs, *plain.epochs)])
    torch.testing.assert_close(*losses.chunk(2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "regime, pool, cached",
    [
        ("head-only", "mean", "pooled vectors"),
        ("head-only", "attention", "hidden states below block 2"),
        ("last-block", "mean", "hidden states below block 1"),
        ("full", "mean", "nothing"),
    ],
)
def test_the_events_say_what_was_computed_once(regime: str, pool: str, cached: str) -> None:
    _, events = start_regime(tiny_base(), tiny_split(), regime, replace(QUICK, pool=pool))
    began = next(iter(events))
    assert isinstance(began, StageBegan)
    assert began.cached == cached
    _, events = start_regime(tiny_base(), tiny_split(), regime, replace(QUICK, pool=pool, cache_bytes=10))
    began = next(iter(events))
    assert isinstance(began, StageBegan)
    assert began.cached == "nothing"


def test_the_cache_holds_with_dropout_above_it() -> None:
    base = tiny_base(config=replace(TINY, dropout=0.2))
    cached, plain = (run_regime(base, tiny_split(), "last-block", replace(QUICK, cache_bytes=b)) for b in (2**28, 0))
    assert [e.validation for e in cached.epochs] == [e.validation for e in plain.epochs]


# ---- a run is pure


def one_run(_: int = 0) -> list[object]:
    torch.set_num_threads(1)
    return numbers(run_regime(tiny_base(config=replace(TINY, dropout=0.1)), tiny_split(), "full", QUICK).events)


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_the_same_events_while_others_draw_random_numbers() -> None:
    alone = one_run()
    base = tiny_base(config=replace(TINY, dropout=0.1))
    _, events = start_regime(base, tiny_split(), "full", QUICK)
    watched = []
    for event in events:
        torch.rand(3)
        torch.manual_seed(7)
        watched.append(event)
    assert numbers(watched) == alone
    assert any(isinstance(event, StageEnded) for event in watched)


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_the_same_events_in_a_thread() -> None:
    alone, found = one_run(), []
    thread = threading.Thread(target=lambda: found.extend(one_run()))
    thread.start()
    while thread.is_alive():
        torch.rand(100)
    assert found == alone


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_the_same_events_in_another_process() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(one_run).result(timeout=120) == one_run()


def test_a_run_draws_nothing_from_the_global_generator() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    base = pretrain_quick(TEXTS, replace(TINY, dropout=0.1), epochs=1)
    for name in REGIMES:
        run_regime(base, tiny_split(), brief(name), replace(QUICK, pool="attention"))
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_other_events() -> None:
    first, second = (run_regime(tiny_base(), tiny_split(), "full", replace(QUICK, seed=s)) for s in (0, 1))
    assert numbers(first.events) != numbers(second.events)


# ---- stopping


def test_closing_the_generator_mid_epoch_leaves_a_usable_model() -> None:
    model, events = start_regime(tiny_base(), tiny_split(), "full", QUICK)
    for event in events:
        if isinstance(event, StepDone) and event.step == 2:
            break
    events.close()  # type: ignore[attr-defined]
    assert not any(module.training for module in model.modules())
    data = encode(tiny_split().test, model)
    assert data is not None
    assert predict_logits(model, data).isfinite().all()
    assert sum(evaluate(model, data).support) == 16
    again = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(again.parameters(), lr=1e-3)
    assert len(list(train_classifier(again, data, optimizer, QUICK))) == 2 * 1 + 2 + 2


def test_training_checks_when_called_and_works_when_consumed() -> None:
    model = tiny_classifier()
    before = state(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    events = train_classifier(model, ClassificationDataset(tiny_split().train, 24), optimizer, QUICK)
    assert moved(before, state(model)) == set()
    next(iter(events))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    with pytest.raises(SettingError, match="nothing can learn"):
        train_classifier(model, ClassificationDataset(tiny_split().train, 24), optimizer, QUICK)


def test_evaluating_leaves_the_modes_as_they_were() -> None:
    model = tiny_classifier()
    model.body.blocks[0].train()
    before = [m.training for m in model.modules()]
    evaluate(model, ClassificationDataset(tiny_split().test, 24))
    assert [m.training for m in model.modules()] == before


# ---- rules


def groups(*rules, pool: str = "mean", config: BodyConfig = TINY):
    return parameter_groups(tiny_classifier(pool, config=config), Stage(rules))


def test_the_first_rule_that_matches_decides() -> None:
    found = {str(g.place): g.multiple for g in groups(("block[-1]", 0.5), ("blocks", 0.1), ("everything", 1.0))}
    assert found == {"embedding": 1.0, "block[0]": 0.1, "block[1]": 0.5, "norm": 1.0, "head": 1.0}


def test_falling_rates_fall_by_their_factor_per_block_and_once_more_for_the_embedding() -> None:
    rules = (("head", 1.0), ("norm", 1.0), ("blocks", Falling(2.0)), ("embedding", Falling(2.0)))
    found = {str(g.place): g.multiple for g in groups(*rules, config=replace(TINY, depth=3))}
    assert found == {"head": 1, "norm": 1, "block[2]": 1, "block[1]": 0.5, "block[0]": 0.25, "embedding": 0.125}


def test_biases_and_layernorms_are_places_too() -> None:
    found = groups(("biases", 1.0), ("everything", FROZEN))
    assert all(p.dim() == 1 for g in found for p in g.parameters)
    assert sum(len(g.parameters) for g in groups(("layernorms", 1.0), ("everything", FROZEN))) == 2 * 4 + 2


@pytest.mark.parametrize(
    "rules, sentence",
    [
        ([("head", 1.0)], "no rule covers the parameter body.embed_tokens.weight"),
        ([("inserted", 1.0), ("everything", 1.0)], "matches no parameter"),
        ([("block[-5]", 1.0), ("everything", 1.0)], "matches no parameter"),
        ([("tail", 1.0), ("everything", 1.0)], "place 'tail' is unknown"),
        ([("everything", FROZEN)], "nothing can learn"),
        ([("everything", -1.0)], "give a multiple of the learning rate above 0"),
    ],
)
def test_rules_that_do_not_fit_are_refused_by_name(rules: list, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        groups(*rules)


def test_a_learner_can_write_a_regime_of_two_stages() -> None:
    probe, whole = REGIMES["head-only"].stages[0], REGIMES["full"].stages[0]
    lp_ft = Regime("lp-ft", "Probe, then all.", (replace(probe, share=0.5), replace(whole, head=None)), 1e-3, "nothing")
    history = run_regime(tiny_base(), tiny_split(), lp_ft, QUICK)
    began = [e for e in history.events if isinstance(e, StageBegan)]
    assert [e.learning for e in began] == [34, began[0].total]
    assert [e.epochs for e in began] == [1, 2]
    assert history.learning == began[0].total


def test_cosine_head_leaves_the_body_at_a_constant_rate() -> None:
    model = tiny_classifier()
    optimizer = make_optimizer(parameter_groups(model, Stage((("everything", 1.0),))), 0.01)
    recipe = replace(QUICK, schedule="cosine-head")
    rates: dict[bool, list[float]] = {True: [], False: []}
    for event in train_classifier(model, ClassificationDataset(tiny_split().train, 24), optimizer, recipe):
        if isinstance(event, StepDone):
            for group in optimizer.param_groups:
                rates[group["new"]].append(group["lr"])
    assert rates[False] == [0.01] * 6
    assert rates[True] == sorted(rates[True], reverse=True) and 0 < rates[True][-1] < 0.002
