"""The widgets' JavaScript: its functions under the Node that Playwright brings along, and how it is put together."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import playwright
import pytest

import headswap
from headswap.live.runs import Settings
from headswap.web.modules import joined

HERE = Path(__file__).parent
NODE = Path(playwright.__file__).parent / "driver" / "node"
PACKAGE = Path(headswap.__file__).parent
SCRIPTS = sorted(PACKAGE.rglob("*.js"))
ENTRIES = [path for path in SCRIPTS if "\nexport default" in path.read_text("utf-8")]
STYLES = [PACKAGE / "lab" / "view.css", PACKAGE / "explorers" / "explorer.css"]
RENDER = "function render() { return one; }\nexport default { render };\n"


def node(*arguments: str | Path) -> str:
    done = subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def written(folder: Path, **files: str) -> Path:
    """Modules of these names and texts in a folder; the path of the first."""
    for stem, text in files.items():
        (folder / f"{stem}.js").write_text(text, "utf-8")
    return folder / f"{next(iter(files))}.js"


def told(path: Path, tmp_path: Path) -> str:
    """What the render of a joined widget returns, as Node sees it."""
    whole = tmp_path / "whole.mjs"
    whole.write_text(joined(path) + "\n(({ render }) => console.log(JSON.stringify(render())))({ render });", "utf-8")
    return node(whole).strip()


def test_the_pure_functions_keep_their_promises() -> None:
    """All files in one process: in one of its own each waits three seconds for the lab's clocks to run out."""
    files = sorted(HERE.glob("*.test.mjs"))
    written_there = sum(len(re.findall(r"^test\(", file.read_text("utf-8"), re.MULTILINE)) for file in files)
    ran = re.search(r"pass (\d+)", node("--test", "--test-isolation=none", *files))
    assert ran
    assert int(ran[1]) >= written_there > 200, "the tests were found and ran"


def test_the_browser_knows_what_a_run_is_told_where_it_does_not_say() -> None:
    """A run tells the settings that are not the defaults; the others are filled in from here."""
    apart = (PACKAGE / "lab" / "apart.js").as_uri()
    said = node("--input-type=module", "-e", f'import {{ USUAL }} from "{apart}"; console.log(JSON.stringify(USUAL))')
    assert json.loads(said) == asdict(Settings()) | {"rates": {}}


def test_the_widgets_are_found() -> None:
    assert [name(path) for path in ENTRIES] == ["explorers/environment.js", "explorers/explorer.js", "lab/view.js"]


@pytest.mark.parametrize("path", ENTRIES, ids=name)
def test_a_widget_is_one_module_that_imports_nothing(path: Path, tmp_path: Path) -> None:
    text = joined(path)
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export default { render };"]
    whole = tmp_path / "whole.mjs"
    whole.write_text(text, "utf-8")
    node("--check", whole)
    node(whole)  # putting the modules together touches no page


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_a_widget_has_one_style_sheet_that_loads_nothing(path: Path) -> None:
    text = joined(path)
    assert "@import" not in text and "url(" not in text
    assert text.count("--hs-text:") == 1


def test_the_names_of_two_modules_do_not_meet(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry='import { one } from "./a.js";\nimport {\n  one as two,\n  three,\n} from "./b.js";\n'
        "const hidden = 3;\nfunction render() { return [one, two(), three, hidden]; }\nexport default { render };\n",
        a="const hidden = 1;\nexport const one = hidden;\n",
        b="const hidden = 2;\nfunction inner() { return hidden; }\nexport class Three {}\n"
        "export const three = new Three().constructor.name;\nexport { inner as one };\n",
    )
    assert told(entry, tmp_path) == '[1,2,"Three",3]'


