"""Where the subject's face is in each photograph, as the product's observer sees it.

It does not depend on the encoder, so it is kept between runs: a second encoder costs only
embedding. What is kept are rows of numbers by a photo's name. They are biometric, so the files
are for their owner only, like a gallery's.
"""

import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Face, Image, Points
from accessctl.errors import PhotoError, StoreError
from accessctl.evaluation.data import Photos
from accessctl.recognition.recogniser import meant_by
from accessctl.vision.landmarks import MESH_POINTS

logger = logging.getLogger(__name__)

Row = tuple[NDArray[np.generic], ...]

T = TypeVar("T")

Progress: TypeAlias = Callable[[Iterable[T], int], Iterable[T]]

Alter: TypeAlias = Callable[[str, Image], Image]
"""(name, photo) -> what the camera is said to have seen instead; called from any thread."""


class RowCache:
    """`rows` by a photo's name; each row has the same arrays. Without `path`, in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.rows: dict[str, Row] = {} if path is None else _load(path)
        self._kept = len(self.rows)

    def save(self) -> None:
        """Write when there is something new; StoreError."""
        if self._path is None or len(self.rows) == self._kept:
            return
        # Somebody else may have kept rows meanwhile.
        self.rows = {**_load(self._path), **self.rows}
        columns = zip(*self.rows.values(), strict=True)
        arrays = {f"column_{i}": np.stack(column) for i, column in enumerate(columns)}
        try:
            _write(self._path, {"names": np.array(list(self.rows)), **arrays})
        except OSError as error:
            raise StoreError(
                f"Cannot write {self._path} ({error.strerror}); name another folder with --cache."
            ) from error
        self._kept = len(self.rows)


class PhotoObserver(Protocol):
    def still(self, image: Image) -> list[Face]: ...

    def close(self) -> None: ...


class Absence(StrEnum):
    """Why a photo has no subject."""

    UNREADABLE = "cannot be read"
    NO_FACE = "no face is found"
    OFF_CENTRE = "no face is at the centre"
    SEVERAL = "several faces, and none plainly meant"


CODES = (None, *Absence)
"""By the number that a row keeps."""


class Subject(StrEnum):
    """Who is meant where a photo shows several faces: whom enrolment would take (nobody, where
    it would refuse the photo for others in it), the largest of all, or, as LFW's protocol has
    it, the largest of those that hold the photo's centre."""

    ENROLMENT = "enrolment"
    CENTRE = "centre"
    LARGEST = "largest"

    def of(self, faces: Sequence[Face], image: Image) -> Face | Absence:
        """The face, or why there is none."""
        if not faces:
            return Absence.NO_FACE
        if self is Subject.ENROLMENT:
            return meant_by(faces, (image.shape[1], image.shape[0])) or Absence.SEVERAL
        if self is Subject.CENTRE:
            y, x = image.shape[0] / 2, image.shape[1] / 2
            faces = [face for face in faces if _holds(face, x, y)]
        return max(faces, key=lambda face: face.box.area, default=Absence.OFF_CENTRE)


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """One row a photo: `found` bool (N,) says whether there is a subject; where not, the other
    columns are NaN or False, and `absent` (N,) says why. `usable` (N,) is the product's word on
    quality, `quality` float32 (N,) its score, `box` float32 (N, 4) x, y, w, h and `landmarks`
    float32 (N, 468, 3), both in pixels of the photo (as altered)."""

    names: tuple[str, ...]
    found: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    quality: NDArray[np.float32]
    box: NDArray[np.float32]
    landmarks: Points
    absent: tuple[Absence | None, ...]


@dataclass(frozen=True, slots=True)
class SightingSettings:
    """How photos are looked at; `settings` names the observer's settings for the cache."""

    observer: Callable[[], PhotoObserver]
    settings: str
    subject: Subject
    alter: Alter | None = None
    variant: str = ""
    """What `alter` does, in a few words with its parameters; results are kept by it."""

    def key(self, photos: Photos) -> str:
        """Equal only where the sightings are."""
        parts = ("sightings 3", photos.identity, self.settings, self.subject, self.variant)
        return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()

    def photo(self, photos: Photos, name: str) -> Image:
        image = photos.read(name)
        return image if self.alter is None else self.alter(name, image)


