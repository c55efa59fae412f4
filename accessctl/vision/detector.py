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
from accessctl.vision.files import model_file
from accessctl.vision.mediapipe_import import import_mediapipe
from accessctl.vision.quiet import without_native_chatter

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

    `input_size` is the side of the network's input: larger pictures are averaged down
    to it here, in one step and without aliasing. Raises ModelError when the file is
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
        height, width = image.shape[:2]
        if min(height, width) < SMALLEST:
            return []
        scale = self._input_size / max(height, width)
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False
            )
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        found = self._native.detect(picture).detections
        seen_height, seen_width = image.shape[:2]
        detections = [
            _detection(one, width / seen_width, height / seen_height, width, height)
            for one in found
        ]
        return sorted(detections, key=lambda detection: -detection.score)


def _close(native: Any) -> None:
    try:
        native.close()
    except RuntimeError:
        # At the interpreter's exit the task's worker thread is gone before this runs; a
        # task without a handle is not closed again, noisily, by its own destructor.
        native._handle = None


def _detection(found: Any, sx: float, sy: float, width: int, height: int) -> Detection:
    box, points, score = found.bounding_box, found.keypoints, found.categories[0].score
    return Detection(
        Box(box.origin_x * sx, box.origin_y * sy, box.width * sx, box.height * sy),
        float(score),
        np.array([[p.x * width, p.y * height] for p in points], np.float32),
    )


def short_range(folder: Path, confidence: float) -> MediaPipeDetector:
    return MediaPipeDetector(folder / SHORT_RANGE_FILE, SHORT_RANGE_INPUT, confidence)


def full_range(folder: Path, confidence: float) -> MediaPipeDetector:
    return MediaPipeDetector(folder / FULL_RANGE_FILE, FULL_RANGE_INPUT, confidence)
