"""What published networks say of the pictures that ours is trained on; none of them is shipped.

minivision's MiniFASNet is rebuilt in Keras from its PyTorch weights: a MobileFaceNet with fewer
channels (minivision, Silent-Face-Anti-Spoofing, 2020, Apache-2.0). Input float32 (N, 80, 80, 3)
BGR in [0, 255]; output softmax (N, 3), of which the middle one is "living".

In the second stage of a fit the teachers are asked at once, about pictures that nobody has seen.
Samples that were labelled once are learnt by heart; a teacher that labels each distorted and
mixed picture anew is copied as a function (Beyer et al., "Knowledge distillation: a good teacher
is patient and consistent", CVPR 2022).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from accessctl.domain import Box, Image
from accessctl.errors import ModelError
from accessctl.liveness.texture_card import place
from accessctl.training.spoof.optics import Picture
from accessctl.training.spoof.samples import REACHES
from accessctl.training.spoof.torch_file import read_state

SIZE = 80

EPSILON = 1e-5

LOGITS = "prob"

TEACHER_FILES = (
    ("2.7_80x80_MiniFASNetV2.pth", 2.7),
    ("4_0_0_80x80_MiniFASNetV1SE.pth", 4.0),
)

MIXED, PATCHED, BLURRED, NOISY = 0.5, 0.25, 0.2, 0.3
"""How often two samples are laid over each other, one shows through a window in the other, and a
sample is blurred or made noisy."""

SHIFT, ZOOM = 4.0, 0.08

State = Mapping[str, NDArray[np.generic]]


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


def asked(
    pictures: NDArray[np.float32], teachers: Sequence[Teacher]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Teachers' logits (N, T, 3) and last layers (N, T, 128) on pictures (N, K, S, S, 3)."""
    says, holds = [], []
    for teacher in teachers:
        cut = pictures[:, REACHES.index(teacher.reach), :, :, ::-1]
        said, held = teacher(np.ascontiguousarray(cut) * np.float32(255))
        says.append(said)
        holds.append(held)
    return np.stack(says, axis=1), np.stack(holds, axis=1)


