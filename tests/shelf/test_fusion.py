"""Adapters of several tasks, mixed by attention for a new one: the paper's equations, and nothing else learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import tiny_base, tiny_split

from headswap.errors import SettingError
from headswap.model.inserts.adapters import PFEIFFER
from headswap.model.inserts.fusion import Fusion, Mix, NearIdentity
from headswap.shelf.fusion import fuse, fusion_regime, shares_of
from headswap.shelf.shelf import Shelf
from headswap.training.events import StageBegan
from headswap.training.recipe import Recipe
from headswap.training.run import History, run_regime
from headswap.weights.deltas import base_hash

MEMBERS = ("one", "two", "three")
QUICK = Recipe(epochs=2, batch_size=16)
TEXTS = [message.text for message in tiny_split().test]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    filled = Shelf(tiny_base())
    for seed, name in enumerate(MEMBERS):
        recipe = Recipe(epochs=2, batch_size=16, seed=seed)
        filled.put(name, run_regime(tiny_base(), tiny_split(seed=seed), "adapters-pfeiffer", recipe))
    filled.put("bare", run_regime(tiny_base(), tiny_split(), "head-only", QUICK))
    return filled


@pytest.fixture(scope="module")
def fused(shelf: Shelf) -> History:
    return fuse(shelf, MEMBERS, tiny_split(seed=7), QUICK)


def test_a_mixture_is_the_papers_equations() -> None:
    """s = softmax(Q h . K z_n) with biases and no 1/sqrt(d); out = h + sum of s_n V z_n; z_n without its residual."""
    generator = torch.Generator().manual_seed(3)
    mix = Mix(16, 3, 4, "relu", 0.0, generator)
    for tensor in (*mix.parameters(), *mix.buffers()):
        tensor.data.normal_(0.0, 0.5, generator=generator)
    read, h = (torch.randn(2, 5, 16, generator=generator) for _ in range(2))  # what the sublayer reads and gives
    expected = torch.empty_like(h)
    for b in range(2):
        for t in range(5):
            x = h[b, t]
            z = [mix.up[n] @ (mix.down[n] @ x + mix.down_bias[n]).relu() + mix.up_bias[n] for n in range(3)]  # type: ignore[index]
            q = mix.query.weight @ x + mix.query.bias
            scores = torch.stack([q @ (mix.key.weight @ one + mix.key.bias) for one in z])
            share = scores.exp() / scores.exp().sum()
            expected[b, t] = x + sum(s * (mix.value @ one) for s, one in zip(share, z, strict=True))
    assert torch.allclose(mix(read, h), expected, atol=1e-5)
    learns = {name: tuple(weight.shape) for name, weight in mix.named_parameters()}
    pairs = {
        f"{part}.{of}": shape for part in ("query", "key") for of, shape in (("weight", (16, 16)), ("bias", (16,)))
    }
    assert learns == pairs | {"value": (16, 16)}, "Q and K have biases, V has none"


def test_queries_and_keys_start_as_the_papers() -> None:
    mix = Mix(64, 2, 4, "relu", 0.0, torch.Generator().manual_seed(0))
    for layer in (mix.query, mix.key):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05) and not layer.bias.any()


def test_it_starts_as_nearly_the_mean_of_its_adapters() -> None:
    mix = Mix(16, 3, 4, "relu", 0.0, torch.Generator().manual_seed(0))
    for tensor in mix.buffers():
        tensor.normal_(0.0, 0.1, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(mix.value, torch.eye(16), atol=2e-6) and mix.value[0, 1].item() == pytest.approx(1e-6)
    h = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(mix(h, h), h + mix.additions(h).mean(2), atol=1e-3)


def test_the_penalty_is_on_v_alone() -> None:
    from headswap.data.batches import Batch

    mix = Mix(16, 2, 4, "relu", 0.0, torch.Generator().manual_seed(0))
    batch, logits = Batch((), torch.tensor([0, 1])), torch.zeros(2, 2)
    plain = torch.log(torch.tensor(2.0))
    assert torch.allclose(NearIdentity()(mix, logits, batch), plain, atol=1e-6)
    mix.value.data[0, 1] = 2.0
    assert torch.allclose(NearIdentity()(mix, logits, batch), plain + 0.04, atol=1e-5)


def test_nothing_learns_but_the_attention_and_the_head(shelf: Shelf, fused: History) -> None:
    began = next(event for event in fused.events if isinstance(event, StageBegan))
    assert began.learning == 2 * (3 * 16 * 16 + 2 * 16) + 2 * 16 + 2
    for number, member in enumerate(MEMBERS):
        for host in ("blocks/0/feedforward", "blocks/1/feedforward"):
            mix = fused.classifier.body.get_submodule(f"inserted.{host}.fusion")
            stored = shelf.tasks[member].learned.tensors[f"body.inserted.{host}.adapter.down.weight"]
            assert torch.equal(mix.get_buffer("down")[number], stored)
    own = {name: t for name, t in fused.classifier.body.state_dict().items() if not name.startswith("inserted.")}
    assert all(torch.equal(tensor, own[name]) for name, tensor in tiny_base().body.state_dict().items())


def test_fusing_changes_neither_shelf_nor_members(shelf: Shelf) -> None:
    before = torch.stack(shelf.logits("two", TEXTS))
    fuse(shelf, MEMBERS, tiny_split(seed=8), QUICK)
    assert torch.equal(torch.stack(shelf.logits("two", TEXTS)), before)
    assert base_hash(shelf.base) == base_hash(tiny_base())


def test_the_same_fusion_twice_is_the_same_to_the_bit(shelf: Shelf, fused: History) -> None:
    again = fuse(shelf, MEMBERS, tiny_split(seed=7), QUICK)
    here, there = fused.classifier.state_dict(), again.classifier.state_dict()
    assert all(torch.equal(tensor, there[name]) for name, tensor in here.items())


def test_a_fusion_is_a_task_of_the_shelf_like_any_other(shelf: Shelf, fused: History, tmp_path: Path) -> None:
    filled = Shelf.load(shelf.save(tmp_path))
    filled.put("mixed", fused)
    again = Shelf.load(filled.save(tmp_path))
    for name in ("mixed", "two"):
        assert torch.equal(torch.stack(again.logits(name, TEXTS)), torch.stack(filled.logits(name, TEXTS)))


def test_shares_add_up_to_one_and_pads_do_not_count(fused: History) -> None:
    together = shares_of(fused.classifier, TEXTS)
    assert together.shape == (2, 3) and torch.allclose(together.sum(1), torch.ones(2))
    one, long = shares_of(fused.classifier, ["hi"]), "a much longer message, read to its end"
    lengths = torch.tensor([2.0, 24.0])
    both = shares_of(fused.classifier, ["hi", long])
    alone = shares_of(fused.classifier, [long])
    assert torch.allclose(both, (one * lengths[0] + alone * lengths[1]) / lengths.sum(), atol=1e-5)


def test_a_member_without_an_adapter_is_named(shelf: Shelf) -> None:
    with pytest.raises(SettingError, match=r"bare has no adapter of 16 numbers behind blocks\.0\.feedforward"):
        fuse(shelf, ("one", "bare"), tiny_split(), QUICK)
    with pytest.raises(SettingError, match="no task 'four' is on this shelf"):
        fuse(shelf, ("one", "four"), tiny_split(), QUICK)
    with pytest.raises(SettingError, match="none of bare, bare has an adapter"):
        fuse(shelf, ("bare", "bare"), tiny_split(), QUICK)
    for members, said in ((("one",), "mixes nothing"), (("one", "one"), "names a task twice")):
        with pytest.raises(SettingError, match=said):
            Fusion(members)
    assert fusion_regime(MEMBERS, PFEIFFER).name == "fusion"
