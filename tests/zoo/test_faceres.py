import base64
import copy
import json
import shutil
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.errors import ModelError
from accessctl.evaluation.data import cut_canvas, open_canvases, read_canvas, read_rows
from accessctl.zoo.build import read_golden
from accessctl.zoo.faceres import (
    FEATURES,
    MAX_JSON_BYTES,
    FaceresStage,
    Projection,
    feature_network,
    keras_network,
    load_projection,
    main,
    parse,
    save_projection,
)
from accessctl.zoo.places import FaceresPlaces, fingerprint

WIDTHS = (3, 4, FEATURES)


def strings(text):
    return {"s": base64.b64encode(text.encode()).decode()}


def numbers(*values):
    return {"list": {"i": [str(value) for value in values]}}


def small_network():
    """A graph of the same grammar: a 3x3 convolution, a depthwise one, a 1x1 one."""
    random = np.random.default_rng(0)
    nodes, specs, blobs, number = [], [], [], count()

    def weight(shape, value=None):
        values = random.standard_normal(shape) if value is None else np.full(shape, value)
        values = values.astype("<f2")
        name = f"weight{next(number)}"
        quantization = {"dtype": "float16", "original_dtype": "float32"}
        specs.append(
            {"name": name, "shape": list(shape), "dtype": "float32", "quantization": quantization}
        )
        blobs.append(values.tobytes())
        nodes.append({"name": name, "op": "Const", "attr": {}})
        return name, values.astype(np.float32)

    def node(op, *inputs, **attributes):
        name = f"node{next(number)}"
        nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attributes})
        return name

    def settings(stride):
        return {
            "strides": numbers(1, stride, stride, 1),
            "dilations": numbers(1, 1, 1, 1),
            "padding": strings("SAME"),
            "data_format": strings("NHWC"),
        }

    def activate(x, outputs):
        name, bias = weight((outputs,))
        x = node("Relu", node("Add", x, name))
        x = node("Minimum", x, weight((), 6)[0])
        return node("Maximum", x, weight((), 0)[0]), bias

    expected = []
    x = node("Placeholder")
    name, kernel = weight((3, 3, 3, 4))
    x, bias = activate(node("Conv2D", x, name, **settings(2)), 4)
    expected.append((False, 2, kernel, bias))
    (name, kernel), (scale_name, scale) = weight((3, 3, 4, 1)), weight((4,))
    x = node("DepthwiseConv2dNative", x, name, **settings(1))
    x, bias = activate(node("Mul", x, scale_name), 4)
    expected.append((True, 1, kernel * scale[None, None, :, None], bias))
    name, kernel = weight((1, 1, 4, FEATURES))
    x, bias = activate(node("Conv2D", x, name, **settings(1)), FEATURES)
    expected.append((False, 1, kernel, bias))
    specs.append({"name": "axes", "shape": [2], "dtype": "int32"})
    blobs.append(np.array([1, 2], "<i4").tobytes())
    nodes.append({"name": "global_pooling/Mean", "op": "Mean", "input": [x, "axes"], "attr": {}})
    graph = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": specs}]}
    return graph, b"".join(blobs), expected


GRAPH, WEIGHTS, EXPECTED = small_network()


def encoded(graph):
    return json.dumps(graph).encode()


def changed(change):
    graph = copy.deepcopy(GRAPH)
    change(graph["modelTopology"]["node"], graph["weightsManifest"][0]["weights"])
    return encoded(graph)


def first(nodes, op):
    return next(node for node in nodes if node["op"] == op)


def test_the_stages_are_read_with_their_scales_folded_in():
    stages = parse(encoded(GRAPH), WEIGHTS)
    assert len(stages) == 3
    for stage, (depthwise, stride, kernel, bias) in zip(stages, EXPECTED, strict=True):
        assert (stage.depthwise, stage.stride) == (depthwise, stride)
        np.testing.assert_allclose(stage.kernel, kernel, rtol=1e-6)
        np.testing.assert_array_equal(stage.bias, bias)
    assert [stage.inputs for stage in stages] == [3, 4, 4]
    assert [stage.outputs for stage in stages] == [4, 4, FEATURES]


