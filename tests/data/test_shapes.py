"""Files as people have them: twelve shapes from the wild, each read and trained on, and ten thousand broken ones.

Every file here is made up, in the shape of one that people share.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headswap.cli import main
from headswap.data.fixture import messages
from headswap.data.readers import Corpus, read_messages
from headswap.data.sources import FileData
from headswap.errors import DataError, HeadswapError
from headswap.lab import Lab

FUZZED = int(os.environ.get("HEADSWAP_FUZZ", "500"))
MESSAGES = messages(60)


def rows(names: tuple[str, str] = ("ham", "spam"), count: int = 60) -> list[tuple[str, str]]:
    """Labels and texts of practice messages; no text holds a comma, a semicolon or a quote."""
    plain = str.maketrans({",": "", ";": "", '"': "", "\t": " "})
    return [(names[m.label], m.text.translate(plain)) for m in MESSAGES[:count]]


def lines(head: str, pattern: str, names: tuple[str, str] = ("ham", "spam"), end: str = "\n") -> bytes:
    body = [pattern.format(label=label, text=text) for label, text in rows(names)]
    return (end.join([*([head] if head else []), *body]) + end).encode()


def spam_csv() -> bytes:
    """The best-known file of spam on the web: latin-1, v1 and v2, and texts that run on in three nameless columns."""
    made = ["v1,v2,,,"]
    for i, (label, text) in enumerate(rows()):
        first, _, rest = text.partition(" ")
        made.append(f'{label},"{first}, {rest}\xa3",,,' if i % 5 else f'{label},"{first}"," {rest}\xa3",,')
    return "\r\n".join(made).encode("latin-1")


def comments_csv() -> bytes:
    """350 comments, half and half, with a text of each class twice, and columns that nobody asked for."""
    made = ["COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS"]
    for i, m in enumerate(messages(348)):
        made.append(f'z{i},a name,2013-11-07,"{m.text}",{m.label}')
    twice = [next(line for line in made[1:] if line.endswith(f",{c}")) for c in (0, 1)]
    return "\n".join([*made, *twice]).encode()


def pandas_csv() -> bytes:
    """What `DataFrame.to_csv` writes: a first column without a name, and the texts that need it in quotes."""
    made = [",text,target"]
    made += [f'{i},"{text}, and more",{label}' for i, (label, text) in enumerate(rows(("0", "1")))]
    return "\n".join(made).encode()


SHAPES: dict[str, tuple[str, Callable[[], bytes], dict[str, str], tuple[str, ...]]] = {
    # what: name of the file, its bytes, what one must say to read it, the classes in order
    "the UCI form": ("SMSSpamCollection", lambda: lines("", "{label}\t{text}"), {}, ("ham", "spam")),
    "spam.csv": ("spam.csv", spam_csv, {"encoding": "latin-1"}, ("ham", "spam")),
    "comments, small and with repeats": ("Comments.csv", comments_csv, {}, ("0", "1")),
    "fraud and legit": (
        "f.csv", lambda: lines("label,text", '{label},"{text}"', ("legit", "fraud")), {}, ("legit", "fraud"),
    ),
    "Excel's semicolons": (
        "excel.csv", lambda: lines("label;text;;;", "{label};{text};;;") + b";;;;\r\n;;;;\r\n", {}, ("ham", "spam"),
    ),
    "Excel's first line and BOM": (
        "sep.csv", lambda: b"\xef\xbb\xbf" + lines("sep=;\r\nlabel;text", "{label};{text}", ("no", "yes"), "\r\n"), {},
        ("no", "yes"),
    ),
    "a table from pandas": ("frame.csv", pandas_csv, {}, ("0", "1")),
    "no header": (
        "bare.csv", lambda: lines("", '{label},"{text}"', ("True", "False")), {"positive": "False"}, ("True", "False"),
    ),
    "commas without quotes": (
        "loose.csv", lambda: lines("label,text", "{label},{text}, you see, and so on"), {}, ("ham", "spam"),
    ),
    "UTF-16 from Windows": (
        "windows.txt", lambda: lines("text\tlabel", "{text}\t{label}").decode().encode("utf-16"), {}, ("ham", "spam"),
    ),
    "two names that say nothing": (
        "ab.tsv", lambda: lines("text\tcategory", "{text}\t{label}", ("A", "B")), {"positive": "B"}, ("A", "B"),
    ),
    "bars, and a label of two words": (
        "bars.txt", lambda: lines("message|type", "{text}|{label}", ("Not Spam", "Spam")), {}, ("Not Spam", "Spam"),
    ),
}  # fmt: skip


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, str], tuple[str, ...]]:
    name, content, said, classes = SHAPES[request.param]
    path = tmp_path / name
    path.write_bytes(content())
    return path, said, classes


def test_a_file_from_the_wild_is_read_whole_and_its_classes_keep_their_names(shape) -> None:
    path, said, classes = shape
    found = read_messages(path, **said)
    assert found.label_names == classes
    assert len(found.messages) >= 60
    assert all(m.text.strip() for m in found.messages)
    twice = len(found.messages) == 350  # the comments have one text of each class twice
    made = messages(348 if twice else 60)
    assert sum(m.label for m in found.messages) == sum(m.label for m in made) + twice


def test_a_file_from_the_wild_trains_from_the_command_line(shape, capsys: pytest.CaptureFixture[str]) -> None:
    path, said, classes = shape
    options = [word for name, value in said.items() for word in (f"--{name}", value)]
    small = ["--regimes", "frozen-random", "--epochs", "1", "--seeds", "1", "--max-len", "16"]
    assert main(["demo", "--data", str(path), *options, *small]) == 0
    told = capsys.readouterr().out
    assert f"the positive class is {classes[1]}, the other {classes[0]}" in told
    assert "said " + classes[1] in told


def test_a_file_from_the_wild_trains_in_the_lab(shape) -> None:
    path, said, classes = shape
    lab = Lab(data=str(path), regime="frozen-random", epochs=1, max_len=16, **said)
    lab.train(block=True)
    (run,) = lab.runs
    assert run.outcome == "done" and run.label_names == tuple(classes)


def test_texts_that_went_on_in_nameless_columns_are_joined_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "spam.csv"
    path.write_bytes(b"v1,v2,,,\nham,one,two,,\nspam,three,,,\nham,a,b,c,d\n")
    found = read_messages(path)
    assert [m.text for m in found.messages] == ["one,two", "three", "a,b,c,d"]
    assert "In 2 rows the text went on in columns without a name" in found.notes[0]


def test_one_column_is_told_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text\nhello\nbye\n")
    with pytest.raises(HeadswapError, match="has one column, 'text', expected two, a text and its label"):
        read_messages(path)


def test_latin_1_is_offered_by_name_where_utf_8_fails(tmp_path: Path) -> None:
    path = tmp_path / "spam.csv"
    path.write_bytes(spam_csv())
    with pytest.raises(HeadswapError, match=r"not valid utf-8.*--encoding cp1252 or latin-1"):
        read_messages(path)
    path.write_bytes(b"label,text\nham,\x81\nspam,a\n")
    with pytest.raises(HeadswapError, match="--encoding latin-1"):
        read_messages(path)


def test_sizes_follow_a_small_file_with_repeats(tmp_path: Path) -> None:
    path = tmp_path / "Comments.csv"
    path.write_bytes(comments_csv())
    split = FileData.of(path).split(0)
    assert (len(split.train), len(split.validation), len(split.test)) == (232, 58, 58)


def test_five_classes_work_with_the_default_sizes(tmp_path: Path) -> None:
    path = tmp_path / "topics.csv"
    made = [f"{'abcde'[i % 5]} topic,text number {i} on topic {i % 5}" for i in range(200)]
    path.write_text("label,text\n" + "\n".join(made))
    split = FileData.of(path).split(0)
    assert len(split.label_names) == 5
    assert len(split.train) + len(split.validation) + len(split.test) == 200


# ---- ten thousand broken files


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of one of the twelve shapes, with pieces cut out, put in, doubled or turned round."""
    name = draw(st.sampled_from(list(CONTENTS)))
    raw = bytearray(CONTENTS[name])
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 6))):
        at = rng.randrange(len(raw) + 1)
        end = min(len(raw), at + rng.choice((1, 1, 3, 40)))
        piece = rng.choice((b"", b"\n", b"\r", b'"', b",", b";", b"\t", b"\0", b"\xff", b"\xa3", b";;;", b"spam", b" "))
        match rng.randrange(4):
            case 0:
                raw[at:end] = piece
            case 1:
                raw[at:at] = piece * rng.choice((1, 2, 30))
            case 2:
                raw[at:at] = raw[at:end]
            case _:
                raw = raw[at:] + raw[:at] if rng.random() < 0.2 else raw[: max(1, at)]
    return name, bytes(raw)


