"""What the browser shows of a lab, held against what Python knows of it."""

from __future__ import annotations

import json
from typing import Any

from browser import ask_kernel
from playwright.sync_api import Page
from test_lab_browser import shown

KNOWN = """
import json
lab.threshold = 0.5
rows = lab.frame().to_dict("records")
print(json.dumps([
    {"run": r["id"], "regime": r["regime"], "pooling": r["pool"], "seed": r["seed"], "learns": f"{r['learning']:,}",
     "epochs": r["epochs_done"],
     "best epoch": int(r["best_epoch"]) if r["best_epoch"] and r["best_epoch"] > 0 else None,
     "outcome": " · predicted: ".join(filter(None, (r["outcome"], r["forecast"]))), "pinned": run.pinned,
     "F1": r["f1"] if r["f1"] == r["f1"] else None} for r, run in zip(rows, lab.runs, strict=True)]))
"""
# Which layers the next run trains, as the optimizer would group them; and which are drawn so.
LEARNING = """
import json
import torch
from headswap.model.body import BodyConfig, LMBody
from headswap.model.classifier import Classifier
from headswap.model.heads import new_head
from headswap.model.pooling import new_pool, pooled_width
from headswap.training.run import first_head
from headswap.web.layers import by_layer
from headswap.web.machine import begin
settings = lab._settings()
regime, generator = settings.chosen_regime(), torch.Generator().manual_seed(0)
body = LMBody(BodyConfig(width=4, heads=1, max_len=settings.max_len), generator)
head = new_head(first_head(regime), pooled_width(settings.pool, 4), 2, generator)
model = Classifier(body, new_pool(settings.pool, 4, generator), head)
rates = by_layer(model, begin(model, regime.stages[0]))
print(json.dumps(sorted(key for key, each in rates.items() if any(each))))
"""
DRAWN = """() => [...document.querySelectorAll('.hs-lab [data-hs=machine] .hs-m-layer')]
  .filter(e => e.querySelector('.hs-m-plate').ariaLabel.includes(', learns')).map(e => e.dataset.key).sort()"""
WAITING = "document.querySelector('.hs-lab .hs-m-layer[data-key=head]').dataset.state === 'waiting'"
# The comparison on the table: the runs that it has, and each candidate's mean of a score.
COMPARED = """
import json
found, frame = lab.compared, lab.comparison()
def mean_of(number, test, score):
    runs = [result for (c, _), result in found.results.items() if c == number]
    rows = frame[frame.test == test] if len(frame) else frame
    own = found.plan.candidates[number]
    rows = [row for row in rows.to_dict("records") if row["regime"] == own.regime
            and (own.value is None or row[found.plan.vary] == own.value)] if len(rows) else []
    values = [row[score] for row in rows if row[score] == row[score]]
    return [len(runs), sum(values) / len(values) if values and len(values) == len(rows) else None]
print(json.dumps(None if found is None else {
    "done": found.done, "phase": lab._contest.comparer.phase, "rival": lab._contest.rival, "test": lab._contest.test,
    "values": [*found.plan.values] if found.plan.sweep else [], "label": [c.label for c in found.plan.candidates],
    "regime": [c.regime for c in found.plan.candidates], "value": [c.value for c in found.plan.candidates],
    "means": [{name: mean_of(n, lab._contest.test, name) for name in ("f1", "precision", "recall", "accuracy",
              "average_precision", "loss")} for n in range(len(found.plan.candidates))]}))
"""
CONTENDERS = """() => {
  const face = document.querySelector('.hs-lab .hs-compareface');
  const along = face.querySelector('.hs-along');
  return { at: along.hidden ? null : Number(along.querySelector('input').value),
    score: face.querySelector('[data-control=score] select').value,
    says: face.querySelector('.hs-status').textContent,
    shown: face.querySelector('.hs-contenders').checkVisibility(),
    rows: [...face.querySelectorAll('.hs-contenders tbody tr')].map(tr =>
      [tr.querySelectorAll('path.hs-seed').length, tr.cells[1].textContent]) };
}"""


def differences(view: Page) -> list[str]:
    """What the table of runs and the machine show otherwise than Python knows it."""
    wrong = _of_runs(json.loads(ask_kernel(view, KNOWN)), shown(view))
    learning, drawn = json.loads(ask_kernel(view, LEARNING)), view.evaluate(DRAWN)
    if view.evaluate(WAITING):  # a head that is not in use shows no state, and the pool below it is not drawn
        learning = [key for key in learning if key not in ("head", "pool")]
    return wrong + ([] if drawn == learning else [f"{learning} learn and {drawn} are drawn"])


def _of_runs(known: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    """What the browser shows otherwise than Python knows it; F1 is shown to three digits."""
    if [row["run"] for row in known] != [row["run"] for row in rows]:
        return [f"runs {[row['run'] for row in known]} are shown as {[row['run'] for row in rows]}"]
    if any("F1" not in row for row in rows):
        return ["the heading still names another threshold than one half"]
    wrong = []
    for true, row in zip(known, rows, strict=True):
        f1 = row["F1"] and float(row["F1"].split()[0])
        same = f1 == true["F1"] if None in (f1, true["F1"]) else abs(f1 - true["F1"]) <= 0.0005 + 1e-9
        others = [name for name in true if name != "F1" and str(true[name]) != str(row[name])]
        wrong += [f"run {true['run']}: {name} {true[name]!r} is shown as {row[name]!r}" for name in others]
        wrong += [] if same else [f"run {true['run']}: F1 {true['F1']} is shown as {f1}"]
    return wrong


def of_comparison(view: Page) -> list[str]:
    """What the lab's second face, which is open, shows otherwise than Python knows it; means to three digits."""
    known, page = json.loads(ask_kernel(view, COMPARED)), view.evaluate(CONTENDERS)
    if known is None:
        return ["there is no comparison, and one is drawn"] if page["shown"] else []
    if not known["means"] or not page["shown"]:
        return ["a comparison is not drawn"]
    value = known["values"][page["at"]] if page["at"] is not None else known["values"][0] if known["values"] else None
    numbers = [i for i, own in enumerate(known["value"]) if value is None or own == value]
    if len(numbers) != len(page["rows"]):
        return [f"{len(numbers)} candidates are drawn as {len(page['rows'])}"]
    wrong = []
    for number, (points, text) in zip(numbers, page["rows"], strict=True):
        many, mean = known["means"][number][page["score"]]
        said = None if not text[:1].isdigit() else float(text.split()[0])
        if many != points and mean is not None:
            wrong.append(f"{known['label'][number]}: {many} runs are drawn as {points} points")
        if (said is None) != (mean is None) or (mean is not None and abs(said - mean) > 0.0005 + 1e-9):
            wrong.append(f"{known['label'][number]}: {page['score']} {mean} is shown as {text!r}")
    return wrong
