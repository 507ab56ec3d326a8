"""`python -m benchmarks.calibration`: does a temperature, a new head or two-stage training make honest probabilities?

For every set three bases: as usual, kept at its best epoch, and trained until it is far too sure of itself. Ten seeds
each, from the body on. On each base's frozen features: a temperature, a new linear head, TST, and V-TST with 1 and with
10 samples. Finished seeds are kept, and the next call does the rest; figures/calibration.txt and .json hold what there
is. Another modality is one more entry in `entries`.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

import headswap.calibration
from headswap.calibration.ood import auroc, energy, false_alarm_rate, fit_clouds, unsure
from headswap.calibration.strangers import blurred, latin, shuffled, turned
from headswap.calibration.temperature import fit_temperature, tempered
from headswap.data.batches import Rows
from headswap.data.images.digits import DigitsData
from headswap.data.images.picture import Picture
from headswap.data.messages import Example, Split, key_of
from headswap.data.sources import FileData, PracticeData, Source, split_of
from headswap.errors import SettingError
from headswap.files import cache_folder, write_atomically
from headswap.model.body import BodyConfig
from headswap.model.body_contract import Base
from headswap.model.classifier import Classifier
from headswap.model.latent import LATENT, VariationalHead
from headswap.model.precision import one_thread
from headswap.model.vision.vit import ViTConfig
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.regimes.named import REGIMES
from headswap.regimes.stages import Regime
from headswap.results.pretrained import base_of
from headswap.training.looking.paint import MaskedPatches
from headswap.training.looking.turn import Rotations
from headswap.training.pretrain import Origin, Schooling
from headswap.training.recipe import Recipe
from headswap.training.run import encode, run_regime
from headswap.training.spec import RunSpec, run_key

SMS = Path(__file__).parents[2] / "shared" / "data" / "sms-spam" / "SMSSpamCollection"
SECOND = ("reinit-linear", "tst", "v-tst")
SAMPLES = (1, 10)  # M of V-TST
STRANGE = 160  # messages of each strange set
SETS = "fixture, sms, digits, digits-wrn"
USUAL, BEST, TOO_SURE = BASES = "usual", "best epoch", "over-trained"
Strangers = Callable[[Split, int], dict[str, Sequence[Example]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A modality: its messages for a number of labels, where its bodies come from, and what is strange to them.

    `few` labels are for the base that becomes too sure: it goes over them `many` times, without weight decay and
    without slowing down. A second stage has `second` epochs and keeps its best: enough that more would not help. (With
    10 or 60, new heads of ten classes at these rates had only begun: sure of half, and right 19 times in 20.)
    """

    data: Callable[[int], Source]
    body: Origin
    strangers: Strangers
    labels: int = 640
    few: int = 160
    many: int = 100
    second: int = 60
    recipe: Recipe = field(default_factory=Recipe)

    def run(self, base: str, seed: int) -> RunSpec:
        """The first stage, as a run."""
        if base != TOO_SURE:
            recipe = replace(self.recipe, keep="best") if base == BEST else self.recipe
            return RunSpec(self.data(self.labels), REGIMES["full"], recipe, self.body, seed)
        sure = replace(self.recipe, epochs=self.many, weight_decay=0.0, schedule="constant")
        return RunSpec(self.data(self.few), REGIMES["full"], sure, self.body, seed)


def entries(corpus: Path) -> dict[str, Entry]:
    """The sets that there are: the corpus is not everywhere."""
    there = {
        "fixture": Entry(_some_practice, Schooling(BodyConfig()), _strange_to_fixture),
        "digits": Entry(_some_digits, MaskedPatches(ViTConfig((1, 8, 8), 2)), _strange_to_digits, second=240),
        "digits-wrn": Entry(
            _some_digits, Rotations(WideResNetConfig((1, 8, 8), 10, 1)), _strange_to_digits, second=240
        ),
    }
    if not corpus.exists():
        return there

    def sms(labels: int) -> FileData:
        return FileData.of(corpus, (labels, 160, 160))

    return there | {"sms": Entry(sms, Schooling(BodyConfig(max_len=160)), _strange_to_sms)}


def _some_practice(labels: int) -> PracticeData:
    return PracticeData(labels, fresh=2_000)


