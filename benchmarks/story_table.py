"""What `benchmarks.story` found, as tables: F1 with its interval, and every paired difference."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, pairwise
from pathlib import Path

from benchmarks.story import MUCH, NAMES, NGRAMS, Cell, finished, work
from benchmarks.story_data import OWN, TEXTS, StoryData, drawn, validation_size
from headswap.data.messages import Example
from headswap.data.sources import FileData
from headswap.files import write_atomically
from headswap.metrics.intervals import Verdicts, mean_interval, paired_difference
from headswap.training.spec import Judged, judged_as

ROOT = Path(__file__).parents[1]
FIGURE = ROOT / "figures" / "story.txt"
NUMBERS = FIGURE.with_suffix(".json")
WORTH = ROOT / "headswap" / "explorers" / "worth.json"
RIVALS = (NGRAMS, "head-only", "scratch")
WIDTH = 24

Estimate = tuple[float, float, float]  # a mean and the ends of its 95 % interval
Said = dict[int, Judged]  # by seed


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place of the grid: a set, the bytes that are read, what the body read before, the labels, the test."""

    data: str
    max_len: int
    texts: int
    labels: int
    test: str = OWN


@dataclass(frozen=True, slots=True)
class Found:
    """What was said at a place, by classifier and seed."""

    place: Place
    said: Mapping[str, Said]

    def f1(self, name: str) -> Estimate:
        """The mean F1 over seeds, with its interval."""
        mine = [_verdicts(judged) for judged in self.said[name].values()]
        low, high = mean_interval(mine, "f1")
        return sum(j.metrics.f1 for j in self.said[name].values()) / len(mine), low, high

    def ahead(self, name: str, rival: str) -> Estimate | None:
        """How far a classifier is ahead of a rival, paired over seeds and messages; None without a common seed."""
        return _ahead(self.said.get(name, {}), self.said.get(rival, {}))

    @property
    def spam(self) -> float:
        """The share of spam among the test messages."""
        labels = [label for mine in self.said.values() for judged in mine.values() for label in judged.labels]
        return sum(labels) / len(labels)

    @property
    def seeds(self) -> int:
        """Seeds that every classifier here has."""
        return len(set.intersection(*(set(mine) for mine in self.said.values())))


def collect(parts: Mapping[str, Sequence[Cell]], corpus: FileData | None, folder: Path) -> dict[Place, Found]:
    """All that is stored of the grid, by place; a random body and the n-grams count beside every schooling."""
    said: dict[Place, dict[str, Said]] = {}
    for cell in dict.fromkeys(cell for part in parts.values() for cell in part):
        result = finished(work(cell, corpus), folder)
        if result is not None:
            tests = StoryData(cell.data, cell.labels, cell.texts, corpus).tests(cell.seed)
            for test, judged in parted(result.judged[0], tests).items():
                place = Place(cell.data, cell.max_len, cell.texts, cell.labels, test)
                said.setdefault(place, {}).setdefault(cell.name, {})[cell.seed] = judged
    return {place: Found(place, _whole(place, said)) for place in sorted(said) if "head-only" in said[place]}


def _whole(place: Place, said: Mapping[Place, Mapping[str, Said]]) -> dict[str, Said]:
    """A place's classifiers with those that no reading changes, in their order."""
    plain = said.get(Place(place.data, place.max_len, TEXTS, place.labels, place.test), {})
    random = {name: mine for name, mine in plain.items() if name in (NGRAMS, "frozen-random", "scratch")}
    mine = random | dict(said[place])
    return {name: mine[name] for name in NAMES if name in mine}


def parted(judged: Judged, tests: Mapping[str, tuple[Example, ...]]) -> dict[str, Judged]:
    """What was said of every test set, from what was said of all of them together."""
    ends = [0, *accumulate(map(len, tests.values()))]
    return {
        name: judged_as(name, part, judged.predictions[a:b], judged.probabilities[a:b])
        for (name, part), (a, b) in zip(tests.items(), pairwise(ends), strict=True)
    }


