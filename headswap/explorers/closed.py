"""What a closed notebook shows of a widget: its state without what a picture may not say, and that state in words.

Both are functions of the state alone, so that the words tell exactly what the picture shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .closed_lab import closed as closed_lab
from .closed_lab import in_words as lab_in_words
from .environment import closed as closed_environment
from .widget import Block

State = Mapping[str, Any]
ROWS = 8  # of a table that are read out


def closed(state: State) -> dict[str, Any]:
    """The state as anybody may see it: nothing of this machine or this moment, and no answer to a bet that is open."""
    if "story" in state:
        return closed_lab(state)
    return closed_environment(state) if "asked" in state else dict(state)


def in_words(state: State) -> str:
    """A text for whoever does not see the picture: the title, the controls, and every block with what it says."""
    if "story" in state:
        return lab_in_words(state)
    if "asked" in state:
        return f"Environment. {'; '.join(f'{name}: {value}' for name, value in state['rows'])}. {state['status']}"
    controls = [_control(control, state["value"]) for control in state["controls"] if control["kind"] != "hidden"]
    blocks = [f"{block['title']}: {_BLOCKS[block['kind']](block)}" for block in state["shown"]]
    return " ".join(_sentence(said) for said in (state["title"], "; ".join(controls), *blocks) if said)


def _control(control: State, value: State) -> str:
    label, chosen = control["label"], value[control["name"]]
    if isinstance(chosen, bool):
        chosen = "on" if chosen else "off"
    return f"{label}{'' if label.endswith('?') else ':'} {chosen} {control.get('unit', '')}".rstrip()


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _number(value: str | float | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.3g}"


def _tape(block: Mapping[str, Any]) -> str:
    counts = Counter(cell["kind"] for cell in block["cells"])
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"


def _batch(block: Block) -> str:
    return "; ".join(f"{message['name']}, {_tape(message)}" for message in block["messages"])


def _table(block: Block) -> str:
    rows = [
        ", ".join(f"{name} {_number(cell)}".strip() for name, cell in zip(block["columns"], row, strict=True))
        for row in block["rows"][:ROWS]
    ]
    more = len(block["rows"]) - len(rows)
    return "; ".join(rows + [f"and {more} more rows"] * (more > 0)) or "empty"


def _headlines(block: Block) -> str:
    return "; ".join(f"{card['name']}: {card['big']}, {card['says']}" for card in block["cards"])


def _pictures(block: Block) -> str:
    """What each picture shows, such as "what it paints: a 2 as the body paints it, 8 by 8 pixels"."""
    return "; ".join(f"{item['name']}: {item['says']}" for item in block["items"])


def _matrix(block: Block) -> str:
    names = block["names"]
    return "; ".join(
        f"is {name}: {', '.join(f'{count} said {other}' for count, other in zip(row, names, strict=True))}"
        for name, row in zip(names, block["counts"], strict=True)
    )


def _curves(block: Block) -> str:
    lines = [(line["name"], [y for _, y in line["points"] if y is not None]) for line in block["lines"]]
    ends = [f"{name} from {_number(ys[0])} to {_number(ys[-1])}" for name, ys in lines if ys]
    return f"{block['y']} by {block['x']}; {'; '.join(ends)}"


def _bars(block: Block) -> str:
    unit = f" {block['unit']}" if block["unit"] else ""
    return "; ".join(
        f"{name} {_number(value)}{'' if total is None else f' of {_number(total)}'}{unit}"
        for name, value, total in block["rows"]
    )


def _guesses(block: Block) -> str:
    pairs = list(zip(block["labels"], block["chances"], strict=True))
    hard = ", ".join(f"{label} ({chance:.1%})" for label, chance in sorted(pairs, key=lambda pair: pair[1])[:3])
    return f"{len(pairs)} bytes, the most surprising {hard}; next it expects {block['next'][-1][0][0]}"


def _worked(block: Block) -> str:
    who = block["labels"][block["looker"]]
    shares = zip(block["labels"], block["shares"], strict=True)
    return f"{who} takes {', '.join(f'{share:.2f} of {label}' for label, share in shares)}"


def _heat(block: Block) -> str:
    """How large the grid is; of numbers with a unit also its last column, or every cell where the grid is `whole`."""
    size = f"{len(block['rows'])} rows by {len(block['columns'])} columns"
    if "unit" not in block:
        return f"a grid of shares, {size}"
    if block.get("whole"):
        return "; ".join(
            f"{name}, {_of_row(block, row)}" for name, row in zip(block["rows"], block["values"], strict=True)
        )
    last = zip(block["rows"], (row[-1] for row in block["values"]), strict=True)
    ends = "; ".join(f"{name} {_number(value)} {block['unit']}" for name, value in last)
    return f"a grid, {size}; in the last column {ends}"


def _of_row(block: Block, row: Sequence[float | None]) -> str:
    cells = zip(block["columns"], row, strict=True)
    return ", ".join(f"{column} {_number(value)} {block['unit']}" for column, value in cells)


def _cloud(block: Block) -> str:
    return ", ".join(f"{len(group['points'])} {group['mark']}s for {group['name']}" for group in block["groups"])


def _field(block: Block) -> str:
    """Each class with its points and how many of them are wrong."""
    groups = [(len(group["points"]), sum(group["wrong"]), group) for group in block["groups"]]
    said = [f"{count} {group['mark']}s for {group['name']}, {wrong} of them wrong" for count, wrong, group in groups]
    return "; ".join(said)


def _trade(block: Block) -> str:
    """How many runs there are of each kind, where the chosen one is, and the rule."""
    counts = Counter(run["group"] for run in block["runs"])
    kinds = ", ".join(f"{counts[i]} {group['mark']}s for {group['name']}" for i, group in enumerate(block["groups"]))
    chosen = [run["says"] for run in block["runs"] if {"name": run["name"], "seed": run["seed"]} == block["chosen"]]
    return f"{block['y']} by {block['x']}; {kinds}. {' '.join(chosen)} {block['rule_name']}: {block['rule']:.2f}"


def _reliability(block: Block) -> str:
    """The calibration error with its floor, and every bin that holds messages."""
    luck = f", of which luck alone gives up to {block['floor']['high']:.1%}" if block["floor"] else ""
    bins = [one for one in block["bins"] if one["count"]]
    said = [f"{one['count']:,} about {one['claimed']:.0%} {block['claim']}, {one['came_true']:.0%} {block['came']}"
            for one in bins]  # fmt: skip
    return f"calibration error {block['ece']:.1%}{luck}; {'; '.join(said) or 'no messages'}"


def _lead(block: Block) -> str:
    """The difference with its verdict, and every score behind it."""
    scores = "; ".join(f"{name} {mean:.3f} [{low:.3f}, {high:.3f}]" for name, mean, low, high in block["scores"])
    return f"{block['big']}, {block['verdict']}. {block['says']} {scores}. {block['about']}".rstrip()


def _contenders(block: Block) -> str:
    """Every score with its interval, and how far it is ahead of the rival."""
    return "; ".join(f"{row['name']} {_estimate(row['mean'])}{_ahead(row, block['against'])}" for row in block["rows"])


def _ahead(row: State, against: str) -> str:
    return "" if row["ahead"] is None else f", {_estimate(row['ahead'], '+')} {against}"


def _estimate(estimate: Sequence[float], sign: str = "") -> str:
    mean, low, high = (format(number, f"{sign}.3f") for number in estimate)
    return f"{mean} [{low}, {high}]"


def _outbox(block: Block) -> str:
    """What the filter read, what it never saw, and its verdict."""
    unread = f", and never “{block['unread']}”" if block["unread"] else ""
    return f"it read “{block['read']}”{unread}; {block['verdict']}, P(spam) {block['p']:.3f}. {block['sentence']}"


def _heads(block: Block) -> str:
    """Every head with its answer, and how often the body ran."""
    on = [f"{head['task']}, {head['answer']} {head['chance']:.2f}" for head in block["heads"] if head["answer"]]
    off = [f"{head['task']}, taken off" for head in block["heads"] if not head["answer"]]
    return f"{'; '.join(on + off)}. {block['says']} {block['memory']}".rstrip()


def _machine(block: Block) -> str:
    """Every layer with its weights and state; under the language model's head nothing has begun to learn."""
    if block["swapped"]:
        return f"{'; '.join(map(_layer, block['layers']))}. {block['summary']}"
    body = [f"{layer['name']}, {layer['weights']:,} weights" for layer in block["layers"] if layer["origin"] != "new"]
    old = block["old"]
    return f"{'; '.join(body)}; {old['name']}, {old['weights']:,} weights. {block['summary']}"


