"""CIFAR's binary archives as their authors packed them, with a few images of random pixels."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace

import numpy as np

from headswap.data.images.cifar import CIFAR10, CIFAR100, Layout

SMALL10, SMALL100 = replace(CIFAR10, images=(20, 30)), replace(CIFAR100, images=(300, 200))  # images in each file
SMALL = (SMALL10, SMALL100)
Files = dict[str, bytes]


def contents(layout: Layout) -> Files:
    """The files of an archive of this form: labels in turn, random pixels."""
    rng = np.random.default_rng(0)
    found = {layout.names: "\n".join(f"class_{i}" for i in range(layout.classes)).encode() + b"\n\n"}
    for name, size in layout.sizes().items():
        records = rng.integers(0, 256, (size // (layout.labels + 3072), layout.labels + 3072), np.uint8)
        records[:, layout.labels - 1] = np.arange(len(records)) % layout.classes
        found[name] = records.tobytes()
    return found


def packed(files: Files, folder: str = "cifar-10-batches-bin/", *more: tarfile.TarInfo) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in more:
            archive.addfile(member)
    return raw.getvalue()
