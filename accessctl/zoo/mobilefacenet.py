"""MobileFaceNet in Keras, and its weights out of a LiteRT file by the names of its tensors.

Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on
Mobile Devices", CCBR 2018, table 1, with the block widths of the imported network.

The file is the float32 network of sirius-ai's MobileFaceNet_TF with its batch normalisation
folded into kernels and biases. Its digest is checked before anything reads it; names, shapes
and values are checked here all the same.

`python -m accessctl.zoo.mobilefacenet MODELS [FILLED]` rebuilds, proves and exports it in a process
of its own.
"""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import saved, to_litert
from accessctl.errors import ModelError
from accessctl.zoo.build import (
    check_against_golden,
    check_made_for,
    read_golden,
    status_of,
    write_built,
)
from accessctl.zoo.places import MobileFaceNetPlaces

SIZE = 112
DIMENSION = 192
BLOCKS = (2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1)
"""The strides of the inverted residual blocks; those of stride 1 add their input."""
KERNELS = {"stem": 3, "deep": 3, "pool": 7}
"""Sides of the kernels that are not 1x1."""
ROOT = "MobileFaceNet"
INNER = f"{ROOT}/{ROOT}"
BLOCK_NAMES = tuple(
    f"Conv2d_{group}_InvResBlock_{number}"
    for group, count in ((2, 5), (3, 1), (4, 6), (5, 1), (6, 2))
    for number in range(count)
)

Tensors = Mapping[str, NDArray[np.float32]]

_REFUSED = (
    "The file of mobilefacenet is not the expected network: {}; "
    "run `accessctl models fetch --mobilefacenet` again."
)


@dataclass(frozen=True, slots=True, eq=False)
class MobileFaceNetStage:
    """A convolution with bias and, where there is a `slope` (out,), PReLU behind it.

    `kernel` is float32 (k, k, in, out), or (k, k, in, 1) of a depthwise one; `bias` (out,).
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    slope: NDArray[np.float32] | None
    depthwise: bool = False
    stride: int = 1
    padding: str = "same"

    @property
    def outputs(self) -> int:
        return len(self.bias)


def read(path: Path) -> dict[str, MobileFaceNetStage]:
    """The stages by the names of the network's layers; raises ModelError."""
    return stages_of(_tensors(path))


def stages_of(tensors: Tensors) -> dict[str, MobileFaceNetStage]:
    """Stages from the file's constants by name; raises ModelError when they are others."""
    reader = _Reader(tensors)
    stages = {
        "stem": reader.conv(f"{ROOT}/Conv2d_0", f"{INNER}/Conv2d_0", prelu=True, stride=2),
        "deep": reader.deep("", f"{INNER}/SeparableConv2d", prelu=True),
        "flat": reader.conv(f"{ROOT}/Conv", f"{INNER}/Conv"),
    }
    for number, (block, stride) in enumerate(zip(BLOCK_NAMES, BLOCKS, strict=True), start=1):
        own = f"{INNER}/{block}"
        wide, flat = f"{ROOT}/Conv_{2 * number - 1}", f"{ROOT}/Conv_{2 * number}"
        stages[f"block{number}_wide"] = reader.conv(wide, f"{own}/Conv", prelu=True)
        stages[f"block{number}_deep"] = reader.deep(
            f"_{number}", f"{own}/SeparableConv2d", prelu=True, stride=stride
        )
        stages[f"block{number}_flat"] = reader.conv(flat, f"{own}/Conv_1")
    logits = f"{ROOT}/Logits"
    stages["last"] = reader.conv(f"{ROOT}/Conv2d_7", f"{INNER}/Conv2d_7", prelu=True)
    stages["pool"] = reader.deep(None, f"{logits}/SeparableConv2d", padding="valid")
    stages["mix"] = reader.conv(f"{logits}/Conv", f"{logits}/Conv")
    stages["head"] = reader.conv(f"{logits}/LinearConv1x1", f"{logits}/LinearConv1x1")
    return _checked(stages)


