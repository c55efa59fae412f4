"""Find boxes that may hold a face in one picture.

Two networks of MediaPipe (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs", 2019): short-range sees 128 x 128 pixels, full-range 192 x 192.
"""

import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from accessctl.domain import Box, Image, Points
from accessctl.errors import ModelError
from accessctl.quiet import without_native_chatter
from accessctl.vision.files import model_file
from accessctl.vision.mediapipe_import import import_mediapipe

SHORT_RANGE_FILE = "face_detection_short_range.tflite"
FULL_RANGE_FILE = "face_detection_full_range_sparse.tflite"
SHORT_RANGE_INPUT = 128
FULL_RANGE_INPUT = 192
SMALLEST = 8
"""Pictures narrower or lower than this hold no face; MediaPipe cannot take an empty one."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A box that may hold a face, in pixels; `score` in [0, 1].

    `keypoints` is float32 (6, 2): the eyes (left in the image first), nose tip, mouth,
    and the points in front of the two ears.
    """

    box: Box
    score: float
    keypoints: Points

    def shifted(self, dx: float, dy: float) -> "Detection":
        box = Box(self.box.x + dx, self.box.y + dy, self.box.w, self.box.h)
        return Detection(box, self.score, self.keypoints + np.array([dx, dy], np.float32))

    def scaled(self, factor: float) -> "Detection":
        box = Box(*(factor * side for side in (self.box.x, self.box.y, self.box.w, self.box.h)))
        return Detection(box, self.score, self.keypoints * np.float32(factor))


class Detector(Protocol):
    def detect(self, image: Image) -> list[Detection]:
        """Everything in `image` (RGB uint8 (H, W, 3)) that may be a face, best first."""
        ...


class MediaPipeDetector:
    """A detector file run by MediaPipe's FaceDetector task.

    `input_size` is the side of the network's input. Raises ModelError when the file is
    missing or unfit and SystemLibraryError when MediaPipe cannot be loaded.
    """

    def __init__(self, path: Path, input_size: int, confidence: float) -> None:
        model_file(path.parent, path.name)
        self._mediapipe = import_mediapipe()
        tasks = self._mediapipe.tasks
        options = tasks.vision.FaceDetectorOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(path)),
            min_detection_confidence=confidence,
        )
        try:
            with without_native_chatter():
                native = tasks.vision.FaceDetector.create_from_options(options)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{path} is not a usable face detector; run `accessctl models fetch` to replace it."
            ) from error
        self._native = native
        self._input_size = input_size
        self.close = weakref.finalize(self, _close, native)

    def detect(self, image: Image) -> list[Detection]:
        if min(image.shape[:2]) < SMALLEST:
            return []
        small, factor = _halved(image, self._input_size)
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(small)
        )
        found = self._native.detect(picture).detections
        height, width = small.shape[:2]
        detections = [_detection(one, width, height).scaled(factor) for one in found]
        return sorted(detections, key=lambda detection: -detection.score)


def _halved(image: Image, enough: int) -> tuple[Image, int]:
    """`image` averaged down by a power of two, its longer side still `enough` or more.

    Halving is many times faster than any other averaging, and what is left to MediaPipe's
    own bilinear scaling, less than 2, does not alias.
    """
    factor = 1
    while max(image.shape[:2]) >= 2 * enough and min(image.shape[:2]) >= 2 * SMALLEST:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        factor *= 2
    return image, factor


def _close(native: Any) -> None:
    try:
        native.close()
    except RuntimeError:
        # At the interpreter's exit the task's worker thread is gone before this runs; a
        # task without a handle is not closed again, noisily, by its own destructor.
        native._handle = None


def _detection(found: Any, width: int, height: int) -> Detection:
    box, points, score = found.bounding_box, found.keypoints, found.categories[0].score
    return Detection(
        Box(float(box.origin_x), float(box.origin_y), float(box.width), float(box.height)),
        float(score),
        np.array([[p.x * width, p.y * height] for p in points], np.float32),
    )


def short_range(folder: Path, confidence: float) -> MediaPipeDetector:
    return MediaPipeDetector(folder / SHORT_RANGE_FILE, SHORT_RANGE_INPUT, confidence)


def full_range(folder: Path, confidence: float) -> MediaPipeDetector:
    return MediaPipeDetector(folder / FULL_RANGE_FILE, FULL_RANGE_INPUT, confidence)
