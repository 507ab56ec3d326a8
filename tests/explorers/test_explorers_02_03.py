"""The explorers of lessons 02 and 03: where a byte looks, how perplexity falls, what a swap keeps."""

from __future__ import annotations

import math
import re

import pytest
import torch
from gpt2 import gpt2_config, gpt2_state, random_body
from helpers import TINY, tiny_base

from headswap import LinearHead, MeanPool, new_language_model, pretrain, swap_head
from headswap.data.tokenizer import BOS, ByteTokenizer
from headswap.errors import SettingError
from headswap.explorers.body import attention, attention_weights, glyph, habits, pretraining
from headswap.explorers.by_hand import by_hand
from headswap.explorers.guessing import guesses
from headswap.explorers.swapping import swap_report
from headswap.model.body import BodyConfig, LanguageModel
from headswap.model.pooling import AttentionPool
from lessons import build

transformers = pytest.importorskip("transformers")

TEXTS = ["hi", "see you at the old place tonight", "URGENT: call now", "ok 👍", ""]


# ---- attention


@pytest.mark.parametrize("text", TEXTS)
@torch.no_grad()
def test_attention_weights_are_gpt2s(text: str) -> None:
    body = random_body()
    judge = transformers.GPT2Model(gpt2_config(attn_implementation="eager")).eval()
    judge.load_state_dict(gpt2_state(body), strict=False)
    ids = [BOS, *ByteTokenizer().encode(text, 31)]
    theirs = judge(input_ids=torch.tensor([ids]), output_attentions=True).attentions
    for block in range(body.depth):
        ours = attention_weights(body, ids, block)
        assert ours.shape == (4, len(ids), len(ids))
        assert (ours - theirs[block][0]).abs().max() < 1e-5


@torch.no_grad()
def test_the_weights_give_back_what_the_library_attends_to() -> None:
    """Weights times values, through the output layer, is the attention of the library's own block."""
    body, ids = random_body(), [BOS, *b"see you"]
    x, mask = torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool)
    block = body.blocks[1]
    x = block.norm1(body.run_blocks(body.embed(x, mask), stop=1)[0])  # pyright: ignore[reportCallIssue]
    values = block.attention.qkv(x)[..., 128:].unflatten(-1, (4, 16)).transpose(1, 2)  # (1, H, T, D/H)
    mixed = (attention_weights(body, ids, 1) @ values[0]).transpose(0, 1).flatten(1)  # (T, D)
    torch.testing.assert_close(block.attention.out(mixed), block.attention(x, None)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_rows_add_up_to_one_and_nothing_ahead_is_seen(text: str) -> None:
    look = attention(tiny_base())
    look.set(text=text, block=1, head=1)
    grid = look.find("Where it looks")
    T = min(24, 1 + len(text.encode()))
    assert len(grid["rows"]) == len(grid["columns"]) == len(grid["values"]) == T
    for i, row in enumerate(grid["values"]):
        assert [cell is None for cell in row] == [j > i for j in range(T)]
        assert sum(cell for cell in row if cell is not None) == pytest.approx(1, abs=0.0005 * T)


def test_a_body_that_sees_everything_has_no_hidden_cell() -> None:
    config = BodyConfig(width=16, heads=2, depth=2, max_len=24, causal=False)
    grid = attention(new_language_model(config, 0)).find("Where it looks")["values"]
    assert all(cell is not None for row in grid for cell in row)
    assert all(sum(row) == pytest.approx(1, abs=0.01) for row in grid)


def test_labels_are_the_bytes_as_characters() -> None:
    look = attention(tiny_base())
    look.set(text="a é\n")
    assert look.find("Where it looks")["rows"] == ["bos", "a", "␣", "C3", "A9", "0A"]
    assert [glyph(i) for i in (256, 257, 258, 259)] == ["pad", "cls", "bos", "eos"]


def test_block_and_head_choose_what_is_drawn() -> None:
    base = LanguageModel(random_body(), new_language_model(BodyConfig(), 0).head)
    look = attention(base)
    drawn = []
    for block in (0, 1):
        for head in range(4):
            look.set(block=block, head=head)
            drawn.append(str(look.find("Where it looks")["values"]))
    assert len(set(drawn)) == 8
    with pytest.raises(SettingError, match="block"):
        look.set(block=2)


def test_the_table_holds_the_habits_of_every_head() -> None:
    look = attention(tiny_base())
    look.set(text="hello", block=1, head=0)
    weights = torch.tensor([[cell or 0.0 for cell in row] for row in look.find("Where it looks")["values"]])
    row = next(row for row in look.find("Every head")["rows"] if row[:2] == ["1", "0"])
    largest = weights[1:].max(1).values
    expected = (weights.diagonal()[1:], weights.diagonal(-1), weights.diagonal(-2), weights[1:, 0], largest)
    for said, shares in zip(row[2:], expected, strict=True):
        assert abs(int(said.rstrip("%")) - 100 * float(shares.mean())) <= 0.6


@torch.no_grad()
def test_what_comes_next_is_the_models_own_guess_at_every_position() -> None:
    base, ids = tiny_base(), torch.tensor([[BOS, *b"hi"]])
    look = attention(base, "hi")
    shares = base(ids, torch.ones_like(ids, dtype=torch.bool))[0].softmax(-1)
    for row, told in zip(shares, look.find("Where it looks")["next"], strict=True):
        assert told[0] == [glyph(int(row.argmax())), pytest.approx(float(row.max()), abs=1e-4)]
        assert [share for _, share in told] == sorted((share for _, share in told), reverse=True)


def test_habits_are_what_the_attention_weights_say() -> None:
    base = tiny_base()
    ids = [BOS, *b"see you"]
    for block, (near, largest) in enumerate(habits(base, ["see you"])):
        rows = attention_weights(base.body, ids, block)[:, 3:]
        last_three = [row[t - 2 : t + 1].sum() for head in rows for t, row in enumerate(head, 3)]
        assert near == pytest.approx(float(torch.stack(last_three).mean()), abs=1e-6)
        assert largest == pytest.approx(float(rows.max(-1).values.mean()), abs=1e-6)


def test_half_a_character_is_refused_in_words() -> None:
    look = attention(tiny_base())
    look.set(text="\ud83d")
    assert [block["title"] for block in look.shown] == ["Where it looks"]
    assert "can't be read" in look.shown[0]["text"]


def test_looking_draws_nothing_and_changes_no_weight() -> None:
    base, state = tiny_base(), torch.get_rng_state()
    before = {name: weight.clone() for name, weight in base.named_parameters()}
    attention(base).set(text="other", block=1)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], weight) for name, weight in base.named_parameters())


