"""Lesson 07: what to find out in the live lab, judged by the runs that were made there.

A mission never trains anything. It reads `lab.runs` and answers with a Verdict: not attempted where nothing was run
for it, and otherwise the one thing that is missing, or the numbers that settle it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..data.messages import Split
from ..data.sources import PRACTICE
from ..errors import HeadswapError, MissingExtraError
from ..lab import Lab, Run, Settings
from ..live.prepare import own
from ..metrics.intervals import paired_difference
from ..metrics.measure import measure
from ..regimes.named import REGIMES
from ..results.baselines import train_ngrams
from .exercise import Verdict

TWO_POINTS = 0.02  # of F1
FEWEST_REGIMES = 3
TWICE = 2.0  # how high the validation loss must end above its lowest
BY_HEART = 0.1  # nats: a training loss below it knows its messages
Group = dict[str, Run]  # the latest run of each regime, all told the same otherwise


def predicted(lab: Lab) -> Verdict:
    """Bet first, then train the two regimes that the lab's answers name, on the same messages with the same seed."""
    pair = [answer for answer in lab.answers if answer in REGIMES][:2]
    if not _done(lab):
        return _open("Choose an answer in the lab, then train both regimes of the question.")
    group = max(_groups(lab), key=lambda group: sum(name in group for name in pair))
    missing = [name for name in pair if name not in group]
    if missing:
        return _wrong(f"Now {missing[0]}: train it with the messages and the seed of the other one.")
    first, second = (group[name] for name in pair)
    bets = {run.forecast for run in (first, second)}
    if "" in bets:
        return _wrong("You looked before you bet: press Reset, choose an answer, and train both again.")
    if len(bets) > 1:
        return _wrong(f"You changed your bet between the runs, from {first.forecast} to {second.forecast}: bet once.")
    held = "That is what came out" if bets == {_outcome(lab, first, second)} else "It came out otherwise"
    return _passed(f"You said: {first.forecast}. {held}: {_scores(first)}, {_scores(second)}.{_doubt(first, second)}")


def cheapest(lab: Lab, regime: str = "") -> Verdict:
    """Run three or more regimes alike, then name the one that learns fewest weights within two points of the best."""
    if not _done(lab):
        return _open("Train some regimes with the same messages and the same seed.")
    group = max(_groups(lab), key=len)
    if len(group) < FEWEST_REGIMES:
        return _wrong(f"Run at least three regimes with the same seed and messages; so far you have {_names(group)}.")
    if all(run.learning < run.total for run in group.values()):
        return _wrong("None of your runs lets everything learn: add full, or nobody knows what the best is.")
    if not regime:
        return _open(f"You have {_names(group)}. Now name one: exercises.missions.cheapest(lab, 'its name')")
    return _named(group, regime)


def overfit(lab: Lab) -> Verdict:
    """Train the regime full until its validation loss ends at twice its lowest, its own messages known by heart."""
    tried = [run for run in lab.runs if run.settings.regime == "full" and _losses(run)]
    if not tried:
        return _open("Choose the regime full and train it." + " The other runs do not count here." * bool(lab.runs))
    run = max(tried, key=_rise)
    losses, best = _losses(run), run.best or 1
    if best == len(losses):
        return _wrong("That run has not overfitted: its validation loss is lowest in its last epoch.")
    ends = f"validation loss {min(losses):.3f} after epoch {best}, {losses[-1]:.3f} after {len(losses)}"
    if run.epochs[-1].train_loss > BY_HEART:
        return _wrong(f"Its training loss is still {run.epochs[-1].train_loss:.3f} nats: it has not learned by heart.")
    if _rise(run) < TWICE:
        return _wrong(
            f"It overfits, but its loss hasn't doubled: {ends}. What would make learning by heart easier still?"
        )
    return _passed(
        f"It overfits: {ends}, training loss {run.epochs[-1].train_loss:.3f} on {run.settings.messages} messages."
    )


def beat_ngrams(lab: Lab, path: str | Path) -> Verdict:
    """Beat the n-gram baseline on your own messages, in the file at `path`, judged on the same validation messages."""
    if not Path(path).is_file():
        where = f"There is no file {Path(path).name} here"
        return _open(f'{where}: download_sms(".") fetches the SMS corpus, or give the path of a file of your own.')
    real = [run for run in _done(lab) if run.settings.data not in PRACTICE]
    if not real:
        return _open("No run on real messages yet: set lab.data to the path of your file and train.")
    try:
        mine = [(run, split) for run in real if _same_messages(run, split := own_split(run.settings, path))]
        if not mine:
            return _wrong(f"Your runs read another file, not {Path(path).name}: set lab.data to it and train.")
        return _against_ngrams(*max(mine, key=lambda one: _f1(one[0])), len(mine))
    except MissingExtraError as error:
        return _open(f"Nothing to beat here: {error}.")
    except HeadswapError as error:
        return _wrong(f"{error}.")


