"""One message on its way through a model: what is shown are the model's own numbers, whatever the model."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from gpt2 import gpt2_config, gpt2_state, random_body, transformers
from helpers import TINY, tiny_base, tiny_classifier
from hypothesis import given
from hypothesis import strategies as st
from pictures import Drawn, pictures
from torch import nn
from toys import Shifts

from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import DataError, SettingError
from headswap.model.body import Attention, Block, BodyConfig, LMBody
from headswap.model.classifier import Classifier, swap_head
from headswap.model.heads import LinearHead
from headswap.model.inserts.attach import attach
from headswap.model.pooling import MeanPool, new_pool, pooled_width
from headswap.regimes.named import REGIMES
from headswap.web.flow import flow_of
from headswap.web.machine import machine_of

TEXT = "Claim it 👍"
# The pool, the depth and the mask of a model.
KINDS = [("mean", 1, True), ("cls", 2, False), ("last", 3, True), ("attention", 4, False), ("mean+max", 2, True)]


def close(shown: Any, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(torch.tensor(shown), wanted, rtol=1e-3, atol=1e-5)


def shown(model: Classifier, text: Any = TEXT, position: int = -1, head: int = 0, zoom: str = "") -> dict[str, Any]:
    flow = flow_of(model, text, position, head, zoom)
    assert flow is not None
    return flow


def rough(model: Classifier, by: float = 0.3) -> Classifier:
    """The model with every weight far from where it began, so that no step of it is next to nothing."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(by * torch.randn(parameter.shape, generator=generator))
    return model


def kind(pool: str, depth: int, causal: bool) -> Classifier:
    generator = torch.Generator().manual_seed(0)
    body = LMBody(BodyConfig(width=16, heads=2, depth=depth, max_len=24, causal=causal), generator)
    head = LinearHead(pooled_width(pool, 16), 2, generator)
    return rough(Classifier(body, new_pool(pool, 16, generator), head).eval())


def inputs(model: Classifier, text: str) -> tuple[torch.Tensor, ...]:
    return model.body.encode([text], cls=model.pool.prepends_cls).tensors


def block_of(model: Classifier, i: int) -> Block:
    block = model.body.blocks[i]
    assert isinstance(block, Block)
    return block