def moved(crops: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each cut shifted and zoomed a little, all of them mirrored at times, some blurred."""
    size = crops.shape[1]
    moved = np.empty_like(crops)
    blurred = float(rng.uniform(0.4, 1.2)) if rng.random() < BLURRED else 0.0
    for index, crop in enumerate(crops):
        zoom = float(np.exp(rng.normal(0, ZOOM)))
        turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.normal(0, 3)), zoom)
        turn = turn + np.array([[0, 0, 1]]) * rng.normal(0, SHIFT / 2, (2, 1))
        crop = cv2.warpAffine(crop, turn, (size, size), borderMode=cv2.BORDER_REFLECT)
        moved[index] = cv2.GaussianBlur(crop, (0, 0), blurred) if blurred else crop
    return moved[:, :, ::-1] if rng.random() < 0.5 else moved


def lit(pictures: Picture, rng: np.random.Generator) -> Picture:
    """Other light, contrast and colour, and at times noise."""
    shape = (len(pictures), 1, 1, 1, 1)
    gamma = np.exp(rng.normal(0, 0.2, shape)).astype(np.float32)
    gain = np.exp(rng.normal(0, 0.12, shape)) * np.exp(rng.normal(0, 0.05, (*shape[:4], 3)))
    lit = np.power(pictures, gamma) * gain.astype(np.float32)
    amount = np.where(rng.random(shape) < NOISY, rng.exponential(0.015, shape), 0)
    noise = rng.standard_normal(pictures.shape, np.float32)
    return np.asarray(lit + noise * amount.astype(np.float32), np.float32)


def _patched(below: Picture, above: Picture, rng: np.random.Generator) -> float:
    """Lay a window of one sample's cuts (K, S, S, 3) into another's; the share that it covers."""
    size = below.shape[1]
    width, height = int(size * rng.uniform(0.2, 0.7)), int(size * rng.uniform(0.2, 0.7))
    left, top = int(rng.integers(0, size - width)), int(rng.integers(0, size - height))
    window = (slice(None), slice(top, top + height), slice(left, left + width))
    below[window] = above[window]
    return float(width * height / size**2)


@dataclass(frozen=True, slots=True)
class Distortion:
    """What is done to samples: each is moved and lit; `mixed` of them have another laid over them,
    and in `patched` another shows through a window."""

    mixed: float = MIXED
    patched: float = PATCHED
    move: Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.uint8]] = moved
    light: Callable[[Picture, np.random.Generator], Picture] = lit


USUAL = Distortion()


def distorted(
    crops: NDArray[np.uint8],
    living: NDArray[np.float32],
    rng: np.random.Generator,
    how: Distortion = USUAL,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Other pictures of uint8 (N, K, S, S, 3), float32 in [0, 1], and how much of each lives."""
    count = len(crops)
    pictures = np.stack([how.move(one, rng) for one in crops]).astype(np.float32) / np.float32(255)
    pictures = how.light(pictures, rng)
    other = rng.permutation(count)
    share = np.where(rng.random(count) < how.mixed, rng.uniform(0, 1, count), 1).astype(np.float32)
    weight = share[:, None, None, None, None]
    mixed = pictures * weight + pictures[other] * (1 - weight)
    lives = living * share + living[other] * (1 - share)
    for index in np.flatnonzero(rng.random(count) < how.patched):
        lives[index] = (
            _patched(mixed[index], pictures[other[index]], rng)
            * (living[other[index]] - lives[index])
            + lives[index]
        )
    return np.asarray(np.clip(mixed, 0, 1), np.float32), np.asarray(lives, np.float32)


def build_minifasnet(state: State) -> keras.Model:
    """The network with the weights of `state` (names as in the published files).

    Its layer `prob` gives the logits (N, 3) of what its last but one layer holds (N, 128).
    Raises ModelError when weights are missing or of another shape.
    """
    try:
        return _Builder(state).network()
    except (KeyError, ValueError) as error:
        raise ModelError(f"These are no weights of a MiniFASNet ({error}).") from error


@dataclass(frozen=True, slots=True)
class _Builder:
    state: State

    def network(self) -> keras.Model:
        given = keras.Input((SIZE, SIZE, 3))
        x = self._block(given, "conv1", stride=2)
        x = self._block(x, "conv2_dw")
        x = self._deep(x, "conv_23", stride=2)
        x = self._row(x, "conv_3")
        x = self._deep(x, "conv_34", stride=2)
        x = self._row(x, "conv_4")
        x = self._deep(x, "conv_45", stride=2)
        x = self._row(x, "conv_5")
        x = self._block(x, "conv_6_sep")
        x = self._block(x, "conv_6_dw", padded=False)
        x = layers.Flatten()(x)
        x = self._dense(x, "linear")
        x = self._norm(x, "bn")
        x = self._dense(x, LOGITS)
        return keras.Model(given, layers.Softmax()(x))

    def _row(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        index = 0
        while f"{name}.model.{index}.conv.conv.weight" in self.state:
            inner = self._deep(x, f"{name}.model.{index}")
            if f"{name}.model.{index}.se_module.fc1.weight" in self.state:
                inner = self._excite(inner, f"{name}.model.{index}.se_module")
            x = layers.Add()([x, inner])
            index += 1
        return x

    def _deep(self, x: keras.KerasTensor, name: str, stride: int = 1) -> keras.KerasTensor:
        x = self._block(x, f"{name}.conv")
        x = self._block(x, f"{name}.conv_dw", stride=stride)
        return self._block(x, f"{name}.project")

    def _excite(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        w = layers.GlobalAveragePooling2D(keepdims=True)(x)
        w = layers.ReLU()(self._norm(self._conv(w, f"{name}.fc1"), f"{name}.bn1"))
        w = self._norm(self._conv(w, f"{name}.fc2"), f"{name}.bn2")
        return layers.Multiply()([x, layers.Activation("sigmoid")(w)])

    def _block(
        self, x: keras.KerasTensor, name: str, stride: int = 1, padded: bool = True
    ) -> keras.KerasTensor:
        x = self._norm(self._conv(x, f"{name}.conv", stride, padded), f"{name}.bn")
        if f"{name}.prelu.weight" not in self.state:
            return x
        prelu = layers.PReLU(shared_axes=[1, 2])
        y = prelu(x)
        prelu.set_weights([self.state[f"{name}.prelu.weight"].reshape(1, 1, -1)])
        return y

    def _conv(
        self, x: keras.KerasTensor, name: str, stride: int = 1, padded: bool = True
    ) -> keras.KerasTensor:
        weight = self._weight(name, axes=4)
        size = weight.shape[2]
        if padded and size > 1:
            # As PyTorch pads: the same on all sides, which "same" does not where it strides.
            x = layers.ZeroPadding2D(size // 2)(x)
        options = {"strides": stride, "use_bias": False, "kernel_size": size}
        if weight.shape[1] == 1 and x.shape[-1] == weight.shape[0] > 1:
            conv: keras.Layer = layers.DepthwiseConv2D(**options)
            kernel = weight.transpose(2, 3, 0, 1)
        else:
            conv = layers.Conv2D(weight.shape[0], **options)
            kernel = weight.transpose(2, 3, 1, 0)
        y = conv(x)
        conv.set_weights([kernel])
        return y

    def _norm(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        norm = layers.BatchNormalization(epsilon=EPSILON)
        y = norm(x)
        parts = ("weight", "bias", "running_mean", "running_var")
        norm.set_weights([self.state[f"{name}.{part}"] for part in parts])
        return y

    def _dense(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        weight = self._weight(name, axes=2)
        dense = layers.Dense(weight.shape[0], use_bias=False, name=name)
        y = dense(x)
        dense.set_weights([weight.T])
        return y

    def _weight(self, name: str, axes: int) -> NDArray[np.generic]:
        weight = self.state[f"{name}.weight"]
        if weight.ndim != axes:
            raise ValueError(f"{name} has {weight.ndim} axes")
        return weight