def sight(
    photos: Photos,
    names: Sequence[str],
    look: SightingSettings,
    cache: RowCache,
    workers: int,
    progress: Progress[str],
) -> Sightings:
    """The subject in each of the photos `names`; photos that cannot be read count as not found.

    Each of `workers` threads has an observer of its own. What is new is in `cache` and saved
    in the end, also when interrupted.
    """
    missing = [name for name in dict.fromkeys(names) if name not in cache.rows]
    observers = [look.observer() for _ in range(min(workers, len(missing)))]

    def row(observer: PhotoObserver, name: str) -> Row:
        try:
            image = look.photo(photos, name)
        except PhotoError as error:
            logger.warning("%s", error)
            return _as_row(Absence.UNREADABLE)
        return _as_row(look.subject.of(observer.still(image), image))

    try:
        # Closed before the observers are: no thread may still be using one.
        with closing(in_parallel(missing, observers, row)) as found:
            for name, result in progress_pairs(missing, found, progress):
                cache.rows[name] = result
    finally:
        for observer in observers:
            observer.close()
        cache.save()
    return _stacked(names, [cache.rows[name] for name in names])


def in_parallel(
    names: Sequence[str], tools: Sequence[T], work: Callable[[T, str], Row]
) -> Generator[Row, None, None]:
    """`work` for each name in order, at any time by one thread for each tool."""
    idle: SimpleQueue[T] = SimpleQueue()
    for tool in tools:
        idle.put(tool)

    def one(name: str) -> Row:
        tool = idle.get()
        try:
            return work(tool, name)
        finally:
            idle.put(tool)

    with ThreadPoolExecutor(max(1, len(tools))) as pool:
        try:
            yield from pool.map(one, names)
        finally:
            pool.shutdown(cancel_futures=True)


def progress_pairs(
    names: Sequence[str], rows: Iterator[Row], progress: Progress[str]
) -> Iterator[tuple[str, Row]]:
    for name in progress(names, len(names)):
        yield name, next(rows)


def _holds(face: Face, x: float, y: float) -> bool:
    box = face.box
    return box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h


def _as_row(face: Face | Absence) -> Row:
    if isinstance(face, Absence):
        nothing = np.full((MESH_POINTS, 3), np.nan, np.float32)
        box, quality = np.full(4, np.nan, np.float32), np.array(np.nan, np.float32)
        code = np.array(CODES.index(face), np.int8)
        return np.array(False), np.array(False), quality, box, nothing, code
    box = np.array([face.box.x, face.box.y, face.box.w, face.box.h], np.float32)
    quality = np.array(face.quality.score, np.float32)
    usable = np.array(face.quality.usable)
    return np.array(True), usable, quality, box, face.landmarks, np.array(0, np.int8)


def _stacked(names: Sequence[str], rows: Sequence[Row]) -> Sightings:
    columns = (np.stack(column) for column in zip(*rows, strict=True))
    found, usable, quality, box, landmarks, code = columns
    return Sightings(
        tuple(names),
        found.astype(np.bool_),
        usable.astype(np.bool_),
        quality.astype(np.float32),
        box.astype(np.float32),
        landmarks.astype(np.float32),
        tuple(CODES[one] for one in code.tolist()),
    )


def default_cache(environ: Mapping[str, str]) -> Path:
    """Where the XDG base directory specification puts what can be made again."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "accessctl" / "evaluation"


def _load(path: Path) -> dict[str, Row]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            names = stored["names"].tolist()
            columns = [stored[f"column_{i}"] for i in range(len(stored.files) - 1)]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged (%s) and made anew.", path, error)
        return {}
    return dict(zip(names, zip(*columns, strict=True), strict=True))


def _write(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rows.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]  # its stub mistakes names for flags
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
