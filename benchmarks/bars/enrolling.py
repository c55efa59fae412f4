"""Photos from a folder into the gallery."""

import time
from pathlib import Path

import cv2
import numpy as np

from accessctl.administration.changes import Administration
from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.camera.photo import read_photo
from accessctl.demo.people import collins, hopper
from accessctl.recognition.engine import Engine
from benchmarks.bars.row import Row

SIZE = (720, 960)


def write_photos(folder: Path, count: int) -> list[Path]:
    """JPEG files of 720x960 pixels, each moved, lit and compressed in its own way."""
    draw = np.random.default_rng(0)
    paths = []
    for number in range(count):
        photo = collins() if number % 2 else hopper()
        height, width = photo.shape[:2]
        scale = max(SIZE[0] / width, SIZE[1] / height) * draw.uniform(1.0, 1.1)
        resized = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top = int((resized.shape[0] - SIZE[1]) * draw.uniform(0, 0.3))
        left = int((resized.shape[1] - SIZE[0]) * draw.uniform(0.3, 0.7))
        crop = resized[top : top + SIZE[1], left : left + SIZE[0]]
        lit = cv2.convertScaleAbs(crop, alpha=draw.uniform(0.8, 1.2), beta=draw.uniform(-15, 15))
        path = folder / f"{number:04d}.jpg"
        cv2.imwrite(str(path), lit[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
        paths.append(path)
    return paths


def measure(engine: Engine, audit: ReadableRecorder, folder: Path, count: int) -> list[Row]:
    """Every photo becomes a person: read, found, embedded, encrypted, on disk."""
    enrolment = engine.enrolment()
    administration = Administration(engine.gallery, audit, time.time)
    paths = write_photos(folder, count)
    began = time.perf_counter()
    for path, photo in enrolment.examine_each(
        lambda path: (read_photo(path, 32 << 20, 64_000_000), path.name), paths, strict=False
    ):
        # Two faces under many names.
        administration.enrol(path.stem, [photo.result()], anyway=True)
    rate = count / (time.perf_counter() - began)
    note = f"{count} JPEG files of {SIZE[0]}x{SIZE[1]}"
    return [Row("enrol photos from a folder", rate, 15, "photos/s", at_most=False, note=note)]
