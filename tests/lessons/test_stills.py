"""A closed notebook shows what it will be: a picture and words for each widget, small, the same at every build."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from browser import CHROMIUM
from PIL import Image

from headswap.explorers.closed import closed, in_words
from headswap.explorers.predict import predict
from lessons import build, stills

NOTEBOOKS = sorted(build.NOTEBOOKS.glob("*.ipynb"))
MOST = 400_000  # bytes of a notebook
# What a widget says of itself in one line: its title, and the values of its controls.
WIDGET = re.compile(r"[A-Z][\w ]*\(.*\)")
every = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
drawn = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
LESSON = """# %%
from headswap.explorers import predict, recorded

bet = predict("Which?", ["one", "two"])
bet

# %%
bet.reveal("two", "0.123")

# %%
explorer = recorded()
explorer

# %%
from headswap.lab import Lab

lab = Lab(messages=20, epochs=3)
lab

# %%
explorer.set(epoch=9)
lab.train(block=True)
"""


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """What the cells show, printed text apart."""
    found = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in found if "data" in output]


def widgets(path: Path) -> list[nbformat.NotebookNode]:
    shown = outputs(nbformat.read(path, as_version=4))
    return [output for output in shown if WIDGET.fullmatch(output.data["text/plain"])]


@every
def test_each_widget_cell_has_a_still_with_words(path: Path) -> None:
    assert widgets(path)
    for output in widgets(path):
        assert set(output.data) == {"text/plain", "image/png"}, "run: make notebooks"
        assert set(output.metadata) == {"image/png"}
        about = output.metadata["image/png"]
        assert about["width"] == stills.WIDTH
        assert about["alt"].startswith(output.data["text/plain"].split("(")[0])
        picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        assert picture.width == stills.WIDTH * stills.SHARPNESS
        assert len(picture.getcolors() or []) <= stills.COLOURS


@every
def test_a_notebook_with_its_stills_stays_small(path: Path) -> None:
    assert path.stat().st_size < MOST


@every
def test_the_words_of_an_unanswered_bet_give_nothing_away(path: Path) -> None:
    told = {output.data["text/plain"]: output.metadata.get("image/png", {}).get("alt") for output in widgets(path)}
    assert told["Outcome()"] == unanswered("any", "thing")[1], "run: make notebooks"


def unanswered(truth: str, because: str) -> tuple[dict, str]:
    """What a closed notebook shows of an outcome that nobody has bet on."""
    state = closed(predict("Which?", ["any", "other"]).reveal(truth, because).get_state())
    return state, in_words(state)


@pytest.mark.browser
@drawn
def test_the_picture_of_an_unanswered_bet_is_the_same_whatever_came_out() -> None:
    one, other = stills.photographs([unanswered("any", "0.123")[0], unanswered("other", "0.9")[0]])
    assert one == other


@pytest.mark.browser
@pytest.mark.slow
@drawn
def test_building_a_notebook_with_stills_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    lesson = tmp_path / "09_example.py"
    lesson.write_text(LESSON, "utf-8")
    first = build.built(lesson, tmp_path)
    assert build.built(lesson, tmp_path) == first
    said = [output.metadata["image/png"]["alt"] for output in outputs(nbformat.reads(first.decode(), 4))]
    assert len(said) == 4
    assert "0.123" not in said[1], "nobody has bet"
    assert "Epoch: 9." in said[2], "the end state is what Run All leaves"
    assert "3 of 3 epochs" in said[3]


def test_a_still_keeps_the_colours_of_few_pixels() -> None:
    """A palette made for most pixels would take a rare colour for its neighbour."""
    picture = Image.effect_noise((200, 100), 60).convert("RGB")  # some 200 greys
    picture.putpixel((7, 7), (178, 80, 140))
    file = io.BytesIO()
    picture.save(file, "png")
    small = Image.open(io.BytesIO(stills.reduced(file.getvalue()))).convert("RGB")
    assert small.getpixel((7, 7)) == (178, 80, 140)
    assert small.size == picture.size


def test_without_chromium_the_builder_says_what_is_missing(monkeypatch, capsys) -> None:
    monkeypatch.setattr(build, "CHROMIUM", None)
    with pytest.raises(SystemExit) as ended:
        build.main(["00"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"{build.MISSING}\n"
