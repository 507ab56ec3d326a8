"""What the classes of a file are called, and which of them is the one that is looked for, class 1 of two."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from reprlib import repr as short

from ..errors import SettingError

HAM_SPAM = ("ham", "spam")
# Words that name what a filter looks for, and words that name the rest.
SOUGHT = {
    "spam", "junk", "fraud", "fraudulent", "scam", "phishing", "smishing", "fake", "abuse", "abusive", "toxic",
    "hate", "hateful", "offensive", "insult", "malicious", "malware", "attack", "threat", "positive", "pos", "yes",
    "y", "true", "t"
}  # fmt: skip
REST = {
    "ham", "legit", "legitimate", "genuine", "real", "normal", "clean", "benign", "safe", "ok", "negative", "neg",
    "no", "n", "false", "f"
}  # fmt: skip
NOT = {"not", "no", "non"}


def text_key(text: str) -> str:
    """Give what two texts that count as the same share: letters without case, white space as one space."""
    return " ".join(text.casefold().split())


def order_classes(
    counts: Mapping[str, int], names: Sequence[str] | None = None, positive: str | None = None
) -> tuple[tuple[str, ...], str]:
    """The classes in order, the positive one of two last, and a note on how it was found, empty where nobody doubts.

    `counts` says how often each label stands in the file, as it is spelled there. `names` gives the order, `positive`
    names the class looked for; else it is guessed from words, and where they say nothing it is the rarer one.
    """
    if names is not None:
        _check_names(names)
        found, note = tuple(names), ""
    elif len(counts) == 2:
        found, note = _two(counts)
    else:
        found, note = tuple(sorted(counts, key=_by_number)), ""
    return (found, note) if positive is None else (_last(found, positive), "")


def _two(counts: Mapping[str, int]) -> tuple[tuple[str, str], str]:
    first, second = sorted(counts, key=_by_number)
    if {text_key(first), text_key(second)} == set(HAM_SPAM):
        return (first, second) if text_key(first) == HAM_SPAM[0] else (second, first), ""
    if _number(first) is not None and _number(second) is not None:
        return (first, second), _note(second, "the larger number")
    sign = _sign(second) - _sign(first)
    if sign == 0:
        rarer = first if counts[first] < counts[second] else second
        other = second if rarer == first else first
        why = "the rarer of the two" if counts[rarer] < counts[other] else "neither name says so: it comes second"
        return (other, rarer), _note(rarer, why)
    names = (first, second) if sign > 0 else (second, first)
    return names, _note(names[1], "by its name")


def _note(name: str, why: str) -> str:
    return f"{short(name)} is taken as the positive class, {why}; name it with positive= (--positive)"


def _sign(name: str) -> int:
    """1 for a name that sounds like what is looked for, -1 for one that sounds like the rest, 0 for any other."""
    words = set(re.findall(r"[^\W_]+", name.casefold()))
    sign = bool(words & SOUGHT) - bool(words & REST - NOT)
    if len(words) > 1 and words & NOT:
        return -sign or -1
    return sign or (-1 if words & REST else 0)


def _by_number(name: str) -> tuple[float, str]:
    value = _number(name)
    return (float("inf") if value is None else value, name)


def _number(name: str) -> float | None:
    return float(name) if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", name, re.ASCII) else None


def _check_names(names: Sequence[str]) -> None:
    if len({text_key(name) for name in names}) < max(len(names), 2):
        raise SettingError(f"label_names is {names!r}, expected two or more different names: give each once.")


def _last(names: Sequence[str], positive: str) -> tuple[str, ...]:
    wanted = [name for name in names if text_key(name) == text_key(positive)]
    if not wanted:
        known = ", ".join(map(short, names))
        raise SettingError(f"positive is {short(positive)}, expected one of the labels {known}: name one of them.")
    return (*(name for name in names if name != wanted[0]), wanted[0])


def most_common(labels: Sequence[str]) -> dict[str, int]:
    """How often each label stands there, under its most common spelling; case and white space do not count."""
    spelled: dict[str, Counter[str]] = {}
    for label in labels:
        spelled.setdefault(text_key(label), Counter())[label] += 1
    return {counts.most_common(1)[0][0]: sum(counts.values()) for counts in spelled.values()}
