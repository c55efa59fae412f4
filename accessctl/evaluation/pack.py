"""A pack of aligned faces: `faces.csv` and `faces.zip` in one folder.

`faces.csv` has a row per face (file, source, identity, scale, ...); `identity` is empty
where nobody said who it is, `scale` is the factor from the photo to the canvas (larger:
less detail). `faces.zip` holds the canvases, 128x128 RGB, with the five points laid onto
CANVAS_TEMPLATE.
"""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from accessctl.domain import CropGeometry, Image
from accessctl.encoder.usual import TEMPLATE
from accessctl.errors import PhotoError, SourceError
from accessctl.vision.alignment import umeyama
from accessctl.vision.sampling import compose, warp

CANVAS_SIZE = 128
CANVAS_TEMPLATE = TEMPLATE


@dataclass(frozen=True, slots=True)
class PackRow:
    file: str
    source: str
    identity: str
    scale: float


def read_rows(folder: Path) -> list[PackRow]:
    """The pack's faces in the order of `faces.csv`; SourceError."""
    path = folder / "faces.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                PackRow(row["file"], row["source"], row["identity"], float(row["scale"]))
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"Cannot read {path} as a list of faces ({error}); name a folder that holds "
            "faces.csv (file, source, identity, scale) and faces.zip."
        ) from error


@contextmanager
def open_canvases(folder: Path) -> Iterator[zipfile.ZipFile]:
    """The archive of canvases; SourceError."""
    path = folder / "faces.zip"
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"Cannot read {path} ({error}); name a folder of aligned faces."
        ) from error
    with archive:
        yield archive


def read_canvas(archive: zipfile.ZipFile, file: str) -> Image:
    """One canvas, RGB uint8 (128, 128, 3); PhotoError."""
    try:
        data = archive.read(file)
    except (KeyError, zipfile.BadZipFile) as error:
        raise PhotoError(
            f"{file} is missing or damaged in the pack; get the pack again."
        ) from error
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None or bgr.shape[:2] != (CANVAS_SIZE, CANVAS_SIZE):
        raise PhotoError(f"{file} in the pack is not a picture of 128x128; get the pack again.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def cut_canvas(canvas: Image, geometry: CropGeometry) -> Image:
    """The crop (S, S, 3) that an encoder of this geometry eats; edges are repeated."""
    x0, y0, x1, y1 = geometry.region
    x_scale, y_scale = geometry.size / (x1 - x0), geometry.size / (y1 - y0)
    to_crop = np.array([[x_scale, 0, -x0 * x_scale], [0, y_scale, -y0 * y_scale]])
    to_template = umeyama(np.array(CANVAS_TEMPLATE), np.array(geometry.template))
    return warp(canvas, compose(to_crop, to_template), (geometry.size, geometry.size))


def clear_of_each(
    rows: Sequence[PackRow], max_scale: float, most: int, random: np.random.Generator
) -> dict[str, list[int]]:
    """Up to `most` indices of every person's faces whose scale is at most `max_scale`."""
    clear: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row.identity and row.scale <= max_scale:
            clear.setdefault(row.identity, []).append(index)
    return {
        person: own if len(own) <= most else random.choice(own, most, replace=False).tolist()
        for person, own in clear.items()
    }


def unlabelled(rows: Sequence[PackRow]) -> list[int]:
    """Indices of the faces that carry no identity."""
    return [index for index, row in enumerate(rows) if not row.identity]
