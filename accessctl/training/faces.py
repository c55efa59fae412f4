"""A set of aligned faces to train on: what it is, where it is read from, how it is divided.

It is read from a pack of aligned faces, or from any folder with a folder of photos for each
person. Such photos are aligned once and kept in the run's folder, so that a resumed run trains on
the very same pixels and does not have to look for faces again. People are held out of training,
so that what is measured is how strangers are told apart.
"""

import json
import logging
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.camera.photo import read_photo
from accessctl.camera.photo_folder import images_in
from accessctl.config import VisionConfig
from accessctl.domain import CropGeometry, Image
from accessctl.errors import PhotoError, SourceError, StoreError
from accessctl.evaluation.data import CANVAS_SIZE, CANVAS_TEMPLATE, read_canvas, read_rows
from accessctl.storage.files import atomic_file, write_atomically
from accessctl.vision.alignment import cut
from accessctl.vision.observer import Observer

logger = logging.getLogger(__name__)

UNLABELLED = -1

ANONYMOUS = 0
"""The family of sources whose people have numbers and no names."""

# CelebA's people are anonymous numbers: one may be a named person of the other sources.
FAMILIES = ("celeba",)


MAX_BYTES = 32 << 20

MAX_PIXELS = 64_000_000

CANVASES = "canvases.npy"

PEOPLE = "people.json"

CANVAS = CropGeometry(CANVAS_TEMPLATE, (0, 0, CANVAS_SIZE, CANVAS_SIZE), CANVAS_SIZE)

Align: TypeAlias = Callable[[Image], Image | None]
"""A photo -> its canvas RGB uint8 (128, 128, 3), or None when it shows no usable face."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """`person` int32 (N,) numbers people from 0, UNLABELLED where nobody said who it is.

    `family` int32 (N,) says which family of sources a face comes from: two numbers of
    `person` in different families may be the same human being. `canvas` reads the canvas of
    a row, RGB uint8 (128, 128, 3); `rows` int64 (N,) is where each face stood in the set as
    it was read, so that teachers' descriptors can be looked up after a selection.
    """

    person: NDArray[np.int32]
    family: NDArray[np.int32]
    rows: NDArray[np.int64]
    canvas: Callable[[int], Image]

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, keep: NDArray[np.intp]) -> Self:
        """The faces at positions `keep`; people keep their numbers."""
        return replace(
            self, person=self.person[keep], family=self.family[keep], rows=self.rows[keep]
        )

    def image(self, position: int) -> Image:
        """The canvas of the face at `position` of this selection."""
        return self.canvas(int(self.rows[position]))


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
        children = sorted(child for child in folder.iterdir() if child.is_dir())
        people = [child for child in children if not child.name.startswith(".")]
        found = [
            (number, photo)
            for number, person in enumerate(people)
            for photo in sorted(images_in(person))
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
        with atomic_file(cache / CANVASES) as file:
            np.save(file, np.stack(canvases), allow_pickle=False)
        # Last: its presence says that the canvases are all there.
        write_atomically(cache / PEOPLE, json.dumps(people).encode(), mode=0o644)
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


def held_out(faces: FaceSet, people: int, seed: int) -> tuple[FaceSet, FaceSet]:
    """(train, validation): `people` persons with at least two photos are held out whole.

    Unlabelled faces stay in training. At most half of the people are taken. The same seed
    holds out the same people.
    """
    half = len(np.unique(faces.person[faces.person != UNLABELLED])) // 2
    out = np.isin(faces.person, _drawn(faces, min(people, half), seed))
    return faces.select(np.flatnonzero(~out)), faces.select(np.flatnonzero(out))


def some_people(faces: FaceSet, people: int, seed: int) -> FaceSet:
    """All photos of `people` persons who have at least two, and of nobody else; of all such
    persons when they are fewer. With the same seed, fewer persons are among the more."""
    return faces.select(np.flatnonzero(np.isin(faces.person, _drawn(faces, people, seed))))


def capped(faces: FaceSet, photos: int, seed: int) -> FaceSet:
    """At most `photos` faces of each labelled person, chosen by the seed; order is kept."""
    order = np.random.default_rng(seed).permutation(len(faces))
    seen: dict[int, int] = {}
    keep: list[int] = []
    for position in order:
        person = int(faces.person[position])
        if person != UNLABELLED:
            seen[person] = seen.get(person, 0) + 1
            if seen[person] > photos:
                continue
        keep.append(int(position))
    kept: NDArray[np.intp] = np.sort(np.array(keep, np.intp))
    return faces.select(kept)


def with_exemplars(faces: FaceSet, share: float, seed: int) -> FaceSet:
    """The same faces, of the unlabelled ones a `share` drawn as people of one photo each.

    Identity losses then pull apart faces that nobody named: Dosovitskiy et al., "Discriminative
    Unsupervised Feature Learning with Exemplar Convolutional Neural Networks", NeurIPS 2014;
    Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination",
    CVPR 2018. Somebody who is in the set twice is pulled away from himself.
    """
    unnamed = np.flatnonzero(faces.person == UNLABELLED)
    chosen = np.sort(
        np.random.default_rng(seed).permutation(unnamed)[: round(share * len(unnamed))]
    )
    person = faces.person.copy()
    person[chosen] = faces.person.max(initial=UNLABELLED) + 1 + np.arange(len(chosen))
    family = faces.family.copy()
    family[chosen] = ANONYMOUS
    return replace(faces, person=person, family=family)


def _drawn(faces: FaceSet, people: int, seed: int) -> NDArray[np.int32]:
    numbers, counts = np.unique(faces.person[faces.person != UNLABELLED], return_counts=True)
    drawn: NDArray[np.int32] = np.random.default_rng(seed).permutation(numbers[counts >= 2])
    return drawn[:people]
