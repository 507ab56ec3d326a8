"""Bodies that read images: outside judges, what they promise, and every regime on them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from headswap.data.images.digits import DigitsData
from headswap.data.messages import Split
from headswap.errors import DataError, SettingError
from headswap.model.body_contract import Base, Body
from headswap.model.classifier import Classifier, place_of, swap_head
from headswap.model.copies import lazy_copy
from headswap.model.heads import LinearHead
from headswap.model.inserts.adapters import HOULSBY
from headswap.model.inserts.attach import attach, hosts_of
from headswap.model.inserts.lora import LoRA
from headswap.model.pooling import MeanPool, new_pool
from headswap.model.vision.vit import ViT, ViTConfig
from headswap.model.vision.wide_resnet import WideResNet, WideResNetConfig
from headswap.regimes.named import REGIMES
from headswap.regimes.stages import Regime
from headswap.training.events import StageBegan
from headswap.training.loop import predict_logits
from headswap.training.recipe import Compute, Recipe
from headswap.training.run import encode, run_regime, start_regime
from headswap.web.flow import flow_of
from headswap.web.machine import machine_of

SMALL_VIT = ViTConfig(width=16, heads=2, depth=2)
SMALL_WRN = WideResNetConfig((1, 8, 8), depth=10, factor=1)
QUICK = Recipe(epochs=1, batch_size=16, learning_rate=0.01)


@cache
def digits() -> Split:
    pytest.importorskip("sklearn")
    return replace(DigitsData(labelled=70, validation=20, test=40).split(0), corpus=())


def few(split: Split) -> Split:
    """64 digits to learn from."""
    return replace(split, train=split.train[:64])


def shaken(body: nn.Module, seed: int = 1) -> nn.Module:
    """The body with every weight and every running mean far from its start."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in (*body.parameters(), *body.buffers()):
            if tensor.is_floating_point():
                tensor.add_(0.1 * torch.randn(tensor.shape, generator=generator))
    return body


def new_body(kind: str, seed: int = 0) -> Body:
    generator = torch.Generator().manual_seed(seed)
    body = ViT(SMALL_VIT, generator) if kind == "vit" else WideResNet(SMALL_WRN, generator)
    shaken(body)
    return body.eval()


def brief(name: str) -> Regime:
    """The regime of that name, whose probes take as few steps as its epochs have."""
    regime = REGIMES[name]
    return replace(regime, stages=tuple(replace(stage, least_steps=0) for stage in regime.stages))


def new_base(kind: str) -> Base:
    return Base(new_body(kind), nn.Identity()).eval()


