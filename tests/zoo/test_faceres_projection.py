"""The projection behind the network."""

import shutil

import numpy as np
import pytest
from scipy.signal import correlate

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.errors import ModelError
from accessctl.zoo.build import read_golden
from accessctl.zoo.faceres import (
    FEATURES,
    FaceresStage,
    Projection,
    feature_network,
    keras_network,
    load_projection,
    main,
    save_projection,
)
from accessctl.zoo.places import FaceresPlaces, fingerprint


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "projection.npz"
    save_projection(path, Projection(np.float32([1, 2, 3]), np.float32([[1, 0], [0, 1], [0.1, 0]])))
    return path


def test_a_projection_survives_its_file(path):
    found = load_projection(path, 3)
    np.testing.assert_array_equal(found.mean, np.float32([1, 2, 3]))
    np.testing.assert_allclose(found.components, [[1, 0], [0, 1], [0.1, 0]], rtol=1e-3)
    assert found.mean.dtype == found.components.dtype == np.float32


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": np.zeros(4), "components": np.zeros((3, 2))},
        {"mean": np.zeros(3), "components": np.zeros((4, 2))},
        {"mean": np.zeros(3), "components": np.zeros(3)},
        {"mean": np.zeros(3)},
        {"mean": np.full(3, np.nan), "components": np.zeros((3, 2))},
        {"mean": np.zeros(3), "components": np.full((3, 2), np.inf)},
        {"mean": np.array([None] * 3), "components": np.zeros((3, 2))},
    ],
)
def test_another_projection_is_refused(path, arrays):
    np.savez(path, **arrays)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_projection(path, 3)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04.", b"\x93NUMPY"])
def test_rubbish_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_projection(path, 3)


def test_a_missing_or_endless_file_is_refused(path, tmp_path):
    with pytest.raises(ModelError, match="missing"):
        load_projection(tmp_path / "none.npz", 3)
    with path.open("ab") as stream:
        stream.truncate(9 << 20)
    with pytest.raises(ModelError, match="damaged"):
        load_projection(path, 3)


@pytest.fixture(scope="module")
def stages():
    random = np.random.default_rng(0)

    def values(*shape):
        return random.standard_normal(shape).astype(np.float32)

    return (
        FaceresStage(False, 2, values(3, 3, 3, 4), values(4)),
        FaceresStage(True, 1, values(3, 3, 4, 1), values(4)),
        FaceresStage(False, 1, values(1, 1, 4, 6), values(6) + 2),
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
    model = keras_network(stages, projection)
    assert model.input_shape == (None, 224, 224, 3)
    expected = [
        (by_scipy(stages, picture) - projection.mean) @ projection.components
        for picture in pictures
    ]
    np.testing.assert_allclose(np.asarray(model(pictures)), expected, atol=1e-4)
    features = feature_network(stages)
    np.testing.assert_allclose(
        np.asarray(features(pictures[:1]))[0], by_scipy(stages, pictures[0]), atol=1e-5
    )


@pytest.fixture
def places(models):
    places = FaceresPlaces(models)
    if not places.float16.exists():
        pytest.skip("needs `accessctl models fetch --pair`")
    return places


def test_the_card_is_that_of_the_fetched_weights(places):
    assert fingerprint(places) == load_card(places.encoder).fingerprint


def test_known_faces_get_what_tensorflow_js_gives_them(places):
    chips, features = read_golden(places.golden, "features")
    projection = load_projection(places.projection, FEATURES)
    expected = unit((unit(features) - projection.mean) @ projection.components)
    found = LiteRtEncoder(load_card(places.encoder), "float16").embed(chips)
    assert (found * expected).sum(axis=1).min() > 0.9999
    assert abs(found[0] @ found[1]) < 0.3


def test_the_projection_is_orthonormal(models):
    components = load_projection(FaceresPlaces(models).projection, FEATURES).components
    np.testing.assert_allclose(components.T @ components, np.eye(128), atol=2e-3)


def test_a_failure_is_one_line_and_status_1(models, tmp_path, capsys):
    places = FaceresPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    for path in (places.graph, places.weights):
        path.write_bytes(b"other")
    shutil.copytree(FaceresPlaces(models).encoder, places.encoder)
    assert main(tmp_path) == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "is not what the card" in said
