"""Bad input gets one clear sentence, leaves nothing behind, and the command line exits with 2.

Each row: what is wrong, how it is given, and a part of the sentence it gets.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers import TINY, tiny_base, tiny_classifier, tiny_split

from headswap.cli import main, run_demo
from headswap.data import fixture
from headswap.data.batches import ClassificationDataset
from headswap.data.download import download_sms
from headswap.data.messages import Message, Split
from headswap.data.splits import stratified_split
from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import HeadswapError
from headswap.model.body import BodyConfig
from headswap.model.heads import new_head
from headswap.results.baselines import train_ngrams
from headswap.results.compare import Settings
from headswap.training.loop import evaluate
from headswap.training.pretrain import generate, pretrain_quick
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime
from headswap.weights.deltas import load_base, load_delta


def file(name: str, content: bytes) -> Callable[[Path], list[str]]:
    """A demo on a file of this content."""

    def arguments(folder: Path) -> list[str]:
        (folder / name).write_bytes(content)
        return ["demo", "--data", str(folder / name)]

    return arguments


def demo(*options: str) -> Callable[[Path], list[str]]:
    return lambda folder: ["demo", *(o.replace("FOLDER", str(folder)) for o in options)]


def predict(*options: str) -> Callable[[Path], list[str]]:
    return lambda folder: ["predict", *(o.replace("FOLDER", str(folder)) for o in options)]


def broken_delta(folder: Path) -> list[str]:
    (folder / "x.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    return ["predict", str(folder / "x.safetensors"), "hi"]


COMMANDS = {
    "no such file": (demo("--data", "FOLDER/none.tsv"), "There is no file"),
    "a folder": (demo("--data", "FOLDER"), "is a folder"),
    "an empty file": (file("e.tsv", b""), "is empty"),
    "only a header": (file("h.csv", b"label,text\n"), "only a header"),
    "not UTF-8": (file("l.tsv", b"ham\thello\nspam\tcaf\xe9\n"), "--encoding cp1252"),
    "a NUL byte": (file("n.tsv", b"ham\thello\nspam\tb\0c\n"), "NUL byte"),
    "a row without a tab": (file("t.tsv", b"ham\thello\nspam no tab\n"), "line 2"),
    "an unknown label": (file("u.tsv", b"ham\thello\nspam\thi\neggs\tyes\n"), "'eggs'"),
    "a single class": (file("s.tsv", b"ham\thello\nham\thi\n"), "holds only the class ham"),
    "an empty message": (file("m.tsv", b"ham\thello\nspam\t \n"), "empty text"),
    "no text column": (file("c.csv", b"label,words\nham,hello\nspam,hi\n"), "--text-column"),
    "a ragged row": (file("r.csv", b"text,label\nhello,ham\na,b,spam\n"), "line 3"),
    "an open quote": (file("q.csv", b'label,text\nham,hello\nspam,"open\n'), "quote"),
    "one text, two labels": (file("d.tsv", b"ham\thello\nspam\tHello\n"), "0 different texts"),
    "too few messages": (file("f.tsv", b"ham\thello\nspam\thi\n"), "has 1 different text,"),
    "an unknown encoding": (demo("--data", __file__, "--encoding", "klingon"), "no encoding"),
    "an unknown regime": (demo("--regimes", "head-first"), "regime 'head-first' is unknown"),
    "a regime twice": (demo("--regimes", "full,full"), "name each regime once"),
    "no epochs": (demo("--epochs", "0"), "epochs is 0"),
    "no seeds": (demo("--seeds", "0"), "seeds is 0"),
    "no length": (demo("--max-len", "0"), "max_len is 0"),
    "two sizes": (demo("--sizes", "640,160"), "three whole numbers"),
    "a size that does not divide": (file("v.tsv", b"ham\thello\nspam\thi\n"), "different text"),
    "a plot of no known kind": (demo("--plot", "FOLDER/x.bmp"), "must end in .png, .svg or .pdf"),
    "a delta that is not there": (predict("FOLDER/none.safetensors", "hi"), "is not there"),
    "a file that is no delta": (broken_delta, "not a headswap file, or it is damaged"),
    "nothing to predict": (predict("FOLDER/none.safetensors"), "no message to judge"),
    "a list that is not there": (predict("x", "--file", "FOLDER/none.txt"), "There is no file"),
}


@pytest.mark.parametrize("wrong", COMMANDS)
def test_the_command_line_says_one_line_exits_2_and_leaves_nothing(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, sentence = COMMANDS[wrong]
    monkeypatch.chdir(tmp_path)
    arguments = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert sorted(tmp_path.rglob("*")) == before


def nan_base():
    base = tiny_base()
    with torch.no_grad():
        base.body.norm.weight[0] = math.nan
    return base


def without(package: str, call: Callable[[], object]) -> Callable[[], object]:
    """The call on a machine where the package is not installed."""

    def run() -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            return call()

    return run


HI = (Message("hi", 0), Message("win", 1))
CALLS = {
    "half a surrogate pair": (lambda: ByteTokenizer().encode("a\udc00"), "half a surrogate pair at position 1"),
    "an id that is no token": (lambda: ByteTokenizer().decode([300]), "id 300 is not a token"),
    "pads in the middle": (lambda: ByteTokenizer().pad([[1]], "middle"), "side is 'middle'"),
    "no messages": (lambda: ClassificationDataset(()), "there are no messages"),
    "a text of nothing": (lambda: ClassificationDataset((Message("", 0),)), "message 0 is empty"),
    "a label out of range": (lambda: ClassificationDataset((Message("hi", 2),)), "label 2"),
    "heads that do not divide": (lambda: BodyConfig(width=10, heads=4), "width 10 does not divide"),
    "dropout of everything": (lambda: BodyConfig(dropout=1.0), "dropout is 1.0"),
    "one class": (lambda: new_head("linear", 4, 1, torch.Generator()), "nothing to decide"),
    "an unknown head": (lambda: new_head("hydra", 4, 2, torch.Generator()), "linear, mlp"),
    "a batch of none": (lambda: Recipe(batch_size=0), "batch_size is 0"),
    "a rate of zero": (lambda: Recipe(learning_rate=0.0), "learning_rate is 0.0"),
    "an unknown schedule": (lambda: Recipe(schedule="moon"), "constant, cosine, slanted, cosine-head"),
    "an unknown pool": (lambda: run_regime(tiny_base(), tiny_split(), "full", Recipe(pool="median")), "median"),
    "a rate that diverges": (
        lambda: run_regime(tiny_base(), tiny_split(), "full", Recipe(epochs=9, learning_rate=1e20)),
        "the loss became",
    ),
    "a body that is broken": (lambda: run_regime(nan_base(), tiny_split(), "head-only"), "the loss became nan"),
    "a model that answers NaN": (
        lambda: evaluate(_nan_classifier(), ClassificationDataset(HI, 24)),
        "infinite or missing numbers",
    ),
    "a split with no training": (lambda: run_regime(tiny_base(), Split((), (), ()), "full"), "no training messages"),
    "a message longer than the body": (
        lambda: tiny_classifier()(*ByteTokenizer().batch(["x" * 30], 30)),
        "30 ids long and the body reads 24",
    ),
    "no texts to pretrain on": (lambda: pretrain_quick([], TINY), "no texts to learn from"),
    "a temperature below zero": (lambda: generate(tiny_base(), temperature=-1), "temperature is -1"),
    "odd sizes": (lambda: stratified_split(HI, train=3), "train is 3"),
    "more messages than there are": (lambda: fixture.messages(10**9), "n is 1000000000"),
    "a shift beyond the second domain": (lambda: fixture.messages(10, shift=2), "shift is 2"),
    "no base": (lambda: load_base("none.safetensors"), "is not there"),
    "no delta": (lambda: load_delta("none.safetensors"), "is not there"),
    "no seeds to compare": (lambda: Settings(seeds=-1), "seeds is -1"),
    "a file that is not there": (lambda: run_demo("none.tsv"), "There is no file none.tsv"),
    "no network": (lambda: download_sms("somewhere", url="http://127.0.0.1:9/x.zip", tries=1, wait=0), "--data PATH"),
    "no scikit-learn": (
        without("sklearn.feature_extraction.text", lambda: train_ngrams(tiny_split())),
        "pip install scikit-learn",
    ),
}


def _nan_classifier():
    model = tiny_classifier()
    with torch.no_grad():
        model.head.linear.weight[0, 0] = math.nan
    return model


@pytest.mark.parametrize("wrong", CALLS)
def test_the_library_says_one_sentence_and_leaves_nothing(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, sentence = CALLS[wrong]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HeadswapError) as caught:
        call()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