CONTENTS = {name: content() for name, content, _, _ in SHAPES.values()}


@given(broken())
@settings(max_examples=FUZZED, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_broken_file_is_read_or_refused_in_one_sentence(file: tuple[str, bytes]) -> None:
    folder = Path(os.environ["HEADSWAP_TESTS"]) / f"fuzz-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    path = folder / file[0]
    path.write_bytes(file[1])
    try:
        found = read_messages(path)
    except HeadswapError as error:
        sentence = str(error).replace(str(path), "FILE")
        assert sentence.endswith(".") and "\n" not in sentence
        return
    assert isinstance(found, Corpus) and len(found.label_names) >= 2
    assert all(m.text.strip() for m in found.messages)
    with contextlib.suppress(HeadswapError):  # too few texts of a class
        FileData.of(path).split(0)


def test_a_file_without_a_header_is_read_whichever_label_comes_first(tmp_path: Path) -> None:
    """ "spam" heads many a column of labels; as the first label of a file without a header it is none."""
    rows = [f"{'spam' if m.label else 'ham'},{m.text.replace(',', ' ')}" for m in messages(60)]
    for first in (1, 0):
        (tmp_path / "bare.csv").write_text("\n".join(sorted(rows, key=lambda row: row.startswith("spam") != first)))
        found = read_messages(tmp_path / "bare.csv")
        assert (found.label_names, len(found.messages)) == (("ham", "spam"), 60)


def test_a_third_class_beside_ham_and_spam_is_a_class_and_a_slip_is_a_slip(tmp_path: Path) -> None:
    rows = [f"{('ham', 'spam', 'smishing')[i % 3]},{m.text.replace(',', ' ')}" for i, m in enumerate(messages(60))]
    (tmp_path / "three.csv").write_text("label,text\n" + "\n".join(rows))
    assert set(read_messages(tmp_path / "three.csv").label_names) == {"ham", "spam", "smishing"}
    (tmp_path / "slip.csv").write_text("label,text\n" + "\n".join([*rows[::3], *rows[1::3], rows[2]]))
    with pytest.raises(DataError, match="has the label 'smishing', expected one of ham, spam: correct it or remove"):
        read_messages(tmp_path / "slip.csv")


@pytest.mark.parametrize(
    "content", ['{"label": "spam", "text": "win"}\n' * 9, '[{"label": "spam", "text": "win"}]', "[[1, 2]]"]
)
def test_json_is_called_by_its_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(DataError, match="holds JSON, expected a table"):
        read_messages(tmp_path / "mine.csv")


def test_an_output_never_overwrites_the_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "label,text\n" + "\n".join(f"{'spam' if m.label else 'ham'},{m.text.replace(',', ' ')}" for m in messages(60))
    )
    before = path.read_bytes()
    assert main(["demo", "--data", str(path), "--json", str(path)]) == 2
    assert "would destroy them" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_how_much_of_a_file_counts_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{'spam' if m.label else 'ham'},{m.text.replace(',', ' ')}" for m in messages(60)]
    (tmp_path / "mine.csv").write_text("label,text\n" + "\n".join([*rows, *rows[:10]]))
    small = ["--regimes", "frozen-random", "--epochs", "1", "--seeds", "1", "--max-len", "16"]
    assert main(["demo", "--data", str(tmp_path / "mine.csv"), *small]) == 0
    assert "The file holds 70 messages; 60 different texts: 30 ham, 30 spam." in capsys.readouterr().out
