"""CIFAR-10 and CIFAR-100 from their binary archives (Krizhevsky 2009): 60,000 photographs of 32 by 32 pixels.

An archive is read in memory and never unpacked. Nothing in it is believed before its name and its size are right, and
the Python version of the archives, which holds pickles, is refused: opening a pickle can run any code.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np

from ...errors import DataError, SettingError
from ..messages import Split
from .picture import Picture, drawn

PIXELS = 3 * 32 * 32
MOST_FILES, MOST_TEXT = 100, 2**16  # members of an archive; bytes of a list of names


@dataclass(frozen=True, slots=True)
class Layout:
    """What an archive holds: its files by name, images in each, label bytes before each image, and the classes.

    The last label byte counts: CIFAR-100 has the coarse class in front of the fine one.
    """

    title: str
    archive: str
    train: tuple[str, ...]
    test: str
    names: str
    images: tuple[int, int]  # in each training file, in the test file
    labels: int
    classes: int

    def sizes(self) -> dict[str, int]:
        """How many bytes each of the files of images must have."""
        record = self.labels + PIXELS
        return dict.fromkeys(self.train, self.images[0] * record) | {self.test: self.images[1] * record}


CIFAR10 = Layout(
    "CIFAR-10", "cifar-10-binary.tar.gz", tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin",
    "batches.meta.txt", (10_000, 10_000), 1, 10,
)  # fmt: skip
CIFAR100 = Layout(
    "CIFAR-100", "cifar-100-binary.tar.gz", ("train.bin",), "test.bin", "fine_label_names.txt", (50_000, 10_000), 2, 100
)
LAYOUTS = (CIFAR10, CIFAR100)
# Files of the Python version, without their ending: pickles.
PICKLES = {"data_batch_1", "test_batch", "batches.meta", "train", "test", "meta"}


@dataclass(frozen=True, slots=True)
class Cifar:
    """All pictures of an archive, and what its classes are called."""

    title: str
    train: tuple[Picture, ...]
    test: tuple[Picture, ...]
    label_names: tuple[str, ...]


def read_cifar(path: str | Path, layouts: Sequence[Layout] | None = None) -> Cifar:
    """The pictures of a binary archive, CIFAR-10's or CIFAR-100's, each (3, 32, 32) with bytes from 0 to 255.

    Nothing is written to disk. Raises DataError, in one sentence, for an archive that is cut off, damaged or of another
    kind, for a file of another size, and for a name that points outside.
    """
    return _parsed(Path(path), _bytes(Path(path)), LAYOUTS if layouts is None else layouts)


@dataclass(frozen=True, slots=True)
class CifarData:
    """An archive by its path and the SHA-256 of its bytes, and how many to train, validate and test on.

    A seed draws what is trained and validated on from the archive's training images, every class equally often. The
    test images are the archive's own, the same for every seed. `of` makes one.
    """

    path: str
    sha256: str
    train: int = 45_000
    validation: int = 5_000
    test: int = 10_000

    @classmethod
    def of(cls, path: str | Path, train: int | None = None) -> Self:
        """The archive as it is now; a tenth of its training images validate, and `train` of the others are labelled.

        It is read once, so that an archive which cannot be used is found at once.
        """
        raw = _bytes(Path(path))
        found = _kept(str(path), hashlib.sha256(raw).hexdigest())
        whole, classes = len(found.train), len(found.label_names)
        validation = max(1, whole // 10 // classes) * classes
        left = whole - validation
        if train is not None and train > left:
            raise SettingError(
                f"train is {train:,} and {found.title} has {left:,} images to train on; give at most that"
            )
        return cls(str(path), hashlib.sha256(raw).hexdigest(), train or left, validation, len(found.test))

    def split(self, seed: int) -> Split:
        """This seed's split; what it does not label, a body may still be schooled on."""
        found = _kept(self.path, self.sha256)
        names = found.label_names
        sizes = {"validation": self.validation, "train": self.train}
        validation, train, rest = drawn(found.train, names, sizes, seed)
        test = found.test if self.test == len(found.test) else drawn(found.test, names, {"test": self.test}, 0)[0]
        return Split(train, validation, test, label_names=names, unlabelled=tuple(p.item for p in rest))

    def __str__(self) -> str:
        return self.path


@lru_cache(maxsize=1)
def _kept(path: str, sha256: str) -> Cifar:
    raw = _bytes(Path(path))
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise DataError(f"{path} has changed since this run was described; describe it again")
    return _parsed(Path(path), raw, LAYOUTS)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path") from None


