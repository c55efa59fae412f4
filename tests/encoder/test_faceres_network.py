import numpy as np
import pytest
from scipy.signal import correlate

from accessctl.encoder import faceres_network
from accessctl.encoder.faceres_weights import Stage
from accessctl.encoder.projection import Projection


@pytest.fixture(scope="module")
def stages():
    random = np.random.default_rng(0)

    def values(*shape):
        return random.standard_normal(shape).astype(np.float32)

    return (
        Stage(False, 2, values(3, 3, 3, 4), values(4)),
        Stage(True, 1, values(3, 3, 4, 1), values(4)),
        Stage(False, 1, values(1, 1, 4, 6), values(6) + 2),
    )


@pytest.fixture(scope="module")
def projection():
    random = np.random.default_rng(1)
    return Projection(
        random.standard_normal(6).astype(np.float32),
        random.standard_normal((6, 2)).astype(np.float32),
    )


def by_scipy(stages, picture):
    """The unit features of one picture (S, S, 3), computed without Keras."""
    x = picture.astype(np.float64)
    for stage in stages:
        # Even sizes: with stride 2 TensorFlow's "same" adds a line at the bottom and the right.
        before = 0 if stage.stride == 2 else 1
        size = stage.kernel.shape[0]
        padding = (before, 1) if size == 3 else (0, 0)
        padded = np.pad(x, [padding, padding, (0, 0)])
        planes = []
        for output in range(stage.outputs):
            inputs = [output] if stage.depthwise else range(stage.inputs)
            kernels = [stage.kernel[:, :, i, 0 if stage.depthwise else output] for i in inputs]
            plane = sum(
                correlate(padded[:, :, i], kernel, "valid")
                for i, kernel in zip(inputs, kernels, strict=True)
            )
            planes.append(
                np.clip(plane[:: stage.stride, :: stage.stride] + stage.bias[output], 0, 6)
            )
        x = np.stack(planes, axis=-1)
    pooled = x.mean(axis=(0, 1))
    return pooled / np.linalg.norm(pooled)


def test_the_network_computes_its_stages_and_its_projection(stages, projection):
    pictures = np.random.default_rng(2).standard_normal((2, 224, 224, 3)).astype(np.float32)
    model = faceres_network.build(stages, projection)
    assert model.input_shape == (None, 224, 224, 3)
    expected = [
        (by_scipy(stages, picture) - projection.mean) @ projection.components
        for picture in pictures
    ]
    np.testing.assert_allclose(np.asarray(model(pictures)), expected, atol=1e-4)
    features = faceres_network.features(stages)
    np.testing.assert_allclose(
        np.asarray(features(pictures[:1]))[0], by_scipy(stages, pictures[0]), atol=1e-5
    )
