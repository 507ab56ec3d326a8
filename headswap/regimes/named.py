"""The regimes that have a name, and the groups in which a menu shows them.

Each is one value. Your own takes three lines; then it runs wherever a name does:

    rules = (("head", 1.0), ("block[0]", 0.1), ("everything", FROZEN))
    mine = Regime("mine", "The lowest block learns a tenth as fast as the head.", (Stage(rules),), 1e-3, "nothing yet")
    run_regime(base, split, mine)
"""

from dataclasses import replace
from typing import Final

from ..errors import SettingError
from ..model.inserts.adapters import HOULSBY, PFEIFFER
from ..model.inserts.attach import Insert
from ..model.inserts.ia3 import IA3
from ..model.inserts.lora import LoRA
from ..model.inserts.virtual import Prefix, Prompt
from ..model.losses import CROSS_ENTROPY, Loss
from ..model.probe import Probe
from ..model.variational import Variational
from .stages import FROZEN, Falling, Regime, Rule, Stage

ALL_FROZEN: Final[Rule] = ("everything", FROZEN)
NEW: Final[tuple[Rule, ...]] = (("head", 1.0), ("pool", 1.0))
PROBE_STEPS = 800
PROBE = Stage((*NEW, ALL_FROZEN), loss=Probe(), weight_decay=0.0, least_steps=PROBE_STEPS)
WHOLE = Stage((("everything", 1.0),))
TOP = Stage((*NEW, ("norm", 1.0), ("block[-1]", 1.0), ALL_FROZEN))
TUNED = "validation messages of the fixture, 32 bytes, 20 epochs, 3 seeds"
SLOWER_BELOW = Stage((*NEW, ("norm", 1.0), ("blocks", Falling(2.6)), ("embedding", Falling(2.6))))

FIRST = "How much of the body learns along?"
OWN = "Which of the weights, how fast, in which order?"
ADDED = "The body stays; small new parts in it learn."
AFTER: Final = "A new head learns after everything has, for honest probabilities."
GROUPS: Final = (FIRST, OWN, ADDED, AFTER)  # headings of a menu


def inserting(*inserts: Insert) -> Stage:
    """The stage in which inserts learn on a frozen body, with the head."""
    return Stage((*NEW, ("inserted", 1.0), ALL_FROZEN), inserts=inserts)


def after_probe(stage: Stage) -> tuple[Stage, Stage]:
    """A converged probe in a twentieth of the epochs, then the stage, from the probe's head (Kumar et al. 2022)."""
    return replace(PROBE, share=0.05, learning_rate=PROBE_RATE), replace(stage, head=None, share=0.95)


def then_new_head(head: str, loss: Loss = CROSS_ENTROPY) -> tuple[Stage, Stage]:
    """Everything learns; then a new head does, alone, until its validation loss has been lowest.

    Two-stage training (Jordahn and Olmos 2024). The first stage has the rate of `full`; nothing that the new head sees
    changes in the second, the pool included.
    """
    second = Stage((("head", 1.0), ALL_FROZEN), head, 0.25, loss=loss, least_steps=SECOND_STEPS, keep="best")
    return replace(WHOLE, share=0.75, learning_rate=FULL_RATE), second


def surgical(block: int) -> Stage:
    """The stage in which one block learns, with the head (Lee et al. 2023); negative numbers count from the top."""
    return Stage((*NEW, (f"block[{block}]", 1.0), ALL_FROZEN))


# One group more in every twentieth of the epochs, from the top down; then all of it to the end (ULMFiT).
GRADUAL = (
    Stage((*NEW, ALL_FROZEN), share=0.05),
    replace(TOP, head=None, share=0.05),
    Stage((("embedding", FROZEN), ("everything", 1.0)), head=None, share=0.05),
    replace(WHOLE, head=None, share=0.85),
)
PROBE_RATE, FULL_RATE, SECOND_STEPS = 0.05, 1e-3, 200
LAYERNORMS = Stage((*NEW, ("inserted", 1.0), ("layernorms", 1.0), ALL_FROZEN), inserts=(HOULSBY,))

