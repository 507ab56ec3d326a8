"""`python -m benchmarks.calibrated`: the record that lesson 12 shows, run by run as in `benchmarks.calibration`.

The practice messages, two bases, three seeds: the log-odds of spam that the base and each second head give every
validation and test message, and how strange some test messages and three sets of strangers look to the base.
"""

import json
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from benchmarks.calibration import BASES, SAMPLES, SECOND, STRANGE, Entry, Parts, entries, second_stage
from benchmarks.calibration import _parts as parts_of
from headswap.calibration.ood import energy, fit_clouds
from headswap.data.sources import split_of
from headswap.explorers.calibrated import FILE, PRECISION
from headswap.files import cache_folder, write_atomically
from headswap.model.body_contract import Base
from headswap.model.classifier import Classifier
from headswap.model.latent import LATENT, VariationalHead
from headswap.model.precision import one_thread
from headswap.results.pretrained import base_of
from headswap.training.run import run_regime

SEEDS, SHOWN = 3, (BASES[2], BASES[0])
JUDGED = ("validation", "test")


def main() -> int:
    """Train what the record holds, and write it."""
    entry = entries(cache_folder() / "no corpus")["fixture"]
    runs = []
    for base in SHOWN:
        for seed in range(SEEDS):
            runs.append(recorded(entry, base, seed))
            print(f"{base}, seed {seed}", file=sys.stderr)
    write_atomically(FILE, f"{json.dumps(runs)}\n".encode())
    return 0


def recorded(entry: Entry, base: str, seed: int) -> dict[str, object]:
    """One run as the explorer reads it."""
    run = entry.run(base, seed)
    with one_thread():
        split, schooled = split_of(run.data, run.seed), base_of(run, cache_folder() / "calibration" / "bases")
        first = run_regime(schooled.base, split, run.regime, run.recipe).classifier
        parts = parts_of(first, split, entry.strangers(split, run.seed))
        heads = {"base": first.head}
        for name in SECOND:
            recipe = replace(entry.recipe, epochs=entry.second, seed=seed)
            heads[name] = run_regime(
                Base(first.body, schooled.base.head), split, second_stage(name), recipe
            ).classifier.head
        labels = {"validation": parts.validation, "test": [one.label for one in split.test]}
        return {
            "base": base, "seed": seed, "labels": {name: "".join(map(str, some)) for name, some in labels.items()},
            "odds": {name: odds_of(head, parts, seed) for name, head in heads.items()},
            "strange": strange(first, parts),
        }  # fmt: skip


@torch.no_grad()
def odds_of(head: torch.nn.Module, parts: Parts, seed: int) -> dict[str, str]:
    """What a head says of validation and test messages; a variational one draws as in `benchmarks.calibration`."""
    says = averaged(head, parts, seed) if isinstance(head, VariationalHead) else lambda name: head(parts.features[name])
    return {name: written(_odds(says(name))) for name in reversed(JUDGED)}


def averaged(head: VariationalHead, parts: Parts, seed: int) -> Callable[[str], torch.Tensor]:
    """The log-probabilities of a part, asked in the order in which the noise is drawn."""
    generator = torch.Generator().manual_seed(seed)
    for name in ("test", *parts.strange):  # the draws of M = 1 come first
        torch.randn(SAMPLES[0], len(parts.features[name]), LATENT, generator=generator)
    return lambda name: head.averaged(
        parts.features[name], torch.randn(SAMPLES[1], len(parts.features[name]), LATENT, generator=generator)
    )


def _odds(logits: torch.Tensor) -> np.ndarray:
    return (logits[:, 1] - logits[:, 0]).double().numpy()


@torch.no_grad()
def strange(model: Classifier, parts: Parts) -> dict[str, dict[str, str]]:
    """The log-odds, the energy and the logarithm of the distance of as many test messages as there are of each set."""
    clouds = fit_clouds(parts.features["train"].numpy(), parts.train)
    found = {}
    for name in ("test", *parts.strange):
        features = parts.features[name][:STRANGE]
        logits = model.head(features)
        far = np.log(clouds.distance(features.numpy()))
        scores = {"odds": _odds(logits), "energy": energy(logits.double().numpy()), "distance": far}
        found[name] = {score: written(values) for score, values in scores.items()}
    return found


def written(values: np.ndarray) -> str:
    """Numbers in hundredths, two bytes each, as text."""
    return b64encode((values / PRECISION).round().astype("<i2").tobytes()).decode()


if __name__ == "__main__":
    sys.exit(main())
