import numpy as np
import pytest
from scipy.signal import correlate

from accessctl.encoder.mobilefacenet_network import build
from accessctl.encoder.mobilefacenet_weights import stages_of

HALVING_BLOCKS = (1, 6, 13)


@pytest.fixture(scope="module")
def stages(mobilefacenet_tensors):
    return stages_of(mobilefacenet_tensors)


@pytest.fixture(scope="module")
def network(stages):
    return build(stages)


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(2).uniform(-1, 1, (2, 112, 112, 3)).astype(np.float32)


def stage_by_scipy(x, stage, stride):
    """One stage on (S, S, C), without Keras."""
    size = stage.kernel.shape[0]
    # Even sizes: with stride 2 TensorFlow's "same" adds a line at the bottom and the right.
    padding = (0 if stride == 2 else 1, 1) if size == 3 else (0, 0)
    padded = np.pad(x, [padding, padding, (0, 0)])
    planes = []
    for output, bias in enumerate(stage.bias):
        if stage.depthwise:
            plane = correlate(padded[:, :, output], stage.kernel[:, :, output, 0], "valid")
        else:
            plane = correlate(padded, stage.kernel[..., output], "valid")[:, :, 0]
        plane = plane[::stride, ::stride] + bias
        if stage.slope is not None:
            plane = np.where(plane > 0, plane, stage.slope[output] * plane)
        planes.append(plane)
    return np.stack(planes, axis=-1)


def network_by_scipy(stages, picture):
    x = picture.astype(np.float64)
    for name, stride in (("stem", 2), ("deep", 1), ("flat", 1)):
        x = stage_by_scipy(x, stages[name], stride)
    for number in range(1, 16):
        stride = 2 if number in HALVING_BLOCKS else 1
        inner = stage_by_scipy(x, stages[f"block{number}_wide"], 1)
        inner = stage_by_scipy(inner, stages[f"block{number}_deep"], stride)
        inner = stage_by_scipy(inner, stages[f"block{number}_flat"], 1)
        x = inner if stride == 2 else x + inner
    for name in ("last", "pool", "mix", "head"):
        x = stage_by_scipy(x, stages[name], 1)
    return x[0, 0]


def test_the_network_computes_its_stages(stages, network, crops):
    expected = [network_by_scipy(stages, crop) for crop in crops]
    found = np.asarray(network(crops))
    assert found.shape == (2, 192)
    assert np.std(expected) > 0.1, "numbers too small to tell networks apart"
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_crop_of_112_becomes_a_map_of_7(network):
    assert network.input_shape == (None, 112, 112, 3)
    assert network.output_shape == (None, 192)
    sides = {
        name: network.get_layer(name).output.shape[1]
        for name in ("stem", "block1_deep", "block5_add", "block6_deep", "block13_deep", "last")
    }
    assert sides == {
        "stem": 56,
        "block1_deep": 28,
        "block5_add": 28,
        "block6_deep": 14,
        "block13_deep": 7,
        "last": 7,
    }
    assert network.get_layer("pool").output.shape[1:] == (1, 1, 8)


def test_a_block_that_keeps_the_size_adds_its_input(network):
    adding = {layer.name for layer in network.layers if layer.name.endswith("_add")}
    assert adding == {f"block{n}_add" for n in range(1, 16) if n not in HALVING_BLOCKS}
