"""The images that `headswap images` was asked for, and what is wrong with a file that holds none."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.images.cifar import CifarData
from ..data.images.digits import DigitsData, digits
from ..data.sources import split_of
from ..errors import DataError, SettingError

ARCHIVES = "cifar-10-binary.tar.gz or cifar-100-binary.tar.gz, as it was downloaded"
# What a file begins with that is no tar.gz, and what to call it. A pickle names its protocol, 2 to 5, first.
STARTS = {b"PK\x03\x04": "a zip file", b"BZh": "a bz2 file", b"\xfd7zXZ": "an xz file"} | {
    bytes((0x80, protocol)): "a pickle, which could run any code when opened" for protocol in range(2, 6)
}
TAR = slice(257, 262), b"ustar"  # where a tar that isn't compressed says what it is


def images_of(data: str, train: int | None) -> DigitsData | CifarData:
    """The digits or an archive, with `train` images to learn from; in words of the options where that cannot be."""
    if data == "digits":
        source = DigitsData()
        labels = np.bincount([digit.label for digit in digits()])
        most = int(labels.min()) * len(labels) - source.validation - source.test
    else:
        check_archive(Path(data))
        source = CifarData.of(data)
        labels, most = split_of(source, 0).label_names, source.train
    if train is None:
        return source
    if not 0 < train <= most or train % len(labels):
        raise SettingError(
            f"--train is {train:,}, expected up to {most:,} images, as many of each of the {len(labels)} classes; "
            f"give a multiple of {len(labels)}"
        )
    return replace(source, labelled=train) if isinstance(source, DigitsData) else replace(source, train=train)


def check_archive(path: Path) -> None:
    """DataError for a file that is something else than a tar.gz: what it is, and what to give."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path") from None
    found = next((what for mark, what in STARTS.items() if start.startswith(mark)), None)
    found = "a tar that is not compressed" if start[TAR[0]] == TAR[1] else found
    if found is not None:
        raise DataError(f"{path} is {found}, expected CIFAR's binary archive; give {ARCHIVES}")
