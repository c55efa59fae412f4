"""What published networks say of the pictures that ours is trained on."""

from pathlib import Path
from typing import Protocol

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image
from accessctl.liveness.texture_card import place
from accessctl.training.spoof.minifasnet import LOGITS, SIZE, build_minifasnet
from accessctl.training.spoof.torch_file import read_state

TEACHER_FILES = (
    ("2.7_80x80_MiniFASNetV2.pth", 2.7),
    ("4_0_0_80x80_MiniFASNetV1SE.pth", 4.0),
)


class Teacher(Protocol):
    """Says of cuts float32 (N, 80, 80, 3), BGR in [0, 255], logits (N, 3) and what its last
    layer held, (N, 128)."""

    reach: float

    def __call__(
        self, cuts: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...


class MiniFasNet:
    """One of minivision's two networks, from its PyTorch file."""

    def __init__(self, path: Path, reach: float) -> None:
        """Raises ModelError for a file that is none."""
        self.reach = reach
        whole = build_minifasnet(read_state(path))
        last = whole.get_layer(LOGITS)
        self._network = keras.Model(whole.input, [last.output, last.input])

    def __call__(
        self, cuts: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, values = self._network.predict_on_batch(cuts)
        return np.asarray(logits, np.float32), np.asarray(values, np.float32)


def open_teachers(folder: Path) -> tuple[Teacher, ...]:
    """Both networks of a folder; raises ModelError where one is missing."""
    return tuple(MiniFasNet(folder / name, reach) for name, reach in TEACHER_FILES)


def cut(image: Image, box: Box, reach: float) -> NDArray[np.float32]:
    """float32 (80, 80, 3) BGR as minivision's own preprocessing cuts and scales it."""
    height, width = image.shape[:2]
    left, top, right, bottom = place(width, height, box, reach)
    part = image[top:bottom, left:right, ::-1]
    return np.asarray(cv2.resize(part, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), np.float32)