def tensors(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def images(*size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(size, np.float32)


# ---- outside judges (transformers' ViTModel: test_judges.py)


def by_the_paper(own: dict[str, torch.Tensor], x: torch.Tensor, depth: int) -> torch.Tensor:
    """Zagoruyko and Komodakis' figure 1(a), table 1 and section 3, with the running means: the average-pooled vector.

    Each residual unit is BN-ReLU-conv, twice; groups conv2, conv3, conv4 of N = (depth - 4) / 6 units each.
    """

    def active(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, var, weight, bias = (
            own[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return ((x - mean) / (var + 1e-5).sqrt() * weight + bias).clamp(min=0)

    x, N = F.conv2d(x, own["stem.weight"], padding=1), (depth - 4) // 6
    for i in range(3 * N):
        name, stride = f"blocks.{i}", 2 if i in (N, 2 * N) else 1
        first = active(x, f"{name}.norm1")
        y = F.conv2d(first, own[f"{name}.conv1.weight"], stride=stride, padding=1)
        y = F.conv2d(active(y, f"{name}.norm2"), own[f"{name}.conv2.weight"], padding=1)
        fits = f"{name}.shortcut.weight"
        x = y + (F.conv2d(first, own[fits], stride=stride) if fits in own else x)
    return active(x, "norm").mean((2, 3))


@torch.no_grad()
def test_the_wide_resnet_computes_the_papers_equations() -> None:
    config = WideResNetConfig((3, 16, 12), depth=16, factor=2)
    body = shaken(WideResNet(config, torch.Generator().manual_seed(0))).eval()
    pixels = images(3, 3, 16, 12)
    hidden, mask = body.finish(body.run_blocks(body.embed(*body.encode(list(pixels)).tensors)))
    assert hidden.shape == (3, 4 * 3, 128) and mask.all()
    theirs = by_the_paper(body.state_dict(), torch.from_numpy(pixels) * 2 - 1, 16)
    torch.testing.assert_close(MeanPool()(hidden, mask), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("depth, factor, millions", [(40, 1, 0.6), (16, 8, 11.0), (28, 10, 36.5)])
def test_a_wide_resnet_has_as_many_weights_as_the_paper_says(depth: int, factor: int, millions: float) -> None:
    with torch.device("meta"):
        body = WideResNet(WideResNetConfig(depth=depth, factor=factor), torch.Generator())
    head = 10 * body.width + 10
    assert round((sum(p.numel() for p in body.parameters()) + head) / 1e6, 1) == millions  # tables 3 and 4


# ---- what both promise


@pytest.mark.parametrize("kind", ["vit", "wrn"])
def test_every_weight_of_a_body_of_images_has_its_place(kind: str) -> None:
    body = new_body(kind)
    places = {name: str(body.place_of(name)) for name, _ in body.named_parameters()}
    assert set(places.values()) == {"embedding", "norm", *(f"block[{i}]" for i in range(body.depth))}
    assert all(place == f"block[{name.split('.')[1]}]" for name, place in places.items() if name.startswith("blocks."))
    fresh = body.fresh(torch.Generator().manual_seed(3))
    assert [p.shape for p in fresh.parameters()] == [p.shape for p in body.parameters()]


@pytest.mark.parametrize("kind", ["vit", "wrn"])
@torch.no_grad()
def test_neighbours_in_a_batch_change_no_answer(kind: str) -> None:
    body = new_body(kind)
    (pixels,) = body.encode([example.item for example in digits().test]).tensors
    together = body.finish(body.run_blocks(body.embed(pixels)))[0][:5]
    alone = torch.cat([body.finish(body.run_blocks(body.embed(one[None])))[0] for one in pixels[:5]])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["vit", "wrn"])
@torch.no_grad()
def test_blocks_may_run_in_parts_with_the_same_bits(kind: str) -> None:
    body = new_body(kind)
    state = body.embed(*body.encode(list(images(3, 1, 8, 8))).tensors)
    parts = body.run_blocks(body.run_blocks(state, 0, 1), 1)
    assert torch.equal(parts[0], body.run_blocks(state)[0])


def test_a_head_swap_keeps_every_bit_of_a_body_of_images() -> None:
    base = new_base("wrn")
    before = tensors(base.body)
    swap = swap_head(base, MeanPool(), LinearHead(base.body.width, 10, torch.Generator()))
    assert all(torch.equal(before[name], tensor) for name, tensor in swap.classifier.body.state_dict().items())
    assert len(swap.kept) == len(list(base.body.parameters()))


def test_bytes_and_shares_of_the_same_pixels_are_the_same_image() -> None:
    body, pixels = new_body("vit"), np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    as_bytes, as_shares = (body.embed(*body.encode([item]).tensors)[0] for item in (pixels, pixels / 255))
    torch.testing.assert_close(as_bytes, as_shares)


@pytest.mark.parametrize(
    "item, sentence",
    [
        (np.zeros((3, 8, 8), np.uint8), r"image 1 has the shape \(3, 8, 8\), expected \(1, 8, 8\); scale it"),
        (np.zeros((8, 8), np.int64), "image 1 holds int64 numbers, expected uint8 from 0 to 255"),
        (np.full((8, 8), 16.0), "image 1 holds a number that is not between 0 and 1; divide by the largest"),
        (np.full((8, 8), np.nan), "image 1 holds a number that is not between 0 and 1"),
    ],
)
def test_an_image_that_the_body_cannot_read_is_refused_by_its_number(item: np.ndarray, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        new_body("vit").encode([np.zeros((8, 8), np.float32), item])


@pytest.mark.parametrize(
    "config, settings, sentence",
    [
        (ViTConfig, {"patch": 3}, "patch is 3 and an image 8 by 8; choose a divisor"),
        (ViTConfig, {"width": 30}, "width 30 does not divide into 4 heads"),
        (WideResNetConfig, {"depth": 12}, r"depth is 12; give 6 n \+ 4: 10, 16"),
        (WideResNetConfig, {"factor": 0}, "factor is 0; give a whole number"),
        (WideResNetConfig, {"image": (1, 4, 4)}, "each side at least 8 pixels"),
    ],
)
def test_sizes_that_make_no_body_are_refused(config: type, settings: dict, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        config(**settings)


# ---- every regime on them


def moved(before: dict[str, torch.Tensor], after: nn.Module) -> set[str]:
    now = after.state_dict()
    return {name for name in before if not torch.equal(before[name], now[name])}


@pytest.mark.parametrize("name", list(REGIMES))
def test_every_regime_trains_a_vision_transformer_and_leaves_what_is_frozen(name: str) -> None:
    """The loop itself compares the frozen weights; this looks from outside, at the base and at the last stage."""
    base, split, regime = new_base("vit"), few(digits()), brief(name)
    before = tensors(base)
    model, events = start_regime(base, split, regime, QUICK)
    began = tensors(model)
    for event in events:
        if isinstance(event, StageBegan):
            began = tensors(model)
    assert moved(before, base) == set()
    frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert not moved(began, model) & frozen
    assert "head.linear.weight" in moved(began, model) or len(regime.stages) > 1


@pytest.mark.parametrize(
    "name, moves",
    [
        ("head-only", ()),
        ("mlp-head", ()),
        ("first-block", ("blocks.0.",)),
        ("last-block", ("blocks.2.", "norm.")),
        ("full", ("",)),
        ("bitfit", ("",)),
    ],
)
def test_a_batch_norm_of_a_frozen_block_keeps_its_means_bit_for_bit(name: str, moves: tuple[str, ...]) -> None:
    base, split = new_base("wrn"), few(digits())
    model, events = start_regime(base, split, brief(name), replace(QUICK, epochs=2))
    before, of_base = tensors(model.body), tensors(base)
    for _ in events:
        model.train()  # a watcher who meddles: modes follow from what is frozen, at every step
    buffers = {n for n, _ in model.body.named_buffers()}
    changed = moved(before, model.body) & buffers
    assert changed == {n for n in buffers if n.startswith(moves)} if moves else changed == set()
    assert moved(of_base, base) == set()


@pytest.mark.parametrize("name", ["mlp-head", "last-block"])
def test_a_wide_resnets_numbers_are_the_same_with_the_prefix_kept_and_without(name: str) -> None:
    base, split = new_base("wrn"), few(digits())
    kept, plain = (run_regime(base, split, name, replace(QUICK, epochs=2, cache_bytes=n)) for n in (2**24, 0))
    for one, other in zip(kept.epochs, plain.epochs, strict=True):
        assert one.validation == other.validation
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-4)


def test_a_body_without_places_for_an_insert_says_so() -> None:
    for name in ("lora", "adapters-houlsby", "prompt", "prefix", "ia3"):
        with pytest.raises(SettingError, match=r"the insert '\w+' matches no module of this WideResNet"):
            run_regime(new_base("wrn"), few(digits()), name, QUICK)
    with pytest.raises(SettingError, match="a WideResNet has no cls position; choose another pool"):
        run_regime(new_base("wrn"), few(digits()), "head-only", replace(QUICK, pool="cls"))


def test_lora_and_adapters_hang_on_the_named_places_of_a_vision_transformer() -> None:
    body = lazy_copy(new_body("vit"))
    pixels = body.encode(list(images(3, 1, 8, 8))).tensors
    before = body.finish(body.run_blocks(body.embed(*pixels)))[0]
    attach(body, LoRA(), torch.Generator().manual_seed(0))
    assert hosts_of(body) == ["blocks.0.attention.qkv", "blocks.1.attention.qkv"]
    assert torch.equal(body.finish(body.run_blocks(body.embed(*pixels)))[0], before)  # B is 0
    attach(body, HOULSBY, torch.Generator().manual_seed(0))
    assert set(hosts_of(body)) >= {f"blocks.{i}.{part}" for i in (0, 1) for part in ("attention", "feedforward")}
    model = Classifier(body, MeanPool(), LinearHead(16, 10, torch.Generator()))
    found = {str(place_of(model, n)) for n, _ in model.named_parameters() if "inserted" in n}
    assert found == {f"inserted[{name}] in block[{i}]" for name in ("lora", "adapter") for i in (0, 1)}


@pytest.mark.parametrize("pool", ["mean", "cls", "last", "max", "std", "attention", "mean+max"])
def test_every_pool_reads_a_vision_transformer(pool: str) -> None:
    base, split = new_base("vit"), few(digits())
    history = run_regime(base, split, "full", replace(QUICK, pool=pool))
    data = encode(split.test, history.classifier, 10)
    assert data is not None and predict_logits(history.classifier, data).shape == (40, 10)
    assert new_pool(pool, 16, torch.Generator()).prepends_cls == (len(data.rows.tensors) == 2)


def test_the_best_epoch_is_kept_with_its_batch_norms_means() -> None:
    """The weights of one epoch under the means of another would be a model that nobody has measured."""
    split = few(digits())
    wrong = tuple(replace(picture, label=(picture.label + 1) % 10) for picture in split.validation)
    split = replace(split, validation=wrong)  # so the more is learned, the higher the loss
    history = run_regime(new_base("wrn"), split, "full", replace(QUICK, epochs=4, keep="best"))
    losses = [epoch.validation_loss for epoch in history.epochs]
    best = min(range(4), key=losses.__getitem__)
    assert best < 3  # else nothing is shown
    data = encode(split.validation, history.classifier, 10)
    assert data is not None
    loss = F.cross_entropy(predict_logits(history.classifier, data), data.labels).item()
    assert loss == pytest.approx(losses[best], rel=1e-5)


def test_a_run_in_bfloat16_and_micro_batches_trains_a_vision_transformer_as_the_whole_batch_does() -> None:
    base, split = new_base("vit"), few(digits())
    whole, parts = (run_regime(base, split, "full", replace(QUICK, compute=Compute(micro_batch=n))) for n in (None, 5))
    assert parts.epochs[0].train_loss == pytest.approx(whole.epochs[0].train_loss, rel=1e-4)
    low = run_regime(new_base("wrn"), split, "full", replace(QUICK, compute=Compute(dtype="bfloat16", micro_batch=8)))
    assert isinstance(low.events[0], StageBegan) and np.isfinite(low.epochs[0].train_loss)


@pytest.mark.parametrize("kind", ["vit", "wrn"])
def test_the_machine_and_a_message_on_its_way_know_a_body_of_images(kind: str) -> None:
    body = new_body(kind)
    model = Classifier(body, MeanPool(), LinearHead(body.width, 10, torch.Generator())).eval()
    picture = digits().test[0].item
    flow = flow_of(model, picture)
    machine = machine_of(model, REGIMES["last-block"], labels=[str(i) for i in range(10)])
    assert flow is not None and len(flow["tokens"]) == (16 if kind == "vit" else 4)
    (pixels,) = body.encode([picture]).tensors
    assert flow["logits"] == pytest.approx(model(pixels)[0].tolist(), abs=0.01)
    assert len(machine["layers"]) == body.depth + 4


def test_the_machine_shows_each_patch_of_an_image_and_what_a_patch_looks_at() -> None:
    body = new_body("vit")
    model = Classifier(body, MeanPool(), LinearHead(body.width, 10, torch.Generator())).eval()
    picture = digits().test[0].item
    flow = flow_of(model, picture, position=5)
    assert flow is not None and flow["picture"]["ink"] == pytest.approx(picture.flatten().tolist(), abs=0.006)
    token = flow["tokens"][6]
    assert (token["text"], token["kind"]) == ("row 2 column 3", "patch")
    assert token["picture"]["ink"] == pytest.approx(picture[0, 2:4, 4:6].flatten().tolist(), abs=0.006)
    assert set(flow["attention"]) == {"block[0]", "block[1]"}
    assert all(sum(shares) == pytest.approx(1, abs=0.01) and len(shares) == 16 for shares in flow["attention"].values())


def test_the_machine_tells_the_true_shapes_of_a_wide_residual_network() -> None:
    body = new_body("wrn")
    model = Classifier(body, MeanPool(), LinearHead(body.width, 10, torch.Generator())).eval()
    layers = machine_of(model, REGIMES["full"], labels=[str(i) for i in range(10)])["layers"]
    told = {layer["key"]: layer["detail"] for layer in layers}
    state = body.embed(*body.encode([digits().test[0].item]).tensors)
    for i in range(body.depth):
        before, state = state[0].shape, body.run_blocks(state, i, i + 1)
        was, now = (f"(B, {', '.join(map(str, shape[1:]))})" for shape in (before, state[0].shape))
        assert f"{was} {'stays' if was == now else 'becomes'} {now}." in told[f"block[{i}]"]
    assert told["norm"].endswith("(B, 64, 2, 2) becomes (B, T, 64).")
