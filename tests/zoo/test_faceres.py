import base64
import copy
import json
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.zoo.faceres import FEATURES, MAX_JSON_BYTES, parse


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
