"""Lessons 06 and 06b: P(spam) to a verdict, verdicts to scores, and a threshold that loses no real message.

Shape letter: N messages.
"""

from collections.abc import Callable, Sequence

import torch

from .answers import Probe
from .exercise import Exercise, Trap

LABELS = (0, 0, 0, 1, 1, 1, 1, 1)
# Verdicts on LABELS, and what stands out in them; every quotient differs from every other in the first.
CASES = {
    "one of three ham and three of five spam called spam": (1, 0, 0, 1, 1, 1, 0, 0),
    "nothing called spam": (0, 0, 0, 0, 0, 0, 0, 0),
    "only ham called spam": (1, 1, 1, 0, 0, 0, 0, 0),
}
EIGHTHS = (0.0, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0)  # float32 holds them exactly
# P(spam) of ham, and of spam.
FILTERS = {
    "one ham above most of the spam": ((0.125, 0.25, 0.75), (0.0625, 0.5, 0.75390625, 0.875)),
    "a gap between the classes": ((0.125, 0.25, 0.375), (0.625, 0.75, 0.875)),
    "a ham above all spam": ((0.25, 0.9375), (0.5, 0.75)),
    "a ham and a spam at the same place": ((0.25, 0.75), (0.5, 0.75, 0.875)),
    "nothing likelier spam than ham": ((0.0625, 0.125), (0.1875, 0.375)),
    "a spam right above the spammiest ham": ((0.25, 0.75), (0.5, 0.75 + 2**-23)),
}
Scores = tuple[float, float, float]
Scoring = Callable[[torch.Tensor, torch.Tensor], Scores]
Deciding = Callable[[torch.Tensor, float], torch.Tensor]
Choosing = Callable[[torch.Tensor, torch.Tensor], float]