def _parsed(path: Path, raw: bytes, layouts: Sequence[Layout]) -> Cifar:
    files = _files(path, raw, layouts)
    layout = next((one for one in layouts if set(one.train) & set(files)), None)
    if layout is None:
        known = " or ".join(one.archive for one in layouts)
        raise DataError(f"{path} holds no images that this reader knows; give {known}")
    missing = [name for name in (*layout.train, layout.test, layout.names) if name not in files]
    if missing:
        raise DataError(f"{path} lacks {missing[0]}; download {layout.archive} again")
    names = tuple(files[layout.names].decode("utf-8", "replace").split())
    if len(names) != layout.classes:
        raise DataError(
            f"{path} names {len(names)} classes, expected {layout.classes}; download {layout.archive} again"
        )
    train = [picture for name in layout.train for picture in _pictures(path, name, files[name], layout, names)]
    test = _pictures(path, layout.test, files[layout.test], layout, names)
    return Cifar(layout.title, tuple(train), tuple(test), names)


def _files(path: Path, raw: bytes, layouts: Sequence[Layout]) -> dict[str, bytes]:
    """The files that a layout knows, by name without folders; everything else in the archive is passed over."""
    wanted = {name: size for one in layouts for name, size in one.sizes().items()}
    wanted |= {one.names: MOST_TEXT for one in layouts}
    texts = {one.names for one in layouts}
    found: dict[str, bytes] = {}
    try:
        with gzip.open(io.BytesIO(raw)) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, member in enumerate(archive):
                _check_member(path, member, number, max(wanted.values()))
                name = PurePosixPath(member.name).name
                if name in wanted and member.isfile():
                    _check_file(path, name, member.size, wanted[name], name in texts, name in found)
                    file = archive.extractfile(member)
                    found[name] = b"" if file is None else file.read()
            _to_the_end(stream)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"{path} is cut off or no tar.gz archive ({reason}); download it again") from None
    return found


def _check_member(path: Path, member: tarfile.TarInfo, number: int, largest: int) -> None:
    name = PurePosixPath(member.name)
    shown = repr(member.name[:80])
    if name.is_absolute() or ".." in name.parts or "\\" in member.name:
        raise DataError(
            f"{path} holds {shown}, a name that points outside the archive; don't trust it, download it anew"
        )
    if not (member.isfile() or member.isdir()):
        raise DataError(f"{path} holds {shown}, which is neither a file nor a folder; don't trust it, download it anew")
    if name.name in PICKLES or name.suffix in (".pkl", ".pickle"):
        raise DataError(
            f"{path} holds {shown}, a pickle, which could run any code when opened; "
            "give the binary version, cifar-10-binary.tar.gz or cifar-100-binary.tar.gz"
        )
    if member.size > largest or number >= MOST_FILES:
        raise DataError(f"{path} holds more than any CIFAR archive, at {shown}; don't trust it, download it anew")


def _check_file(path: Path, name: str, size: int, expected: int, text: bool, again: bool) -> None:
    if again:
        raise DataError(f"{path} holds {name} twice, expected it once; download it again")
    if size != expected if not text else size > expected:
        most = "at most " if text else ""
        raise DataError(f"{path}: {name} has {size:,} bytes, expected {most}{expected:,}; download the archive again")


def _to_the_end(stream: gzip.GzipFile) -> None:
    """Read what follows the last file, padding in an honest archive: only at the very end gzip knows of damage."""
    if len(stream.read(2**20)) == 2**20:
        raise tarfile.ReadError("too much behind the last file")


def _pictures(path: Path, file: str, raw: bytes, layout: Layout, names: Sequence[str]) -> list[Picture]:
    records = np.frombuffer(raw, np.uint8).reshape(-1, layout.labels + PIXELS)  # (N, labels + 3072)
    labels = records[:, layout.labels - 1]
    wrong = np.flatnonzero(labels >= layout.classes)
    if len(wrong):
        i = int(wrong[0])
        raise DataError(
            f"{path}: image {i} of {file} has the label {labels[i]}, expected 0 to {layout.classes - 1}; "
            f"download {layout.archive} again"
        )
    images = records[:, layout.labels :].reshape(-1, 3, 32, 32)
    return [Picture(image, label, names[label]) for image, label in zip(images, map(int, labels), strict=True)]