def queries_keys_values(layer: Attention, normed: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """(H, T, D/H) each, of normed states (1, T, D)."""
    parts = layer.qkv(normed)[0].chunk(3, dim=-1)
    return tuple(torch.stack(part.chunk(layer.heads, dim=-1)) for part in parts)


@pytest.mark.parametrize("pool, depth, causal", KINDS)
@torch.no_grad()
def test_the_vectors_are_the_hidden_states_after_each_layer(pool: str, depth: int, causal: bool) -> None:
    model = kind(pool, depth, causal)
    state = model.body.embed(*inputs(model, TEXT))
    for position in (0, 4, 11):
        strips = shown(model, position=position)["strips"]
        close(strips["embedding"], state[0][0, position])
        for i in range(depth):
            close(strips[f"block[{i}]"], model.body.run_blocks(state, 0, i + 1)[0][0, position])
        hidden, mask = model.body.finish(model.body.run_blocks(state))
        close(strips["norm"], hidden[0, position])
        close(strips["pool"], model.pool(hidden, mask)[0])


@pytest.mark.parametrize("pool, depth, causal", KINDS)
@torch.no_grad()
def test_the_logits_are_the_models_answer(pool: str, depth: int, causal: bool) -> None:
    model = kind(pool, depth, causal)
    flow, logits = shown(model), model(*inputs(model, TEXT))[0]
    close(flow["logits"], logits)
    close(flow["probabilities"], logits.softmax(0))


@pytest.mark.parametrize("pool, depth, causal", KINDS)
@torch.no_grad()
def test_the_shares_are_a_softmax_over_what_the_position_may_look_at(pool: str, depth: int, causal: bool) -> None:
    model = kind(pool, depth, causal)
    state = model.body.embed(*inputs(model, TEXT))
    T = state[0].shape[1]
    for i in range(depth):
        block = block_of(model, i)
        q, k, _ = queries_keys_values(block.attention, block.norm1(model.body.run_blocks(state, 0, i)[0]))
        for position, head in ((0, 0), (5, 1), (T - 1, 0)):
            row = shown(model, position=position, head=head)["attention"][f"block[{i}]"]
            reach = position + 1 if causal else T
            scores = k[head, :reach] @ q[head, position] / 8**0.5
            close(row[:reach], scores.softmax(0))
            assert row[reach:] == [None] * (T - reach)


@torch.no_grad()
def test_the_shares_are_gpt2s() -> None:
    body = random_body()
    judge = transformers.GPT2Model(gpt2_config(attn_implementation="eager")).eval()
    judge.load_state_dict(gpt2_state(body), strict=False)
    model = Classifier(body, MeanPool(), LinearHead(64, 2, torch.Generator()))
    ids, mask = ByteTokenizer().batch([TEXT], 32)
    theirs = judge(input_ids=ids, attention_mask=mask.long(), output_attentions=True).attentions
    for i in range(2):
        for head in range(4):
            close(shown(model, head=head)["attention"][f"block[{i}]"], theirs[i][0, head, -1])


@pytest.mark.parametrize("causal", [True, False])
@torch.no_grad()
def test_the_steps_are_the_blocks_own_arithmetic(causal: bool) -> None:
    model, t, head = kind("mean", 2, causal), 6, 1
    block = block_of(model, 1)
    x = model.body.run_blocks(model.body.embed(*inputs(model, TEXT)), 0, 1)[0]  # (1, T, D)
    normed = block.norm1(x)
    q, k, v = queries_keys_values(block.attention, normed)
    reach = t + 1 if causal else x.shape[1]
    scores = k[head, :reach] @ q[head, t] / 8**0.5
    mixes = [(queries @ keys.T / 8**0.5)[t, :reach].softmax(0) @ values[:reach]
             for queries, keys, values in zip(q, k, v, strict=True)]  # fmt: skip
    out = block.attention.out(torch.cat(mixes))
    summed = x[0, t] + out
    up = block.feedforward.up(block.norm2(summed))
    gelu = F.gelu(up, approximate="tanh")
    down = block.feedforward.down(gelu)
    wanted = {
        "x": x[0, t], "norm1": normed[0, t], "query": q[head, t], "scores": scores, "shares": scores.softmax(0),
        "mix": mixes[head], "out": out, "x + out": summed, "norm2": block.norm2(summed), "up": up, "gelu": gelu,
        "down": down, "leaves": summed + down,
    }  # fmt: skip
    steps = shown(model, position=t, head=head, zoom="block[1]")["steps"]
    assert [step["name"] for step in steps] == [*wanted]
    for step, values in zip(steps, wanted.values(), strict=True):
        close(step["values"], values)
        assert f"{len(values)} numbers" in step["says"]
        assert step["says"].endswith(".")
    assert {step["name"] for step in steps if "labels" in step} == {"scores", "shares"}
    assert {step["name"] for step in steps if step["kind"] == "share"} == {"shares"}
    labels = [token["text"] for token in shown(model)["tokens"]][:reach]
    assert steps[3]["labels"] == steps[4]["labels"] == labels


def test_only_the_chosen_block_tells_its_steps() -> None:
    model = kind("mean", 2, True)
    assert shown(model)["steps"] == []
    first, second = (shown(model, zoom=f"block[{i}]")["steps"] for i in range(2))
    assert first[-1]["values"] == second[0]["values"]


def test_the_bytes_are_shown_as_the_tape_shows_them_and_what_is_cut_follows() -> None:
    tokens = shown(kind("cls", 1, False), "é b" + "x" * 80)["tokens"]
    assert [token["text"] for token in tokens[:5]] == ["cls", "é 1/2", "é 2/2", "␣", "b"]
    assert [token["kind"] for token in tokens[:2]] == ["cls", "byte"]
    kinds = [token["kind"] for token in tokens]
    assert kinds[1:] == ["byte"] * 23 + ["cut"] * 41
    assert [token["text"] for token in tokens[24:]] == ["x"] * 40 + ["…"]


def test_what_is_cut_off_has_no_part_in_the_numbers() -> None:
    model = kind("mean", 2, True)
    long, cut = shown(model, "x" * 30), shown(model, "x" * 24)
    assert [token["kind"] for token in long["tokens"]] == ["byte"] * 24 + ["cut"] * 6
    assert (long["cut"], cut["cut"]) == (6, 0)
    same = {"text": "", "tokens": [], "cut": 0}
    assert long | same == cut | same


def test_a_message_that_holds_nothing_has_no_flow_but_with_cls_it_has() -> None:
    assert flow_of(kind("mean", 2, True), "") is None
    tokens = shown(kind("cls", 2, False), "")["tokens"]
    assert tokens == [{"text": "cls", "kind": "cls"}]


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(DataError, match="half a surrogate pair"):
        flow_of(kind("mean", 1, True), "\ud83d")


def test_a_position_beyond_the_end_is_the_last_one() -> None:
    model = kind("mean", 2, True)
    assert shown(model, "abc", 99) == shown(model, "abc", -1) == shown(model, "abc", 2)


@pytest.mark.parametrize(
    "head, zoom, said",
    [
        (2, "", "head is 2; give a whole number from 0 to 1"),
        (-1, "", "head is -1"),
        (0, "block[2]", "give one of block"),
    ],
)
def test_a_head_or_a_block_that_is_not_there_is_an_error(head: int, zoom: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        flow_of(kind("mean", 2, True), TEXT, 0, head, zoom)


@torch.no_grad()
def test_under_the_old_head_the_likeliest_next_bytes_come_out() -> None:
    base = tiny_base()
    model = rough(swap_head(base, MeanPool(), LinearHead(16, 2, torch.Generator())).classifier)
    flow = flow_of(model, "Free prize", 3, old_head=base.head)
    logits = base(*base.body.encode(["Free prize"]).tensors)[0, 3]
    best = logits.topk(5)
    assert flow is not None
    close(flow["logits"], best.values)
    close(flow["probabilities"], logits.softmax(0)[best.indices])
    assert len(flow["labels"]) == 5


def test_a_body_of_another_kind_shows_what_it_can() -> None:
    base = Drawn().base(None, 0)  # type: ignore[arg-type]
    model = swap_head(base, MeanPool(), LinearHead(16, 2, torch.Generator())).classifier
    picture = pictures()[0].item
    flow = shown(model, picture, 2)
    assert [token["text"] for token in flow["tokens"]] == list("12345678")
    assert (flow["heads"], flow["attention"], flow["steps"], flow["text"]) == (0, {}, [], "")
    with torch.no_grad():
        x = base.body.run_blocks(base.body.embed(torch.tensor([picture])), 0, 1)[0]
        close(flow["strips"]["block[0]"], x[0, 2])
        close(flow["logits"], model(torch.tensor([picture]))[0])


class Hidden(LMBody):
    """A body whose state nobody else can read."""

    def embed(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x, mask = super().embed(ids, mask)
        return x.flatten(1), mask

    def run_blocks(self, state: tuple[torch.Tensor, ...], start: int = 0, stop: int | None = None):
        x, mask = super().run_blocks((state[0].unflatten(1, (-1, self.width)), state[1]), start, stop)
        return x.flatten(1), mask

    def finish(self, state: tuple[torch.Tensor, ...]):
        return super().finish((state[0].unflatten(1, (-1, self.width)), state[1]))


def test_a_state_that_nobody_can_read_leaves_what_comes_after_it() -> None:
    model = Classifier(Hidden(TINY, torch.Generator()), MeanPool(), LinearHead(16, 2, torch.Generator())).eval()
    assert [*shown(model)["strips"]] == ["norm", "pool"]


@torch.no_grad()
def test_what_is_inserted_is_part_of_the_numbers() -> None:
    model = kind("mean", 2, True)
    before = shown(model)
    attach(model.body, Shifts((0,)), torch.Generator())
    shift = model.body.get_submodule("inserted").get_submodule("blocks/0").get_submodule("shift")
    shift.by.fill_(0.5)  # type: ignore[operator,union-attr]
    after = shown(model, zoom="block[0]")
    close(after["strips"]["block[0]"], torch.tensor(before["strips"]["block[0]"]) + 0.5)
    assert after["steps"][-1]["values"] == after["strips"]["block[0]"]
    close(after["logits"], model(*inputs(model, TEXT))[0])


def test_looking_leaves_the_model_and_every_random_number_as_they_were() -> None:
    config = BodyConfig(width=16, heads=2, max_len=24, dropout=0.5)
    model = tiny_classifier(config=config).train()
    model.body.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    random = torch.get_rng_state()
    assert shown(model, zoom="block[1]") == shown(model, zoom="block[1]")
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert [p.requires_grad for p in model.parameters()] == [False] * (len([*model.parameters()]) - 2) + [True] * 2
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert torch.equal(random, torch.get_rng_state())


class Watcher:
    """Somebody who looks at a model, and can be copied as little as a lock."""

    def __init__(self) -> None:
        self.heard, self.lock = 0, Lock()

    def hear(self, *_: object) -> None:
        self.heard += 1


class Doubling:
    """A part of the model that is no module: it doubles what passes."""

    def __call__(self, module: nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        return 2 * output


def test_who_watches_the_model_hears_nothing_and_what_belongs_to_it_stays() -> None:
    model, watcher = kind("mean", 2, True), Watcher()
    with torch.no_grad():
        wanted = 2 * model(*inputs(model, TEXT))[0]
    model.head.register_forward_pre_hook(watcher.hear)
    for block in model.body.blocks:
        block.register_forward_hook(lambda *_: watcher.hear())
    model.head.register_forward_hook(Doubling())
    close(shown(model, zoom="block[0]")["logits"], wanted)
    machine_of(model, REGIMES["full"])
    assert watcher.heard == 0
    model(*inputs(model, TEXT))
    assert watcher.heard == 3


@given(st.text(max_size=40), st.integers(-1, 50), st.integers(0, 1), st.sampled_from(["", "block[0]", "block[1]"]))
def test_any_text_gives_plain_finite_numbers(text: str, position: int, head: int, zoom: str) -> None:
    flow = flow_of(tiny_classifier(), text, position, head, zoom)
    if flow is None:
        assert text == ""
        return
    assert json.loads(json.dumps(flow, allow_nan=False)) == flow
    assert all(None not in strip for strip in flow["strips"].values())
    read = [token for token in flow["tokens"] if token["kind"] == "byte"]
    assert len(read) == min(24, len(text.encode())) == len(flow["attention"]["block[0]"])
    assert 0 <= flow["position"] < len(read)