def verdicts(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    """Verdicts (N,), 1 for spam and 0 for ham: spam is what has a probability (N,) of `threshold` or more."""
    return (probabilities >= threshold).int()


def scores(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    """Precision, recall and F1 of spam, from labels (N,) and verdicts (N,); an empty denominator gives 0.0."""
    tp = int(((labels == 1) & (verdicts == 1)).sum())
    fp = int(((labels == 0) & (verdicts == 1)).sum())
    fn = int(((labels == 1) & (verdicts == 0)).sum())
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return precision, recall, f1


def choose_threshold(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    """A threshold that loses no ham and catches as much spam as that allows: labels (N,), probabilities (N,)."""
    spammiest_ham = probabilities[labels == 0].max()
    above = probabilities[probabilities > spammiest_ham]  # spam alone is up there
    return float(above.min()) if len(above) else float("inf")


def _strictly_above(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    return (probabilities > threshold).int()


def _likelier_class(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    return (probabilities >= 0.5).int()


def _upside_down(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    return (probabilities < threshold).int()


def _probability_kept(probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    return torch.where(probabilities >= threshold, probabilities, 0.0)


def _swapped(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    precision, recall, f1 = scores(labels, verdicts)
    return recall, precision, f1


def _raised(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    tp, said, real = _counts(labels, verdicts)
    return tp / said, tp / real, 2 * tp / (said + real)


def _raised_in_f1(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    precision, recall, _ = scores(labels, verdicts)
    return precision, recall, 2 * precision * recall / (precision + recall)


def _not_a_number(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    tp, said, real = (torch.tensor(float(n)) for n in _counts(labels, verdicts))
    precision, recall = tp / said, tp / real
    return precision.item(), recall.item(), (2 * precision * recall / (precision + recall)).item()


def _macro(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    ham, spam = _of_ham(labels, verdicts), scores(labels, verdicts)
    precision, recall, f1 = ((a + b) / 2 for a, b in zip(ham, spam, strict=True))
    return precision, recall, f1


def _of_ham(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    return scores(1 - labels, 1 - verdicts)


def _accuracy(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    right = float((labels == verdicts).float().mean())
    return right, *scores(labels, verdicts)[1:]


def _one_for_nothing(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    tp, said, real = _counts(labels, verdicts)
    return tp / said if said else 1.0, tp / real if real else 1.0, 2 * tp / (said + real) if said + real else 1.0


def _percent(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    precision, recall, f1 = scores(labels, verdicts)
    return 100 * precision, 100 * recall, 100 * f1


def _plain_mean(labels: torch.Tensor, verdicts: torch.Tensor) -> Scores:
    precision, recall, _ = scores(labels, verdicts)
    return precision, recall, (precision + recall) / 2


def _counts(labels: torch.Tensor, verdicts: torch.Tensor) -> tuple[int, int, int]:
    """Spam that was found, messages called spam, spam that there is."""
    return int((labels * verdicts).sum()), int(verdicts.sum()), int(labels.sum())


def _the_ham_itself(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return float(probabilities[labels == 0].max())


def _lowest_spam(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return float(probabilities[labels == 1].min())


def _best_f1(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    by_f1 = {float(p): scores(labels, verdicts(probabilities, float(p)))[2] for p in probabilities.sort().values}
    return max(by_f1, key=lambda threshold: by_f1[threshold])


def _nothing_caught(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return 1.0


def _highest_spam(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return float(probabilities[labels == 1].max())


def _a_step_above(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return _the_ham_itself(labels, probabilities) + 0.01


def _a_hair_above(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return _the_ham_itself(labels, probabilities) + 1e-6


def _no_infinity(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    threshold = choose_threshold(labels, probabilities)
    return threshold if threshold <= 1 else _a_hair_above(labels, probabilities)


def _a_hair_or_infinity(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    threshold = choose_threshold(labels, probabilities)
    return threshold if threshold > 1 else _a_hair_above(labels, probabilities)


def _one_half(labels: torch.Tensor, probabilities: torch.Tensor) -> float:
    return 0.5


def _deciding(threshold: float) -> Probe:
    says = f"verdicts({list(EIGHTHS)}, {threshold})"
    return Probe(says, lambda fn: fn(torch.tensor(EIGHTHS), threshold))


def _scoring(says: str, labels: Sequence[int], said: Sequence[int]) -> Probe:
    return Probe(f"scores with {says}", lambda fn: fn(torch.tensor(labels), torch.tensor(said)))


def _choosing(says: str, ham: Sequence[float], spam: Sequence[float]) -> Probe:
    """Judged by what the threshold does: any number between the spammiest ham and the next spam is right.

    Where no spam is to be had, infinity is asked for.
    """

    def ask(fn: Choosing) -> dict[str, object]:
        labels, chances = torch.tensor([0] * len(ham) + [1] * len(spam)), torch.tensor([*ham, *spam])
        threshold = float(fn(labels.clone(), chances.clone()))
        lost, caught = (int((chances[labels == c].double() >= threshold).sum()) for c in (0, 1))
        told: dict[str, object] = {"ham lost": lost, "spam caught": caught}
        return told if max(spam) > max(ham) else told | {"threshold": "inf" if threshold == float("inf") else "finite"}

    return Probe(f"choose_threshold with {says}, ham at {list(ham)} and spam at {list(spam)},", ask)


VERDICTS = Exercise(
    verdicts,
    tuple(map(_deciding, (0.5, 0.25, 0.75, 0.0, 1.0))),
    (
        Trap(_strictly_above, "You used >: a message exactly at the threshold is spam here, so compare with >=."),
        Trap(_likelier_class, "That is the likelier class, whatever the threshold: you compared with 0.5."),
        Trap(_upside_down, "Upside down: 1 is spam, and spam is what reaches the threshold."),
        Trap(_probability_kept, "These are still probabilities; a verdict is 1 or 0, however near the threshold."),
    ),
    (
        "One comparison for all N messages at once; no loop is needed.",
        "probabilities >= threshold is a tensor (N,) of True and False.",
        "(probabilities >= threshold).int() turns True into 1 and False into 0.",
    ),
    "A message exactly at the threshold is spam, as in the library and in the lab.",
)

SCORES = Exercise(
    scores,
    (
        *(_scoring(says, LABELS, said) for says, said in CASES.items()),
        _scoring("no spam there, and one message called spam", (0, 0), (1, 0)),
        _scoring("no spam there and nothing called spam", (0, 0), (0, 0)),
    ),
    (
        Trap(_swapped, "Precision and recall are swapped: precision divides by what was called spam."),
        Trap(_raised, "An empty denominator raised an error; where there is nothing to divide by, say 0.0."),
        Trap(_raised_in_f1, "F1 raised an error, and perhaps the others: P + R is 0 when no spam is found. Say 0.0 "
             "wherever you would divide by 0."),
        Trap(_one_for_nothing, "You give 1.0 where there is nothing to divide by; finding nothing earns 0.0."),
        Trap(_percent, "These are percentages; the scores run from 0 to 1."),
        Trap(_not_a_number, "Zero divided by zero is nan for a tensor, and nan spoils every mean; give 0.0 there."),
        Trap(_macro, "That is the mean over both classes, called macro; here spam alone is the positive class."),
        Trap(_of_ham, "Those are the scores of ham; the class that the filter looks for is spam, 1."),
        Trap(_accuracy, "Your precision is the accuracy: it counts ham that was let through. Divide TP by TP + FP."),
        Trap(_plain_mean, "F1 is the harmonic mean, 2PR / (P + R); the plain mean forgives a precision of 0."),
    ),
    (
        "Count three cells first: spam called spam (TP), ham called spam (FP), spam let through (FN).",
        "Precision is TP / (TP + FP), recall TP / (TP + FN), F1 2 TP / (2 TP + FP + FN). Which can be 0 / 0?",
        "tp = int(((labels == 1) & (verdicts == 1)).sum()), and precision = tp / (tp + fp) if tp + fp else 0.0.",
    ),
    "Three quotients of three cells, and none of them trips over an empty one.",
)  # fmt: skip

CHOOSE_THRESHOLD = Exercise(
    choose_threshold,
    tuple(_choosing(says, ham, spam) for says, (ham, spam) in FILTERS.items()),
    (
        Trap(_the_ham_itself, "The spammiest ham is lost: at p >= threshold a message exactly at it is called spam."),
        Trap(_lowest_spam, "You catch all spam, and every ham above the least likely spam is lost for it."),
        Trap(_best_f1, "That is the threshold of the highest F1: it trades real messages for more spam."),
        Trap(_nothing_caught, "No real message is lost, but at 1.0 nothing is caught: go down to the spammiest ham."),
        Trap(_highest_spam, "You catch only the spammiest spam: go down as far as the spammiest ham allows."),
        Trap(_a_step_above, "A fixed step above the spammiest ham can jump over spam: take the next probability."),
        Trap(_a_hair_above, "A hair above the spammiest ham is a guess: spam may lie closer still, and where none is "
             "above it the answer is float('inf'). Take the next probability itself."),
        Trap(_no_infinity, "Where no spam is above the spammiest ham, return float('inf'): any other number is a "
             "threshold that some message may reach."),
        Trap(_a_hair_or_infinity, "A hair above the spammiest ham can still jump over spam that lies closer: take the "
             "next probability itself."),
        Trap(_one_half, "0.5 ignores these messages: look at the spammiest ham, the one with the highest P(spam)."),
    ),
    (
        "One ham decides: the spammiest, with the highest P(spam). What is its P(spam)?",
        "Every threshold above the spammiest ham is safe, and the lowest of those catches the most spam.",
        "above = probabilities[probabilities > spammiest_ham] is spam alone: take its minimum; inf if it is empty.",
    ),
    "No ham is lost, and no spam is let through that did not have to be.",
)  # fmt: skip
