"""Any folder with a folder of photos for each person, as a set to train on.

Photos are aligned once and kept in the run's folder, so that a resumed run trains on the
very same pixels and does not have to look for faces again.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from accessctl.camera.photo import read_photo
from accessctl.config import VisionConfig
from accessctl.domain import CropGeometry, Image
from accessctl.errors import PhotoError, SourceError, StoreError
from accessctl.evaluation.pack import CANVAS_SIZE, CANVAS_TEMPLATE
from accessctl.training.faces import FaceSet
from accessctl.vision.alignment import cut
from accessctl.vision.observer import Observer

logger = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
MAX_BYTES = 32 << 20
MAX_PIXELS = 64_000_000
CANVASES = "canvases.npy"
PEOPLE = "people.json"
CANVAS = CropGeometry(CANVAS_TEMPLATE, (0, 0, CANVAS_SIZE, CANVAS_SIZE), CANVAS_SIZE)

Align: TypeAlias = Callable[[Image], Image | None]
"""A photo -> its canvas RGB uint8 (128, 128, 3), or None when it shows no usable face."""


def read_folder(folder: Path, cache: Path, align: Align) -> FaceSet:
    """The photos under `folder`, one folder a person, as canvases kept under `cache`.

    Photos that cannot be read or show no face are skipped and counted in the log. People
    are numbered in the order of their folders' names and all belong to one family. Raises
    SourceError when nothing can be used and StoreError when the cache cannot be written.
    """
    if not (cache / PEOPLE).exists():
        _fill(folder, cache, align)
    people = np.array(json.loads((cache / PEOPLE).read_text(encoding="utf-8")), np.int32)
    canvases = np.load(cache / CANVASES, mmap_mode="r", allow_pickle=False)
    return FaceSet(
        person=people,
        family=np.zeros(len(people), np.int32),
        rows=np.arange(len(people)),
        canvas=lambda row: np.array(canvases[row]),
    )


def photos_of(folder: Path) -> list[tuple[int, Path]]:
    """(person, photo) of every picture, in the order of the names; raises SourceError."""
    try:
        people = sorted(child for child in folder.iterdir() if child.is_dir())
        found = [
            (number, photo)
            for number, person in enumerate(people)
            for photo in sorted(person.iterdir())
            if photo.suffix.lower() in SUFFIXES and photo.is_file()
        ]
    except OSError as error:
        raise SourceError(
            f"Cannot read {folder} ({error.strerror}); name a folder with a folder of photos "
            "for each person."
        ) from error
    if not found:
        raise SourceError(f"{folder} holds no photos; put a folder of them there for each person.")
    return found


def already_aligned(photo: Image) -> Image:
    """For pictures that are canvases: scaled to 128x128."""
    size = (CANVAS_SIZE, CANVAS_SIZE)
    resized = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def aligner(config: VisionConfig) -> Align:
    """Finds the widest face of a photo and cuts its canvas."""
    observer: list[Observer] = []

    def align(photo: Image) -> Image | None:
        # The detector is loaded with the first photo: a resumed run needs none.
        if not observer:
            observer.append(Observer(config))
        faces = observer[0].still(photo)
        if not faces:
            return None
        return cut(photo, max(faces, key=lambda face: face.box.w).landmarks, CANVAS)

    return align


def _fill(folder: Path, cache: Path, align: Align) -> None:
    found = photos_of(folder)
    canvases: list[Image] = []
    people: list[int] = []
    for person, canvas in _aligned(found, align):
        people.append(person)
        canvases.append(canvas)
    if not canvases:
        raise SourceError(f"None of the {len(found)} photos in {folder} shows a face.")
    if len(canvases) < len(found):
        logger.warning(
            "%d of %d photos were left out: unreadable or without a face.",
            len(found) - len(canvases),
            len(found),
        )
    try:
        np.save(cache / CANVASES, np.stack(canvases), allow_pickle=False)
        (cache / CANVASES).chmod(0o600)
        # Last: its presence says that the canvases are all there.
        (cache / PEOPLE).write_text(json.dumps(people), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"Cannot write to {cache} ({error.strerror}); make room or allow writing there."
        ) from error


def _aligned(found: Iterable[tuple[int, Path]], align: Align) -> Iterator[tuple[int, Image]]:
    for person, path in found:
        try:
            canvas = align(read_photo(path, MAX_BYTES, MAX_PIXELS))
        except PhotoError as error:
            logger.warning("%s", error)
            continue
        if canvas is not None:
            yield person, canvas