def _some_digits(labels: int) -> DigitsData:
    return DigitsData(labels, 160, 900)


def _strange_to_fixture(split: Split, seed: int) -> dict[str, Sequence[Example]]:
    other = PracticeData(shift=1.0).split(seed).test
    return {"shifted": other, "shuffled": shuffled(split.test[:STRANGE], seed), "latin": latin(STRANGE, seed)}


def _strange_to_sms(split: Split, seed: int) -> dict[str, Sequence[Example]]:
    other = PracticeData().split(seed).test
    return {"fixture": other, "shuffled": shuffled(split.test[:STRANGE], seed), "latin": latin(STRANGE, seed)}


def _strange_to_digits(split: Split, seed: int) -> dict[str, Sequence[Example]]:
    pictures = [one for one in split.test if isinstance(one, Picture)][:STRANGE]
    return {"turned": turned(pictures), "blurred": blurred(pictures)}


# ---- one seed


@dataclass(frozen=True, slots=True)
class Said:
    """What a method said at one seed: probabilities of the test (N, C), and how well it knew strangers, by score.

    `strangers` holds an AUROC and a false-alarm rate for each strange set and score.
    """

    probabilities: list[list[float]]
    strangers: dict[str, dict[str, tuple[float, float]]]
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """One seed of one base: its test messages' keys and labels, and what each method said."""

    keys: list[str]
    labels: list[int]
    said: dict[str, Said]


@dataclass(frozen=True, slots=True)
class Parts:
    """The features (N, D) of each part that is asked about, by name, and the labels of training and validation."""

    features: dict[str, torch.Tensor]
    train: list[int]
    validation: list[int]
    strange: tuple[str, ...]


def one_seed(entry: Entry, run: RunSpec, bases: Path) -> Seed:
    """Train the base, ask it and everything that is put on its features."""
    with one_thread():
        split, schooled = split_of(run.data, run.seed), base_of(run, bases)
        first = run_regime(schooled.base, split, run.regime, run.recipe).classifier
        parts = _parts(first, split, entry.strangers(split, run.seed))
        said = _of_base(first, parts)
        for name in SECOND:
            recipe = replace(entry.recipe, epochs=entry.second, seed=run.seed)
            base = Base(first.body, schooled.base.head)
            second = run_regime(base, split, second_stage(name), recipe).classifier
            said |= _of_second(name, second, parts, run.seed)
    return Seed([key_of(one) for one in split.test], [one.label for one in split.test], said)


def second_stage(name: str) -> Regime:
    """The second stage of a regime alone, for a body that has had the first."""
    return replace(REGIMES[name], stages=(replace(REGIMES[name].stages[1], share=1.0),))


@torch.no_grad()
def _parts(model: Classifier, split: Split, strangers: dict[str, Sequence[Example]]) -> Parts:
    wanted = {"train": split.train, "validation": split.validation, "test": split.test, **strangers}
    features = {name: _features(model, messages) for name, messages in wanted.items()}
    train, validation = ([one.label for one in part] for part in (split.train, split.validation))
    return Parts(features, train, validation, tuple(strangers))


def _features(model: Classifier, messages: Sequence[Example]) -> torch.Tensor:
    data = encode(messages, model, max(one.label for one in messages) + 1)
    assert data is not None
    rows: Rows = data.rows
    parts = torch.arange(len(messages)).split(128)
    return torch.cat([model.features(*rows.batch(part)) for part in parts])


@torch.no_grad()
def _of_base(model: Classifier, parts: Parts) -> dict[str, Said]:
    """The base as it is, with a temperature, and how far features lie from those of training."""
    logits = {name: model.head(features).double().numpy() for name, features in parts.features.items()}
    clouds = fit_clouds(parts.features["train"].numpy(), parts.train)
    far = {name: clouds.distance(features.numpy()) for name, features in parts.features.items()}
    try:
        heat = fit_temperature(logits["validation"], parts.validation)
    except SettingError:  # every validation message is right: there is nothing to mend
        heat = 1.0
    plain, warm = (_asked(logits, parts, t) for t in (1.0, heat))
    for name in parts.strange:
        plain.strangers[name]["distance"] = _known(far["test"], far[name])
    return {"base": plain, "temperature": replace(warm, temperature=heat)}


