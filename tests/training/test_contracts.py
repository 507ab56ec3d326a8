"""The contracts that later rooms build on: any body, places as data, stages that bring things, where a run computes."""

from __future__ import annotations

import copy
import io
import math
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from helpers import brief, tiny_base, tiny_classifier, tiny_split
from pictures import Digits, Drawn
from test_house import PACKAGE, imported, modules
from torch import nn
from toys import Idle, Shifts

from headswap.data.batches import Batch, ClassificationDataset
from headswap.data.messages import Split
from headswap.errors import HeadswapError, SettingError
from headswap.live.runner import Runner
from headswap.live.runs import Prepared, Settings
from headswap.model import onednn
from headswap.model.body_contract import Base, Place
from headswap.model.classifier import Classifier, place_of
from headswap.model.copies import lazy_clone, lazy_copy, unchanged
from headswap.model.heads import LinearHead
from headswap.model.inserts.attach import attach
from headswap.model.layers import linear
from headswap.model.losses import CrossEntropy, Loss
from headswap.model.pooling import MeanPool
from headswap.regimes.named import REGIMES
from headswap.regimes.places import parameter_groups
from headswap.regimes.stages import FROZEN, Falling, Regime, Stage
from headswap.training.events import EpochDone, Event, StageBegan, StageEnded, StepDone
from headswap.training.loop import make_optimizer, predict_logits, train_classifier
from headswap.training.prefix import Prefix, frozen_prefix, held_bytes, prepare
from headswap.training.pretrain import generate, perplexity, pretrain
from headswap.training.recipe import Compute, Recipe
from headswap.training.run import encode, epochs_of, run_regime, start_regime
from headswap.weights.deltas import load_delta, save_delta

QUICK = Recipe(epochs=2, batch_size=16, learning_rate=0.01)
PROBE = (("head", 1.0), ("everything", FROZEN))
WITH_SHIFT = (("head", 1.0), ("inserted", 1.0), ("everything", FROZEN))


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(before: dict[str, torch.Tensor], after: nn.Module) -> set[str]:
    now = after.state_dict()
    return {name for name in before if not torch.equal(before[name], now[name])}


def of_shifts(insert: object = Shifts(), head: str | None = "linear", **more: object) -> Regime:
    return Regime("shifts", "A toy.", (Stage(WITH_SHIFT, head, inserts=(insert,), **more),), 0.01, "nothing")  # type: ignore[arg-type]


# ---- a second body


@pytest.mark.parametrize("name, pool", [
    *((name, pool) for name in REGIMES for pool in ("mean", "attention")),
    *((name, pool) for name in list(REGIMES)[:7] for pool in ("last", "max")),
])  # fmt: skip
def test_a_body_of_images_goes_through_every_regime(name: str, pool: str) -> None:
    split = Digits().split(0)
    base = Drawn().base(split, 0)
    before, recipe = state(base), replace(QUICK, epochs=4, pool=pool)
    history = run_regime(base, split, brief(name), recipe)
    assert moved(before, base) == set()
    guessing = math.log(2)
    began = history.epochs[0].train_loss if len(history.regime.stages) == 1 else guessing  # a probe begins at its best
    assert history.epochs[-1].train_loss < began
    uncached = run_regime(base, split, brief(name), replace(recipe, cache_bytes=0))
    for cached, plain in zip(history.epochs, uncached.epochs, strict=True):
        assert cached.validation == plain.validation
        assert cached.train_loss == pytest.approx(plain.train_loss, abs=1e-5)


def test_the_prefix_of_images_is_kept_whole_and_of_their_own_shape() -> None:
    split = Digits().split(0)
    model, events = start_regime(Drawn().base(split, 0), split, "last-block", QUICK)
    assert next(iter(events)).cached == "hidden states below block 1"  # type: ignore[union-attr]
    data = encode(split.train, model)
    assert data is not None
    inputs = prepare(model, data, frozen_prefix(model), 2**20)
    assert [tuple(t.shape) for t in inputs.rows.tensors] == [(96, 8, 16)]
    assert held_bytes(inputs) == 4 * 96 * 8 * 16


def test_a_delta_on_a_body_of_images_comes_back(tmp_path: Path) -> None:
    split = Digits().split(0)
    base = Drawn().base(split, 0)
    history = run_regime(base, split, "last-block", QUICK)
    path = save_delta(tmp_path / "digits.safetensors", history, base, split.label_names)
    classifier, about = load_delta(path, base)
    data = encode(split.test, classifier)
    assert data is not None
    assert torch.equal(predict_logits(classifier, data), predict_logits(history.classifier, data))
    assert about.label_names == ("three", "eight")
    with pytest.raises(HeadswapError, match="needs the base"):
        load_delta(path, Drawn().base(split, 1))


