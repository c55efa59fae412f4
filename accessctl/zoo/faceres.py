"""HSE FaceRes in Keras, its weights out of a TensorFlow.js graph model, and its projection.

A MobileNet (Howard et al., "MobileNets", arXiv:1704.04861) that Andrey Savchenko trained on
VGGFace2: 224x224 normalised BGR crops in, 128 principal components out. Its 1024 pooled features
are normalised to unit length, the mean face is taken away and what is left is projected on its
main directions, all inside the network. The projection lies beside the encoder's card.

`faceres.json` holds the graph (nodes with their operations, weights as named constants) and
the order, shapes and types of the weights, which lie one after the other in `faceres.bin` as
float16. Both files are treated as hostile: only the chain of operations that leads to the
1024 pooled features is read, every operation must be a known one with known settings, and
every size is held against a bound before anything is made of it.

`python -m accessctl.zoo.faceres MODELS [FILLED]` rebuilds, proves and exports it in a process of
its own.
"""

import base64
import binascii
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import saved, to_litert
from accessctl.errors import ModelError
from accessctl.storage.files import atomic_file
from accessctl.storage.parsing import read_arrays
from accessctl.zoo.build import (
    check_against_golden,
    check_made_for,
    read_golden,
    status_of,
    write_built,
)
from accessctl.zoo.places import FaceresPlaces, fingerprint

SIZE = 224
FEATURES = 1024
OUTPUT = "global_pooling/Mean"
MAX_JSON_BYTES = 1 << 20
MAX_NODES = 1000
MAX_DIMENSION = 8192
ITEM_BYTES = {"float16": 2, "int32": 4}
STAGE_ENDS = ("Add", "Relu", "Minimum", "Maximum")

Node = Mapping[str, Any]
Constants = Mapping[str, NDArray[np.float32]]
MAX_PROJECTION_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, eq=False)
class FaceresStage:
    """A convolution with bias and ReLU6 behind it, zero-padded to keep size / stride.

    `kernel` is float32 (k, k, in, out), or (k, k, in, 1) of a depthwise one; `bias` (out,).
    """

    depthwise: bool
    stride: int
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def inputs(self) -> int:
        return int(self.kernel.shape[2])

    @property
    def outputs(self) -> int:
        return self.inputs if self.depthwise else int(self.kernel.shape[3])


def parse(graph: bytes, weights: bytes) -> tuple[FaceresStage, ...]:
    """The stages from crop to the features that are pooled; raises ModelError.

    `graph` is the JSON and `weights` the binary file.
    """
    try:
        if len(graph) > MAX_JSON_BYTES:
            _refuse("it is larger than 1 MiB")
        raw = json.loads(graph)
        constants = _constants(raw["weightsManifest"], weights)
        stages = tuple(_stages(_chain(raw["modelTopology"]["node"]), constants))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"The graph of faceres is damaged ({type(error).__name__}); "
            "run `accessctl models fetch --pair` again."
        ) from error
    _check_widths(stages)
    return stages


def _constants(manifest: Any, weights: bytes) -> dict[str, NDArray[np.float32]]:
    """{name: float32 array} of all float16 weights, in the order of the manifest."""
    constants: dict[str, NDArray[np.float32]] = {}
    at = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        stored = entry.get("quantization", entry)["dtype"]
        shape = tuple(entry["shape"])
        if stored not in ITEM_BYTES or len(constants) >= MAX_NODES:
            _refuse("its weights are of another kind")
        if len(shape) > 4 or not all(type(n) is int and 0 < n <= MAX_DIMENSION for n in shape):
            _refuse("a weight has an impossible shape")
        count = int(np.prod(shape, dtype=np.int64))
        end = at + count * ITEM_BYTES[stored]
        if end > len(weights):
            _refuse("its weights end early")
        if stored == "float16":
            values = np.frombuffer(weights, "<f2", count, at).astype(np.float32)
            if not np.isfinite(values).all():
                _refuse("its weights are not finite")
            constants[str(entry["name"])] = values.reshape(shape)
        at = end
    if at != len(weights):
        _refuse("its weights do not end where they should")
    return constants


def _chain(nodes: Sequence[Node]) -> list[Node]:
    """The operations from the first after the crop to the last before the pooling."""
    if len(nodes) > MAX_NODES:
        _refuse("it has too many operations")
    by_name = {node["name"]: node for node in nodes}
    node = by_name[OUTPUT]
    if node["op"] != "Mean":
        _refuse("its features are not a mean")
    chain: list[Node] = []
    # A chain longer than the graph goes in a circle.
    for _ in nodes:
        node = by_name[node["input"][0]]
        if node["op"] == "Placeholder":
            break
        chain.append(node)
    else:
        _refuse("it has no beginning")
    return chain[::-1]


def _stages(chain: Sequence[Node], constants: Constants) -> Iterator[FaceresStage]:
    rest = iter(chain)
    for node in rest:
        kernel, depthwise, stride = _convolution(node, constants)
        node = _next(rest)
        if depthwise and node["op"] == "Mul":
            kernel = kernel * _vector(node, constants, kernel.shape[2])[:, None]
            node = _next(rest)
        outputs = kernel.shape[2] if depthwise else kernel.shape[3]
        after = [node, *(_next(rest) for _ in STAGE_ENDS[1:])]
        if tuple(end["op"] for end in after) != STAGE_ENDS:
            _refuse("an operation is unknown or not where it should be")
        if (_scalar(after[2], constants), _scalar(after[3], constants)) != (6.0, 0.0):
            _refuse("an activation is not ReLU6")
        yield FaceresStage(depthwise, stride, kernel, _vector(after[0], constants, outputs))


