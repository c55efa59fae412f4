"""The face detectors: files of MediaPipe's, run in LiteRT or by the mediapipe package.

Short-range sees 128 x 128 pixels, full-range 192 x 192. Both runtimes find the same faces in
the same picture; docs/decisions/detectors-in-litert.md has the figures.

The mediapipe package is imported only where `vision.runtime` says so, and without TensorFlow:
MediaPipe imports all of it, when it is installed, only to decorate its own documentation, which
costs seconds and hundreds of megabytes that a door must not pay for.
"""

import re
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from accessctl.config import DetectorRuntime
from accessctl.domain import Box, Image
from accessctl.errors import ConfigError, ModelError, SystemLibraryError
from accessctl.runtime import FETCH, model_file, open_interpreter, without_native_chatter
from accessctl.vision.detection import (
    FULL_RANGE,
    SHORT_RANGE,
    SMALLEST,
    Detection,
    Detector,
    Network,
    anchors,
    detection,
    found,
    halved,
    letterboxed,
)

SENDS_LOGS = (0, 10, 35)
"""From this version on the package sends a log of its use to its maker."""

REMEDY = "install mediapipe 0.10.33, or set vision.runtime to litert"
SYSTEM_LIBRARIES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libGLESv2.so": "libgles2",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
}
_lock = Lock()


def short_range(folder: Path, confidence: float, runtime: DetectorRuntime) -> Detector:
    """The detector for near faces from its file in `folder`; nothing below `confidence` is told.

    Raises ModelError when the file is missing or unfit; with the runtime `mediapipe` also
    ConfigError without a usable mediapipe package, and SystemLibraryError.
    """
    return _open(SHORT_RANGE, folder, confidence, runtime)


def full_range(folder: Path, confidence: float, runtime: DetectorRuntime) -> Detector:
    """The detector for near and far faces; otherwise as `short_range`."""
    return _open(FULL_RANGE, folder, confidence, runtime)


def _open(network: Network, folder: Path, confidence: float, runtime: DetectorRuntime) -> Detector:
    path = model_file(folder, network.file)
    if runtime == "mediapipe":
        return MediaPipeDetector(path, network.size, confidence)
    return LiteRtDetector(path, network, confidence)


class LiteRtDetector:
    """A detector file run in LiteRT, for one thread. Raises ModelError when it is unfit."""

    def __init__(self, path: Path, network: Network, confidence: float) -> None:
        self._size, self._confidence = network.size, confidence
        self._anchors = anchors(network)
        self._interpreter = open_interpreter(path, advice=FETCH)
        given, results = (
            {tuple(map(int, one["shape"])): one["index"] for one in details}
            for details in (
                self._interpreter.get_input_details(),
                self._interpreter.get_output_details(),
            )
        )
        eaten, rows, logits = network.shapes
        if set(given) != {eaten} or set(results) != {rows, logits}:
            raise ModelError(f"{path} is not the face detector of that name; {FETCH}.")
        self._given, self._rows, self._logits = given[eaten], results[rows], results[logits]

    def detect(self, image: Image) -> list[Detection]:
        if min(image.shape[:2]) < SMALLEST:
            return []
        small, factor = halved(image, self._size)
        self._interpreter.set_tensor(self._given, letterboxed(small, self._size))
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._rows)[0]
        logits = self._interpreter.get_tensor(self._logits)[0, :, 0]
        rows, scores = found(raw, logits, self._anchors, self._size, self._confidence)
        height, width = small.shape[:2]
        return [
            detection(row, float(score), width, height).scaled(factor)
            for row, score in zip(rows, scores, strict=True)
        ]

    def close(self) -> None:
        # The network's memory goes with its interpreter.
        self._interpreter = None


class MediaPipeDetector:
    """A detector file run by MediaPipe's FaceDetector task.

    `input_size` is the side of the network's input in pixels. Raises ModelError when the file is
    unfit, ConfigError when there is no mediapipe package that may run here, and
    SystemLibraryError when it cannot be loaded.
    """

    def __init__(self, path: Path, input_size: int, confidence: float) -> None:
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
            raise ModelError(f"{path} is not a usable face detector; {FETCH}.") from error
        self._native = native
        self._input_size = input_size
        self._finalizer = weakref.finalize(self, _close, native)

    def detect(self, image: Image) -> list[Detection]:
        if min(image.shape[:2]) < SMALLEST:
            return []
        small, factor = halved(image, self._input_size)
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(small)
        )
        found = self._native.detect(picture).detections
        height, width = small.shape[:2]
        detections = [_detection(one, width, height).scaled(factor) for one in found]
        return sorted(detections, key=lambda detection: -detection.score)

    def close(self) -> None:
        self._finalizer()


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


def import_mediapipe() -> ModuleType:
    """The `mediapipe` package with its Tasks loaded; TensorFlow stays unimported.

    Raises ConfigError when it is not installed or sends logs of its use, and SystemLibraryError
    when the operating system lacks a library it needs.
    """
    try:
        refuse_what_sends_logs(version("mediapipe"))
    except PackageNotFoundError as error:
        raise ConfigError(
            f"vision.runtime is mediapipe, but that package is not installed here; {REMEDY}."
        ) from error
    with _lock, _tensorflow_blocked(), naming_debian_packages():
        import mediapipe

        loaded: ModuleType = mediapipe
        return loaded


def refuse_what_sends_logs(installed: str) -> None:
    """ConfigError for a version of the package, such as "0.10.35", that reports its use."""
    if tuple(int(part) for part in re.findall(r"\d+", installed)[:3]) >= SENDS_LOGS:
        raise ConfigError(
            f"The mediapipe {installed} that is installed here sends a log of its use to its "
            f"maker, which no door may; {REMEDY}."
        )


@contextmanager
def naming_debian_packages() -> Iterator[None]:
    """Turn the loader's complaint about a missing `.so` into the package to install."""
    try:
        yield
    except (ImportError, OSError) as error:
        message = str(error)
        if not any(library in message for library in SYSTEM_LIBRARIES):
            raise
        missing = next(p for library, p in SYSTEM_LIBRARIES.items() if library in message)
        everything = " ".join(sorted(set(SYSTEM_LIBRARIES.values())))
        raise SystemLibraryError(
            f"The system library package {missing} is missing; on Debian or Ubuntu run "
            f"`sudo apt-get install {everything}`."
        ) from error


@contextmanager
def _tensorflow_blocked() -> Iterator[None]:
    """Make `import tensorflow` fail as if it were not installed, then undo that.

    A `None` in `sys.modules` is Python's own way to say so. Nothing is blocked when
    TensorFlow is loaded already: then it costs nothing more.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    sys.modules["tensorflow"] = None  # type: ignore[assignment]  # documented use of None
    try:
        yield
    finally:
        del sys.modules["tensorflow"]
