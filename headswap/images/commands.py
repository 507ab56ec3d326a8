"""`python -m headswap images`: compare regimes on images, with a vision transformer or a wide residual network."""

import argparse
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import torch
from tqdm import tqdm

from ..data.images.augment import Augment
from ..data.messages import Split
from ..data.sources import split_of
from ..errors import DivergedError, HeadswapError, SettingError
from ..files import check_folder, check_writable, write_atomically
from ..model.pooling import POOLS, pool_names
from ..model.vision.pixels import Size
from ..model.vision.vit import ViTConfig
from ..model.vision.wide_resnet import WideResNetConfig
from ..regimes.named import REGIMES, find_regime
from ..regimes.stages import Regime
from ..results.compare import DEFAULT_REGIMES, Failure, steps_of
from ..results.report import diverged, trust_table
from ..results.scores import scores
from ..training.events import StepDone
from ..training.looking.paint import MaskedPatches
from ..training.looking.school import Unschooled, images_to_read, new_image_body
from ..training.looking.turn import Rotations
from ..training.recipe import DTYPES, Compute, Recipe
from ..training.spec import Result, RunSpec, Schooled, run_spec, school
from .sources import images_of
from .told import TITLE, about, table

Config: TypeAlias = ViTConfig | WideResNetConfig
Origin: TypeAlias = MaskedPatches | Rotations | Unschooled
SCHOOLINGS = ("masked", "rotations", "none")
SAID: dict[type, str] = {  # what a body did before, told with how many epochs and images
    MaskedPatches: "first it paints hidden patches, {} over {} images",
    Rotations: "first it says by which right angle images were turned, {} over {} of them",
}
MOVES = ("none", "crop", "crop+flip")


def add_images(parser: argparse.ArgumentParser) -> None:
    """`headswap images`: its options."""
    add = parser.add_argument
    add(
        "--data", default="digits", metavar="PATH", help="digits, or CIFAR's binary archive, a tar.gz (default: digits)"
    )
    add("--body", default="vit-2-64", metavar="NAME", help="vit-DEPTH-WIDTH or wrn-DEPTH-FACTOR (default: vit-2-64)")
    add("--regimes", default=",".join(DEFAULT_REGIMES), metavar="A,B", help=f"all, or some of {', '.join(REGIMES)}")
    add("--schooling", choices=SCHOOLINGS, help="what the body does first (default: masked for a vit, none for a wrn)")
    add("--schooling-epochs", type=int, default=40, metavar="N", help="default: 40")
    add("--train", type=int, metavar="N", help="images with labels (default: 640 digits, or 45,000 of CIFAR)")
    add("--epochs", type=int, default=20, help="default: 20")
    add("--batch", type=int, default=32, metavar="N", help="images in a batch (default: 32)")
    add("--rate", type=float, metavar="R", help="the learning rate (default: each regime's own, tuned on texts)")
    add("--pool", default="mean", help=f"of {', '.join(POOLS)}, or several: mean+max (default: mean)")
    add("--augment", choices=MOVES, help="move each image at random (default: none for digits, crop+flip for CIFAR)")
    add("--seeds", type=int, default=3, help="default: 3")
    add("--device", metavar="NAME", help="such as cuda (default: the CPU)")
    add("--dtype", default="float32", choices=DTYPES, help="of the products (default: float32)")
    add("--micro-batch", type=int, metavar="N", help="images at a time, where a batch doesn't fit into memory")
    add("--calibration", action="store_true", help="a second table: NLL, Brier, calibration error and its luck")
    add("--json", type=Path, metavar="FILE", help="write every run as JSON")
    parser.set_defaults(run=_images)


def _images(options: argparse.Namespace) -> None:
    for name in ("seeds", "train", "schooling_epochs"):
        if (value := getattr(options, name)) is not None and value < 1:
            raise SettingError(f"--{name.replace('_', '-')} is {value}; give a whole number of at least 1")
    pool_names(options.pool)
    check_device(options.device)
    if options.json is not None:
        check_writable(options.json)
        check_folder(options.json)
        if options.json.resolve() == Path(options.data).resolve():
            raise SettingError(f"{options.json} holds the images, and writing to it would destroy them; rename one")
    source = images_of(options.data, options.train)
    config = body_of(options.body, split_of(source, 0).train[0].item.shape)  # type: ignore[attr-defined]
    regimes = regimes_of(options.regimes, config)
    recipe, origin = _recipe(options, config), _origin(options, config)
    specs = [RunSpec(source, regime, recipe, origin, seed) for seed in range(options.seeds) for regime in regimes]
    print(_headline(specs[0], options), flush=True)
    _tell(specs, options.json, options.calibration)