class _Reader:
    """Makes stages of named constants."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors

    def conv(
        self, weights: str, layer: str, *, prelu: bool = False, stride: int = 1
    ) -> MobileFaceNetStage:
        kernel = self._named(f"{weights}/weights/read", 4).transpose(1, 2, 3, 0)
        bias = self._named(f"{layer}/Conv2D_bias", 1)
        return MobileFaceNetStage(
            kernel, bias, self._slope(layer) if prelu else None, stride=stride
        )

    def deep(
        self,
        number: str | None,
        layer: str,
        *,
        prelu: bool = False,
        stride: int = 1,
        padding: str = "same",
    ) -> MobileFaceNetStage:
        weights = layer if number is None else f"{ROOT}/SeparableConv2d{number}"
        kernel = self._named(f"{weights}/depthwise_weights/read", 4).transpose(1, 2, 3, 0)
        bias = self._named(f"{layer}/depthwise_bias", 1)
        slope = self._slope(layer) if prelu else None
        return MobileFaceNetStage(
            kernel, bias, slope, depthwise=True, stride=stride, padding=padding
        )

    def _slope(self, layer: str) -> NDArray[np.float32]:
        # The file computes relu(x) + h (x - |x|): below zero that is 2 h x.
        return 2 * self._named(f"{layer}/mul", 1)

    def _named(self, name: str, rank: int) -> NDArray[np.float32]:
        tensor = self._tensors.get(name)
        if tensor is None or tensor.ndim != rank or tensor.dtype != np.float32:
            raise ModelError(_REFUSED.format(f"{name} is missing or of another kind"))
        if not np.isfinite(tensor).all():
            raise ModelError(_REFUSED.format(f"{name} is not finite"))
        return tensor


def _checked(stages: dict[str, MobileFaceNetStage]) -> dict[str, MobileFaceNetStage]:
    """Each stage must take what the one before gives, from 3 colours to 192 numbers."""
    width = 3
    for name, stage in stages.items():
        size = KERNELS.get(name.partition("_")[2] or name, 1)
        shape = (size, size, width, 1 if stage.depthwise else stage.outputs)
        gives = width if stage.depthwise else stage.outputs
        slopes = gives if stage.slope is None else len(stage.slope)
        if stage.kernel.shape != shape or not gives == stage.outputs == slopes:
            raise ModelError(_REFUSED.format(f"{name} does not fit to what is before it"))
        width = stage.outputs
    ends = ["flat", *(f"block{number}_flat" for number in range(1, len(BLOCKS) + 1))]
    for before, end, stride in zip(ends, ends[1:], BLOCKS, strict=False):
        if stride == 1 and stages[before].outputs != stages[end].outputs:
            raise ModelError(_REFUSED.format(f"{end} cannot be added to what is before it"))
    if width != DIMENSION:
        raise ModelError(_REFUSED.format(f"it gives {width} numbers, not {DIMENSION}"))
    return stages


def _tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        # Without the usual delegate, which would take constants away while it loads.
        network = Interpreter(
            str(path),
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        network.allocate_tensors()
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(_REFUSED.format(f"it cannot be loaded ({error})")) from error
    tensors = {}
    for detail in network.get_tensor_details():
        try:
            tensors[str(detail["name"])] = np.array(network.get_tensor(detail["index"]))
        except ValueError:
            # Not a constant: it has no value before the network runs.
            continue
    return tensors


def keras_network(stages: dict[str, MobileFaceNetStage]) -> keras.Model:
    """float32 (N, 112, 112, 3) -> (N, 192), not of unit length."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    x = _stage(_stage(_stage(crops, stages, "stem"), stages, "deep"), stages, "flat")
    for number, stride in enumerate(BLOCKS):
        name = f"block{number + 1}"
        before = x
        for part in ("wide", "deep", "flat"):
            x = _stage(x, stages, f"{name}_{part}")
        if stride == 1:
            x = layers.Add(name=f"{name}_add")([before, x])
    x = _stage(_stage(_stage(x, stages, "last"), stages, "pool"), stages, "mix")
    x = layers.Flatten(name="flatten")(x)
    head = stages["head"]
    model = keras.Model(crops, layers.Dense(head.outputs, name="embedding")(x), name="encoder")
    model.get_layer("embedding").set_weights([head.kernel[0, 0], head.bias])
    for name, stage in stages.items():
        if name == "head":
            continue
        model.get_layer(name).set_weights([stage.kernel, stage.bias])
        if stage.slope is not None:
            model.get_layer(f"{name}_prelu").set_weights([stage.slope[None, None]])
    return model


def _stage(x: Any, stages: dict[str, MobileFaceNetStage], name: str) -> Any:
    stage = stages[name]
    size = stage.kernel.shape[0]
    settings = {"strides": stage.stride, "padding": stage.padding, "name": name}
    if stage.depthwise:
        x = layers.DepthwiseConv2D(size, **settings)(x)
    else:
        x = layers.Conv2D(stage.outputs, size, **settings)(x)
    if stage.slope is None:
        return x
    return layers.PReLU(shared_axes=[1, 2], name=f"{name}_prelu")(x)


def build(places: MobileFaceNetPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError.

    golden.npz holds the embeddings that the fetched LiteRT file itself gives. There is no
    int8 file: that was measured to be no faster, with a cosine of only 0.99 to the original.
    """
    card = load_card(places.encoder)
    digest = hashlib.sha256(places.weights.read_bytes()).hexdigest()
    check_made_for(card, digest, places.weights)
    model = keras_network(read(places.weights))
    chips, embeddings = read_golden(places.golden, "embeddings")
    # Their length is about 80 and says nothing: directions are what must agree.
    directions = keras.Sequential([model, keras.layers.UnitNormalization()])
    check_against_golden(directions, card, chips, unit(embeddings), "the original")
    artefacts = {places.keras: saved(model), places.float16: to_litert(model, "float16")}
    write_built(artefacts, places.sources, places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(MobileFaceNetPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
