"""`predict --shelf` and `shelf`: every row is judged by its whole text, or there is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import tiny_base, tiny_split

from headswap.cli import main
from headswap.shelf.shelf import Shelf
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime

Said = tuple[int, list[str], str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf with the tasks spam and mood."""
    shelf = Shelf(tiny_base())
    history = run_regime(tiny_base(), tiny_split(), "head-only", Recipe(epochs=1, batch_size=48))
    shelf.put("spam", history)
    shelf.put("mood", history, ("sad", "glad"))
    return shelf.save(tmp_path_factory.mktemp("shelf"))


def headswap(capsys: pytest.CaptureFixture[str], *words: object) -> Said:
    code, said = main([str(word) for word in words]), capsys.readouterr()
    return code, said.out.splitlines(), said.err


@pytest.mark.parametrize(
    "content, options, texts",
    [
        ('task,text\nspam,"hi, how are you"\n\nmood,yes\n', [], ["hi, how are you", "yes"]),
        ("task;text;\nspam;hi, you;\n", [], ["hi, you"]),
        ('Text\tTask\n"hi" he said\tspam\n', [], ['"hi" he said']),
        ('task,text\nspam,"two\nlines"\n', [], ["two\nlines"]),
        ("id,text\n1,hi\n", ["--task", "spam"], ["hi"]),
        ("hi, how are you?\n\nfine\n", ["--task", "mood"], ["hi, how are you?", "fine"]),
        ("task,text\nspam," + "a" * 140_000, [], ["a" * 140_000]),
    ],
    ids=["CSV", "semicolons", "TSV", "two lines", "no task column", "plain lines", "a long text"],
)
def test_a_file_is_judged_row_by_row(
    content: str, options: list[str], texts: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows").write_text(content)
    code, out, _ = headswap(capsys, "predict", "--shelf", folder, "--file", tmp_path / "rows", *options)
    rows = [row.split("\t", 3) for row in "\n".join(out).replace("two\nlines", "two lines").split("\n")]
    assert code == 0 and [row[3] for row in rows] == [text.replace("\n", " ") for text in texts]
    assert {row[0] for row in rows} <= {"spam", "mood"}
    assert all(row[1] in (("ham", "spam") if row[0] == "spam" else ("sad", "glad")) for row in rows)


@pytest.mark.parametrize(
    "content, options, sentence",
    [
        ("task,text\nspam,hi, how are you\n", [], "row 2 has 3 fields, expected 2 (task, text) divided by a comma"),
        ('task,text\nspam,"open\nmood,yes\n', [], "row 2 cannot be read (unexpected end of data)"),
        ("task,text,text\nspam,hi,you\n", [], "has 2 columns text"),
        ("task,text\n", [], "holds only its header"),
        ("\n \n", [], "is empty"),
        ("task,words\nspam,hi\n", [], "has no column text (its first line, divided by a comma, names task, words)"),
        ("text\nhi\n", [], "has no column task"),
        ("task,text\nspam,\n", [], "row 2: the text is missing"),
        ("task,text\n,hi\n", [], "row 2: the task is missing"),
        ("task,text\nspam,hi\n", ["--task", "mood"], "has a column task of its own; leave one of them out"),
        ("task,text\nspam,hi\n", ["extra text"], "there are texts beside it, such as 'extra text'"),
        ("task,text\nspam,caf\xe9\n", [], "line 2, byte offset 18 is not valid utf-8"),
    ],
)
def test_a_file_that_would_be_misread_is_one_sentence(
    content: str, options: list[str], sentence: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows").write_bytes(content.encode("latin-1"))
    code, out, told = headswap(capsys, "predict", "--shelf", folder, "--file", tmp_path / "rows", *options)
    assert (code, out) == (2, []) and sentence in told and told.count("\n") == 1


def test_an_encoding_can_be_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows").write_bytes("task,text\nspam,caf\xe9\n".encode("latin-1"))
    asked = ("predict", "--shelf", folder, "--file", tmp_path / "rows", "--encoding", "latin-1")
    assert headswap(capsys, *asked)[1][0].endswith("\tcaf\xe9")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--shelf", "FOLDER", "--task", "spam", "--base", "b", "hi"], "a shelf has a base of its own"),
        (["--shelf", "FOLDER", "--task", "spam", "x.safetensors", "hi"], "x.safetensors is a file of weights"),
        (["--shelf", "FOLDER", "hi"], "no task is named"),
        (["x.safetensors", "--task", "spam", "hi"], "--task is spam, which is for a shelf"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    words: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, told = headswap(capsys, "predict", *(word.replace("FOLDER", str(folder)) for word in words))
    assert (code, out) == (2, []) and sentence in told and told.count("\n") == 1


def test_a_damaged_task_is_marked_and_the_others_answer(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Shelf.load(folder).save(tmp_path / "mine")
    next(mine.glob("mood-*")).write_bytes(b"x")
    code, listed, _ = headswap(capsys, "shelf", "list", mine)
    assert code == 0 and "head-only" in listed[1] and "mood                 cannot be read: " in listed[2]
    assert headswap(capsys, "predict", "--shelf", mine, "--task", "spam", "hi")[0] == 0
    assert "take the task off" in headswap(capsys, "predict", "--shelf", mine, "--task", "mood", "hi")[2]
    assert headswap(capsys, "shelf", "remove", mine, "mood") == (0, [f"mood is off the shelf; {mine} has spam."], "")
    said = f"spam is called letters now; {mine} has letters."
    assert headswap(capsys, "shelf", "rename", mine, "spam", "letters") == (0, [said], "")


@pytest.mark.parametrize("action", ["list", "add", "remove", "rename"])
def test_help_says_what_each_word_is(
    action: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit):
        main(["shelf", action, "--help"])
    said = capsys.readouterr().out
    places = said.split("positional arguments:")[1].split("options:")[0].strip().splitlines()
    assert all(len(line.split()) > 1 for line in places)
