"""Digits as a source, CIFAR's binary archives as they should be and as they should not, crops and flips."""

from __future__ import annotations

import gzip
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from archives import SMALL, SMALL10, Files, contents, packed

from headswap import values
from headswap.data.images import cifar, digits
from headswap.data.images.augment import Augment
from headswap.data.images.cifar import CIFAR10, CIFAR100, CifarData, Layout, read_cifar
from headswap.data.images.digits import DigitsData
from headswap.data.messages import key_of
from headswap.errors import DataError, MissingExtraError, SettingError
from headswap.training.spec import KINDS, RunSpec


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives of a few images are whole ones."""
    monkeypatch.setattr(cifar, "LAYOUTS", SMALL)
    cifar._kept.cache_clear()


# ---- digits


def test_digits_are_drawn_by_the_seed_and_no_digit_is_in_two_parts() -> None:
    pytest.importorskip("sklearn")
    split, again, other = (DigitsData(labelled=100).split(seed) for seed in (0, 0, 1))
    parts = [[key_of(picture) for picture in part] for part in (split.train, split.validation, split.test)]
    assert [len(part) for part in parts] == [100, 160, 400]
    assert len({key for part in parts for key in part}) == 660
    assert all(
        np.bincount([p.label for p in part]).tolist() == [len(part) // 10] * 10 for part in (split.train, split.test)
    )
    assert [key_of(p) for p in again.train] == parts[0] != [key_of(p) for p in other.train]
    whole = {key_of(picture): picture.label for picture in digits.digits()}
    assert all(whole[key_of(p)] == p.label for p in (*split.train, *split.test))  # no label is lost on the way


def test_the_images_a_body_is_schooled_on_are_the_same_however_many_are_labelled_and_never_judged() -> None:
    pytest.importorskip("sklearn")
    few, many = DigitsData(labelled=50).split(3), DigitsData(labelled=640).split(3)
    read = [image.tobytes() for image in few.corpus]
    assert read == [image.tobytes() for image in many.corpus] and len(read) == 1797 - 560
    judged = {p.item.tobytes() for part in (few.test, few.validation) for p in part}
    assert not judged & set(read)


@pytest.mark.parametrize("settings, sentence", [
    ({"labelled": 105}, "labelled is 105, expected a whole number of images that divides by 10 classes"),
    ({"labelled": 1300}, "The class 8 has 174 images, expected 186 for test 400, validation 160, labelled 1,300"),
])  # fmt: skip
def test_parts_that_the_digits_do_not_allow_are_refused(settings: dict, sentence: str) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises((SettingError, DataError), match=sentence):
        DigitsData(**settings).split(0)


def test_without_scikit_learn_the_digits_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    digits.digits.cache_clear()
    with pytest.raises(MissingExtraError, match=r"^the digits come with scikit-learn; pip install scikit-learn$"):
        DigitsData().split(0)


# ---- CIFAR's archives


@pytest.mark.parametrize("layout", SMALL, ids=["cifar10", "cifar100"])
def test_every_image_of_an_archive_comes_with_its_label_and_its_pixels(layout: Layout, tmp_path: Path) -> None:
    files = contents(layout)
    path = tmp_path / layout.archive
    path.write_bytes(packed({"readme.html": b"hello", **files}))
    found = read_cifar(path, SMALL)
    assert found.title == layout.title and found.label_names[3] == "class_3"
    assert (len(found.train), len(found.test)) == (layout.images[0] * len(layout.train), layout.images[1])
    first = np.frombuffer(files[layout.train[0]], np.uint8).reshape(-1, layout.labels + 3072)[7]
    assert found.train[7].label == first[layout.labels - 1] == 7
    assert found.train[7].item.shape == (3, 32, 32) and found.train[7].text == "class_7"
    assert found.train[7].item[1, 2, 5] == first[layout.labels + 1024 + 2 * 32 + 5]  # green plane, row 2, column 5
    assert list(tmp_path.iterdir()) == [path]  # nothing was unpacked


def test_a_seed_draws_what_is_trained_on_and_the_test_stays_the_archives_own(tmp_path: Path, small: None) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(packed(contents(SMALL10)))
    source = CifarData.of(path, train=40)
    one, other = source.split(0), source.split(1)
    assert [len(part) for part in (one.train, one.validation, one.test, one.unlabelled)] == [40, 10, 30, 50]
    assert [key_of(p) for p in one.test] == [key_of(p) for p in other.test]
    assert {key_of(p) for p in one.train} != {key_of(p) for p in other.train}
    spec = RunSpec(source)
    assert values.from_json(values.to_json(spec), KINDS) == spec
    with pytest.raises(SettingError, match="train is 100 and CIFAR-10 has 90 images to train on"):
        CifarData.of(path, train=100)
    path.write_bytes(packed(contents(SMALL10) | {"readme.html": b"changed"}))
    cifar._kept.cache_clear()
    with pytest.raises(DataError, match="has changed since this run was described"):
        source.split(0)


class Bomb:
    """What a pickle may do: this one calls a function when it is opened."""

    def __reduce__(self) -> tuple:
        return pytest.fail, ("a pickle was opened",)


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def without(name: str) -> Files:
    return {key: value for key, value in contents(SMALL10).items() if key != name}


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    files = contents(SMALL10)
    return packed(files | {name: change(files[name])})


def flipped(raw: bytes) -> bytes:
    """One bit of the pixels is another, where only gzip's checksum can tell."""
    plain = bytearray(gzip.decompress(raw))
    plain[5_000] ^= 1
    return gzip.compress(bytes(plain), 1)[:-8] + raw[-8:]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: packed(contents(SMALL10))[:-2000], r"is cut off or no tar\.gz archive"),
    "cut off early": (lambda: packed(contents(SMALL10))[:20], r"is cut off or no tar\.gz archive"),
    "empty": (lambda: b"", r"is cut off or no tar\.gz archive"),
    "a flipped bit": (
        lambda: flipped(packed(contents(SMALL10))),
        r"is cut off or no tar\.gz archive \(CRC check failed",
    ),
    "no archive": (lambda: b"<html>Not found</html>", r"is cut off or no tar\.gz archive"),
    "gzip of no tar": (lambda: gzip.compress(b"hello" * 1000), r"is cut off or no tar\.gz archive"),
    "other files": (lambda: packed({"cats.bin": b"x"}), "holds no images that this reader knows; give cifar-10-binary"),
    "a file lacks": (lambda: packed(without("test_batch.bin")), r"lacks test_batch\.bin; download cifar-10-binary"),
    "names lack": (lambda: packed(without("batches.meta.txt")), r"lacks batches\.meta\.txt"),
    "too short": (
        lambda: changed("data_batch_2.bin", lambda b: b[:-1]),
        "data_batch_2.bin has 61,459 bytes, expected 61,460",
    ),
    "an image less": (
        lambda: changed("test_batch.bin", lambda b: b[:-3073]),
        "test_batch.bin has .* bytes, expected 92,190",
    ),
    "too long": (lambda: changed("data_batch_1.bin", lambda b: b + b"\0"), "data_batch_1.bin has 61,461 bytes"),
    "label": (
        lambda: changed("data_batch_3.bin", lambda b: b[:3073] + b"\x0a" + b[3074:]),
        "image 1 of data_batch_3.bin has the label 10, expected 0 to 9",
    ),
    "pickle inside": (
        lambda: changed("data_batch_1.bin", lambda b: pickle.dumps(Bomb()).ljust(len(b), b".")),
        "image 0 of data_batch_1.bin has the label 128",
    ),
    "python version": (
        lambda: packed({"data_batch_1": pickle.dumps(Bomb())}, "cifar-10-batches-py/"),
        "a pickle, which could run any code when opened; give the binary version",
    ),
    "python version, 100": (
        lambda: packed({"train": pickle.dumps(Bomb())}, "cifar-100-python/"),
        "holds 'cifar-100-python/train', a pickle",
    ),
    "names": (lambda: changed("batches.meta.txt", lambda b: b[:20]), "names 3 classes, expected 10"),
    "outside": (
        lambda: packed({"../evil.bin": b"x"}, ""),
        r"holds '\.\./evil\.bin', a name that points outside the archive",
    ),
    "absolute": (
        lambda: packed({"/etc/cron.d/evil": b"x"}, ""),
        "holds '/etc/cron.d/evil', a name that points outside",
    ),
    "inner dots": (lambda: packed({"a/../../test_batch.bin": b"x"}, ""), "a name that points outside"),
    "backslashes": (lambda: packed({"..\\evil.bin": b"x"}, ""), "a name that points outside"),
    "link": (
        lambda: packed(contents(SMALL10), "", link("test.bin", "/etc/passwd")),
        "holds 'test.bin', which is neither a file nor a folder",
    ),
    "twice": (
        lambda: packed({**contents(SMALL10), "b/test_batch.bin": contents(SMALL10)["test_batch.bin"]}, "a/"),
        "holds test_batch.bin twice",
    ),
    "huge": (
        lambda: packed({"film.avi": bytes(2_000_000)}),
        "holds more than any CIFAR archive, at 'cifar-10-batches-bin/film.avi'",
    ),
    "many": (lambda: packed({f"{i}.txt": b"" for i in range(101)}), "holds more than any CIFAR archive"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_archive_that_is_not_right_is_refused_in_one_sentence_and_never_unpacked(case: str, tmp_path: Path) -> None:
    make, sentence = BAD[case]
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(make())
    with pytest.raises(DataError, match=sentence) as refused:
        read_cifar(path, SMALL)
    assert str(refused.value).startswith(str(path)) and "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == [path] and not (tmp_path.parent / "evil.bin").exists()


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.tar\.gz cannot be read \(No such file or directory\); check the path"):
        read_cifar(tmp_path / "none.tar.gz")


def test_the_real_archives_have_the_sizes_that_their_authors_give() -> None:
    assert CIFAR10.sizes()["data_batch_1.bin"] == CIFAR10.sizes()["test_batch.bin"] == 30_730_000
    assert CIFAR100.sizes() == {"train.bin": 153_700_000, "test.bin": 30_740_000}


# ---- crops and flips


def crops(image: torch.Tensor, padding: int) -> list[torch.Tensor]:
    """Every crop of the image padded by its reflections, and its mirror image."""
    H, W = image.shape[1:]
    wide = torch.nn.functional.pad(image[None], (padding,) * 4, mode="reflect")[0]
    found = [wide[:, y : y + H, x : x + W] for y in range(2 * padding + 1) for x in range(2 * padding + 1)]
    return found + [crop.flip(2) for crop in found]


def test_an_augmented_image_is_one_of_its_crops_and_all_of_them_come() -> None:
    image = torch.rand(2, 5, 4, generator=torch.Generator().manual_seed(0))
    moved, mark = Augment(1)((image.expand(400, -1, -1, -1), torch.ones(400, 1)), torch.Generator().manual_seed(0))
    which = {next(i for i, crop in enumerate(crops(image, 1)) if torch.equal(crop, one)) for one in moved}
    assert which == set(range(18)) and torch.equal(mark, torch.ones(400, 1))
    kept = Augment(1, flip=False)((image.expand(400, -1, -1, -1),), torch.Generator().manual_seed(0))[0]
    assert {next(i for i, crop in enumerate(crops(image, 1)) if torch.equal(crop, one)) for one in kept} == set(
        range(9)
    )


def test_augmentation_draws_from_the_generator_it_is_given_and_from_no_other() -> None:
    images = torch.arange(2 * 3 * 8 * 8, dtype=torch.uint8).view(2, 3, 8, 8).repeat(8, 1, 1, 1)
    state = torch.get_rng_state()
    one, again, other = (Augment(2)((images,), torch.Generator().manual_seed(s))[0] for s in (0, 0, 1))
    assert torch.equal(one, again) and not torch.equal(one, other) and one.dtype == torch.uint8
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "padding, shape, sentence",
    [
        (-1, (2, 1, 8, 8), "padding is -1; give a whole number of pixels"),
        (8, (2, 1, 8, 8), "padding is 8 and the images are 8 by 8 pixels; give less than a side"),
        (1, (2, 32), "augmentation moves images, but this body reads 2 axes of float32; leave augment out"),
    ],
)
def test_what_cannot_be_moved_is_refused(padding: int, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        Augment(padding)((torch.zeros(shape),), torch.Generator())