def test_the_labs_runner_trains_a_body_of_images() -> None:
    split = Digits().split(0)
    told: list[dict] = []
    runner = Runner(told.append, lambda settings, progress: Prepared(Drawn().base(split, 0), split, "digits"))
    runner.train(Settings(regime="last-block", epochs=3))
    runner.wait()
    assert runner.runs[0].outcome == "done"
    epochs = [message["epoch"] for message in told if message["kind"] == "epoch"]
    assert [len(epoch["xy"]) for epoch in epochs] == [2 * 32] * 3
    assert epochs[-1]["perplexity"] is None  # it never had a language to forget


def test_the_loop_knows_no_body_by_name() -> None:
    trees = modules()
    files = [f"training/{name}" for name in ("loop", "prefix", "run", "events", "recipe")]
    for name in [*files, *(f"regimes/{name}" for name in ("stages", "named", "places", "schedules"))]:
        assert "model/body" not in imported(name, trees[name], set(trees)), name
    source = (PACKAGE / "training" / "loop.py").read_text("utf-8")
    assert source.count("model.loss(above(model, ") == 1


# ---- places and inserts


def test_a_place_is_part_block_and_insert() -> None:
    model = tiny_classifier("attention")
    attach(model.body, Shifts((0,)), torch.Generator())
    found = {name: place_of(model, name) for name, _ in model.named_parameters()}
    assert found["body.embed_tokens.weight"] == Place("embedding")
    assert found["body.blocks.1.norm1.weight"] == Place("block", 1)
    assert found["body.inserted.blocks/0.shift.by"] == Place("block", 0, "shift")
    assert str(found["body.inserted.blocks/0.shift.by"]) == "inserted[shift] in block[0]"
    assert {str(found[n]) for n in ("body.norm.bias", "pool.query", "head.linear.bias")} == {"norm", "pool", "head"}
    new = [name for name, place in found.items() if place.new]
    assert new == ["body.inserted.blocks/0.shift.by", "pool.query", "head.linear.weight", "head.linear.bias"]


def test_an_insert_keeps_the_names_of_the_base_and_changes_nothing_before_it_learns() -> None:
    base, split = tiny_base(), tiny_split()
    plain, _ = start_regime(base, split, "head-only", QUICK)
    model, _ = start_regime(base, split, of_shifts(), QUICK)
    assert set(plain.state_dict()) < set(model.state_dict())
    data = encode(split.test, model)
    assert data is not None
    assert torch.equal(predict_logits(model, data), predict_logits(plain, data))


@pytest.mark.parametrize("second", [False, True], ids=["bytes", "images"])
def test_an_insert_learns_in_its_block_and_the_prefix_ends_below_it(second: bool) -> None:
    split = Digits().split(0) if second else tiny_split()
    base = Drawn().base(split, 0) if second else tiny_base()
    model, events = start_regime(base, split, of_shifts(), QUICK)
    before = state(model)
    told = list(events)
    assert moved(before, model) == {"body.inserted.blocks/1.shift.by", "head.linear.weight", "head.linear.bias"}
    assert isinstance(told[0], StageBegan) and told[0].cached == "hidden states below block 1"
    uncached = run_regime(base, split, of_shifts(), replace(QUICK, cache_bytes=0))
    ours = [e.train_loss for e in told if isinstance(e, EpochDone)]
    assert ours == pytest.approx([e.train_loss for e in uncached.epochs], abs=1e-5)


def test_an_insert_is_stored_in_the_delta_and_comes_back(tmp_path: Path) -> None:
    base, split = tiny_base(), tiny_split()
    history = run_regime(base, split, of_shifts(), QUICK)
    path = save_delta(tmp_path / "shifts.safetensors", history, base)
    classifier, about = load_delta(path, base, {"Shifts": Shifts})
    data = encode(split.test, classifier)
    assert data is not None
    assert torch.equal(predict_logits(classifier, data), predict_logits(history.classifier, data))
    assert about.inserts == (Shifts(),)
    with pytest.raises(HeadswapError, match="the kind 'Shifts' is unknown here"):
        load_delta(path, base)


