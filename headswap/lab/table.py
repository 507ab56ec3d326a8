"""What is done with single runs of a lab, and the one line of Python that makes the same view again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import SettingError
from ..live.runner import Runner
from ..live.runs import DEFAULTS, FIELDS
from ..live.told import Told
from .chosen import settings_of
from .engine import flowed
from .shipped import Shipped
from .story import messages_told, plain
from .view import View

Tell = Callable[[dict[str, Any]], None]
BESIDE = ("threshold", "folds", "face", "controls", "locked", "question", "answers", "present")  # what a view is, too
OWN_SPLIT = "a compared run learned from its own seed's split: this one learns from the lab's"


class Table:
    """The runs of one lab, those recorded among them: pinned, deleted, used again, shared."""

    def __init__(self, view: View, runner: Runner, shipped: Shipped, tell: Tell) -> None:
        self._view, self._runner, self._shipped, self._tell = view, runner, shipped, tell

    def promise(self, pinned: Sequence[Mapping[str, Any]]) -> str:
        """Have runs of these settings trained, and pinned, before the first one; what to say of it until then."""
        self._runner.promised = [settings_of(values) for values in pinned]
        many = len(self._runner.promised)
        return f"ready; Train begins with the {many} pinned run{'s' if many > 1 else ''}" if many else "ready"

    def told(self) -> list[Told]:
        """Every run as the browser knows it, recorded ones first."""
        return [*self._shipped.told, *(run.told for run in self._runner.runs)]

    def find(self, id: int | None = None) -> Told:
        """The run of this id, or the latest one: of the lab's own, or else the recorded one that fits the settings."""
        own = [run.told for run in self._runner.runs]
        fitting = [told for told in self._shipped.told if told.head["settings"] == self._view.settings().changed()]
        found = (own or fitting)[-1:] if id is None else [told for told in self.told() if told.head["id"] == id]
        if not found:
            ids = ", ".join(str(told.head["id"]) for told in self.told())
            raise SettingError("there is no run yet; train one" if id is None else f"run is {id}; choose one of {ids}")
        return found[0]

    def tell_wanted(self, ids: Sequence[int], keys: Sequence[str]) -> None:
        """Tell whole runs and the messages of data sets, for a page that shows them."""
        runs = [plain(told.whole()) for told in self.told() if told.head["id"] in ids]
        messages = messages_told(self._runner.runs, self._shipped.told, keys)
        self._tell({"kind": "told", "runs": runs, "messages": messages})

    def attempt(self, text: str, ids: Sequence[int]) -> None:
        """Ask runs about a text; where none is named and none is there yet, the recorded ones that fit the settings."""
        if not ids and not self._runner.runs and not self._runner.busy:
            ids = self._shipped.fitting(self._view.settings())
        self._runner.attempt(text, ids)

    def take_text(self, content: Mapping[str, Any]) -> None:
        """What a page wants to ask of its runs, in no more letters than it could type."""
        ids = [id for id in content.get("ids") or [] if isinstance(id, int)]
        self.attempt(str(content.get("text", ""))[:2000], ids)

    def tell_flow(self, content: dict[str, Any]) -> None:
        """Tell a text's way through a run's model, unless that is training."""
        id = content.get("id")
        run = next((run for run in self._runner.runs if run.id == id), None)
        if run is None and isinstance(id, int):
            run = self._shipped.find(id)
        if run is not None and run.outcome != "running":
            self._tell(flowed(run, content))

    def pin(self, id: int, pinned: bool) -> None:
        """Keep a run in view for comparison, or let it go."""
        for run in self._runner.runs:
            if run.id == id:
                run.pinned = pinned
        for told in self.told():
            if told.head["id"] == id:
                told.head["pinned"] = pinned
        self._tell({"kind": "pin", "id": id, "pinned": pinned})

    def delete(self, id: int) -> None:
        """Take one run away."""
        self._runner.delete(id)
        self.keep_latest()
        self._tell({"kind": "deleted", "id": id, **self._runner.undo})

    def keep_latest(self) -> None:
        """Have a saved page show the latest of the runs that are left."""
        ended = [run.told for run in self._runner.runs if run.outcome != "running"]
        self._view.kept = plain(ended[-1].brief()) if ended else {}

    def use(self, id: int) -> str:
        """Set every setting that is not locked to that of a run; what to say of it."""
        head = next((told.head for told in self.told() if told.head["id"] == id), None)
        if head is None:
            raise SettingError(f"there is no run {id} to take settings from; choose one in the table")
        view, locked = self._view, {*self._view.locked}
        wanted = {name: getattr(DEFAULTS, name) for name in FIELDS} | {"rates": {}} | head["settings"]
        with view.turn, view.hold_trait_notifications():
            for name in FIELDS:
                if name not in locked and name != "rates":
                    setattr(view, name, wanted[name])
        if not locked & {"regime", "rates", "machine"}:  # another regime has dropped the rates of the one before
            view.rates = wanted["rates"]
        kept = " Locked settings stay as they are." if locked & {*FIELDS} else ""
        return f"You now have the settings of {head['label']}.{kept}"

    def tell_line(self, dropped: Sequence[str], shown: int) -> None:
        """Tell the page the line of what it shows."""
        self._tell({"kind": "line", "line": self.line(dropped, shown)})

    def line(self, dropped: Sequence[str], shown: int = 0) -> str:
        """One line of Python that makes a lab with the same settings, threshold, pinned runs and open panels.

        `dropped` are the names of files that only this lab has; the run `shown` comes along as if it were pinned.
        """
        view = self._view
        heads = [told.head for told in self.told() if told.head["pinned"] or told.head["id"] == shown]
        pinned = [head["settings"] for head in heads] + [settings.changed() for settings in self._runner.promised]
        beside = {name: getattr(view, name) for name in BESIDE if getattr(view, name) != view.trait_defaults(name)}
        now = view.settings().changed()
        code = _code(now | beside)
        if pinned:
            code.append(f"pinned=[{', '.join(_called('dict', values) for values in pinned)}]")
        files = {values.get("data", "") for values in [now, *pinned]} & {*dropped}
        notes = [f"{name} was dropped into the lab: give its path" for name in sorted(files)]
        notes += [OWN_SPLIT] if any("compared" in head for head in heads) else []
        return f"Lab({', '.join(code)})" + (f"  # {'; '.join(notes)}" if notes else "")


def _code(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]


def _called(name: str, values: Mapping[str, Any]) -> str:
    return f"{name}({', '.join(_code(values))})"