def set_attribute(op, name, value):
    return lambda nodes, _: first(nodes, op)["attr"].__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda n, _: first(n, "Relu").update(op="Elu"), "unknown"),
        (lambda n, _: first(n, "Conv2D").update(op="MatMul"), "unknown"),
        (lambda n, _: first(n, "Mean").update(op="Max"), "not a mean"),
        (lambda n, _: first(n, "Placeholder").update(op="Const"), "damaged"),
        (lambda n, _: first(n, "Conv2D").update(input=[n[-1]["name"], "weight1"]), "no beginning"),
        (lambda n, _: first(n, "Conv2D").update(input=["node0"]), "lacks its weights"),
        (lambda n, _: first(n, "Conv2D").update(input=["node0", "nothing"]), "lacks its weights"),
        (lambda n, _: n[-1].update(input=["nothing"]), "damaged"),
        (lambda n, _: n[-1].update(input=[]), "damaged"),
        (lambda n, _: n[-1].update(input=["node0"]), "gives 3 features"),
        (lambda n, _: n[-1].update(input=[first(n, "Conv2D")["name"]]), "middle of a stage"),
        (lambda n, _: n.extend([{"name": "x", "op": "Const"}] * 1000), "too many"),
        (lambda n, _: n.append("not a node"), "damaged"),
        (set_attribute("Conv2D", "strides", numbers(1, 2, 1, 1)), "unknown settings"),
        (set_attribute("Conv2D", "strides", numbers(1, 3, 3, 1)), "unknown settings"),
        (set_attribute("Conv2D", "strides", numbers(1, 2, 2)), "lacks its settings"),
        (set_attribute("Conv2D", "strides", None), "lacks its settings"),
        (set_attribute("Conv2D", "dilations", numbers(1, 2, 2, 1)), "unknown settings"),
        (set_attribute("Conv2D", "padding", strings("VALID")), "unknown settings"),
        (set_attribute("Conv2D", "padding", {"s": "not base64"}), "lacks its settings"),
        (set_attribute("Conv2D", "data_format", strings("NCHW")), "unknown settings"),
        (lambda _, w: w[0].update(shape=[3, 3, 4, 3]), "fit|impossible"),
        (lambda _, w: w[0].update(shape=[3, 3, 3, 10**9]), "impossible"),
        (lambda _, w: w[0].update(shape=[3, 3, 3, -4]), "impossible"),
        (lambda _, w: w[0].update(shape=[3, 3, 3, True]), "impossible"),
        (lambda _, w: w[0].update(shape=[3, 3, 3, 4, 1]), "impossible"),
        (lambda _, w: w[0].update(shape=[8192] * 4), "end early"),
        (lambda _, w: w[0].update(shape=[3, 36]), "impossible"),
        (lambda _, w: w[0].update(quantization={"dtype": "uint8"}), "another kind"),
        (lambda _, w: w.pop(), "where they should"),
        (lambda _, w: w[2].update(shape=[1]), "not ReLU6"),
    ],
)
def test_any_other_graph_is_refused_with_a_sentence(change, complaint):
    with pytest.raises(ModelError, match=complaint) as caught:
        parse(changed(change), WEIGHTS)
    assert "\n" not in str(caught.value)
    assert "--pair" in str(caught.value)


def test_another_activation_is_refused():
    six = WEIGHTS.index(np.float16(6).tobytes())
    other = WEIGHTS[:six] + np.float16(5).tobytes() + WEIGHTS[six + 2 :]
    with pytest.raises(ModelError, match="not ReLU6"):
        parse(encoded(GRAPH), other)


@pytest.mark.parametrize("weights", [WEIGHTS[:-1], WEIGHTS + b"x", b""])
def test_weights_of_another_length_are_refused(weights):
    with pytest.raises(ModelError, match="end"):
        parse(encoded(GRAPH), weights)


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(ModelError, match="not finite"):
        parse(encoded(GRAPH), np.float16(np.nan).tobytes() + WEIGHTS[2:])


@pytest.mark.parametrize(
    "graph",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"weightsManifest": 1}', b"{}"],
)
def test_what_is_no_graph_is_refused(graph):
    with pytest.raises(ModelError, match="damaged"):
        parse(graph, WEIGHTS)


def test_an_endless_graph_is_refused():
    with pytest.raises(ModelError, match="1 MiB"):
        parse(b" " * (MAX_JSON_BYTES + 1), WEIGHTS)


def paths(value, at=()):
    """Every place in a JSON value."""
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*at, key))


PLACES = [place for place in paths(GRAPH) if place]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(place=st.sampled_from(PLACES), value=json_values)
def test_a_graph_with_anything_anywhere_is_read_or_refused(place, value):
    graph = copy.deepcopy(GRAPH)
    inner = graph
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    try:
        stages = parse(encoded(graph), WEIGHTS)
    except ModelError:
        return
    assert stages[-1].outputs == FEATURES


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_nothing_worse(content):
    with pytest.raises(ModelError):
        parse(content, content)


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


@pytest.mark.shared_data
def test_faces_get_what_the_second_teacher_gives_them(places, models):
    """The teacher's directions are ours, turned: principal ones of another computation."""
    folder = models.parent.parent / "shared/data/train"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/train")
    card = load_card(places.encoder)
    chosen = np.random.default_rng(0).choice(60_000, 300, replace=False)
    rows = read_rows(folder)
    names = [rows[index].file for index in chosen]
    with open_canvases(folder) as archive:
        crops = np.stack([cut_canvas(read_canvas(archive, n), card.crop_geometry) for n in names])
    found = LiteRtEncoder(card, "float16").embed(crops)
    teacher = unit(np.load(folder / "teacher_b.npy", mmap_mode="r")[chosen].astype(np.float32))
    # Orthogonal Procrustes (Schoenemann 1966) on one half, judged on the other.
    left, _, right = np.linalg.svd(found[:150].T @ teacher[:150])
    cosines = ((found[150:] @ (left @ right)) * teacher[150:]).sum(axis=1)
    assert cosines.min() >= 0.999
    strangers = np.triu_indices(300, 1)
    difference = (found @ found.T - teacher @ teacher.T)[strangers]
    assert np.abs(difference).max() < 0.02