def write(found: Mapping[Place, Found], corpus: FileData | None) -> None:
    """Keep the tables as text and as numbers, and the part that an explorer shows."""
    write_atomically(NUMBERS, _one_a_line(numbers(found)).encode())
    write_atomically(FIGURE, f"{text(found, corpus)}\n".encode())
    write_atomically(WORTH, _one_a_line(worth(found)).encode())


def _one_a_line(rows: Sequence[object]) -> str:
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def numbers(found: Mapping[Place, Found]) -> list[dict[str, object]]:
    """Every place with each classifier's F1, its seeds' F1, and all paired differences."""
    return [
        {
            "set": place.data, "bytes": place.max_len, "texts": place.texts, "labels": place.labels,
            "test": place.test, "f1": {name: _short(one.f1(name)) for name in one.said},
            "seeds": {name: [round(j.metrics.f1, 4) for j in mine.values()] for name, mine in one.said.items()},
            "ahead": {f"{b} - {a}": _short(gap) for a, b in combinations(one.said, 2) if (gap := one.ahead(b, a))},
        }
        for place, one in found.items()
    ]  # fmt: skip


def worth(found: Mapping[Place, Found]) -> list[dict[str, object]]:
    """What reading is worth to a probe, for the explorer of that name: a row for each set and number of labels."""
    wanted = (("fixture", 32, TEXTS), ("sms", 160, MUCH))
    return [
        {
            "set": place.data, "bytes": place.max_len, "labels": place.labels, "seeds": one.seeds,
            "f1": {name: _short(one.f1(name)) for name in one.said if name in (NGRAMS, "frozen-random", "head-only")},
            "ahead": _short(gap), "spam": round(one.spam, 4),
        }
        for place, one in found.items()
        if (place.data, place.max_len, place.texts) in wanted and place.test == OWN
        if (gap := one.ahead("head-only", "frozen-random")) is not None
    ]  # fmt: skip


def text(found: Mapping[Place, Found], corpus: FileData | None) -> str:
    """The tables of all places: each set, length and reading its own, labels side by side."""
    blocks: dict[tuple[str, int, int], list[Found]] = {}
    for place, one in found.items():
        if place.test == OWN:
            blocks.setdefault((place.data, place.max_len, place.texts), []).append(one)
    lines = [*HEAD]
    for (data, max_len, texts), row in blocks.items():
        read = len(drawn(StoryData(data, row[0].place.labels, texts, corpus), 0).corpus)
        lines += ["", "=" * 40, f"{data}, {max_len} bytes; the pretrained body has read {read:,} texts", *_scores(row)]
        for rival in RIVALS:
            lines += _against(row, rival)
        lines += _more_read(row, found)
        for test in dict.fromkeys(p.test for p in found if p.data == data and p.test != OWN):
            elsewhere = [found[place] for one in row if (place := _at(one.place, test)) in found]
            lines += ["", f"The same classifiers, judged on another test: {TESTS[data, test]}", *_scores(elsewhere)]
    return "\n".join(lines)


HEAD = (
    "F1 by classifier and number of labels: mean over seeds and 95 % interval.",
    "To choose settings by there are a quarter as many messages more, and at least 10: "
    + ", ".join(f"{validation_size(n)} for {n}" for n in (10, 40, 160, 640)) + " labels.",
    "n-grams: the best of 6 strengths. frozen-random, head-only: converged probes, the best of 4 penalties.",
    "last-block, scratch, full: the best of 3 learning rates and of 20 epochs, 200 steps or more in all.",
    "No test message chooses anything. A difference is paired over seeds and messages; it could be luck where its",
    "interval holds 0. There are many differences here: one in twenty that are nothing looks like more than luck.",
    "Cut: the messages of order are read whole, since 32 bytes of them say nothing; a body of 20,000 texts has 40 and",
    "640 labels (order: 160 and 640), and 128 bytes have 40 and 640, with a body of 1,920 texts. sms has",
    "3,537 texts to read, which stand for 20,000 there (story.json calls them so, too).",
)  # fmt: skip
TESTS = {
    ("fixture", "second domain"): "1,000 practice messages of the second domain, half spam",
    ("fixture", "sms"): "1,000 messages of the SMS spam collection, half spam",
    ("sms", "balanced"): "160 SMS messages, half spam", ("sms", "fixture"): "1,000 practice messages, half spam",
    ("order", "new words"): "the same 1,000 messages about things and sums that nobody has read of",
}  # fmt: skip