# ---- guesses


@torch.no_grad()
def test_a_byte_has_the_chance_that_the_model_gave_it_before_it_came() -> None:
    base, ids = tiny_base(), torch.tensor([[BOS, *b"hi!"]])
    shown = guesses(base)
    shown.set(text="hi!")
    shares = base(ids, torch.ones_like(ids, dtype=torch.bool))[0].softmax(-1)
    found = shown.find("How surprising each byte is")
    assert found["labels"] == ["h", "i", "!"]
    expected = [float(shares[t, i]) for t, i in enumerate(b"hi!")]
    assert found["chances"] == pytest.approx(expected, abs=1e-6)
    assert len(found["next"]) == 4
    perplexity = math.exp(-sum(map(math.log, expected)) / 3)
    assert float(shown.find("It hesitates between")["items"][0]["value"].replace(",", "")) == pytest.approx(
        perplexity, rel=0.01
    )


def test_an_own_message_goes_before_the_listed_ones_and_half_a_character_is_told() -> None:
    shown = guesses(tiny_base())
    listed = shown.find("How surprising each byte is")["labels"]
    shown.set(text="\ud83d")
    assert "can't be read" in shown.shown[0]["text"]
    shown.set(text="")
    assert shown.find("How surprising each byte is")["labels"] == listed


# ---- one head by hand


@torch.no_grad()
def test_the_mix_by_hand_is_what_the_bodys_own_attention_hands_on() -> None:
    """The mixes of all heads, through the output layer, are the output of the block's own attention."""
    base = tiny_base()
    body, ids = base.body, [BOS, *b"Fr"]
    x, mask = torch.tensor([ids]), torch.ones(1, 3, dtype=torch.bool)
    for i, block in enumerate(body.blocks):
        normed = block.norm1(body.run_blocks(body.embed(x, mask), stop=i)[0])  # pyright: ignore[reportCallIssue]
        theirs = block.attention(normed, None)[0]  # (3, D)
        for looker in range(3):
            mixes = []
            for head in range(body.config.heads):
                shown = by_hand(base)
                shown.set(head=f"block {i}, head {head}", looker=looker + 1)
                mixes += shown.find("From query to mix")["mix"]
            torch.testing.assert_close(block.attention.out(torch.tensor(mixes)), theirs[looker], rtol=1e-5, atol=1e-5)


def test_every_line_of_the_table_follows_from_the_one_above() -> None:
    shown = by_hand(tiny_base())
    for looker in (1, 2, 3):
        shown.set(looker=looker)
        told = shown.find("From query to mix")
        root = math.sqrt(len(told["query"]))
        assert told["labels"] == ["bos", "F", "r"]
        for j, key in enumerate(told["keys"]):
            assert told["dots"][j] == pytest.approx(sum(map(math.prod, zip(told["query"], key, strict=True))), abs=1e-5)
            score = told["scores"][j]
            assert (score is None) is (j >= looker)
            assert told["exps"][j] == (
                0 if score is None else pytest.approx(math.exp(told["dots"][j] / root), rel=1e-4)
            )
            assert told["shares"][j] == pytest.approx(told["exps"][j] / sum(told["exps"]), abs=1e-6)
        for n, mixed in enumerate(told["mix"]):
            parts = (share * value[n] for share, value in zip(told["shares"], told["values"], strict=True))
            assert mixed == pytest.approx(sum(parts), abs=1e-6)


