"""The face detectors: files of MediaPipe's, run in LiteRT or by the mediapipe package.

Short-range sees 128 x 128 pixels, full-range 192 x 192. Both runtimes find the same faces in
the same picture; docs/decisions/detectors-in-litert.md has the figures.
"""

from pathlib import Path

from accessctl.config import DetectorRuntime
from accessctl.domain import Image
from accessctl.errors import ModelError
from accessctl.runtime import FETCH, model_file, open_interpreter
from accessctl.vision.blazeface import (
    FULL_RANGE,
    SHORT_RANGE,
    Network,
    anchors,
    detection,
    found,
    letterboxed,
)
from accessctl.vision.detection import SMALLEST, Detection, Detector, halved
from accessctl.vision.mediapipe_detector import MediaPipeDetector


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