def _at(place: Place, test: str) -> Place:
    return Place(place.data, place.max_len, place.texts, place.labels, test)


def _scores(row: Sequence[Found]) -> list[str]:
    lines = [_line("labels", (f"{one.place.labels}" for one in row)), _line("seeds", (_seeds(one) for one in row))]
    for name in NAMES:
        if any(name in one.said for one in row):
            lines.append(_line(name, (_estimate(one.f1(name)) if name in one.said else "" for one in row)))
    return [*lines, _line("in front", map(_first, row)), *_maybe(row)]


def _seeds(one: Found) -> str:
    least, most = (end(map(len, one.said.values())) for end in (min, max))
    return str(most) if least == most else f"{least} to {most}"


def _first(one: Found) -> str:
    return max(one.said, key=lambda name: one.f1(name)[0])


def _maybe(row: Sequence[Found]) -> list[str]:
    """Below the one in front, everybody who may be as good: whose distance could be luck."""
    near = []
    for one in row:
        best = _first(one)
        gaps = {name: one.ahead(best, name) for name in one.said if name != best}
        near.append([name for name, gap in gaps.items() if gap is None or gap[1] <= 0])
    deepest = max(map(len, near), default=0)
    return [
        _line("perhaps luck vs" if i == 0 else "", (names[i] if i < len(names) else "" for names in near))
        for i in range(deepest)
    ]


def _against(row: Sequence[Found], rival: str) -> list[str]:
    lines = []
    for name in NAMES:
        gaps = [one.ahead(name, rival) for one in row]
        if name != rival and any(gaps):
            lines.append(_line(name, (_estimate(gap, "+") if gap else "" for gap in gaps)))
    return ["", f"F1 minus {rival}, paired", *lines] if lines else []


def _more_read(row: Sequence[Found], found: Mapping[Place, Found]) -> list[str]:
    """What more reading adds, where a body has read more than in the lab."""
    lines = []
    for name in NAMES:
        gaps = []
        for one in row:
            p = one.place
            less = found.get(Place(p.data, p.max_len, TEXTS, p.labels, p.test)) if p.texts != TEXTS else None
            learned = name not in (NGRAMS, "frozen-random", "scratch")
            gaps.append(_ahead(one.said.get(name, {}), less.said.get(name, {})) if less and learned else None)
        if any(gaps):
            lines.append(_line(name, (_estimate(gap, "+") if gap else "" for gap in gaps)))
    return ["", f"F1 minus the same with a body that has read {TEXTS:,} texts, paired", *lines] if lines else []


def _line(name: str, cells: Iterable[str]) -> str:
    return (name.ljust(15) + "".join(cell.rjust(WIDTH) for cell in cells)).rstrip()


def _estimate(estimate: Estimate, sign: str = "") -> str:
    mean, low, high = (f"{number:{sign}.3f}" for number in estimate)
    return f"{mean} [{low}, {high}]"


def _short(estimate: Estimate) -> list[float]:
    return [round(number, 4) for number in estimate]


def _ahead(mine: Said, rival: Said) -> Estimate | None:
    pairs = [(_verdicts(mine[seed]), _verdicts(rival[seed])) for seed in mine if seed in rival]
    if not pairs:
        return None
    mean, (low, high) = paired_difference(pairs)
    return mean, low, high


def _verdicts(judged: Judged) -> Verdicts:
    return judged.verdicts