def own_split(settings: Settings, path: str | Path) -> Split:
    """The messages of a file as a lab with these settings divides them."""
    return own(replace(settings, data=str(path)), None)


# ---- what the runs say


def _named(group: Group, name: str) -> Verdict:
    """The verdict on a regime that the learner names as the cheapest within two points."""
    if name not in group:
        return _wrong(f"There is no run of {name} to compare; you have {_names(group)}.")
    best = max(group.values(), key=_f1)
    near = [run for run in group.values() if _f1(best) - _f1(run) <= TWO_POINTS + 1e-9]
    chosen, least = group[name], min(near, key=lambda run: run.learning)
    if chosen not in near:
        behind = 100 * (_f1(best) - _f1(chosen))
        return _wrong(f"Too far behind: {name} ends {behind:.1f} points below the best, {_scores(chosen, best)}.")
    if chosen.learning > least.learning:
        less = f"with only {least.learning:,} learning weights; {name} has {chosen.learning:,}"
        return _wrong(
            f"You also stay within two points using {least.settings.regime}, {less}: {_scores(least, chosen, best)}."
        )
    width = 100 * (_interval(chosen)[1] - _interval(chosen)[0])
    doubt = f"That interval is {width:.0f} points wide: another seed could turn two points around"
    return _passed(f"Cheap and good enough is {name}, {chosen.learning:,} weights: {_scores(chosen, best)}. {doubt}.")


def _against_ngrams(run: Run, split: Split, tried: int) -> Verdict:
    """The run and the n-grams on the same validation messages, compared message by message."""
    ours, theirs = run.verdicts, train_ngrams(split).predict(split.validation)
    bar, labels = measure(ours.labels, theirs).f1, ours.labels
    gain, (low, high) = paired_difference([(ours, replace(ours, predictions=theirs))])
    apart = f"a difference of {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
    told = f"Your best run, {_scores(run)}, against n-grams, {bar:.3f}, on the same {len(labels)} messages: {apart}"
    if gain <= 0:
        return _wrong(f"{told}. The n-grams still lead; more bytes, another pool or regime may help.")
    chosen = f" You took the best of {tried} runs on these very messages: that flatters it." if tried > 1 else ""
    sure = " Chance alone could have done this." if low <= 0 else ""
    return _passed(f"{told}.{sure}{chosen}")


def _outcome(lab: Lab, first: Run, second: Run) -> str:
    """Which of the lab's answers came out; the one that names no regime is that neither leads by two points."""
    ahead = first if _f1(first) >= _f1(second) else second
    tie = [answer for answer in lab.answers if answer not in REGIMES]
    near = abs(_f1(first) - _f1(second)) <= TWO_POINTS + 1e-9
    return tie[0] if near and tie else ahead.settings.regime


def _doubt(first: Run, second: Run) -> str:
    """Whether the luck of the messages could have made the difference; both runs are judged on the same ones."""
    gain, (low, high) = paired_difference([(first.verdicts, second.verdicts)])
    told = f" Compared message by message the difference is {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"{told}: that could be luck." if low <= 0 <= high else f"{told}, one seed each."


def _done(lab: Lab) -> list[Run]:
    return [run for run in lab.runs if run.outcome == "done" and run.metrics is not None]


def _groups(lab: Lab) -> list[Group]:
    """The finished runs by what they were told beside the regime and its rate; the latest first."""
    groups: dict[Settings, Group] = {}
    for run in _done(lab):
        alike = replace(run.settings, regime="", learning_rate=None, schedule="")
        groups.setdefault(alike, {})[run.settings.regime] = run
    return [*groups.values()][::-1]


def _same_messages(run: Run, split: Split) -> bool:
    return run.held_out == tuple((message.text, message.label) for message in split.validation)


def _losses(run: Run) -> list[float]:
    return [epoch.validation_loss for epoch in run.epochs if epoch.validation_loss is not None]


def _rise(run: Run) -> float:
    """How many times its lowest the validation loss ends at."""
    losses = _losses(run)
    return losses[-1] / max(min(losses), 1e-9)


def _f1(run: Run) -> float:
    return run.metrics.f1 if run.metrics else 0.0


def _interval(run: Run) -> tuple[float, float]:
    return run.metrics.intervals()["f1"] if run.metrics else (0.0, 1.0)


def _scores(*runs: Run) -> str:
    """Regime, validation F1 and its 95 % interval, each run once."""
    told = {run.settings.regime: (_f1(run), *_interval(run)) for run in runs}
    return ", ".join(f"{name} F1 {f1:.3f} [{low:.3f}, {high:.3f}]" for name, (f1, low, high) in told.items())


def _names(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _open(sentence: str) -> Verdict:
    return Verdict("not attempted", sentence)


def _wrong(sentence: str) -> Verdict:
    return Verdict("wrong", sentence)


def _passed(sentence: str) -> Verdict:
    return Verdict("passed", sentence)
