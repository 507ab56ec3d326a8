"""The lab's machine: a regime built by hand is drawn, trained and copied; a text's values are the model's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from headswap.errors import SettingError
from headswap.lab import Lab
from headswap.lab.engine import drawn, flowed
from headswap.live.runs import Settings
from headswap.regimes.named import REGIMES

SMALL: dict[str, Any] = {"max_len": 16, "epochs": 2, "messages": 64}
FROZEN = {"embedding": 0, "block[0]": 0, "block[1]": 0, "norm": 0, "head": 1}
TOP = FROZEN | {"block[1]": 0.1}
TEXT = "Claim your prize"


@pytest.fixture(scope="module")
def trained() -> Lab:
    lab = Lab(**SMALL, rates=TOP)
    lab.train(block=True)
    return lab


def test_what_was_built_is_drawn_trained_and_told(trained: Lab) -> None:
    drawn_layers = {layer["key"]: layer for layer in trained.machine["layers"]}
    assert {key for key, layer in drawn_layers.items() if layer["learns"]} == {"block[1]", "head"}
    assert drawn_layers["block[1]"]["rate"] == 0.1
    (run,) = trained.runs
    assert run.learning == sum(layer["learns"] for layer in drawn_layers.values())
    assert run.label.startswith("by hand: head, block 2 \u00d70.1 · mean")
    assert set(run.told.epochs[-1]["moved"]) == {"block[1]", "head"}, "what is frozen has not moved"


def test_the_copied_line_makes_the_same_lab(trained: Lab) -> None:
    again = eval(repr(trained), {"Lab": Lab})
    assert again._settings() == trained._settings()
    assert again._settings().chosen_regime() == trained.runs[0].settings.chosen_regime()


def test_rates_that_mean_a_named_regime_are_that_regime() -> None:
    lab = Lab(**SMALL, rates=dict.fromkeys(FROZEN, 1))
    lab.rates = dict.fromkeys(FROZEN, 1) | {"norm": 1.0}
    lab.rates = TOP
    lab.rates = dict.fromkeys(FROZEN, 1)
    assert (lab.regime, lab.rates) == ("full", {})
    lab.rates = FROZEN
    assert (lab.regime, lab.rates) == ("head-only", {})


class Watched(Lab):
    """A lab that keeps what is drawn at the moment when a page is told of another regime."""

    def notify_change(self, change: Any) -> None:
        if change["name"] == "regime":
            self.drawn = {layer["key"]: layer["learns"] > 0 for layer in self.machine["layers"] if layer["weights"]}
        super().notify_change(change)


def test_what_was_built_is_drawn_before_it_gets_its_name() -> None:
    """A click on a page that knows of no rates any more counts on what is drawn there."""
    lab = Watched(**SMALL)
    lab.rates = dict.fromkeys(FROZEN, 1)
    assert (lab.regime, lab.drawn) == ("full", dict.fromkeys(FROZEN, True))


def test_another_regime_drops_what_was_built() -> None:
    lab = Lab(**SMALL, rates=TOP)
    lab.regime = "last-block"
    assert lab.rates == {} and lab._settings().chosen_regime() == REGIMES["last-block"]


@pytest.mark.parametrize(
    "rates, said",
    [
        (dict.fromkeys(FROZEN, 0), "nothing learns"),
        ({"tail": 1}, "'tail' is not a layer"),
        (TOP | {"norm": -1}, "norm is -1"),
    ],
)
def test_rates_that_cannot_be_are_one_sentence(rates: dict[str, float], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Lab(**SMALL, rates=rates)


@pytest.mark.parametrize("name", [*REGIMES])
def test_every_regime_is_drawn_as_it_will_be_trained(name: str) -> None:
    spec = drawn(Settings(regime=name, **SMALL), ("ham", "spam"))
    lab = Lab(regime=name, **SMALL)
    lab.train(block=True)
    stages = len(REGIMES[name].stages)
    assert stages == 1 or f"This is the first of {stages} stages." in spec["summary"]
    assert stages > 1 or sum(layer["learns"] for layer in spec["layers"]) == lab.runs[0].learning
    assert stages > 1 or sum(layer["weights"] for layer in spec["layers"]) == lab.runs[0].total
    assert spec["key"] == lab.runs[0].told.head["machine"]


def test_a_text_s_values_are_the_model_s_own(trained: Lab) -> None:
    run = trained.runs[0]
    assert run.model is not None
    with torch.no_grad():
        logits = run.model(*run.model.body.encode([TEXT]).tensors)[0]
    flow = flowed(run, {"text": TEXT, "position": -1, "asked": "?"})["flow"]
    assert flow["logits"] == pytest.approx(logits.tolist(), rel=1e-3)
    assert flow["position"] == len(TEXT) - 1


def test_with_the_old_head_back_it_names_the_likeliest_next_bytes(trained: Lab) -> None:
    run = trained.runs[0]
    flow = flowed(run, {"text": TEXT, "swapped": False})["flow"]
    assert len(flow["labels"]) == len(flow["probabilities"]) == 5
    assert flow["probabilities"] == sorted(flow["probabilities"], reverse=True)


def test_a_model_that_is_gone_or_that_never_spoke_has_no_values(trained: Lab) -> None:
    lab = Lab(regime="frozen-random", **SMALL)
    lab.train(block=True)
    assert flowed(lab.runs[0], {"text": TEXT, "swapped": False})["flow"] is None
    assert flowed(lab.runs[0], {"text": TEXT})["flow"] is not None
    lab.runs[0].model = None
    assert flowed(lab.runs[0], {"text": TEXT})["flow"] is None


def test_a_run_that_trains_is_not_asked_for_its_values(trained: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(trained, "_tell", told.append)
    monkeypatch.setattr(trained.runs[0], "outcome", "running")
    trained._table.tell_flow({"id": 1, "text": TEXT})
    assert told == []
