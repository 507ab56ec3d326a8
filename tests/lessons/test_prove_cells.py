"""What a lesson proves is at stake: its prove cells pass as they are, and fail when the promise is broken.

A test rehearses a lesson up to its proofs, breaks one thing, and runs the proofs.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from IPython.display import display

from headswap.errors import HeadswapError
from headswap.explorers import measures
from headswap.lab import Settings
from headswap.metrics.measure import Metrics, measure
from headswap.model.body import LanguageModel, LMBody, new_language_model
from headswap.model.classifier import Classifier, Swap, put_back, swap_head
from headswap.model.pooling import AttentionPool, LastTokenPool, MaxPool, MeanPool
from headswap.training.run import run_regime, start_regime
from lessons import build

LESSONS = {path.stem: path for path in build.lessons()}


# ---- the harness


@dataclass(frozen=True)
class Rehearsal:
    """A lesson whose cells before its proofs have run as far as the proofs need them; `space` holds its names."""

    space: dict[str, Any]
    proofs: tuple[str, ...]

    def prove(self) -> None:
        """Run the prove cells in their order; AssertionError where a promise does not hold."""
        for proof in self.proofs:
            exec(proof, self.space)


def rehearse(lesson: str) -> Rehearsal:
    """Run the statements that the lesson's prove cells need, and keep the proofs for `prove`.

    What they need is found backwards: a statement before them that binds, or writes to, a name that is read later.
    A call that changes an object without a name on the left is not seen, so a proof should read what a cell binds.
    """
    cells = [cell for cell in build.read(LESSONS[lesson]).cells if cell.cell_type == "code"]
    needed: set[str] = set()
    setup: list[str] = []
    for cell in reversed(cells):
        for statement in reversed(ast.parse(cell.source).body):
            found = Names.of(statement)
            if "prove" in build.tags(cell) or (found.bound | found.written) & needed:
                needed = needed - found.bound | found.read
                setup += [ast.unparse(statement)] if "prove" not in build.tags(cell) else []
    space: dict[str, Any] = {"display": display}
    for statement in reversed(setup):
        exec(statement, space)
    return Rehearsal(space, tuple(cell.source for cell in cells if "prove" in build.tags(cell)))


class Names(ast.NodeVisitor):
    """The names that a statement binds, those it writes to, as `runs[regime] = run` does, and those it needs."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.written: set[str] = set()
        self.read: set[str] = set()

    @classmethod
    def of(cls, statement: ast.stmt) -> Names:
        names = cls()
        names.visit(statement)
        return names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.read.add(node.id)

    def visit_Subscript(self, node: ast.Subscript | ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self.written |= {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
        self.generic_visit(node)

    visit_Attribute = visit_Subscript

    def visit_alias(self, node: ast.alias) -> None:
        self.bound.add((node.asname or node.name).split(".")[0])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bound.add(node.name)
        inside = Names()
        inside.bound = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        for statement in node.body:
            inside.visit(statement)
        self.read |= inside.read

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.read |= {inner.id for inner in ast.walk(node.target) if isinstance(inner, ast.Name)} - self.bound
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Children in the order in which they run: values before targets, loops before what they hold."""
        late = ("target", "targets", "body", "orelse", "elt", "key", "value") if hasattr(node, "generators") else ()
        late = ("targets",) if isinstance(node, ast.Assign) else late
        late = ("target", "body", "orelse") if isinstance(node, ast.For) else late
        fields = sorted(ast.iter_fields(node), key=lambda field: late.index(field[0]) if field[0] in late else -1)
        for _, value in fields:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)


def fails(rehearsal: Rehearsal) -> None:
    """The proofs must notice."""
    with pytest.raises(AssertionError):
        rehearsal.prove()


# Every notebook runs its proofs as they are; here they hold so that what a test breaks is what makes them fail. Nothing
# breaks those of lesson 00, which rest on its two long runs.
PROVING = [name for name in LESSONS if "prove" in LESSONS[name].read_text("utf-8") and name != "00_start_here"]


@pytest.mark.parametrize("lesson", PROVING)
def test_the_proofs_of_a_lesson_hold(lesson: str) -> None:
    rehearsal = rehearse(lesson)
    assert rehearsal.proofs
    rehearsal.prove()


def test_a_rehearsal_runs_what_a_proof_needs_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        "# %%\nruns = {}",
        "# %%\nfrom math import inf\nraise RuntimeError('no proof needs this')",
        "# %%\ndef unused(a=runs):\n    raise RuntimeError('nor this')\n\nname = unused(runs)",
        "# %%\nfor name in ('a', 'b'):\n    runs[name] = len(runs)",
        '# %% tags=["prove"]\nfor name in [n for n in runs]:\n    assert runs[name] < inf',
        '# %% tags=["prove"]\nassert runs == {"a": 0, "b": 1}',
    ]
    lesson = tmp_path / "99_example.py"
    lesson.write_text("\n\n".join(cells), "utf-8")
    monkeypatch.setitem(LESSONS, lesson.stem, lesson)
    rehearse(lesson.stem).prove()
    rehearsal = rehearse(lesson.stem)
    rehearsal.space["runs"] = {}
    fails(rehearsal)


# ---- 02 and 03


def test_02_notices_a_body_that_sees_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal, attend = rehearse("02_body"), F.scaled_dot_product_attention
    monkeypatch.setattr(F, "scaled_dot_product_attention", lambda q, k, v, attn_mask, is_causal: attend(q, k, v))
    fails(rehearsal)


def test_02_notices_a_mask_that_is_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal, attend = rehearse("02_body"), F.scaled_dot_product_attention

    def one_too_far(
        q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, attn_mask: torch.Tensor | None, is_causal: bool
    ) -> torch.Tensor:
        T = q.shape[-2]
        return attend(q, k, v, attn_mask=torch.ones(T, T, dtype=torch.bool).tril(1))

    monkeypatch.setattr(F, "scaled_dot_product_attention", one_too_far)
    fails(rehearsal)


def new_head_for_old(classifier: Classifier, head: Any) -> LanguageModel:
    return LanguageModel(classifier.body, new_language_model(classifier.body.config, 9).head)


def swap_onto(body: Callable[[LanguageModel], Any]) -> Callable[..., Swap]:
    """A swap that keeps not the model's body but what `body` makes of the model."""

    def swap(model: LanguageModel, pool: Any, head: Any) -> Swap:
        return swap_head(LanguageModel(body(model), model.head), pool, head)

    return swap


def slightly_moved(model: LanguageModel) -> Any:
    body = copy.deepcopy(model.body)
    with torch.no_grad():
        body.norm.bias[0] += 1e-6
    return body


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("put_back", new_head_for_old),
        ("swap_head", swap_onto(lambda model: new_language_model(model.body.config, 9).body)),
        ("swap_head", swap_onto(slightly_moved)),
    ],
    ids=["the old head is made anew", "the body is made anew", "one weight moves in its last digits"],
)
def test_03_notices_a_swap_that_loses_something(name: str, broken: Callable[..., Any]) -> None:
    rehearsal = rehearse("03_head_swap")
    assert rehearsal.space[name] in (put_back, swap_head)
    rehearsal.space[name] = broken
    fails(rehearsal)


