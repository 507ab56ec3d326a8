"""Schooling on images without labels, and images that are moved at every step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from headswap import values
from headswap.data.images.augment import Augment
from headswap.data.images.digits import DigitsData
from headswap.data.images.picture import Picture
from headswap.data.messages import Split
from headswap.errors import DataError, SettingError
from headswap.model.body_contract import Base
from headswap.model.vision.vit import ViT, ViTConfig
from headswap.model.vision.wide_resnet import WideResNet, WideResNetConfig
from headswap.regimes.named import REGIMES
from headswap.results.compare import compare
from headswap.training.events import EpochDone, StageBegan
from headswap.training.looking.paint import MaskedPatches, hide, painted, painting_error
from headswap.training.looking.school import Unschooled
from headswap.training.looking.turn import Rotations, turned
from headswap.training.prefix import MOVED
from headswap.training.pretrain import PretrainStep
from headswap.training.recipe import Compute, Recipe
from headswap.training.run import run_regime, start_regime
from headswap.training.spec import KINDS, Result, RunSpec, Schooled, run_spec

VIT = ViTConfig(width=16, heads=2, depth=1)
WRN = WideResNetConfig((1, 8, 8), depth=10, factor=1)
STILL = Recipe(epochs=2, batch_size=16, learning_rate=0.01)
MOVING = replace(STILL, augment=Augment(1, flip=False))
PROBE = replace(REGIMES["head-only"], stages=(replace(REGIMES["head-only"].stages[0], least_steps=0),))


def stripes(count: int, seed: int = 0) -> tuple[Picture, ...]:
    """Images whose rows are all alike, or, of the other class, their columns: half of one shows the rest."""
    rng = np.random.default_rng(seed)
    lines = rng.random((count, 1, 1, 8), np.float32).repeat(8, 2)
    return tuple(
        Picture(line if i % 2 else line.transpose(0, 2, 1).copy(), i % 2, "stripes") for i, line in enumerate(lines)
    )


def split(train: int = 64) -> Split:
    return Split(stripes(train), stripes(16, 1), stripes(16, 2), label_names=("rows", "columns"))


def bits(module: nn.Module) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in module.state_dict().values()]


# ---- schooling


def test_a_schooled_transformer_paints_what_it_was_not_shown_better_than_the_mean_image() -> None:
    origin = MaskedPatches(VIT, epochs=5, batch_size=16, learning_rate=0.01)
    heard: list[PretrainStep] = []
    grey = np.random.default_rng(0).random((192, 1, 1, 1), np.float32).repeat(8, 2).repeat(8, 3)  # a shade each
    base = origin.base(replace(split(8), corpus=tuple(grey[:128])), 0, heard.append)
    error, guess = painting_error(base, list(grey[128:]))
    assert error < 0.5 * guess <= painting_error(origin.untrained(), list(grey[128:]))[0]
    assert [step.step for step in heard] == list(range(1, 41)) and heard[-1].epoch == 5
    assert heard[-1].loss < heard[0].loss


@torch.no_grad()
def test_a_hidden_patch_is_never_seen() -> None:
    base = MaskedPatches(VIT).new(0)
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    hidden = hide(4, 16, 0.5, torch.Generator().manual_seed(1))
    assert hidden.sum(1).tolist() == [8] * 4
    said, true = painted(base, images, hidden)
    other = images.clone()
    body = base.body
    assert isinstance(body, ViT)
    rows, columns = hidden.view(4, 4, 4).repeat_interleave(2, 1).repeat_interleave(2, 2).nonzero()[:, 1:].T
    other[hidden.view(4, 4, 4).repeat_interleave(2, 1).repeat_interleave(2, 2)[:, None]] = 0.123
    assert len(rows) == len(columns) == 4 * 8 * 4
    again, changed = painted(base, other, hidden)
    assert torch.equal(said, again) and not torch.equal(true, changed)


def test_turned_images_are_turned_by_so_many_right_angles() -> None:
    image = torch.arange(9).view(1, 1, 3, 3)
    found = turned(image.expand(4, -1, -1, -1), torch.tensor([0, 1, 2, 3]))
    assert [one[0, 0].tolist() for one in found] == [[0, 1, 2], [2, 5, 8], [8, 7, 6], [6, 3, 0]]


@pytest.mark.parametrize("origin", [MaskedPatches(VIT, epochs=1), Rotations(WRN, epochs=1), Rotations(VIT, epochs=1)])
def test_the_same_schooling_gives_the_same_bits_whatever_else_is_drawn(origin: MaskedPatches | Rotations) -> None:
    one = origin.base(split(32), 3)
    torch.rand(5)
    state = torch.get_rng_state()
    other = origin.base(split(32), 3, lambda step: None)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, bits(one), bits(other)))
    assert not all(map(torch.equal, bits(one), bits(origin.new(3))))
    assert not any(module.training for module in one.modules())


def test_a_schooling_reads_no_image_that_is_judged_and_no_label() -> None:
    origin, plain = MaskedPatches(VIT, epochs=1), split(32)
    swapped = replace(plain, train=tuple(replace(p, label=0) for p in plain.train), test=stripes(9, 9), validation=())
    assert all(map(torch.equal, bits(origin.base(plain, 0)), bits(origin.base(swapped, 0))))


def test_a_schooled_body_is_a_run_as_any_other_and_a_value() -> None:
    pytest.importorskip("sklearn")
    spec = RunSpec(DigitsData(20, 10, 10), REGIMES["full"], MOVING, MaskedPatches(VIT, epochs=1), 1)
    assert values.from_json(values.to_json(spec), KINDS) == spec
    for body in (Rotations(WRN), Unschooled(WRN)):
        assert values.from_json(values.to_json(replace(spec, body=body)), KINDS) == replace(spec, body=body)
    base = Schooled(spec.body.untrained(), 0.0)
    assert run_spec(spec, base) == run_spec(spec, base)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: MaskedPatches(VIT, share=1.0), "share is 1.0; give the share of the patches to hide"),
        (lambda: MaskedPatches(VIT, epochs=0), "epochs is 0 and batch_size 32; give whole numbers"),
        (lambda: Rotations(WRN, learning_rate=0.0), "learning_rate is 0.0; give a number above 0"),
        (lambda: Rotations(ViTConfig((1, 8, 4))), r"image is \(1, 8, 4\); a turned image must fit"),
    ],
)
def test_a_schooling_that_cannot_be_is_refused(make: object, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        make()  # type: ignore[operator]


def test_a_schooling_without_images_is_refused() -> None:
    with pytest.raises(DataError, match="there are no images to learn from"):
        MaskedPatches(VIT).base(Split((), (), ()), 0)


# ---- images that move


def base_of(kind: str) -> Base:
    generator = torch.Generator().manual_seed(0)
    return Base(ViT(VIT, generator) if kind == "vit" else WideResNet(WRN, generator), nn.Identity()).eval()


@pytest.mark.parametrize("kind", ["vit", "wrn"])
@pytest.mark.parametrize("regime", ["mlp-head", "last-block", "full"])
def test_an_augmented_run_keeps_nothing_of_its_training_images_and_says_so(kind: str, regime: str) -> None:
    history = run_regime(base_of(kind), split(), regime, MOVING)
    began = history.events[0]
    assert isinstance(began, StageBegan) and began.cached == ("nothing" if regime == "full" else MOVED)
    off = run_regime(base_of(kind), split(), regime, replace(MOVING, cache_bytes=0))
    ours, theirs = ([e.train_loss for e in run.epochs] for run in (history, off))
    assert ours == pytest.approx(theirs, rel=1e-4)  # a kept prefix would have seen no image moved


def test_every_step_sees_its_images_moved_and_the_judge_sees_them_as_they_are() -> None:
    seen: dict[bool, list[torch.Tensor]] = {True: [], False: []}
    model, events = start_regime(base_of("wrn"), split(16), "full", replace(MOVING, batch_size=16))
    model.body.get_submodule("stem").register_forward_pre_hook(lambda stem, x: seen[stem.training].append(x[0].clone()))
    list(events)
    first, second = seen[True]
    assert not torch.equal(first.sort(0).values, second.sort(0).values)
    (true,) = model.body.encode([example.item for example in split(16).validation]).tensors
    assert all(torch.equal(images, true * 2 - 1) for images in seen[False]) and len(seen[False]) == 2


def test_an_augmented_run_is_pure_and_its_micro_batches_change_no_draw() -> None:
    one, again = (run_regime(base_of("vit"), split(), "full", MOVING) for _ in range(2))
    assert one.events == again.events
    parts = run_regime(base_of("vit"), split(), "full", replace(MOVING, compute=Compute(micro_batch=5)))
    losses, theirs = ([e.train_loss for e in run.events if isinstance(e, EpochDone)] for run in (one, parts))
    assert losses == pytest.approx(theirs, rel=1e-4)
    still = run_regime(base_of("vit"), split(), "full", STILL)
    assert still.epochs[0].train_loss != one.epochs[0].train_loss


def test_a_probe_on_moving_images_promises_no_floor() -> None:
    """The best head for the images as they are is not the best one for the moved ones."""
    still, moving = (run_regime(base_of("vit"), split(), PROBE, recipe) for recipe in (STILL, MOVING))
    floors = [run.events[0].floor for run in (still, moving)]  # type: ignore[union-attr]
    assert floors[0] is not None and floors[1] is None


# ---- many runs from one schooled body


@dataclass(frozen=True)
class Stripes:
    """Stripes as a source of runs."""

    def split(self, seed: int) -> Split:
        return split(16)


@pytest.mark.parametrize("origin", [MaskedPatches(VIT, 1), Rotations(WRN, 1)], ids=["vit", "wrn"])
def test_runs_that_are_compared_share_one_schooled_body_of_images_for_each_seed(
    tmp_path: Path, origin: MaskedPatches | Rotations
) -> None:
    steps: list[str] = []
    regimes = ("mlp-head", "last-block", "scratch")
    specs = [
        RunSpec(Stripes(), REGIMES[name], replace(STILL, epochs=1), origin, seed) for seed in (0, 1) for name in regimes
    ]
    alone = [run_spec(spec) for spec in specs[:2]]
    found = list(compare(specs, folder=tmp_path, progress=lambda what, done: steps.append(what)))
    assert all(isinstance(one, Result) for one in found), found
    assert found[:2] == alone
    assert len(list((tmp_path / "bases").glob("*/base-*.safetensors"))) == 2
    assert [what for what in steps if "pretraining" in what] == ["seed 0: pretraining", "seed 1: pretraining"]