def _convolution(node: Node, constants: Constants) -> tuple[NDArray[np.float32], bool, int]:
    """Kernel, whether it is depthwise, and stride of a convolution node."""
    if node["op"] not in ("Conv2D", "DepthwiseConv2dNative"):
        _refuse("an operation is unknown or not where it should be")
    depthwise = node["op"] != "Conv2D"
    kernel = _constant(node, constants)
    if (
        kernel.ndim != 4
        or kernel.shape[0] != kernel.shape[1]
        or (depthwise and kernel.shape[3] != 1)
    ):
        _refuse("a kernel has an impossible shape")
    try:
        attributes = node["attr"]
        one, stride, same, last = (int(n) for n in attributes["strides"]["list"]["i"])
        dilations = [int(n) for n in attributes["dilations"]["list"]["i"]]
        padding = base64.b64decode(attributes["padding"]["s"], validate=True)
        layout = base64.b64decode(attributes["data_format"]["s"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        _refuse("a convolution lacks its settings")
    known = one == last == 1 and stride == same and stride in (1, 2) and dilations == [1] * 4
    if not known or padding != b"SAME" or layout != b"NHWC":
        _refuse("a convolution has unknown settings")
    return kernel, depthwise, stride


def _constant(node: Node, constants: Constants) -> NDArray[np.float32]:
    """The second input of an operation, which must be a weight."""
    inputs = node.get("input")
    if not isinstance(inputs, list) or len(inputs) != 2 or inputs[1] not in constants:
        _refuse("an operation lacks its weights")
    return constants[inputs[1]]


def _vector(node: Node, constants: Constants, length: int) -> NDArray[np.float32]:
    vector = _constant(node, constants)
    if vector.shape != (length,):
        _refuse("a weight has an impossible shape")
    return vector


def _scalar(node: Node, constants: Constants) -> float:
    value = _constant(node, constants)
    return float(value) if value.shape == () else float("nan")


def _next(rest: Iterator[Node]) -> Node:
    node = next(rest, None)
    if node is None:
        _refuse("it ends in the middle of a stage")
    return node


def _check_widths(stages: Sequence[FaceresStage]) -> None:
    """Each stage must take what the one before gives, from 3 colours to 1024 features."""
    width = 3
    for stage in stages:
        if stage.inputs != width:
            _refuse("two operations do not fit together")
        width = stage.outputs
    if width != FEATURES:
        _refuse(f"it gives {width} features, not {FEATURES}")


def _refuse(reason: str) -> NoReturn:
    raise ModelError(
        f"The graph of faceres is not the expected MobileNet: {reason}; "
        "run `accessctl models fetch --pair` again."
    )


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """`mean` float32 (F,) of unit features, `components` float32 (F, D), orthonormal columns."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]


def save_projection(path: Path, projection: Projection) -> None:
    """Write `projection` to `path` (.npz), its components in 16 bits."""
    with atomic_file(path, mode=0o644) as file:
        np.savez(file, mean=projection.mean, components=projection.components.astype(np.float16))


def load_projection(path: Path, features: int) -> Projection:
    """What `save_projection` wrote, for so many `features`; raises ModelError."""
    try:
        stored = read_arrays(path, ("mean", "components"), MAX_PROJECTION_BYTES)
        mean, components = (array.astype(np.float32) for array in stored)
        if mean.shape != (features,) or components.ndim != 2 or len(components) != features:
            raise ValueError("another shape")
        if not (np.isfinite(mean).all() and np.isfinite(components).all()):
            raise ValueError("not finite")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The projection {path} is missing or damaged; restore it from the repository."
        ) from error
    return Projection(mean, components)


def feature_network(stages: Sequence[FaceresStage]) -> keras.Model:
    """The network up to its unit-length features: float32 (N, 224, 224, 3) -> (N, 1024)."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    x = crops
    for number, stage in enumerate(stages, start=1):
        x = _stage(x, stage, f"stage{number}")
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(crops, layers.UnitNormalization(name="unit")(x), name="faceres_features")
    for number, stage in enumerate(stages, start=1):
        model.get_layer(f"stage{number}").set_weights([stage.kernel, stage.bias])
    return model


def keras_network(stages: Sequence[FaceresStage], projection: Projection) -> keras.Model:
    """The whole network: float32 (N, 224, 224, 3) -> (N, D), not of unit length."""
    trunk = feature_network(stages)
    project = layers.Dense(projection.components.shape[1], name="projection")
    model = keras.Model(trunk.input, project(trunk.output), name="faceres")
    # (x - mean) @ components is one dense layer.
    project.set_weights([projection.components, -projection.mean @ projection.components])
    return model


def _stage(x: Any, stage: FaceresStage, name: str) -> Any:
    size = stage.kernel.shape[0]
    if stage.depthwise:
        layer = layers.DepthwiseConv2D(size, stage.stride, padding="same", name=name)
    else:
        layer = layers.Conv2D(stage.outputs, size, stage.stride, padding="same", name=name)
    return layers.ReLU(max_value=6.0)(layer(x))


def build(places: FaceresPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError.

    golden.npz holds the 1024 features that TensorFlow.js computes from the fetched files.
    There is no int8 file: that was measured to be no faster, and less like the original.
    """
    card = load_card(places.encoder)
    projection = load_projection(places.projection, FEATURES)
    check_made_for(card, fingerprint(places), places.cache)
    stages = parse(places.graph.read_bytes(), places.weights.read_bytes())
    model = keras_network(stages, projection)
    chips, features = read_golden(places.golden, "features")
    expected = (unit(features) - projection.mean) @ projection.components
    check_against_golden(model, card, chips, expected, "TensorFlow.js")
    artefacts = {places.keras: saved(model), places.float16: to_litert(model, "float16")}
    write_built(artefacts, places.sources, places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(FaceresPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
