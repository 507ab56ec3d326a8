"""The widgets' JavaScript: its pure functions, under the Node that Playwright brings along."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import playwright
import pytest

import headswap
from headswap.web.modules import joined

HERE = Path(__file__).parent
NODE = Path(playwright.__file__).parent / "driver" / "node"
PACKAGE = Path(headswap.__file__).parent
MODULES = ("lab/view.js", "explorers/explorer.js")


def node(*arguments: str | Path) -> str:
    done = subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_the_pure_functions_keep_their_promises(file: Path) -> None:
    assert re.search(r"pass [1-9]", node("--test", file)), "the tests were found and ran"


@pytest.mark.parametrize("name", MODULES)
def test_a_widget_is_one_module_that_imports_nothing(name: str, tmp_path: Path) -> None:
    text = joined(PACKAGE / name)
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert re.findall(r"^export default .*", text, re.MULTILINE) == ["export default { render };"]
    whole = tmp_path / "whole.mjs"
    whole.write_text(text, "utf-8")
    node("--check", whole)  # a name declared twice would be an error


@pytest.mark.parametrize("name", MODULES)
def test_a_widget_has_one_style_sheet_that_loads_nothing(name: str) -> None:
    text = joined((PACKAGE / name).with_suffix(".css"))
    assert "@import" not in text and "url(" not in text
    assert "--hs-text:" in text