def test_a_module_that_two_others_import_is_there_once(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry='import { one } from "./a.js";\nimport { two } from "./b.js";\n' + RENDER.replace("one;", "one === two;"),
        a='import { made } from "./c.js";\nexport const one = made;\n',
        b='import { made } from "./c.js";\nexport const two = made;\n',
        c="export const made = {};\n",
    )
    assert told(entry, tmp_path) == "true"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('import "./a.js";', "entry.js:2: not a form"),
        ('import one from "./a.js";', "entry.js:2: not a form"),
        ('import * as one from "./a.js";', "entry.js:2: not a form"),
        ('import { one } from "far";', "entry.js:2: not a form"),
        ('import { one } from "./a.js"', "entry.js:2: not a form"),
        ('  import { one } from "./a.js";', "entry.js:2: not a form"),
        ('const { one } = await import("./a.js");', "entry.js:2: not a form"),
        ("const one = import.meta.url;", "entry.js:2: not a form"),
        ("export let one = 1;", "entry.js:2: not a form"),
        ("export const { one } = {};", "entry.js:2: not a form"),
        ('export { one } from "./a.js";', "entry.js:2: not a form"),
        ('export * from "./a.js";', "entry.js:2: not a form"),
        ("export default one;", "entry.js:2: not a form"),
        ('import { default one } from "./a.js";', "entry.js:2: 'default one' is neither"),
        ('import { none } from "./a.js";', "entry.js:2: a.js does not export none"),
        ('import { one } from "./gone.js";', "entry.js:2: there is no file"),
        ('import { one } from "./circle.js";', "a circle of imports: entry.js imports circle.js imports entry.js"),
        ('import { one } from "./widget.js";', "entry.js: widget.js is a widget of its own"),
    ],
)  # fmt: skip
def test_what_the_joiner_does_not_know_is_an_error_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    entry = written(
        tmp_path, entry=f"// a comment\n{line}\n{RENDER}", a="export const one = 1;\n",
        circle='import { two } from "./entry.js";\nexport const one = two;\n',
        widget=f"export const one = 1;\n{RENDER}",
    )  # fmt: skip
    with pytest.raises(ValueError, match=re.escape(said)):
        joined(entry)


def test_a_comment_may_speak_of_imports(tmp_path: Path) -> None:
    said = '/** @param {import("./a.js").One} a */\n/**\n * import nothing (export is fine)\n */\n// import { one }\n'
    assert told(written(tmp_path, entry=f"{said}const one = 1;\n{RENDER}"), tmp_path) == "1"


def test_a_module_without_render_is_no_widget(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a widget"):
        joined(written(tmp_path, entry="export const one = 1;\n"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('@import url("b.css");', "a.css:2: not a form"),
        ('@import "./b.css" print;', "a.css:2: not a form"),
        ('@import "./gone.css";', "a.css:2: there is no file"),
        ('@import "./a.css";', "a.css:2: a circle"),
    ],
)
def test_a_style_sheet_is_joined_as_strictly(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "b.css").write_text(".b { top: 0; }\n", "utf-8")
    (tmp_path / "a.css").write_text('@import "./b.css";\n.a { top: 1px; }\n', "utf-8")
    assert joined(tmp_path / "a.css") == ".b { top: 0; }\n\n.a { top: 1px; }\n"
    (tmp_path / "a.css").write_text(f"/* a comment */\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=re.escape(said)):
        joined(tmp_path / "a.css")


def test_no_file_of_the_browser_is_longer_than_400_lines() -> None:
    lines = {name(path): len(path.read_text("utf-8").splitlines()) for path in (*SCRIPTS, *PACKAGE.rglob("*.css"))}
    assert {file: many for file, many in lines.items() if many > 400} == {}


def test_no_line_of_a_script_is_longer_than_120_columns() -> None:
    numbered = [(path, enumerate(path.read_text("utf-8").splitlines(), 1)) for path in SCRIPTS]
    assert [f"{name(path)}:{i}" for path, lines in numbered for i, line in lines if len(line) > 120] == []


def test_no_look_is_given_in_two_sheets() -> None:
    """A page holds all of them at once: a class that two sheets style plainly gets the looks of both."""
    given: dict[str, set[str]] = {}
    for sheet in PACKAGE.rglob("*.css"):
        plain = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        for rule in re.findall(r"([^{}]+)\{", plain):
            for name in re.findall(r"(?:^|,)\s*\.(hs-[\w-]+)\s*(?=,|$)", rule.strip()):
                given.setdefault(name, set()).add(sheet.name)
    twice = {name: sheets for name, sheets in given.items() if len(sheets) > 1}
    assert twice == {"hs-under": {"looks.css", "charts.css"}}, "one sheet only"