# ---- 04 and 05


def dividing_by_the_length(self: MeanPool, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).mean(1)


@pytest.mark.parametrize(
    ("pool", "broken"),
    [
        (MeanPool, lambda self, hidden, mask: hidden.mean(1)),
        (MeanPool, dividing_by_the_length),
        (LastTokenPool, lambda self, hidden, mask: hidden[:, -1]),
        (MaxPool, lambda self, hidden, mask: hidden.amax(1)),
        (AttentionPool, lambda self, hidden, mask: ((hidden @ self.query).softmax(1).unsqueeze(-1) * hidden).sum(1)),
    ],
    ids=["mask ignored in the mean", "pads counted", "last position", "largest pad", "pads attended to"],
)
def test_04_notices_a_pool_in_which_pads_count(
    pool: type, broken: Callable[..., torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = rehearse("04_pooling")
    monkeypatch.setattr(pool, "forward", broken)
    fails(rehearsal)


def test_04_notices_a_body_that_looks_at_pads(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = rehearse("04_pooling")
    monkeypatch.setattr(LMBody, "visible", lambda self, mask: None)
    fails(rehearsal)


def test_05_notices_that_nothing_was_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = rehearse("05_freeze")
    monkeypatch.setattr("headswap.regimes.places.freeze", lambda parameters: None)
    with pytest.raises(HeadswapError, match="the optimizer does not hold"):
        rehearsal.prove()


def test_05_notices_a_regime_that_thaws_more() -> None:
    rehearsal = rehearse("05_freeze")
    rehearsal.space["start_regime"] = lambda base, split, _, recipe: start_regime(base, split, "last-block", recipe)
    fails(rehearsal)


def with_a_watcher(write: Callable[[LanguageModel, Classifier], None]) -> Callable[..., Any]:
    """A start_regime whose events are watched by somebody who writes once they are over."""

    def start(base: LanguageModel, split: Any, regime: str, recipe: Any) -> tuple[Classifier, Iterator[Any]]:
        model, events = start_regime(base, split, regime, recipe)

        def watched() -> Iterator[Any]:
            yield from events
            with torch.no_grad():
                write(base, model)

        return model, watched()

    return start


@pytest.mark.parametrize(
    "write",
    [
        lambda base, model: model.body.norm.bias[0].add_(1e-7),
        lambda base, model: base.body.norm.bias[0].add_(1e-7),
        lambda base, model: base.head.linear.bias[0].add_(1e-3),
    ],
    ids=["in the trained body", "in the base's body", "in the base's head"],
)
def test_05_notices_one_weight_that_moved(write: Callable[[LanguageModel, Classifier], None]) -> None:
    rehearsal = rehearse("05_freeze")
    rehearsal.space["start_regime"] = with_a_watcher(write)
    fails(rehearsal)


def test_05_notices_a_library_that_takes_no_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = rehearse("05_freeze")
    monkeypatch.setattr("headswap.training.loop.unchanged", lambda tensor, before: True)
    fails(rehearsal)


SWITCH = "break_it = False"


def test_the_switch_is_the_first_line_of_its_cell_and_says_what_to_do() -> None:
    cells = [proof for lesson in ("04_pooling", "05_freeze") for proof in only_proofs(lesson) if SWITCH in proof]
    assert len(cells) == 3
    assert all(re.match(rf"{SWITCH}  # set this to True and run the cell again", cell) for cell in cells)


@pytest.mark.parametrize(
    ("lesson", "number", "said"),
    [
        ("04_pooling", 0, r"mean +broken: P\(spam\) moves by up to 0\.\d+, and [1-9]\d* of 20 verdicts flip"),
        ("04_pooling", 1, r"0 of 4 pools give the same"),
        ("05_freeze", 0, r"4 of 30 tensors moved: .*body\.norm.*\nBroken: with the old head back on, perplexity"),
    ],
)
def test_the_switch_breaks_the_promise_in_words_and_stops_nothing(
    lesson: str, number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal = only(lesson, number)
    exec(rehearsal.proofs[0].replace(SWITCH, "break_it = True"), rehearsal.space)
    assert re.search(said, capsys.readouterr().out)


# ---- 06 and 07


def only_proofs(lesson: str) -> list[str]:
    """The prove cells of a lesson, without running anything."""
    return [cell.source for cell in build.read(LESSONS[lesson]).cells if "prove" in build.tags(cell)]


def only(lesson: str, number: int) -> Rehearsal:
    """One proof of a lesson by itself, so that no other notices first."""
    rehearsal = rehearse(lesson)
    return Rehearsal(rehearsal.space, (rehearsal.proofs[number],))


def the_point_alone(known: measures.Sweep, metrics: Metrics) -> measures.Block:
    here = (metrics.confusion[0][1] / metrics.support[0], metrics.recall)
    return measures.curves("ROC curve", "", "", [measures.line("this", [(0, 0), here, (1, 1)])])


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_roc_curve", the_point_alone),
        ("measure", lambda labels, said: measure(labels[1:], said[1:])),
        ("_auroc", lambda known: str(perf_counter_ns())),
    ],
    ids=["a curve of one threshold", "a message that is lost", "an area that moves"],
)
def test_06_notices_a_board_that_moves_too_much(
    name: str, broken: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = only("06_metrics", 0)
    monkeypatch.setattr(measures, name, broken)
    fails(rehearsal)


@pytest.mark.parametrize(
    "change", [{"recall": 0.9250001}, {"precision": 0.9}], ids=["recall moves", "precision stands"]
)
def test_06b_notices_scores_that_do_not_follow_bayes(change: dict[str, float]) -> None:
    rehearsal = only("06b_how_sure", 0)
    rehearsal.space["measure"] = lambda labels, said: replace(measure(labels, said), **change)
    fails(rehearsal)


@pytest.mark.parametrize("undivided", [np.nan, 1.0])
def test_06_notices_an_empty_denominator_that_is_not_zero(undivided: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        return np.where(bottom != 0, top / np.maximum(1, bottom), undivided)

    rehearsal = only("06_metrics", 1)
    monkeypatch.setattr("headswap.metrics.counts._divide", divide)
    fails(rehearsal)


def test_06_notices_that_nobody_says_what_was_undefined() -> None:
    rehearsal = only("06_metrics", 1)
    rehearsal.space["measure"] = lambda labels, said: replace(measure(labels, said), undefined=())
    fails(rehearsal)


def test_06_notices_a_test_message_in_the_training() -> None:
    rehearsal = only("06_metrics", 2)
    rehearsal.space["split"] = replace(rehearsal.space["split"], train=rehearsal.space["split"].test)
    fails(rehearsal)


def test_06_says_in_words_that_messages_leaked_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rehearsal = only("06_metrics", 2)
    broken = rehearsal.proofs[0].replace("break_it = False", "break_it = True")
    assert broken != rehearsal.proofs[0]
    Rehearsal(rehearsal.space, (broken,)).prove()
    told = capsys.readouterr().out
    assert "Broken: the model knows 80 test messages by heart." in told
    read, unread = (float(found) for found in re.findall(r"0\.\d\d|1\.00", told))
    assert read > 0.95 > unread + 0.05, "the messages that it has read score far better"


def test_07_notices_a_lab_that_writes_to_what_it_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(watch: Any) -> list[int]:
        with torch.no_grad():
            watch.model.head.linear.bias[0] += 1e-6
        return []

    rehearsal = only("07_lab", 0)
    monkeypatch.setattr("headswap.live.watch.Watch.points", points)
    fails(rehearsal)


def test_07_notices_a_lab_that_trains_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def another(base: LanguageModel, split: Any, regime: str, recipe: Any) -> Any:
        return run_regime(base, split, regime, replace(recipe, seed=recipe.seed + 1))

    rehearsal = only("07_lab", 0)
    monkeypatch.setattr("headswap.run_regime", another)
    fails(rehearsal)


@pytest.mark.parametrize("seeds", [(0, 1, 2), (0, 0, 0)], ids=["never the same", "always the same"])
def test_07_notices_a_seed_that_does_not_decide(seeds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal, recipe, drawn = only("07_lab", 1), Settings.recipe, iter(seeds)
    monkeypatch.setattr(Settings, "recipe", lambda settings: replace(recipe(settings), seed=next(drawn)))
    fails(rehearsal)
