"""dlib's face ResNet in Keras, its weights out of `dlib_face_recognition_resnet_model_v1.dat`.

The network is the one Davis King published with dlib (`anet_type` in his
`dnn_face_recognition_ex`): 150x150 normalised crops in, raw 128-d descriptors out. They are not of
unit length; the runtimes see to that, so that any encoder may hand out vectors of any length.

dlib writes a network from its input to its output. Each layer's parameters are a tensor:
version 2, then the four dimensions, each as a count byte and that many little-endian
bytes, then little-endian float32. What lies between (class names, settings, empty
gradients) is skipped. The file is treated as hostile: nothing outside it is read and
nothing but these arrays is believed.

`python -m accessctl.zoo.dlib MODELS [FILLED]` rebuilds, proves and exports it in a process of its
own.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import ZeroPaddedAdd, saved, to_litert
from accessctl.errors import ModelError
from accessctl.zoo.build import (
    check_against_golden,
    check_made_for,
    read_golden,
    status_of,
    write_built,
)
from accessctl.zoo.places import DlibPlaces

TENSOR_VERSION = 2
DIMENSION = 128
STEM = (3, 32, 7)
# (channels, whether the block halves the image) of the 14 residual blocks.
BLOCKS: tuple[tuple[int, bool], ...] = (
    *((32, False),) * 3,
    (64, True),
    *((64, False),) * 3,
    (128, True),
    *((128, False),) * 2,
    (256, True),
    *((256, False),) * 2,
    (256, True),
)
# Layers in between say little about themselves; a gap wider than this is damage.
MAX_GAP = 4096

SIZE = 150


class TensorReader:
    """Hands out the tensors of dlib's serialised bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def array(self, dimensions: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """The next tensor of these dimensions, flat float32; raises ModelError if not there."""
        header = tensor_header(dimensions)
        found = self._data.find(header, self._at, self._at + MAX_GAP + len(header))
        start = found + len(header)
        count = int(np.prod(dimensions))
        if found < 0 or start + 4 * count > len(self._data):
            raise ModelError(
                f"dlib's weights are damaged: no tensor of {count} values after byte {self._at}; "
                "run `accessctl models fetch` again."
            )
        values = np.frombuffer(self._data, "<f4", count, start).astype(np.float32)
        if not np.isfinite(values).all():
            raise ModelError(
                f"dlib's weights are damaged: values after byte {start} are not finite; "
                "run `accessctl models fetch` again."
            )
        self._at = start + 4 * count
        return values


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """Kernel float32 (k, k, in, out) and bias (out,), the affine layer folded in."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """All convolutions in forward order and the final matrix float32 (256, 128)."""

    convolutions: tuple[Convolution, ...]
    projection: NDArray[np.float32]


def convolution_shapes() -> list[tuple[int, int, int]]:
    """(inputs, outputs, kernel size) of each convolution, in forward order."""
    shapes = [STEM]
    channels = STEM[1]
    for outputs, _ in BLOCKS:
        shapes += [(channels, outputs, 3), (outputs, outputs, 3)]
        channels = outputs
    return shapes


def parse(data: bytes) -> Weights:
    """The network's weights; raises ModelError on anything but that network."""
    reader = TensorReader(data)
    convolutions = []
    for inputs, outputs, size in convolution_shapes():
        raw = reader.array((outputs * inputs * size * size + outputs, 1, 1, 1))
        affine = reader.array((2 * outputs, 1, 1, 1))
        convolutions.append(fold(raw, affine, (outputs, inputs, size, size)))
    projection = reader.array((BLOCKS[-1][0], DIMENSION, 1, 1)).reshape(-1, DIMENSION)
    return Weights(tuple(convolutions), projection)


def fold(
    raw: NDArray[np.float32], affine: NDArray[np.float32], shape: tuple[int, int, int, int]
) -> Convolution:
    """A convolution's weights and biases (flat, as dlib keeps them) and the scales and shifts
    (2 * out,) of the affine layer behind it, as one convolution; `shape` is (out, in, k, k)."""
    outputs = shape[0]
    kernel, bias = raw[:-outputs].reshape(shape), raw[-outputs:]
    scale, shift = affine[:outputs], affine[outputs:]
    with np.errstate(over="ignore", invalid="ignore"):
        folded, shifted = kernel * scale[:, None, None, None], bias * scale + shift
    if not (np.isfinite(folded).all() and np.isfinite(shifted).all()):
        raise ModelError(
            "dlib's weights are damaged: two of them are too large to be multiplied; "
            "run `accessctl models fetch` again."
        )
    return Convolution(np.ascontiguousarray(folded.transpose(2, 3, 1, 0)), shifted)


def tensor_header(dimensions: Sequence[int]) -> bytes:
    """The bytes dlib writes before a tensor's floats."""
    return b"".join(_integer(value) for value in (TENSOR_VERSION, *dimensions))


def _integer(value: int) -> bytes:
    length = max(1, (value.bit_length() + 7) // 8)
    return bytes([length]) + value.to_bytes(length, "little")


def keras_network() -> keras.Model:
    """The network with random weights: float32 (N, 150, 150, 3) -> float32 (N, 128)."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    _, filters, kernel = STEM
    x = layers.Conv2D(filters, kernel, strides=2, activation="relu", name="stem")(crops)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, (channels, down) in enumerate(BLOCKS, start=1):
        x = _block(x, channels, down, f"block{number}")
    x = layers.GlobalAveragePooling2D()(x)
    descriptors = layers.Dense(DIMENSION, use_bias=False, name="projection")(x)
    return keras.Model(crops, descriptors, name="dlib_face_resnet")


def _block(x: Any, channels: int, down: bool, name: str) -> Any:
    skip = layers.AveragePooling2D(2, strides=2)(x) if down else x
    y = layers.Conv2D(
        channels,
        3,
        strides=2 if down else 1,
        padding="valid" if down else "same",
        activation="relu",
        name=f"{name}_1",
    )(x)
    y = layers.Conv2D(channels, 3, padding="same", name=f"{name}_2")(y)
    return layers.ReLU()(ZeroPaddedAdd(name=f"{name}_add")([y, skip]))


def load_weights(model: keras.Model, weights: Weights) -> None:
    """Put `weights` into a network made by `keras_network`."""
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    for layer, convolution in zip(convolutions, weights.convolutions, strict=True):
        layer.set_weights([convolution.kernel, convolution.bias])
    model.get_layer("projection").set_weights([weights.projection])


def build(places: DlibPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError."""
    card = load_card(places.encoder)
    weights = places.weights.read_bytes()
    check_made_for(card, hashlib.sha256(weights).hexdigest(), places.weights)
    model = keras_network()
    load_weights(model, parse(weights))
    check_against_golden(model, card, *read_golden(places.golden, "descriptors"), "dlib")
    artefacts = {
        places.keras: saved(model),
        places.int8: to_litert(model, "int8"),
        places.float16: to_litert(model, "float16"),
    }
    write_built(artefacts, [places.weights], places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(DlibPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
