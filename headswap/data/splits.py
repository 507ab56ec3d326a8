"""Splits that never put one text on two sides, drawn at random from a seed and from nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..errors import DataError, SettingError
from . import fixture, order
from .labels import HAM_SPAM
from .messages import Example, Message, Split
from .readers import unique_messages

UNLABELLED = 1280
MOST_UNLABELLED = 4_000  # texts of a file that pretraining may read beside the training messages
DEFAULT_SIZES = (640, 160, 160)  # messages to train, validate and test on, where there are enough
Pools = list[list[Message]]  # one list of messages per class


def stratified_split(
    messages: Sequence[Message], train: int = 640, validation: int = 160, test: int = 160, seed: int = 0,
    label_names: Sequence[str] = HAM_SPAM,
) -> Split:  # fmt: skip
    """Draw three parts that hold every class equally often, so that always guessing one class earns nothing.

    Sizes count messages and divide by the number of classes. Texts that differ only in case or white space
    count once, and one under two labels not at all. One seed and one order of the messages give one split. Raises
    `SettingError` for sizes, seed or names that do not fit, `DataError` for too few texts of a class or a nameless
    label.
    """
    return _draw(messages, {"train": train, "validation": validation, "test": test}, seed, label_names)[0]


def natural_split(
    messages: Sequence[Message], train: int = 640, validation: int = 160, test: int = 160, seed: int = 0,
    label_names: Sequence[str] = HAM_SPAM,
) -> Split:  # fmt: skip
    """Draw the parts of `stratified_split` and a second test set where spam is as rare as in the corpus.

    The share of spam decides precision: a filter that catches 95 % of spam and 1 % of ham has a precision of
    0.99 at one spam per ham and of 0.93 at one per seven. `natural` takes what is left of the rarest class
    and as much of the others as their shares of the different texts ask for; it is empty when a class has
    none left. The remaining texts become `unlabelled`, 4,000 at most: more would keep everybody waiting. Pretraining
    may read them and `train` and must never see `validation`, `test` or `natural`, or the model is judged on what it
    has read. Raises as above.
    """
    sizes = {"train": train, "validation": validation, "test": test}
    split, left, rng = _draw(messages, sizes, seed, label_names)
    totals = [len(pool) + sum(sizes.values()) // len(left) for pool in left]
    rarest = totals.index(min(totals))
    takes = [round(len(left[rarest]) * total / totals[rarest]) for total in totals]
    natural = _mix([pool[:take] for pool, take in zip(left, takes, strict=True)], rng)
    rest = _mix([pool[take:] for pool, take in zip(left, takes, strict=True)], rng)
    return replace(split, natural=natural, unlabelled=tuple(message.text for message in rest[:MOST_UNLABELLED]))


def sizes_for(
    messages: Sequence[Message], classes: int, wanted: tuple[int, int, int] = DEFAULT_SIZES,
    names: Sequence[str] = (),
) -> tuple[int, int, int]:  # fmt: skip
    """Sizes of the three parts that this many different texts allow: `wanted`, or less where a class is small.

    A small class gives a sixth each to validate and to test on, and the rest to train on. Raises `DataError` where
    a class has fewer than three different texts.
    """
    counts = [0] * classes
    for message in unique_messages(messages):
        counts[message.label] += 1
    fewest = min(counts)
    if fewest < 3:
        raise DataError(_too_rare(len(messages), counts, names))
    train, validation, test = (max(1, size // classes) for size in wanted)
    held_out = max(1, fewest // 6)
    if train + validation + test > fewest:
        validation, test = min(validation, held_out), min(test, held_out)
        train = min(train, fewest - validation - test)
    return train * classes, validation * classes, test * classes


def _too_rare(messages: int, counts: Sequence[int], names: Sequence[str]) -> str:
    fewest = min(counts)
    which = f", {names[counts.index(fewest)]}," if names else ""
    of = f"Of {messages:,} messages in {len(counts)} classes the rarest{which} has {fewest} different"
    ask = "give more of it, and see that the columns are the right ones and no text has two labels"
    return f"{of} text{'s' if fewest != 1 else ''}, expected at least 3: {ask}."


def fixture_split(seed: int = 0, shift: float = 0.0, train: int = 640, fresh: int = 0) -> Split:
    """Draw the practice messages: `train` to learn from, 160 to validate and 160 to test, of one fixed list.

    The lesson's 800 messages and 160 to validate on; 1,280 further texts without labels stand in for the generic
    corpus that a language model is pretrained on. `shift` moves the wording to a second domain. With `fresh`, that
    many further messages are the test, the same for every seed: 160 leave an F1 uncertain by about six points.
    """
    labelled = train + 320
    read = labelled + UNLABELLED
    found = _practice(read + fresh, shift)
    split = stratified_split(found[:labelled], train=train, seed=seed)
    test = tuple(found[read:]) if fresh else split.test
    return replace(split, test=test, unlabelled=tuple(message.text for message in found[labelled:read]))


@lru_cache(maxsize=2)
def _practice(count: int, shift: float) -> tuple[Message, ...]:
    """The first practice messages; every seed's split is drawn from the same ones."""
    return tuple(fixture.messages(count, shift=shift))


