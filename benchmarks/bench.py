"""Everything that is measured, in one run, and the numbers that come out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from headswap.data import fixture
from headswap.errors import MissingExtraError

from . import growth
from .machine import Imports, Machine, import_times, peak_memory, this_machine
from .peak import CONVENTION, Peak, matmul_peaks, where_time_goes, work_of
from .speed import Contest, Contestant, Task, compete, ours, plain, seconds_of, uncached


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: alternating runs, epochs of a contest, pairs of imports, the demo, the sizes to grow to,
    and how often each product is timed for the machine's peak."""

    runs: int = 3
    epochs: int = 20
    pairs: int = 7
    demo: tuple[str, ...] = ("demo", "--seeds", "1")
    sizes: growth.Sizes = field(default_factory=growth.Sizes)
    products: int = 3


SHORT = ("demo", "--seeds", "1", "--epochs", "1", "--max-len", "8", "--regimes", "scratch")
QUICK = Plan(2, 2, 1, SHORT, growth.QUICK, products=1)


@dataclass(frozen=True, slots=True)
class Results:
    """All raw numbers of one benchmark; memory in bytes."""

    machine: Machine
    plan: Plan
    contests: Mapping[str, Contest]
    peak: Peak
    memory: int
    memory_of_two: int
    imports: Imports
    growth: tuple[growth.Point, ...]

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of the peak that full fine-tuning reached: by linear layers alone, and with attention."""
        return self.peak.shares(seconds_of(self.contests["full"], "ours"))

    def as_json(self) -> dict[str, object]:
        """Every number, as plain values."""
        linear, total = self.shares
        return asdict(self) | {"share_linear": linear, "share": total, "convention": CONVENTION}


def run(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure everything in the plan; `say` hears what is being done. Needs the package transformers."""
    trainer = find_trainer()
    tasks = {name: _task(name, plan) for name in ("head-only", "full", "last-block")}
    peaks = [matmul_peaks(plan.products)]
    rivals: dict[str, Contestant] = {"ours": ours, "Trainer": trainer, "plain loop": plain}
    say("head-only against Trainer and a plain loop")
    contests = {"head-only": compete(rivals, tasks["head-only"], plan.runs)}
    say("full against Trainer and a plain loop")
    contests["full"] = compete(rivals, tasks["full"], plan.runs, lambda: peaks.append(matmul_peaks(plan.products)))
    say("last-block with and without the cached prefix")
    contests["last-block"] = compete({"ours": ours, "no cache": uncached}, tasks["last-block"], plan.runs)
    say("memory of the demo")
    memory = peak_memory(plan.demo)
    say("memory of the demo with two workers")
    memory_of_two = peak_memory((*plan.demo, "--workers", "2"))
    say("imports")
    imports = import_times(plan.pairs)
    say("growth")
    gflops = {name: tuple(found[name] for found in peaks) for name in peaks[0]}
    peak = Peak(gflops, *work_of(tasks["full"]), where_time_goes(tasks["full"].with_epochs(1)))
    points = tuple(growth.grow(plan.sizes))
    return Results(this_machine(), plan, contests, peak, memory, memory_of_two, imports, points)


def find_trainer() -> Contestant:
    """Hugging Face's Trainer as a contestant; MissingExtraError where it is not installed."""
    try:
        import accelerate  # noqa: F401  (Trainer's own need, which it notices late)

        from .theirs import trainer
    except ImportError as error:
        ask = "pip install transformers accelerate"
        raise MissingExtraError(f"the benchmarks need {error.name or 'transformers'}; install it: {ask}") from None
    return trainer


def _task(regime: str, plan: Plan) -> Task:
    return Task(regime, tuple(fixture.messages(growth.FEW))).with_epochs(plan.epochs)