def _layer(layer: State) -> str:
    """One layer of the machine, such as "Head, new, 130 weights, all learn at 1 times the rate"."""
    if not layer["weights"]:
        return f"{layer['name']}, no weights"
    some = "all learn" if layer["learns"] == layer["weights"] else f"{layer['learns']:,} learn"
    learning = f"{some} at {layer['rate']:g} times the rate" if layer["learns"] else "frozen"
    kept = ", computed once" if layer["once"] else ""
    return f"{layer['name']}, {layer['origin']}, {layer['weights']:,} weights, {learning}{kept}"


def _divide(block: Block) -> str:
    return f"{block['label']}; " + ", ".join(f"{len(lane['places'])} {lane['name']}" for lane in block["lanes"])


def _numbers(block: Block) -> str:
    items = "; ".join(map(_figure, block["items"]))
    return " ".join(filter(None, (items and _sentence(items), block["text"]))) or "none"


def _figure(item: State) -> str:
    """One large number, such as "F1 0.93" or "32 bytes", and the learner's own beside it."""
    named = f"{item['name']} {item['value']}" if item["name"] else f"{item['value']} {item['says']}"
    if not item.get("yours"):
        return named
    judged = {True: ", the same", False: ", not the same", None: ""}[item.get("agrees")]
    return f"{named} (yours: {item['yours']}{judged})"


_BLOCKS = {
    "words": lambda block: block["text"],
    "crowd": lambda block: block["text"],
    "outcome": lambda block: block["text"],
    "divide": _divide,
    "numbers": _numbers,
    "gauge": lambda block: block["text"],
    "tape": _tape,
    "batch": _batch,
    "table": _table,
    "headlines": _headlines,
    "matrix": _matrix,
    "curves": _curves,
    "bars": _bars,
    "heat": _heat,
    "guesses": _guesses,
    "looking": _heat,
    "worked": _worked,
    "cloud": _cloud,
    "field": _field,
    "trade": _trade,
    "reliability": _reliability,
    "machine": _machine,
    "lead": _lead,
    "contenders": _contenders,
    "outbox": _outbox,
    "heads": _heads,
    "pictures": _pictures,
}