def practice_split(seed: int = 0, shift: float = 0.0, labelled: int = 640, fresh: int = 0) -> Split:
    """The fixture's split with so many labelled messages, and a body that reads the same texts however many.

    Fewer than 640 are the first ones of each class, in their order; what is beyond 640 is drawn anew. The body reads
    the texts of the first domain, whatever the shift: so it meets another one. Validation and test stay the same.
    """
    split = fixture_split(seed, shift, fresh=fresh)
    read = fixture_split(seed) if shift else split
    texts = tuple(message.text for message in read.train) + read.unlabelled
    return replace(split, train=_labelled(split.train, labelled, shift, fresh), unlabelled=(), corpus=texts)


def order_split(seed: int = 0, labelled: int = 640, fresh: int = 0) -> Split:
    """Messages in which only the order decides: as many to learn from as asked for, 160 to validate and to test.

    Each seed draws its own; with `fresh`, that many other test messages are the same for every seed. A deal is learned
    from in one order only and judged in both. No part shares a pair of steps with another, and the body reads the first
    640 messages and 1,280 without labels, however many are labelled.
    """
    read = 640 + UNLABELLED
    found = order.one_of_each(order.deals(read + max(0, labelled - 640), seed))
    train = balanced((*found[:640], *found[read:]), labelled)
    test = order.messages(fresh, -1, "test") if fresh else order.messages(160, seed, "test")
    return Split(
        train, tuple(order.messages(160, seed, "validate")), tuple(test),
        corpus=tuple(message.text for message in found[:read]),
    )  # fmt: skip


def _labelled(train: Sequence[Example], wanted: int, shift: float, fresh: int) -> tuple[Example, ...]:
    if wanted <= len(train):
        return balanced(train, wanted)
    used = len(train) + 320 + UNLABELLED + fresh
    return (*train, *fixture.messages(used + wanted - len(train), shift=shift)[used:])


def balanced(messages: Sequence[Example], wanted: int) -> tuple[Example, ...]:
    """The first messages of each of two classes, as many of one as of the other, in their order."""
    left = {label: wanted // 2 for label in (0, 1)}
    kept = []
    for message in messages:
        if left[message.label] > 0:
            left[message.label] -= 1
            kept.append(message)
    return tuple(kept)


def _draw(
    messages: Sequence[Message], sizes: dict[str, int], seed: int, label_names: Sequence[str]
) -> tuple[Split, Pools, np.random.Generator]:
    _check_settings(sizes, seed, label_names)
    rng = np.random.Generator(np.random.PCG64(seed))
    pools = _pools(messages, label_names, rng)
    _check_enough(pools, sizes, label_names)
    parts, start = {}, 0
    for name, size in sizes.items():
        end = start + size // len(pools)
        parts[name] = _mix([pool[start:end] for pool in pools], rng)
        start = end
    return Split(**parts, label_names=tuple(label_names)), [pool[start:] for pool in pools], rng


def _pools(messages: Sequence[Message], label_names: Sequence[str], rng: np.random.Generator) -> Pools:
    pools: Pools = [[] for _ in label_names]
    for message in messages:
        if message.label not in range(len(pools)):
            expected = f"expected 0 to {len(pools) - 1}: give one name per class in label_names"
            raise DataError(f"A message has the label {message.label}, {expected}.")
    for message in unique_messages(messages):
        pools[message.label].append(message)
    return [list(_mix([pool], rng)) for pool in pools]


def _mix(groups: Pools, rng: np.random.Generator) -> tuple[Message, ...]:
    together = [message for group in groups for message in group]
    return tuple(together[index] for index in rng.permutation(len(together)))


def _check_settings(sizes: dict[str, int], seed: int, label_names: Sequence[str]) -> None:
    classes = len(label_names)
    if classes < 2:
        raise SettingError(f"label_names is {label_names!r}, expected two or more names: name each class.")
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1 or size % classes:
            ask = f"expected a whole number of messages above 0 that divides by {classes} classes"
            raise SettingError(f"{name} is {size!r}, {ask}: give {classes}, {2 * classes} or the like.")
    if not isinstance(seed, int) or seed < 0:
        raise SettingError(f"seed is {seed!r}, expected a whole number from 0 up: give 0, 1 or the like.")


def _check_enough(pools: Pools, sizes: dict[str, int], label_names: Sequence[str]) -> None:
    need = sum(sizes.values()) // len(pools)
    for name, pool in zip(label_names, pools, strict=True):
        if len(pool) < need:
            asked = f"expected {need} for " + ", ".join(f"{part} {size}" for part, size in sizes.items())
            advice = "give more messages of it or make the parts smaller"
            raise DataError(f"The class {name} has {len(pool)} different texts, {asked}: {advice}.")
