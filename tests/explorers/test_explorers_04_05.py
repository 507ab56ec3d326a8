"""The explorers of lessons 04 and 05: pads that flip a verdict, clouds, stale gradients, arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from helpers import TINY, tiny_base, tiny_classifier, tiny_split
from torch import nn

from headswap import Recipe, fixture_split, run_regime
from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import SettingError
from headswap.explorers import arithmetic, lesson_base, pads, pooled, snapshots, stale
from headswap.explorers.freezing import LEFTOVERS, frozen_path
from headswap.explorers.pooling import LINES, MASKED, apart, directions
from headswap.explorers.widget import Explorer
from headswap.model.classifier import Classifier

QUICK = Recipe(epochs=2, batch_size=16, learning_rate=0.01)


# ---- 04: pads


@pytest.fixture(scope="module")
def trained() -> tuple[Classifier, Classifier]:
    base, split = lesson_base(), fixture_split()
    mean, last = (run_regime(base, split, "head-only", Recipe(pool=pool)).classifier for pool in ("mean", "last"))
    return mean, last


def slide(explorer: Explorer, side: str, most: int) -> dict[str, list[tuple[str, str]]]:
    """P(spam) as shown and the verdict, line by line, for every place of the slider."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in LINES}
    for count in range(most + 1):
        explorer.set(pads=count, side=side)
        for name, _, spam, verdict in explorer.find("Verdicts")["rows"]:
            found[name].append((spam, verdict))
    return found


@pytest.mark.parametrize("side", ["right", "left"])
def test_pads_flip_the_unmasked_verdict_and_never_move_the_masked_one(
    trained: tuple[Classifier, Classifier], side: str
) -> None:
    found = slide(pads(*trained), side, 17)
    assert {verdict for _, verdict in found["mean of every position"]} == {"spam", "ham"}
    for name in MASKED:
        assert len(set(found[name])) == 1
    # On the left the last position is the last real byte, so this mistake hides there.
    assert (len(set(found["last position"])) == 1) is (side == "left")
    assert ({verdict for _, verdict in found["last position"]} == {"spam", "ham"}) is (side == "right")


@torch.no_grad()
def test_what_pads_shows_is_what_the_model_says(trained: tuple[Classifier, Classifier]) -> None:
    explorer = pads(*trained, message="Free prize")
    ids = [*b"Free prize"]
    for count in (0, 5, 22):
        explorer.set(pads=count)
        shown = dict(zip(LINES, [row[2] for row in explorer.find("Verdicts")["rows"]], strict=True))
        for model, masked in zip(trained, MASKED, strict=True):
            spam = model(*ByteTokenizer().pad([ids, [0] * (10 + count)]))[0].softmax(0)[1]
            assert shown[masked] == f"{spam:.2f}"
        batch = torch.tensor([ids + [256] * count])
        hidden = trained[0].body(batch, batch != 256)
        wrong = trained[0].head(hidden.mean(1))[0].softmax(0)[1]
        assert shown["mean of every position"] == f"{wrong:.2f}"


def test_the_tape_and_the_curves_follow_the_slider() -> None:
    explorer = pads(tiny_classifier("mean"), tiny_classifier("last"), message="hello")
    explorer.set(pads=3, side="left")
    kinds = [cell["kind"] for cell in explorer.find("What the model reads")["cells"]]
    assert kinds == ["pad"] * 3 + ["byte"] * 5
    curves = explorer.find("P(spam) for every number of pads")
    assert [len(line["points"]) for line in curves["lines"]] == [TINY.max_len - 5 + 1] * 2
    assert [line["dash"] for line in curves["lines"]] == [False, True]
    assert curves["marks"][0][0] == 3


def test_a_flipped_verdict_is_loud_and_no_other_is(trained: tuple[Classifier, Classifier]) -> None:
    explorer = pads(*trained)
    for count in range(18):
        explorer.set(pads=count)
        masked, counted = explorer.find("The verdict")["cards"]
        flipped = explorer.find("Verdicts")["rows"][1][3] == "ham"
        assert (masked["big"], masked["loud"]) == ("SPAM", False)
        assert (counted["big"], counted["loud"]) == ("HAM" if flipped else "SPAM", flipped)
    assert "flipped from spam" in counted["says"]


def test_the_pool_that_is_chosen_is_the_pool_that_is_shown(trained: tuple[Classifier, Classifier]) -> None:
    explorer = pads(*trained)
    for pool, names in (("mean", LINES[:2]), ("last byte", LINES[2:])):
        explorer.set(pool=pool)
        drawn = explorer.find("P(spam) for every number of pads")["lines"]
        assert tuple(line["name"] for line in drawn) == names
        cards = explorer.find("The verdict")["cards"]
        assert all(card["name"].endswith(name) for card, name in zip(cards, names, strict=True))


@pytest.mark.parametrize("text", ["", "x" * 99, "👍", "\0", "half \ud83d"])
def test_any_text_may_be_typed(text: str) -> None:
    explorer = pads(tiny_classifier("mean"), tiny_classifier("last"))
    explorer.set(text=text, pads=TINY.max_len - 1)
    assert explorer.find("What moved")["text"]