REGIMES: Final[dict[str, Regime]] = {
    regime.name: regime
    for regime in (
        Regime("scratch", "Everything learns, from random weights: this shows what pretraining adds.",
               (WHOLE,), 2e-3, TUNED, body="random", group=FIRST),
        Regime("frozen-random", "Only the head learns, on a random body: the floor every probe must beat.",
               (PROBE,), PROBE_RATE, TUNED, body="random", group=OWN),
        Regime("head-only", "Only the new head learns; the body is frozen, so it runs once per message.",
               (PROBE,), PROBE_RATE, TUNED, group=FIRST),
        Regime("mlp-head", "A head with a hidden layer learns on the frozen body.",
               (Stage((*NEW, ALL_FROZEN), head="mlp"),), 5e-3, TUNED, group=OWN),
        Regime("last-block", "The head, the last norm and the last block learn; everything below is frozen.",
               (TOP,), 2e-3, TUNED, group=FIRST),
        Regime("full", "Everything learns, from the pretrained body.",
               (WHOLE,), FULL_RATE, TUNED, group=FIRST),
        Regime("discriminative", "Everything learns, each block 2.6 times slower than the one above it.",
               (SLOWER_BELOW,), 2e-3, TUNED, group=OWN),
        Regime("mlp-stacked", "A head with two hidden layers, of 20 and 10 numbers, learns on the frozen body.",
               (Stage((*NEW, ALL_FROZEN), head="stacked"),), 3e-2, TUNED, group=OWN),
        Regime("gradual-unfreezing", "The head learns first, then each layer down joins in; all at a slanted rate.",
               GRADUAL, 3e-4, TUNED, schedule="slanted", group=OWN),
        Regime("lp-ft", "First a probe, then everything learns from the probe's head.",
               after_probe(WHOLE), 3e-4, TUNED, group=OWN),
        Regime("first-block", "The head and the lowest block learn: surgery where the bytes come in.",
               (surgical(0),), 3e-4, TUNED, group=OWN),
        Regime("bitfit", "Only the biases learn, with the head.",
               (Stage((*NEW, ("biases", 1.0), ALL_FROZEN)),), 1e-2, TUNED, group=OWN),
        Regime("adapters-houlsby", "A bottleneck after attention and after feed-forward learns, and all norms do.",
               (LAYERNORMS,), 3e-3, TUNED, group=ADDED),
        Regime("adapters-pfeiffer", "One bottleneck a block, after the feed-forward network, learns.",
               (inserting(PFEIFFER),), 3e-3, TUNED, group=ADDED),
        Regime("lora", "A product of two thin matrices learns beside every query and value.",
               (inserting(LoRA()),), 1e-3, TUNED, group=ADDED),
        Regime("lp-lora", "First a probe, then LoRA learns from the probe's head.",
               after_probe(inserting(LoRA())), 1e-3, TUNED, group=ADDED),
        Regime("prompt", "Eight vectors in front of the message learn; nothing in the body does.",
               (inserting(Prompt()),), 1e-2, TUNED, group=ADDED),
        Regime("prefix", "Eight keys and values in front of every block's own learn.",
               (inserting(Prefix()),), 3e-2, TUNED, group=ADDED),
        Regime("ia3", "Factors on keys, values and the feed-forward network learn; all start at 1.",
               (inserting(IA3()),), 1e-2, TUNED, group=ADDED),
        Regime("reinit-linear", "First everything learns, then a new linear head does on what that made.",
               then_new_head("linear"), 3e-4, TUNED, group=AFTER),
        Regime("tst", "First everything learns, then a deeper new head does on what that made.",
               then_new_head("latent"), 3e-4, TUNED, group=AFTER),
        Regime("v-tst", "First everything learns, then a new head does that draws samples and averages them.",
               then_new_head("variational", Variational()), 3e-3, TUNED, group=AFTER),
    )
}  # fmt: skip


def in_groups() -> list[Regime]:
    """The named regimes as a menu lists them: group by group, the four most familiar ones first."""
    first = ["head-only", "last-block", "full", "scratch"]
    ordered = [*first, *(name for name in REGIMES if name not in first)]
    return [REGIMES[name] for group in GROUPS for name in ordered if REGIMES[name].group == group]


def find_regime(regime: Regime | str) -> Regime:
    """The regime itself, or the one of that name; SettingError names the ones there are."""
    if isinstance(regime, Regime):
        return regime
    if regime not in REGIMES:
        raise SettingError(f"regime {regime!r} is unknown; choose one of {', '.join(REGIMES)}")
    return REGIMES[regime]
