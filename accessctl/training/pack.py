"""The pack of aligned faces as a set to train on."""

import threading
import zipfile
from pathlib import Path

import numpy as np

from accessctl.domain import Image
from accessctl.errors import SourceError
from accessctl.evaluation.pack import read_canvas, read_rows
from accessctl.training.faces import ANONYMOUS, UNLABELLED, FaceSet

# CelebA's people are anonymous numbers: one may be a named person of the other sources.
FAMILIES = ("celeba",)


def read_pack(folder: Path) -> FaceSet:
    """The faces of a pack, in the order of its list; raises SourceError.

    Canvases are read when they are asked for, from any thread (PhotoError when damaged).
    """
    rows = read_rows(folder)
    names = sorted({row.identity for row in rows if row.identity})
    number = {name: index for index, name in enumerate(names)}
    try:
        archive = zipfile.ZipFile(folder / "faces.zip")
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"Cannot read {folder / 'faces.zip'} ({error}); name a folder of aligned faces."
        ) from error
    lock = threading.Lock()

    def canvas(row: int) -> Image:
        with lock:
            return read_canvas(archive, rows[row].file)

    return FaceSet(
        person=np.array([number.get(row.identity, UNLABELLED) for row in rows], np.int32),
        family=np.array([family_of(row.source) for row in rows], np.int32),
        rows=np.arange(len(rows)),
        canvas=canvas,
    )


def family_of(source: str) -> int:
    """ANONYMOUS, or 1 for the sources whose people are named."""
    return ANONYMOUS if source.startswith(FAMILIES) else 1