@pytest.mark.parametrize(
    "insert, times, sentence",
    [(Shifts((7,)), 1, "matches no module of this LMBody"), (Shifts(), 2, "blocks.1 already has an insert named")],
)
def test_an_insert_that_fits_nowhere_or_twice_is_refused(insert: Shifts, times: int, sentence: str) -> None:
    regime = Regime("toy", "A toy.", (Stage(WITH_SHIFT, inserts=(insert,) * times),), 0.01, "nothing")
    with pytest.raises(SettingError, match=sentence):
        start_regime(tiny_base(), tiny_split(), regime, QUICK)


def test_a_weight_that_should_learn_and_gets_no_gradient_is_refused_by_name() -> None:
    _, events = start_regime(tiny_base(), tiny_split(), of_shifts(Idle()), QUICK)
    with pytest.raises(SettingError, match=r"^body\.inserted\.blocks/1\.shift\.by should learn but gets no gradient"):
        list(events)


def test_only_inserted_and_everything_reach_what_an_insert_brought() -> None:
    model = tiny_classifier()
    attach(model.body, Shifts((0, 1)), torch.Generator())
    for rule in ("inserted", "inserted[shift]"):
        groups = parameter_groups(model, Stage(((rule, 1.0), ("everything", FROZEN))))
        assert sum(p.numel() for g in groups for p in g.parameters) == 2 * 16
    blocks = parameter_groups(model, Stage((("blocks", 1.0), ("everything", FROZEN))))
    assert not any(group.place.insert for group in blocks)


# ---- what a stage brings


@dataclass(frozen=True)
class Doubled(Loss):
    """Twice the cross-entropy: a loss of a stage's own."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        return 2 * CrossEntropy()(model, output, batch)


def losses(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, StepDone)]


def test_a_stage_brings_its_own_loss() -> None:
    probe = Regime("probe", "A probe.", (Stage(PROBE),), 0.01, "nothing")
    double = replace(probe, stages=(Stage(PROBE, loss=Doubled()),))
    plain, doubled = (losses(run_regime(tiny_base(), tiny_split(), r, QUICK).events) for r in (probe, double))
    assert doubled[0] == 2 * plain[0]


def rates(regime: Regime, recipe: Recipe) -> list[float]:
    """The head's learning rate at the first step of each stage."""
    split, found = tiny_split(), []
    with pytest.MonkeyPatch.context() as patch:
        step = torch.optim.AdamW.step

        def spy(optimizer: torch.optim.AdamW, *rest: object) -> object:
            found.append(optimizer.param_groups[0]["lr"])
            return step(optimizer, *rest)  # type: ignore[arg-type]

        patch.setattr(torch.optim.AdamW, "step", spy)
        run_regime(tiny_base(), split, regime, recipe)
    return found


def test_a_stage_brings_its_own_rate_and_schedule_and_the_recipe_comes_first() -> None:
    stages = (Stage(PROBE, learning_rate=0.5, schedule="constant"), Stage(PROBE, head=None, share=1.0))
    two = Regime("two", "Two.", stages, 0.25, "nothing", schedule="constant")
    one_batch = Recipe(epochs=1, batch_size=64)
    assert rates(two, one_batch) == [0.5, 0.25]
    assert rates(two, replace(one_batch, learning_rate=0.125)) == [0.125, 0.125]


def test_five_epochs_in_two_halves_are_five() -> None:
    halves = Regime("halves", "Two halves.", (Stage(PROBE, share=0.5), Stage(PROBE, head=None, share=0.5)), 0.01, "no")
    assert epochs_of(halves, 5) == [3, 2]
    for epochs in range(2, 40):
        assert sum(epochs_of(halves, epochs)) == epochs
        thirds = replace(halves, stages=tuple(Stage(PROBE, share=1 / 3) for _ in range(3)))
        assert sum(epochs_of(thirds, epochs)) == max(3, epochs)
    assert epochs_of(halves, 1) == [1, 1]


def test_a_regime_whose_stages_all_keep_the_head_can_be_saved(tmp_path: Path) -> None:
    base = tiny_base()
    kept = Regime("kept", "No stage starts a head.", (Stage(PROBE, head=None),), 0.01, "nothing")
    history = run_regime(base, tiny_split(), kept, QUICK)
    classifier, about = load_delta(save_delta(tmp_path / "kept.safetensors", history, base), base)
    assert about.head == "linear"
    assert moved(state(history.classifier), classifier) == set()


# ---- rates