def test_pads_refuses_two_bodies() -> None:
    with pytest.raises(SettingError, match="head-only from the same base"):
        pads(tiny_classifier("mean"), tiny_classifier("last", seed=1))


# ---- 04: clouds


def test_the_cloud_stands_still_under_head_only_and_moves_when_everything_learns() -> None:
    base, split = tiny_base(), tiny_split()
    runs = {name: snapshots(base, split, name, QUICK) for name in ("head-only", "full")}
    labels = [m.label for m in split.validation]
    explorer = pooled(runs, labels)
    shown = {}
    for run in runs:
        for epoch in range(3):
            explorer.set(run=run, epoch=epoch)
            groups = explorer.find(f"{len(labels)} messages after epoch {epoch}")["groups"]
            assert [len(group["points"]) for group in groups] == [labels.count(0), labels.count(1)]
            shown[run, epoch] = groups
    assert shown["head-only", 0] == shown["head-only", 1] == shown["head-only", 2] == shown["full", 0]
    assert shown["full", 1] != shown["full", 0]
    assert shown["full", 2] != shown["full", 1]


def test_the_directions_are_those_of_a_principal_component_analysis() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    x = torch.randn(50, 7, generator=torch.Generator().manual_seed(0)) * torch.tensor([5.0, 1, 3, 1, 1, 1, 1]) + 9
    theirs = torch.tensor(decomposition.PCA(2).fit(x.numpy()).components_)
    ours = directions(x)
    torch.testing.assert_close(ours.abs(), theirs.abs().float(), rtol=1e-4, atol=1e-4)
    assert all(axis[axis.abs().argmax()] > 0 for axis in ours)
    assert torch.equal(directions(x), ours)


def test_how_far_apart_is_the_distance_of_the_means_over_the_spread() -> None:
    x, labels = torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1])
    assert apart(x, labels) == pytest.approx(10 / (2 + 2) ** 0.5)


# ---- 05: what the optimizer holds


def test_adamw_keeps_two_numbers_per_weight() -> None:
    weight = nn.Parameter(torch.ones(130))
    optimizer = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimizer.step()
    kept = [v for v in optimizer.state[weight].values() if torch.is_tensor(v) and v.shape == weight.shape]
    assert len(kept) == 2


# ---- 05: a stale gradient


@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_only_no_gradient_at_all_keeps_a_frozen_weight_where_it_is(optimizer: str) -> None:
    moved = {left: frozen_path(optimizer, left, 5)[-1] - frozen_path(optimizer, left, 5)[0] for left in LEFTOVERS}
    gradient, zeros, nothing = moved.values()
    assert gradient == pytest.approx(-0.5, abs=0.01)
    assert nothing == 0.0
    assert (zeros == 0.0) is (optimizer == "SGD")


def test_the_stale_explorer_says_so() -> None:
    explorer = stale()
    (card,) = explorer.find("After freezing")["cards"]
    assert (card["big"], card["loud"], card["says"]) == ("MOVED", True, "by -2.00, after 20 steps")
    explorer.set(left=LEFTOVERS[2], steps=7)
    (card,) = explorer.find("After freezing")["cards"]
    assert (card["big"], card["loud"], card["says"]) == ("STAYED", False, "at 0.90, after 7 steps")
    assert len(explorer.find("A frozen weight")["lines"][0]["points"]) == 8


# ---- 05: the feature head's arithmetic


def test_the_feature_head_learns_7_92_times_fewer_weights() -> None:
    explorer = arithmetic()
    (card,) = explorer.find("The head alone")["cards"]
    assert (card["big"], card["says"]) == ("7.92 times fewer", "1,480 instead of 11,720 weights")
    assert [row[2] for row in explorer.find("Weights")["rows"]] == ["2,048", "8,192", "1,280", "200", "11,720"]
    assert explorer.find("What learns")["rows"] == [
        ["the whole network", 11720, 11720],
        ["the head alone", 1480, 11720],
    ]


@pytest.mark.parametrize("sizes", [(32, 64, 2, 20, 10), (1, 4, 0, 1, 2), (128, 256, 12, 128, 100), (7, 12, 3, 5, 9)])
def test_the_arithmetic_is_that_of_the_network_itself(sizes: tuple[int, ...]) -> None:
    inputs, width, layers, hidden, outputs = sizes
    widths = [inputs, *[width] * (layers + 1), hidden, outputs]
    network = nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in pairwise(widths)))
    explorer = arithmetic()
    explorer.set(inputs=inputs, width=width, layers=layers, hidden=hidden, outputs=outputs)
    rows = explorer.find("What learns")["rows"]
    assert rows[0][1] == sum(p.numel() for p in network.parameters())
    assert rows[1][1] == sum(p.numel() for p in network[-2:].parameters())


@pytest.mark.parametrize("explorer", [stale, arithmetic])
def test_an_explorer_prints_as_one_line_without_an_address(explorer: object) -> None:
    text = repr(explorer())  # type: ignore[operator]
    assert "\n" not in text and "0x" not in text
