"""A delta on the wrong base, truncated, or with a flipped byte is refused; a good one answers as before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import TINY, tiny_base, tiny_split

from headswap.data.images.picture import Picture
from headswap.data.messages import Split
from headswap.errors import CheckpointError, HeadswapError
from headswap.model.body import BodyConfig
from headswap.model.body_contract import Base
from headswap.model.vision.vit import ViTConfig
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.training.looking.paint import MaskedPatches
from headswap.training.looking.school import Unschooled
from headswap.training.looking.turn import Rotations
from headswap.training.loop import predict_logits
from headswap.training.pretrain import Origin
from headswap.training.recipe import Recipe
from headswap.training.run import History, encode, run_regime
from headswap.weights.deltas import base_hash, load_base, load_delta, save_base, save_delta

FORMAT1 = Path(__file__).parent / "format1"
FORMAT1_LOGITS = [[-0.09310664236545563, 0.0394120067358017], [-0.13731686770915985, 0.08267571032047272]]
QUICK = Recipe(epochs=1, batch_size=16)


def saved(folder: Path, regime: str = "head-only", pool: str = "mean") -> tuple[Path, Path, History]:
    base = tiny_base()
    recipe = Recipe(epochs=1, batch_size=16, pool=pool)
    history = run_regime(base, tiny_split(), regime, recipe)
    file = save_base(base, folder)
    return file, save_delta(folder / f"{regime}.safetensors", history, base), history


@pytest.mark.parametrize(
    "regime, pool", [("head-only", "mean"), ("mlp-head", "attention"), ("last-block", "max"), ("full", "cls")]
)
def test_a_delta_and_its_base_answer_as_the_classifier_did(tmp_path: Path, regime: str, pool: str) -> None:
    _, delta, history = saved(tmp_path, regime, pool)
    classifier, about = load_delta(delta)
    data = encode(tiny_split().test, classifier)
    assert data is not None
    assert torch.equal(predict_logits(classifier, data), predict_logits(history.classifier, data))
    assert (about.regime, about.pool, about.label_names) == (regime, pool, ("ham", "spam"))


def test_a_delta_holds_only_what_learned(tmp_path: Path) -> None:
    base_file, head_only, _ = saved(tmp_path)
    _, last_block, _ = saved(tmp_path, "last-block")
    assert head_only.stat().st_size < 1500
    assert head_only.stat().st_size < last_block.stat().st_size < base_file.stat().st_size


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    _, first, _ = saved(tmp_path / "a")
    _, second, _ = saved(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


def test_a_base_comes_back_to_the_bit(tmp_path: Path) -> None:
    base = tiny_base()
    assert base_hash(load_base(save_base(base, tmp_path))) == base_hash(base)


def test_another_base_is_refused_by_name(tmp_path: Path) -> None:
    _, delta, _ = saved(tmp_path)
    with pytest.raises(CheckpointError, match=base_hash(tiny_base())[:12]):
        load_delta(delta, tiny_base(seed=1))
    almost = tiny_base()
    with torch.no_grad():
        almost.body.norm.bias[0] += 1e-7
    with pytest.raises(CheckpointError, match="needs the base"):
        load_delta(delta, almost)


def test_a_missing_base_is_named(tmp_path: Path) -> None:
    base_file, delta, _ = saved(tmp_path)
    base_file.unlink()
    with pytest.raises(CheckpointError, match=base_file.name):
        load_delta(delta)


def test_every_flipped_byte_is_refused(tmp_path: Path) -> None:
    _, delta, _ = saved(tmp_path)
    base, raw = tiny_base(), delta.read_bytes()
    broken = tmp_path / "broken.safetensors"
    for position in range(len(raw)):
        broken.write_bytes(raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :])
        with pytest.raises(CheckpointError):
            load_delta(broken, base)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    _, delta, _ = saved(tmp_path)
    base, raw = tiny_base(), delta.read_bytes()
    broken = tmp_path / "broken.safetensors"
    for length in range(0, len(raw), 7):
        broken.write_bytes(raw[:length])
        with pytest.raises(CheckpointError):
            load_delta(broken, base)


def test_a_base_is_no_delta_and_a_delta_no_base(tmp_path: Path) -> None:
    base_file, delta, _ = saved(tmp_path)
    with pytest.raises(CheckpointError, match="holds a base, not a delta"):
        load_delta(base_file)
    with pytest.raises(CheckpointError, match="holds a delta, not a base"):
        load_base(delta)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    history = run_regime(tiny_base(), tiny_split(), "head-only", QUICK)
    with pytest.raises(HeadswapError, match="cannot be written"):
        save_delta(tmp_path / "taken" / "x.safetensors", history, tiny_base())
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(HeadswapError, match="cannot be written"):
        save_delta(tmp_path / "folder.safetensors", history, tiny_base())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.safetensors", "taken"]


# ---- what the first format wrote (before hashes named their format), kept in format1/


def test_a_base_and_a_delta_of_the_first_format_still_load() -> None:
    classifier, about = load_delta(FORMAT1 / "head-only.safetensors")
    assert (about.regime, about.pool, about.head, about.inserts) == ("head-only", "mean", "linear", ())
    data = encode(tiny_split().test[:2], classifier)
    assert data is not None
    expected = torch.tensor(FORMAT1_LOGITS)
    torch.testing.assert_close(predict_logits(classifier, data), expected, rtol=1e-5, atol=1e-6)


def test_a_delta_of_the_first_format_still_knows_another_base() -> None:
    (file,) = FORMAT1.glob("base-*.safetensors")
    base = load_base(file)
    base.body.config = replace(base.body.config, causal=False)
    with pytest.raises(CheckpointError, match="needs the base"):
        load_delta(FORMAT1 / "head-only.safetensors", base)


@dataclass(frozen=True, slots=True)
class Later(BodyConfig):
    """A BodyConfig of a later version, with one setting more."""

    rotary: bool = False


def test_one_setting_more_changes_no_hash_and_orphans_no_delta(tmp_path: Path) -> None:
    _, delta, _ = saved(tmp_path)
    base, before = tiny_base(), base_hash(tiny_base())
    base.body.config = Later(width=16, heads=2, depth=2, max_len=24)
    assert base_hash(base) == before
    assert load_delta(delta, base)[1].base == before
    assert load_delta(FORMAT1 / "head-only.safetensors")[1].regime == "head-only"
    base.body.config = replace(base.body.config, rotary=True)
    with pytest.raises(CheckpointError, match="needs the base"):
        load_delta(delta, base)


def test_settings_that_change_what_a_body_computes_are_in_its_hash() -> None:
    hashes = {
        base_hash(tiny_base(config=replace(TINY, heads=heads, causal=c))) for heads in (1, 2) for c in (True, False)
    }
    assert len(hashes) == 4


def test_a_base_of_a_later_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    base = tiny_base()
    base.body.config = Later(width=16, heads=2, depth=2, max_len=24, rotary=True)
    path = save_base(base, tmp_path)
    with pytest.raises(CheckpointError, match="has the setting rotary, which this version does not know"):
        load_base(path)


@dataclass(frozen=True)
class Drawings:
    """Random images in two classes, light and dark."""

    def split(self, seed: int) -> Split:
        rng = np.random.default_rng(seed)
        found = [rng.random((1, 8, 8), np.float32) * (0.5 + i % 2) / 1.5 for i in range(24)]
        all_ = tuple(Picture(image, i % 2, "a drawing") for i, image in enumerate(found))
        return Split(all_[:16], all_[16:20], all_[20:], label_names=("light", "dark"))


VIT, WRN = ViTConfig(width=8, heads=2, depth=1), WideResNetConfig((1, 8, 8), depth=10, factor=1)


@pytest.mark.parametrize(
    "origin", [MaskedPatches(VIT, 1), Rotations(WRN, 1), Unschooled(WRN)], ids=lambda o: type(o).__name__
)
def test_a_base_of_images_comes_back_to_the_bit_and_its_deltas_answer(tmp_path: Path, origin: Origin) -> None:
    split = Drawings().split(0)
    base = origin.base(split, 0)
    assert base_hash(load_base(save_base(base, tmp_path))) == base_hash(base)
    history = run_regime(base, split, "full", QUICK)
    classifier, about = load_delta(save_delta(tmp_path / "full.safetensors", history, base, split.label_names))
    data = encode(split.test, classifier)
    assert data is not None and about.label_names == ("light", "dark")
    assert torch.equal(predict_logits(classifier, data), predict_logits(history.classifier, data))


def test_a_base_of_somebody_elses_body_cannot_be_written_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="a LMBody with a Conv2d cannot be written"):
        save_base(Base(tiny_base().body, torch.nn.Conv2d(1, 1, 1)), tmp_path)
