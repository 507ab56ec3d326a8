"""`python -m headswap images`: the table it prints, and one sentence for each bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from archives import SMALL, SMALL10, contents, packed

from headswap.cli import main
from headswap.data.images import cifar
from headswap.errors import SettingError
from headswap.images.commands import body_of, regimes_of
from headswap.model.vision.vit import ViTConfig
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.regimes.named import REGIMES

QUICK = ["--train", "30", "--epochs", "1", "--seeds", "2", "--schooling-epochs", "1"]
TINY = ["--body", "vit-1-8"]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CIFAR-10 archive of 130 images."""
    monkeypatch.setattr(cifar, "LAYOUTS", SMALL)
    cifar._kept.cache_clear()
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(packed(contents(SMALL10)))
    return path


def test_regimes_are_compared_on_digits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    file = tmp_path / "runs.json"
    assert main(["images", *QUICK, *TINY, "--regimes", "full,scratch,lora", "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "digits: 30 images to train on, 160 to validate, 400 to test; 10 classes." in said
    assert "first it paints hidden patches, 1 epoch over 1,237 images." in said
    rows = {line.split()[0]: line for line in said.split("(2 seeds)")[1].splitlines() if line.strip()}
    assert list(rows) == ["regime", "full", "scratch", "lora"]
    runs = json.loads(file.read_text())
    full = [run for run in runs if run["regime"] == "full"]
    mean = sum(run["accuracy"] for run in full) / 2
    assert f" {mean:.3f}  [" in rows["full"] and "[" not in rows["scratch"].split("]")[-1]
    assert len(runs) == 6 and len(runs[0]["confusion"]) == 10


def test_regimes_are_compared_on_cifars_archive_with_moved_images(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--body", "wrn-10-1", "--regimes", "scratch,mlp-head", "--device", "cpu", "--dtype", "bfloat16"]
    assert (
        main(["images", "--data", str(archive), *QUICK, *more, "--seeds", "1", "--micro-batch", "8", "--calibration"])
        == 0
    )
    said = capsys.readouterr().out
    assert "30 images to train on, 10 to validate, 30 to test; 10 classes." in said
    assert "drawn at random: what a regime freezes of them has learned nothing" in said
    assert "images shifted by up to 4 pixels, half of them mirrored" in said
    assert "computed once: nothing, because every step moves its images anew" in said
    assert said.count("test images, every class as frequent as the others (1 seed)") == 2, "scores, then trust"
    assert "NLL minus scratch, paired" in said


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--body", "resnet50"], "--body is 'resnet50'; give vit-DEPTH-WIDTH or wrn-DEPTH-FACTOR"),
        (["--body", "wrn-12-1"], "depth is 12; give 6 n + 4: 10, 16, 22, 28 or more"),
        (["--body", "vit-2-30"], "width 30 does not divide into 4 heads"),
        (["--regimes", "best"], "regime 'best' is unknown; choose one of scratch"),
        (["--regimes", "full,full"], "--regimes is full,full; name each regime once"),
        (["--body", "wrn-10-1", "--regimes", "lora"], "lora hangs new parts on attention, and a wide residual network"),
        (
            ["--body", "wrn-10-1", "--schooling", "masked"],
            "--schooling is masked, and only a vit can leave patches out",
        ),
        (["--body", "wrn-10-1", "--pool", "cls"], "a WideResNet has no cls position; choose another pool"),
        (["--pool", "best"], "pool 'best' is unknown"),
        (["--train", "0"], "--train is 0; give a whole number of at least 1"),
        (["--train", "105"], "--train is 105, expected up to 1,180 images, as many of each of the 10 classes"),
        (["--train", "99999999"], "--train is 99,999,999, expected up to 1,180 images"),
        (["--train", "1000"], None),
        (["--train", "2000"], "--train is 2,000, expected up to 1,180 images"),
        (["--seeds", "0"], "--seeds is 0; give a whole number of at least 1"),
        (["--epochs", "0"], "epochs is 0; give a whole number of at least 1"),
        (["--batch", "0"], "batch_size is 0; give a whole number of at least 1"),
        (["--rate", "0"], "learning_rate is 0.0; give a number above 0"),
        (["--schooling-epochs", "0"], "--schooling-epochs is 0; give a whole number of at least 1"),
        (["--schooling-epochs", "-1", "--schooling", "none"], "--schooling-epochs is -1; give a whole number"),
        (["--micro-batch", "0"], "micro_batch is 0; give a whole number of at least 1"),
        (["--device", "meta"], "--device is 'meta', which cannot be used here"),
        (["--device", "abacus"], "--device is 'abacus', which cannot be used here"),
        (["--data", "nowhere.tar.gz"], "nowhere.tar.gz cannot be read (No such file or directory); check the path"),
        (["--json", "/proc/x/y.json"], "y.json cannot be written"),
        (["--json", "not-there/y.json"], "there is no folder not-there; make it first"),
    ],
)
def test_bad_input_gets_one_sentence(
    words: list[str], sentence: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    if sentence is None:
        monkeypatch.setattr("headswap.images.commands._tell", lambda *given: None)
        assert main(["images", *words]) == 0
        return
    assert main(["images", "--epochs", "1", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.startswith("headswap: ") and said.count("\n") == 1


def test_a_gpu_that_is_not_there_is_said_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert main(["images", "--device", "cuda"]) == 2
    assert "--device is 'cuda', which cannot be used here" in capsys.readouterr().err


def test_the_name_of_a_body_gives_its_sizes() -> None:
    assert body_of("wrn-28-10", (3, 32, 32)) == WideResNetConfig((3, 32, 32), 28, 10)
    assert body_of("vit-6-192", (3, 32, 32)) == ViTConfig((3, 32, 32), 4, 192, depth=6)
    assert body_of("vit-2-64", (1, 8, 8)) == ViTConfig()


def test_all_regimes_are_those_that_the_body_can_take() -> None:
    assert [regime.name for regime in regimes_of("all", ViTConfig())] == list(REGIMES)
    names = [regime.name for regime in regimes_of("all", WideResNetConfig())]
    assert {"full", "lp-ft", "bitfit", "gradual-unfreezing"} < set(names) and not {"lora", "prompt"} & set(names)
    with pytest.raises(SettingError, match="adapters-houlsby hangs new parts"):
        regimes_of("full,adapters-houlsby", WideResNetConfig())


@pytest.mark.parametrize(
    "content, said",
    [
        (b"PK\x03\x04more", "is a zip file, expected CIFAR's binary archive; give cifar-10-binary.tar.gz"),
        (b"\x80\x04more", "is a pickle, which could run any code"),
        (b"\0" * 257 + b"ustar", "is a tar that is not compressed"),
        (b"hello", "is cut off or no tar.gz archive"),
    ],
    ids=["zip", "pickle", "tar", "text"],
)
def test_another_kind_of_file_is_called_by_its_name(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").write_bytes(content)
    assert main(["images", "--data", str(tmp_path / "images")]) == 2
    assert said in capsys.readouterr().err


def test_where_every_run_diverged_the_command_has_failed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    wild = ["--regimes", "full", "--rate", "1e30", "--schooling", "none", "--seeds", "1"]
    assert main(["images", *QUICK, *TINY, *wild, "--json", str(tmp_path / "runs.json")]) == 1
    said = capsys.readouterr()
    assert "diverged at seed 0" in said.out and said.err.startswith("headswap: every run diverged")
    assert list(tmp_path.iterdir()) == []


def test_images_are_not_called_messages(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    few = ["--regimes", "head-only", "--schooling", "none", "--seeds", "1"]
    assert main(["images", *QUICK, *TINY, *few]) == 0
    said = capsys.readouterr().out
    assert "it runs once per image" in said and "message" not in said
