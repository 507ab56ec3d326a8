"""A stored result as a run that the lab can show, without training it again."""

from __future__ import annotations

from ..data.sources import split_of
from ..live.prepare import data_key
from ..live.runs import Run, diagnose, head_of, shown_as
from ..live.told import Epochs, Told, epoch_told
from ..training.spec import RunSpec
from .comparison import Comparison


def as_run(found: Comparison, candidate: int, seed: int, id: int) -> Run:
    """The run behind one point: every epoch of it, judged on its own seed's validation messages.

    Its model was not kept, nor where its vectors lay: only what it said.
    """
    result = found.results[candidate, seed]
    assert isinstance(result.spec, RunSpec)
    split = split_of(result.spec.data, seed)
    held_out, pictures, reads = shown_as(split.validation)
    run = Run(id, found.plan.settings(found.plan.candidates[candidate], seed), result.learning, result.total,
              result.cached, Epochs(result.epochs), "done", floor=result.floor, objective=result.objective,
              held_out=held_out, pictures=pictures, reads=reads, label_names=split.label_names,
              perplexities=[float("nan")])  # fmt: skip
    head = head_of(run, data_key(split), f"from a comparison: seed {seed} split the data anew")
    run.told = Told(head | {"compared": [candidate, seed]})
    for number, event in enumerate(run.epochs, 1):
        last = number == len(run.epochs)
        words = diagnose(run) if last else ""
        run.told.add(epoch_told(number, event, [], result.perplexity if last else None, {}, words))
    return run