def test_falling_gives_head_pool_and_last_norm_the_full_rate_and_the_embedding_the_lowest() -> None:
    groups = parameter_groups(tiny_classifier("attention"), Stage((("everything", Falling(2.0)),)))
    found = {str(group.place): group.multiple for group in groups}
    assert found == {"embedding": 0.25, "block[0]": 0.5, "block[1]": 1, "norm": 1, "pool": 1, "head": 1}


def test_an_optimizer_used_twice_starts_at_the_same_rate() -> None:
    model, data = tiny_classifier(), ClassificationDataset(tiny_split().train, 24)
    optimizer = make_optimizer(parameter_groups(model, Stage((("everything", 1.0),))), 0.01)
    before = [group["lr"] for group in optimizer.param_groups]
    first = losses(list(train_classifier(model, data, optimizer, replace(QUICK, schedule="cosine"))))
    assert [group["lr"] for group in optimizer.param_groups] == before
    again = losses(list(train_classifier(model, data, optimizer, replace(QUICK, epochs=8, schedule="cosine"))))
    assert again[-1] < 0.8 * first[-1]


def test_frozen_stays_itself_when_copied_or_pickled() -> None:
    assert pickle.loads(pickle.dumps(FROZEN)) is FROZEN
    assert copy.deepcopy(FROZEN) is FROZEN
    regime = pickle.loads(pickle.dumps(REGIMES["head-only"]))
    assert regime == REGIMES["head-only"]
    assert run_regime(tiny_base(), tiny_split(), regime, QUICK).learning == 34


# ---- what is frozen


class Normed(nn.Module):
    """A block with a batch norm, whose running mean moves while it learns."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear, self.norm = linear(width, width, generator, std=0.3), nn.BatchNorm1d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.norm(self.linear(x).transpose(1, 2)).transpose(1, 2))


def with_batch_norm() -> tuple[Base, Split]:
    split = Digits().split(0)
    base = Drawn().base(split, 0)
    generator = torch.Generator().manual_seed(1)
    base.body.blocks = nn.ModuleList(Normed(16, generator) for _ in range(2))
    base.body.fresh = lambda generator: lazy_copy(base.body)  # type: ignore[method-assign]
    return base.eval(), split


@pytest.mark.parametrize("regime, moves", [("full", {0, 1}), ("last-block", {1}), ("head-only", set())])
def test_running_means_move_where_their_norm_learns_and_nowhere_else(regime: str, moves: set[int]) -> None:
    base, split = with_batch_norm()
    model, events = start_regime(base, split, regime, QUICK)
    before = state(model)
    list(events)
    names = {name for name in moved(before, model) if name.endswith("running_mean")}
    assert names == {f"body.blocks.{i}.norm.running_mean" for i in moves}


def test_a_frozen_buffer_that_a_watcher_writes_to_is_noticed() -> None:
    base, split = with_batch_norm()
    model, events = start_regime(base, split, "head-only", QUICK)
    with pytest.raises(HeadswapError, match=r"changed while training, body\.blocks\.0\.norm\.running_mean;"):
        for event in events:
            if isinstance(event, EpochDone):
                model.body.blocks[0].norm.running_mean += 1  # type: ignore[union-attr, operator]


@pytest.mark.parametrize(
    "write", [lambda p: p.data.mul_(-1), lambda p: p.data.__setitem__(0, p.data[0] + 1e-7), lambda p: p.numpy().fill(0)]
)
def test_any_write_to_a_frozen_weight_is_noticed_and_named(write) -> None:
    model, events = start_regime(tiny_base(), tiny_split(), "head-only", QUICK)
    with pytest.raises(HeadswapError, match=r"a frozen weight changed while training, body\.norm\.weight;"):
        for event in events:
            if isinstance(event, EpochDone) and event.epoch == 1:
                write(model.body.norm.weight.detach())  # type: ignore[union-attr]


def test_weights_that_torch_load_brought_can_be_copied_and_trained() -> None:
    """PyTorch's lazy copy of such memory ends the process when it is written to."""
    file = io.BytesIO()
    torch.save(torch.ones(64, 64), file)
    file.seek(0)
    weight = torch.load(file)
    clone = lazy_clone(weight)
    clone += 1
    assert (weight.sum(), clone.sum()) == (64 * 64, 2 * 64 * 64)


def test_a_lazy_clone_keeps_what_it_saw_and_shares_it_until_then() -> None:
    weight = torch.arange(8.0)
    clone = lazy_clone(weight)
    assert torch._C._data_address(weight) == torch._C._data_address(clone)  # type: ignore[attr-defined]
    assert unchanged(weight, clone)
    weight[0] = -0.0
    assert clone.tolist() == list(range(8)) and not unchanged(weight, clone)  # -0.0 is not 0.0
    weight[0] = float("nan")
    assert unchanged(weight, lazy_clone(weight))