def body_of(name: str, size: Size) -> Config:
    """The sizes that a name such as vit-2-64 or wrn-28-10 means, for images of this size; an eighth of a side a patch.

    The smallest patch has 2 by 2 pixels. SettingError for any other name.
    """
    found = re.fullmatch(r"(vit|wrn)-(\d{1,4})-(\d{1,4})", name)
    if found is None:
        raise SettingError(f"--body is {name!r}; give vit-DEPTH-WIDTH or wrn-DEPTH-FACTOR, such as vit-2-64, wrn-28-10")
    depth, wide = int(found[2]), int(found[3])
    if found[1] == "wrn":
        return WideResNetConfig(size, depth, wide)
    return ViTConfig(size, max(2, size[1] // 8), wide, depth=depth)


def regimes_of(names: str, config: Config) -> list[Regime]:
    """The regimes of these names, or all that the body can take; SettingError for one that it cannot."""
    fits: Callable[[Regime], bool] = lambda regime: isinstance(config, ViTConfig) or not _inserts(regime)  # noqa: E731
    if names == "all":
        return list(filter(fits, REGIMES.values()))
    found = [find_regime(name.strip()) for name in names.split(",")]
    if len({regime.name for regime in found}) < len(found):
        raise SettingError(f"--regimes is {names}; name each regime once")
    for regime in found:
        if not fits(regime):
            raise SettingError(
                f"{regime.name} hangs new parts on attention, and a wide residual network has none; "
                "choose another regime, or a body such as vit-2-64"
            )
    return found


def check_device(name: str | None) -> None:
    """SettingError for a device that PyTorch doesn't know, or doesn't find here."""
    try:
        if name is not None:
            torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0][:100]
        raise SettingError(
            f"--device is {name!r}, which cannot be used here ({reason}); give cpu, or leave it out"
        ) from None


def _inserts(regime: Regime) -> bool:
    return any(stage.inserts for stage in regime.stages)


def _recipe(options: argparse.Namespace, config: Config) -> Recipe:
    compute = Compute(options.device, options.dtype, options.micro_batch)
    moves = options.augment or ("none" if options.data == "digits" else "crop+flip")
    augment = None if moves == "none" else Augment(max(1, config.image[1] // 8), "flip" in moves)
    return Recipe(
        epochs=options.epochs, batch_size=options.batch, learning_rate=options.rate, pool=options.pool,
        compute=compute, augment=augment,
    )  # fmt: skip


def _origin(options: argparse.Namespace, config: Config) -> Origin:
    transformer = isinstance(config, ViTConfig)
    how = options.schooling or ("masked" if transformer else "none")
    compute = Compute(options.device, options.dtype)
    if how == "rotations":
        return Rotations(config, options.schooling_epochs, batch_size=options.batch, compute=compute)
    if how == "none":
        return Unschooled(config)
    if not transformer:
        raise SettingError("--schooling is masked, and only a vit can leave patches out; give rotations, or none")
    return MaskedPatches(config, options.schooling_epochs, batch_size=options.batch, compute=compute)


def _headline(spec: RunSpec, options: argparse.Namespace) -> str:
    """What is compared on what, and what the body did before."""
    split, recipe = split_of(spec.data, 0), spec.recipe
    return "\n".join([
        f"{spec.data}: {len(split.train):,} images to train on, {len(split.validation):,} to validate, "
        f"{len(split.test):,} to test; {len(split.label_names)} classes.",
        _before(options.body, spec.body, split),
        f"{_many(recipe.epochs, 'epoch')}, batches of {recipe.batch_size}, {recipe.pool} pooling{_moves(recipe)}; "
        f"{_rates(recipe)}; {_many(options.seeds, 'seed')}. Intervals cover 95 %, over seeds and images.",
    ])  # fmt: skip


def _before(name: str, origin: object, split: Split) -> str:
    assert isinstance(origin, Origin)
    with torch.device("meta"):
        weights = sum(p.numel() for p in new_image_body(origin.config, torch.Generator()).parameters())
    if isinstance(origin, Unschooled):
        return f"{name}, {weights:,} weights, drawn at random: what a regime freezes of them has learned nothing."
    images = f"{len(images_to_read(split)):,}"
    return f"{name}, {weights:,} weights; {SAID[type(origin)].format(_many(origin.epochs, 'epoch'), images)}."


def _moves(recipe: Recipe) -> str:
    if recipe.augment is None:
        return ""
    flips = ", half of them mirrored" if recipe.augment.flip else ""
    return f", images shifted by up to {_many(recipe.augment.padding, 'pixel')}{flips}"


def _rates(recipe: Recipe) -> str:
    own = "each regime's own learning rate, tuned on texts"
    return own if recipe.learning_rate is None else f"learning rate {recipe.learning_rate:g}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _tell(specs: Sequence[RunSpec], file: Path | None, calibration: bool) -> None:
    """Carry out the runs and print each regime, then the table of all, also when an error or Ctrl-C ends them early."""
    done: list[Result | Failure] = []
    stopped: BaseException | None = None
    try:
        carry_out(specs, done.append)
    except (KeyboardInterrupt, HeadswapError) as stop:
        stopped = stop
    found = scores([outcome for outcome in done if isinstance(outcome, Result)])
    for name in dict.fromkeys(score.regime for score in found):
        print("\n" + about([score for score in found if score.regime == name]))
    if found:
        print("\n" + table(found, "scratch"))
    if found and calibration:
        print("\n" + trust_table(found, "scratch", {"balanced": TITLE}))
    for line in diverged([outcome for outcome in done if isinstance(outcome, Failure)]):
        print(line)
    if file is not None and found:
        write_atomically(file, json.dumps([score.as_json() for score in found], indent=1).encode())
    if stopped is not None:
        raise stopped
    if not found:
        raise DivergedError("every run diverged, so there are no scores; try a tenth of the learning rate (--rate)")


def carry_out(specs: Sequence[RunSpec], take: Callable[[Result | Failure], None]) -> None:
    """Hand over the outcome of each run; the runs of a seed share one schooled body."""
    schooled: dict[int, Schooled] = {}
    with tqdm(total=sum(map(steps_of, specs)), unit="step", disable=None, leave=False) as bar:
        for spec in specs:
            bar.set_description(f"seed {spec.seed}: {spec.name}", refresh=False)
            base = school(spec, Split((), (), ())) if spec.regime.body == "random" else schooled.get(spec.seed)
            if base is None:
                base = schooled[spec.seed] = school(spec, split_of(spec.data, spec.seed))
            try:
                take(run_spec(spec, base, partial(_advance, bar)))
            except DivergedError as error:
                take(Failure(spec, str(error), diverged=True))


def _advance(bar: tqdm, event: object) -> None:
    if isinstance(event, StepDone):
        bar.update(1)
