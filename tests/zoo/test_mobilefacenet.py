import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.errors import ModelError
from accessctl.zoo.build import read_golden
from accessctl.zoo.mobilefacenet import keras_network, main, read, stages_of
from accessctl.zoo.places import MobileFaceNetPlaces

INNER = "MobileFaceNet/MobileFaceNet"
STEM = "MobileFaceNet/Conv2d_0/weights/read"
HEAD = "MobileFaceNet/Logits/LinearConv1x1"
BLOCK = f"{INNER}/Conv2d_2_InvResBlock_1"


@pytest.fixture(scope="module")
def stages(mobilefacenet_tensors):
    return stages_of(mobilefacenet_tensors)


def test_kernels_are_turned_from_output_first_to_output_last(stages, mobilefacenet_tensors):
    stored = mobilefacenet_tensors[STEM]
    assert stored.shape == (4, 3, 3, 3)
    assert stages["stem"].kernel.shape == (3, 3, 3, 4)
    for output in range(4):
        np.testing.assert_array_equal(stages["stem"].kernel[..., output], stored[output])
    stored = mobilefacenet_tensors["MobileFaceNet/SeparableConv2d_1/depthwise_weights/read"]
    assert stored.shape == (1, 3, 3, 6)
    np.testing.assert_array_equal(stages["block1_deep"].kernel[..., 0], stored[0])


def test_the_slope_below_zero_is_twice_the_files_constant(stages, mobilefacenet_tensors):
    """The file has relu(x) + h (x - |x|), which for x = -1 is -2 h."""
    half = mobilefacenet_tensors[f"{BLOCK}/Conv/mul"].astype(np.float64)
    at_minus_one = np.maximum(-1, 0) + half * (-1 - abs(-1))
    np.testing.assert_allclose(-stages["block2_wide"].slope, at_minus_one, rtol=1e-6)


def test_only_projections_and_the_end_have_no_prelu(stages):
    without = {name for name, stage in stages.items() if stage.slope is None}
    assert without == {"flat", "pool", "mix", "head"} | {f"block{n}_flat" for n in range(1, 16)}


def test_the_picture_is_halved_four_times(stages):
    halving = [name for name, stage in stages.items() if stage.stride == 2]
    assert halving == ["stem", "block1_deep", "block6_deep", "block13_deep"]
    assert {stage.stride for stage in stages.values()} == {1, 2}
    assert [name for name, stage in stages.items() if stage.padding != "same"] == ["pool"]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (STEM, None, "is missing"),
        (f"{INNER}/Conv2d_0/mul", None, "is missing"),
        (f"{BLOCK}/SeparableConv2d/depthwise_bias", None, "is missing"),
        (STEM, np.zeros((4, 3, 3, 3), np.float16), "another kind"),
        (STEM, np.zeros((4, 27), np.float32), "another kind"),
        (STEM, np.full((4, 3, 3, 3), np.inf, np.float32), "not finite"),
        (f"{HEAD}/Conv2D_bias", np.full(192, np.nan, np.float32), "not finite"),
        (STEM, np.zeros((5, 3, 3, 3), np.float32), "stem does not fit"),
        (STEM, np.zeros((4, 3, 3, 1), np.float32), "stem does not fit"),
        (STEM, np.zeros((4, 5, 5, 3), np.float32), "stem does not fit"),
        (STEM, np.zeros((4, 3, 1, 3), np.float32), "stem does not fit"),
        (f"{INNER}/Conv2d_0/mul", np.zeros(1, np.float32), "stem does not fit"),
        (f"{BLOCK}/Conv/Conv2D_bias", np.zeros(7, np.float32), "block2_wide does not fit"),
        (
            "MobileFaceNet/SeparableConv2d_2/depthwise_weights/read",
            np.zeros((2, 3, 3, 6), np.float32),
            "block2_deep does not fit",
        ),
        (f"{HEAD}/weights/read", np.zeros((192, 3, 3, 7), np.float32), "head does not fit"),
    ],
)
def test_other_constants_are_refused_with_a_sentence(mobilefacenet_tensors, name, value, complaint):
    assert name in mobilefacenet_tensors
    tensors = {**mobilefacenet_tensors, name: value}
    with pytest.raises(ModelError, match=complaint) as caught:
        stages_of(tensors)
    assert "\n" not in str(caught.value)
    assert "`accessctl models fetch --mobilefacenet`" in str(caught.value)