def test_a_frozen_run_of_22_million_weights_copies_and_hashes_none_of_them() -> None:
    body = Drawn(width=16, depth=1).untrained().body
    body.blocks = nn.ModuleList([nn.Sequential(nn.Linear(16, 650_000), nn.Linear(650_000, 16))])
    assert sum(p.numel() for p in body.parameters()) > 21_000_000
    base, split = Base(body, nn.Identity()).eval(), Digits(train=2).split(0)
    address = torch._C._data_address  # type: ignore[attr-defined]
    model, events = start_regime(base, split, "head-only", QUICK)
    assert any(isinstance(event, StageEnded) and event.frozen > 21_000_000 for event in events)
    pairs = list(zip(base.body.parameters(), model.body.parameters(), strict=True))
    assert sum(ours.numel() for ours, theirs in pairs if address(ours) != address(theirs)) < 1000


def test_a_run_that_thaws_by_hand_still_leaves_the_base_alone() -> None:
    base = tiny_base()
    before = state(base)
    model, _ = start_regime(base, tiny_split(), "head-only", QUICK)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    data = ClassificationDataset(tiny_split().train, 24)
    list(train_classifier(model, data, torch.optim.AdamW(model.parameters(), lr=0.01), QUICK))
    assert len(moved(before, Base(model.body, base.head))) > 20
    assert moved(before, base) == set()


# ---- memory, device, precision


def test_training_and_validation_share_one_cache_budget() -> None:
    model, data = tiny_classifier(), ClassificationDataset(tiny_split().train, 24)
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)
    pooled = Prefix(2, True)
    assert held_bytes(prepare(model, data, pooled, 48 * 16 * 4)) == 48 * 16 * 4
    recipe = replace(QUICK, cache_bytes=48 * 16 * 4)  # enough for the training messages alone
    base, held = tiny_base(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headswap.training.loop.prepare", lambda *a: held.append(prepare(*a)) or held[-1])
        run_regime(base, tiny_split(), "head-only", recipe)
    assert sum(map(held_bytes, held)) <= recipe.cache_bytes


def test_the_prefix_is_kept_in_the_dtype_that_the_body_gives() -> None:
    base, split = tiny_base(), tiny_split()
    base.body.to(torch.bfloat16)
    model = Classifier(base.body, MeanPool(), LinearHead(16, 2, torch.Generator())).eval()
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)
    data = encode(split.train, model)
    assert data is not None
    inputs = prepare(model, data, Prefix(2, True), 2**20)
    assert inputs.rows.tensors[0].dtype == torch.bfloat16 and held_bytes(inputs) == 48 * 16 * 2


def test_pool_head_and_data_follow_the_base_to_its_device() -> None:
    """The meta device holds no numbers: what gets there without an error was put there."""
    base = tiny_base().to("meta")
    model, _ = start_regime(base, tiny_split(), of_shifts(), replace(QUICK, pool="attention"))
    assert {p.device.type for p in model.parameters()} == {"meta"}
    data = encode(tiny_split().test, model)
    assert data is not None and {t.device.type for t in (*data.rows.tensors, data.labels)} == {"meta"}
    assert data.lengths.device.type == "cpu"
    elsewhere, _ = start_regime(tiny_base(), tiny_split(), "head-only", replace(QUICK, compute=Compute(device="meta")))
    assert {p.device.type for p in elsewhere.parameters()} == {"meta"}


def test_micro_batches_give_the_gradients_of_the_whole() -> None:
    whole, parts = (
        run_regime(tiny_base(), tiny_split(), "full", replace(QUICK, compute=Compute(micro_batch=size))).epochs
        for size in (None, 5)
    )
    assert [e.train_loss for e in parts] == pytest.approx([e.train_loss for e in whole], abs=1e-5)


def test_bfloat16_products_train_as_float32_does_but_for_their_digits() -> None:
    exact, rough = (
        run_regime(tiny_base(), tiny_split(), "full", replace(QUICK, compute=Compute(dtype=dtype))).epochs[-1]
        for dtype in ("float32", "bfloat16")
    )
    assert rough.train_loss != exact.train_loss
    assert rough.train_loss == pytest.approx(exact.train_loss, abs=0.02)


