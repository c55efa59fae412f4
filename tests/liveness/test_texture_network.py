import hashlib
import math
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.errors import ModelError
from accessctl.liveness.texture_card import TextureOutput
from accessctl.liveness.texture_network import TextureNetwork, laid_out, living

FACE = Box(24, 24, 16, 16)
BGR = {"size": 16, "reaches": [1.0, 2.0], "order": "bgr", "scale": "unit"}
BYTES = {"size": 16, "reaches": [1.0, 2.0], "order": "rgb", "scale": "byte"}


def red_face() -> np.ndarray:
    """Black, RGB (64, 64, 3), but for a face that is all red."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[24:40, 24:40, 0] = 255
    return picture


def test_stacked_the_first_reach_comes_first(texture_folder):
    network = TextureNetwork.open(texture_folder())
    assert network.score(red_face(), FACE) == pytest.approx(1.0)
    assert (network.confirm, network.doubt) == (0.9, 0.1)
    assert network.card.name == "tiny"


@pytest.mark.parametrize("file", ["separate.tflite", "separate.keras"])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_separate_inputs_take_the_reaches_in_the_order_of_their_names(texture_folder, file):
    # The further square is 32 x 32, a quarter of it red.
    network = TextureNetwork.open(texture_folder(file))
    assert network.score(red_face(), FACE) == pytest.approx(0.25, abs=1e-4)


def test_the_order_of_colours_is_the_cards(texture_folder):
    network = TextureNetwork.open(texture_folder(input=BGR))
    assert network.score(red_face(), FACE) == pytest.approx(0.0)
    assert network.score(red_face()[..., ::-1], FACE) == pytest.approx(1.0)


def test_the_scale_is_the_cards(texture_folder):
    logit = {"kind": "logit", "index": 0}
    dark = red_face() // 127
    network = TextureNetwork.open(texture_folder(input=BYTES, output=logit))
    # 255 // 127 is 2, and it stays 2.
    assert network.score(dark, FACE) == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_probability_that_is_none_is_nan(texture_folder):
    network = TextureNetwork.open(texture_folder(input=BYTES))
    assert math.isnan(network.score(red_face(), FACE))


def test_threads_do_not_mix_two_faces(texture_folder):
    network = TextureNetwork.open(texture_folder())
    pictures = [red_face(), red_face() // 2]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda n: network.score(pictures[n % 2], FACE), range(200)))
    assert found[::2] == pytest.approx([1.0] * 100)
    assert found[1::2] == pytest.approx([127 / 255] * 100)


def test_inputs_are_laid_out_as_the_card_says(texture_folder):
    cut = np.arange(2 * 16 * 16 * 3, dtype=np.uint32).reshape(2, 16, 16, 3) % 251
    cut = cut.astype(np.uint8)
    card = TextureNetwork.open(texture_folder(input=BYTES)).card
    (stacked,) = laid_out(cut, card)
    assert (stacked.shape, stacked.dtype) == ((1, 16, 16, 6), np.float32)
    assert np.array_equal(stacked[0, ..., :3], cut[0])
    assert np.array_equal(stacked[0, ..., 3:], cut[1])
    near, far = laid_out(cut, card.model_copy(update={"layout": "separate"}))
    assert np.array_equal(near[0], cut[0])
    assert np.array_equal(far[0], cut[1])


@pytest.mark.parametrize(
    ("kind", "index", "numbers", "expected"),
    [
        ("probability", 1, [0.2, 0.7], 0.7),
        ("probability", 0, [1.0005], 1.0),
        ("probability", 0, [-0.0005], 0.0),
        ("logit", 0, [0.0], 0.5),
        ("logit", 1, [9.0, math.log(3)], 0.75),
        ("logit", 0, [-1e6], 0.0),
        ("softmax", 1, [[0.0, math.log(3), math.log(4)]], 3 / 8),
        ("softmax", 2, [1000.0, 0.0, 1000.0], 0.5),
    ],
)
def test_how_an_answer_is_read(kind, index, numbers, expected):
    found = living(np.array(numbers), TextureOutput(kind=kind, index=index))
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["probability", "logit", "softmax"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_says_nothing(kind, bad):
    assert math.isnan(living(np.array([0.5, bad]), TextureOutput(kind=kind, index=0)))


@pytest.mark.parametrize("value", [1.01, -0.01, 255.0])
def test_a_probability_beyond_its_bounds_says_nothing(value):
    assert math.isnan(living(np.array([value]), TextureOutput(kind="probability")))


@given(
    numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
    kind=st.sampled_from(["logit", "softmax"]),
)
def test_an_answer_lies_between_0_and_1(numbers, kind):
    index = len(numbers) - 1
    assert 0 <= living(np.array(numbers), TextureOutput(kind=kind, index=index)) <= 1


def test_a_network_that_eats_something_else_is_refused(texture_folder):
    wide = {"size": 32, "reaches": [1.0, 2.0], "order": "rgb", "scale": "unit"}
    with pytest.raises(ModelError, match=r"eats \(1, 16, 16, 6\), but its card says \(1, 32,"):
        TextureNetwork.open(texture_folder(input=wide))
    with pytest.raises(ModelError, match="layout"):
        TextureNetwork.open(texture_folder(layout="separate"))


def test_a_network_without_the_number_that_its_card_names_is_refused(texture_folder):
    with pytest.raises(ModelError, match=r"no number 1; .*output\.index"):
        TextureNetwork.open(texture_folder(output={"kind": "softmax", "index": 1}))


@pytest.mark.parametrize("file", ["stacked.tflite", "separate.keras"])
def test_a_file_that_is_no_network_is_refused(texture_folder, file):
    content = b"not a network"
    folder = texture_folder(file, sha256=hashlib.sha256(content).hexdigest())
    (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match="is not a") as caught:
        TextureNetwork.open(folder)
    assert "\n" not in str(caught.value)


def test_a_keras_file_without_tensorflow_says_how_to_convert_it(texture_folder, monkeypatch):
    folder = texture_folder("separate.keras")
    monkeypatch.delitem(sys.modules, "accessctl.liveness.texture_keras", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelError, match=r"needs TensorFlow.*from_keras_model"):
        TextureNetwork.open(folder)


def test_another_backend_of_keras_is_named(texture_folder, monkeypatch):
    import keras

    folder = texture_folder("separate.keras")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match=r"jax.*KERAS_BACKEND"):
        TextureNetwork.open(folder)