def test_fewer_than_two_bytes_are_told_by_hand_as_well() -> None:
    shown = by_hand(tiny_base())
    shown.set(text="")
    assert shown.find("From query to mix")["labels"] == ["bos"]
    assert shown.find("From query to mix")["shares"] == [1.0]
    shown.set(text="\ud83d")
    assert "can't be read" in shown.shown[0]["text"]


# ---- pretraining


def test_the_curve_has_a_point_per_twenty_steps_and_falls() -> None:
    curve, model = pretraining(), new_language_model(TINY, 0)
    messages = []
    curve.observe(lambda change: messages.append(change["new"]), "shown")
    steps = list(pretrain(model, ["hello there"] * 160, epochs=5))
    for step in steps:
        curve.add(step)
    learned, guessing = curve.find("Learning curve")["lines"]
    assert [point[0] for point in learned["points"]] == [1, 20, 40, 50]
    assert len(messages) == 4
    assert learned["points"][0][1] == pytest.approx(math.exp(steps[0].loss), abs=0.001)
    last = sum(step.loss for step in steps[40:]) / 10
    assert learned["points"][-1][1] == pytest.approx(math.exp(last), abs=0.001)
    assert learned["points"][0][1] > 200 > 20 > learned["points"][-1][1]
    assert {y for _, y in guessing["points"]} == {260}


def test_the_axis_switches_from_perplexity_to_loss() -> None:
    curve = pretraining()
    for step in pretrain(new_language_model(TINY, 0), ["hi"] * 16, epochs=1):
        curve.add(step)
    assert "perplexity" in curve.find("Learning curve")["y"]
    high = curve.find("Learning curve")["lines"][0]["points"][0][1]
    curve.set(scale="loss")
    assert "nats" in curve.find("Learning curve")["y"]
    low = curve.find("Learning curve")["lines"][0]["points"][0][1]
    assert math.exp(low) == pytest.approx(high, rel=0.001)
    assert repr(curve) == "Pretraining(scale='loss')"


def test_an_empty_curve_says_so() -> None:
    assert pretraining().find("Perplexity so far")["text"] == "Nothing is learned yet."


# ---- the swap


def new_swap(pool: MeanPool | AttentionPool | None = None):
    base = new_language_model(BodyConfig(), 0)
    return swap_head(base, pool or MeanPool(), LinearHead(64, 2, torch.Generator().manual_seed(0)))


def test_the_report_counts_what_is_kept_dropped_and_created() -> None:
    report = swap_report(new_swap())
    assert report.find("Weights")["rows"] == [
        ["kept", 118_784, 135_684],
        ["dropped", 260 * 64 + 260, 135_684],
        ["created", 130, 118_914],
    ]
    assert "135,684 weights before, 118,914 after; 28 tensors" in report.find("The swap")["text"]
    assert report.find("Place by place")["rows"][-1] == ["head", 0, 16_900, 130]
    assert sum(row[1] for row in report.find("Place by place")["rows"]) == 118_784


def test_a_place_shows_its_tensors_by_name() -> None:
    swap = new_swap()
    report = swap_report(swap)
    assert [row[:3] for row in report.find("Tensors of the place")["rows"]] == [
        ["dropped", "head.linear.bias", "260"],
        ["dropped", "head.linear.weight", "260 by 64"],
        ["created", "head.linear.bias", "2"],
        ["created", "head.linear.weight", "2 by 64"],
    ]
    seen = []
    for place in report.controls[0]["options"]:
        report.set(place=place)
        seen += [row[1] for row in report.find("Tensors of the place")["rows"] if row[0] == "kept"]
    assert sorted(seen) == sorted(swap.kept)


def test_a_pool_with_weights_is_created_and_a_dropped_one_is_gone() -> None:
    swap = new_swap(AttentionPool(64, torch.Generator().manual_seed(0)))
    report = swap_report(swap)
    assert ["pool", 0, 0, 64] in report.find("Place by place")["rows"]
    again = swap_report(swap_head(swap.classifier, MeanPool(), swap.classifier.head))
    again.set(place="pool")
    assert again.find("Tensors of the place")["rows"] == [["dropped", "pool.query", "gone", 0]]


def test_lesson_03_quotes_the_scores_of_record() -> None:
    record = (build.LESSONS.parent / "figures" / "fixture.txt").read_text("utf-8")
    told = (build.LESSONS / "03_head_swap.py").read_text("utf-8")
    for regime in ("frozen-random", "head-only", "scratch"):
        line = next(line for line in record.splitlines() if line.startswith(regime))
        learning, _, _, f1, low, high = re.findall(r"\d[\d,.]*\d", line)[:6]
        assert re.search(rf"`{regime}` \| \w+ \| {learning} \| {f1} \| \[{low}, {high}\]", told)
    gain = next(line for line in record.splitlines() if line.startswith("head-only")).split("  ")[-1].strip()
    assert gain in told