@pytest.mark.parametrize(
    "wrong, sentence", [({"dtype": "int8"}, "'int8' is unknown"), ({"micro_batch": 0}, "micro_batch is 0")]
)
def test_a_way_to_compute_that_does_not_exist_is_refused(wrong: dict, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        Compute(**wrong)


def test_every_run_uses_one_torch_thread_and_gives_the_others_back() -> None:
    seen: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        model, events = start_regime(tiny_base(), tiny_split(), "full", QUICK)
        model.head.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
        assert {torch.get_num_threads() for _ in events} == {2}
        assert set(seen) == {1}
    finally:
        torch.set_num_threads(before)


# ---- the language model's own tools


def talk(model) -> Iterator[None]:
    yield perplexity(model, ["hello"])  # type: ignore[misc]
    yield generate(model, "he", length=3)  # type: ignore[misc]
    yield list(pretrain(model, ["hello there"] * 4, epochs=1))  # type: ignore[misc]


def test_perplexity_babbling_and_pretraining_leave_the_modes_as_they_were() -> None:
    base = tiny_base()
    base.train()
    base.body.blocks[0].eval()
    before = [module.training for module in base.modules()]
    for _ in talk(base):
        assert [module.training for module in base.modules()] == before


def test_perplexity_and_pretraining_work_where_the_model_is() -> None:
    """On the meta device all goes well up to the first number that somebody wants to see."""
    base = tiny_base().to("meta")
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta tensors"):
        perplexity(base, ["hello"])
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta tensors"):
        list(pretrain(base, ["hello there"] * 4, epochs=1))


# ---- oneDNN


def test_the_frozen_weights_gradient_is_never_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    if not onednn.works():
        pytest.skip("this PyTorch has no oneDNN operator to save work in")
    shapes: list[tuple[int, ...]] = []
    product = onednn._product
    monkeypatch.setattr(onednn, "_product", lambda *a: shapes.append(tuple(a[1].shape)) or product(*a))
    layer = linear(6, 5, torch.Generator().manual_seed(0))
    layer.weight.requires_grad_(False)
    x = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(1)).requires_grad_()
    layer(x).sum().backward()
    assert shapes == [(5, 6), (6, 5)] and layer.weight.grad is None and layer.bias.grad is not None
    shapes.clear()
    layer.weight.requires_grad_(True)
    layer(x.detach()).sum().backward()
    assert len(shapes) == 2 and layer.weight.grad is not None


@pytest.mark.parametrize(
    "answer", [AttributeError("none of that name"), RuntimeError("another signature"), torch.zeros(2, 3, 5)], ids=str
)
def test_a_missing_or_wrong_operator_is_left_alone(answer, monkeypatch: pytest.MonkeyPatch) -> None:
    def product(*arguments: object) -> torch.Tensor:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(onednn, "_product", product)
    onednn.works.cache_clear()
    try:
        assert not onednn.works()
        layer, x = linear(6, 5, torch.Generator().manual_seed(0)), torch.ones(2, 3, 6)
        assert torch.equal(layer(x), torch.nn.functional.linear(x, layer.weight, layer.bias))
    finally:
        onednn.works.cache_clear()


def test_the_probe_of_the_operator_works_inside_no_grad_and_inference() -> None:
    for mode in (torch.no_grad, torch.inference_mode):
        onednn.works.cache_clear()
        with mode():
            found = onednn.works()
        onednn.works.cache_clear()
        assert found == onednn.works()


@pytest.mark.parametrize("regime", ["head-only", "last-block", "full", "frozen-random"])
def test_a_run_that_finds_the_prefix_computed_ends_bit_for_bit_where_the_first_one_did(regime: str) -> None:
    """In any order of regimes and pools: what another run left must not be taken for one's own."""
    base, split, known = tiny_base(), tiny_split(), {}
    for other, pool in (("head-only", "mean"), ("head-only", "mean+max"), ("last-block", "cls"), (regime, "mean")):
        recipe = Recipe(epochs=2, pool=pool)
        alone, first = start_regime(base, split, brief(other), recipe)
        again, second = start_regime(base, split, brief(other), recipe, known)
        list(first), list(second)
        assert all(torch.equal(a, b) for a, b in zip(alone.parameters(), again.parameters(), strict=True))
    model, events = start_regime(base, split, brief(regime), Recipe(epochs=2), known)
    passes: list[object] = []
    model.body.blocks[0].register_forward_pre_hook(lambda *_: passes.append(1))
    list(events)
    assert (not passes) == (regime in ("head-only", "last-block"))