def test_a_block_that_cannot_add_its_input_is_refused(mobilefacenet_tensors):
    """Block 15 gives 5 where it takes 4, and what follows takes 5."""
    random = np.random.default_rng(1)
    changes = {
        "MobileFaceNet/Conv_30/weights/read": (5, 1, 1, 6),
        f"{INNER}/Conv2d_6_InvResBlock_1/Conv_1/Conv2D_bias": (5,),
        "MobileFaceNet/Conv2d_7/weights/read": (8, 1, 1, 5),
    }
    assert changes.keys() <= mobilefacenet_tensors.keys()
    wide = {name: random.random(shape, np.float32) for name, shape in changes.items()}
    with pytest.raises(ModelError, match="block15_flat cannot be added"):
        stages_of({**mobilefacenet_tensors, **wide})


def test_an_embedding_of_another_length_is_refused(mobilefacenet_tensors):
    short = {
        f"{HEAD}/weights/read": np.zeros((128, 1, 1, 7), np.float32),
        f"{HEAD}/Conv2D_bias": np.zeros(128, np.float32),
    }
    with pytest.raises(ModelError, match="gives 128 numbers, not 192"):
        stages_of({**mobilefacenet_tensors, **short})


@given(
    place=st.integers(0, 10_000),
    shape=st.lists(st.integers(0, 7), max_size=5).map(tuple),
    kind=st.sampled_from([np.float32, np.float64, np.int8, np.bool_]),
)
def test_anything_in_place_of_a_constant_is_refused_or_fits(
    mobilefacenet_tensors, place, shape, kind
):
    names = list(mobilefacenet_tensors)
    name = names[place % len(names)]
    try:
        stages_of({**mobilefacenet_tensors, name: np.zeros(shape, kind)})
    except ModelError:
        return
    assert (shape, kind) == (mobilefacenet_tensors[name].shape, np.float32)


def test_no_constants_are_refused():
    with pytest.raises(ModelError, match="is missing"):
        stages_of({})


def test_another_network_is_refused(texture_folder):
    with pytest.raises(ModelError, match="is missing"):
        read(texture_folder("stacked.tflite") / "stacked.tflite")


@pytest.mark.parametrize("content", [None, b"", b"TFL3", b"\x1c\0\0\0TFL3" + b"\xff" * 64])
def test_a_damaged_or_missing_file_is_refused(tmp_path, content):
    path = tmp_path / "MobileFaceNet.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be loaded"):
        read(path)


def test_the_fetched_file_has_the_widths_of_the_paper(models):
    """Chen et al. 2018, table 1: expansion and outputs of the blocks; only the end is wider."""
    path = models / "cache/mobilefacenet/MobileFaceNet.tflite"
    if not path.exists():
        pytest.skip("needs `accessctl models fetch --mobilefacenet`")
    stages = read(path)
    table = [(2, 64)] * 5 + [(4, 128)] + [(2, 128)] * 6 + [(4, 128)] + [(2, 128)] * 2
    width = stages["flat"].outputs
    assert (stages["stem"].outputs, width) == (64, 64)
    for number, (expansion, outputs) in enumerate(table, start=1):
        assert stages[f"block{number}_wide"].outputs == expansion * width
        width = stages[f"block{number}_flat"].outputs
        assert width == outputs
    ends = [stages[name].outputs for name in ("last", "pool", "mix", "head")]
    assert ends == [512, 512, 512, 192]


HALVING_BLOCKS = (1, 6, 13)


@pytest.fixture(scope="module")
def network(stages):
    return keras_network(stages)


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


@pytest.fixture
def places(models):
    places = MobileFaceNetPlaces(models)
    if not places.float16.exists():
        pytest.skip("needs `accessctl models fetch --mobilefacenet`")
    return places


@pytest.fixture
def copied(models, tmp_path):
    """The encoder's folder by itself, without what is fetched."""
    places = MobileFaceNetPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    shutil.copytree(MobileFaceNetPlaces(models).encoder, places.encoder)
    return places


def test_known_faces_get_what_the_original_gives_them(places):
    chips, embeddings = read_golden(places.golden, "embeddings")
    found = LiteRtEncoder(load_card(places.encoder), "float16").embed(chips)
    assert (found * unit(embeddings)).sum(axis=1).min() > 0.9999
    assert abs(found[0] @ found[1]) < 0.3


def test_an_original_that_gives_others_is_refused_and_nothing_written(places, copied, capsys):
    shutil.copy(places.weights, copied.weights)
    chips, embeddings = read_golden(places.golden, "embeddings")
    others = embeddings.copy()
    # A hundredth of the second one's length, on one of its numbers.
    others[1, 7] += 0.01 * np.linalg.norm(others[1])
    np.savez_compressed(copied.golden, chips=chips, embeddings=others)
    assert main(copied.models) == 1
    assert "differs from the original by 0.0" in capsys.readouterr().out
    assert [path.name for path in copied.cache.iterdir()] == [copied.weights.name]


def test_other_weights_are_one_line_and_status_1(copied, capsys):
    copied.weights.write_bytes(b"other")
    assert main(copied.models) == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "is not what the card" in said