def _asked(logits: dict[str, np.ndarray], parts: Parts, heat: float) -> Said:
    chances = {name: tempered(logits[name], heat) for name in ("test", *parts.strange)}
    cold = {name: energy(logits[name] / heat) for name in chances}
    scored = {
        name: {"unsure": _known(unsure(chances["test"]), unsure(chances[name])),
               "energy": _known(cold["test"], cold[name])}
        for name in parts.strange
    }  # fmt: skip
    return Said(chances["test"].round(7).tolist(), scored)


def _known(known: np.ndarray, strange: np.ndarray) -> tuple[float, float]:
    return auroc(known, strange), false_alarm_rate(known, strange)


@torch.no_grad()
def _of_second(name: str, model: Classifier, parts: Parts, seed: int) -> dict[str, Said]:
    """What a second head says of the same features; a variational one draws new noise for each message."""
    head = model.head
    if not isinstance(head, VariationalHead):
        return {name: _asked({n: head(x).double().numpy() for n, x in parts.features.items()}, parts, 1.0)}
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for many in SAMPLES:
        chances = {}
        for part in ("test", *parts.strange):
            noise = torch.randn(many, len(parts.features[part]), LATENT, generator=generator)
            chances[part] = head.averaged(parts.features[part], noise).exp().double().numpy()
        scored = {n: {"unsure": _known(unsure(chances["test"]), unsure(chances[n]))} for n in parts.strange}
        found[f"{name}, M = {many}"] = Said(chances["test"].round(7).tolist(), scored)
    return found


# ---- all of them, kept


def place(run: RunSpec, folder: Path) -> Path:
    """Where a seed is kept: under its first stage, and the source of this experiment."""
    mine = (Path(__file__), *sorted(Path(headswap.calibration.__path__[0]).glob("*.py")))
    source = hashlib.sha256(b"\0".join(path.read_bytes() for path in mine)).hexdigest()
    return folder / "seeds" / f"{hashlib.sha256((run_key(run) + source).encode()).hexdigest()}.json"


def keep(seed: Seed, path: Path) -> None:
    """Write a seed, whole or not at all."""
    said = {name: {f: getattr(one, f) for f in ("probabilities", "strangers", "temperature")}
            for name, one in seed.said.items()}  # fmt: skip
    write_atomically(path, json.dumps({"keys": seed.keys, "labels": seed.labels, "said": said}).encode())


def find(path: Path) -> Seed | None:
    """The seed that was kept there, or None."""
    if not path.is_file():
        return None
    found = json.loads(path.read_text("utf-8"))
    return Seed(found["keys"], found["labels"], {name: Said(**one) for name, one in found["said"].items()})


def carry_out(
    entry: Entry, seeds: int, folder: Path, minutes: float = float("inf"), tell: Callable[[str], None] = print
) -> None:
    """Do what is left of an entry, seed by seed, all bases of each."""
    began = perf_counter()
    for seed in range(seeds):
        for base in BASES:
            run = entry.run(base, seed)
            path = place(run, folder)
            if path.is_file():
                continue
            if perf_counter() - began > 60 * minutes:
                return
            keep(one_seed(entry, run, folder / "bases"), path)
            tell(f"{base}, seed {seed}: {perf_counter() - began:.0f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing of the chosen sets, and keep the tables of all there is."""
    from benchmarks.calibration_table import write

    parser = argparse.ArgumentParser(prog="benchmarks.calibration", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default="fixture", metavar="A,B", help=f"of {SETS} (default: fixture)")
    parser.add_argument("--seeds", type=int, default=10, help="default: 10")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="leave a set after so many (default: all)")
    parser.add_argument("--sms", type=Path, default=SMS, help="the SMS spam collection, where it is there")
    options = parser.parse_args(arguments)
    folder, there = cache_folder() / "calibration", entries(options.sms)
    for name in options.sets.split(","):
        carry_out(there[name], options.seeds, folder, options.minutes, lambda line: print(line, file=sys.stderr))
    found = {
        (name, base): [seed for s in range(options.seeds) if (seed := find(place(entry.run(base, s), folder)))]
        for name, entry in there.items() for base in BASES
    }  # fmt: skip
    write({key: seeds for key, seeds in found.items() if seeds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
