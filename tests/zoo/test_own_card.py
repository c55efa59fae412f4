import datetime
import hashlib
import warnings

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from accessctl.encoder.card import load_card, write_card
from accessctl.encoder.card_parts import usual_input
from accessctl.errors import ModelError
from accessctl.zoo.own_card import (
    Shape,
    checked_shape,
    convert,
    litert_of,
    main,
    own_card,
    shape_of,
)
from accessctl.zoo.places import DlibPlaces

DAY = datetime.date(2024, 2, 29)


def detail(*shape, dtype=np.float32, signature=None):
    return {
        "shape": np.array(shape),
        "shape_signature": np.array(signature or shape),
        "dtype": dtype,
    }


def test_a_real_file_tells_its_shape(models):
    assert shape_of(DlibPlaces(models).int8) == Shape(150, 128)


def test_a_batch_of_any_size_is_fine(tmp_path):
    given = detail(1, 112, 112, 3, signature=(-1, 112, 112, 3))
    result = detail(1, 512, signature=(-1, 512))
    assert checked_shape(tmp_path / "x.tflite", [given], [result]) == Shape(112, 512)


PICTURE, EMBEDDING = detail(1, 112, 112, 3), detail(1, 512)


@pytest.mark.parametrize(
    ("given", "result", "complaint"),
    [
        ([PICTURE, PICTURE], [EMBEDDING], "2 inputs and 1 outputs"),
        ([PICTURE], [], "1 inputs and 0 outputs"),
        ([detail(1, 112, 112, 3, dtype=np.uint8)], [EMBEDDING], "float32"),
        ([PICTURE], [detail(1, 512, dtype=np.int8)], "float32"),
        ([detail(1, 3, 112, 112)], [EMBEDDING], "colours first"),
        ([detail(1, 112, 96, 3)], [EMBEDDING], r"\(1, 112, 96, 3\).*one square picture"),
        ([detail(1, 112, 112, 1)], [EMBEDDING], "one square picture"),
        ([detail(8, 112, 112, 3)], [EMBEDDING], "one square picture"),
        ([detail(1, 8, 8, 3)], [EMBEDDING], "one square picture"),
        ([detail(1, 1, 1, 3, signature=(-1, -1, -1, 3))], [EMBEDDING], "fixed size"),
        ([detail(112, 112, 3)], [EMBEDDING], "one square picture"),
        ([PICTURE], [detail(1, 7, 7, 512)], "ends with the embedding"),
        ([PICTURE], [detail(1, 1)], "ends with the embedding"),
        ([PICTURE], [detail(1, 10_000)], "ends with the embedding"),
    ],
)
def test_what_is_no_encoder_is_refused(tmp_path, given, result, complaint):
    with pytest.raises(ModelError, match=complaint) as caught:
        checked_shape(tmp_path / "x.tflite", given, result)
    assert "\n" not in str(caught.value)


def test_a_litert_file_is_run_as_it_is(tmp_path):
    file = tmp_path / "mine.tflite"
    file.write_bytes(b"not looked at yet")
    assert litert_of(file) == file
    with pytest.raises(ModelError, match="not a LiteRT model"):
        shape_of(file)


@pytest.mark.parametrize(("name", "complaint"), [("x.onnx", "convert it"), ("none", "no file")])
def test_another_file_is_refused(tmp_path, name, complaint):
    (tmp_path / "x.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match=complaint):
        litert_of(tmp_path / name)


def test_a_keras_file_that_is_none_is_said(tmp_path):
    file = tmp_path / "mine.keras"
    file.write_bytes(b"no zip")
    with pytest.raises(ModelError, match="not a Keras model") as caught:
        litert_of(file)
    assert "\n" not in str(caught.value)


def test_the_card_says_what_is_known(tmp_path):
    file = tmp_path / "mine.keras"
    file.write_bytes(b"weights")
    litert = tmp_path / "mine_float16.tflite"
    card = own_card(file, litert, 512, usual_input("0to1", "bgr", 160), "arcface112", DAY)
    write_card(card)
    card = load_card(tmp_path)
    assert card.fingerprint == hashlib.sha256(b"weights").hexdigest()
    assert (card.name, card.dimension, card.date) == ("mine", 512, DAY)
    assert card.crop_geometry.size == 160
    assert card.crop_geometry.region == (8, 8, 120, 120)
    assert card.input.channels == "bgr"
    assert card.network.keras == "mine.keras"
    assert card.network.litert.float16 == "mine_float16.tflite"
    litert.write_bytes(b"weights")
    alone = own_card(litert, litert, 512, usual_input("0to1", "rgb", 160), "dlib150", DAY)
    assert alone.network.keras is None


@pytest.fixture
def saved(tmp_path):
    """Save a Keras model; Keras 3.15 hands its variables to numpy in a way numpy deprecates."""

    def save(model):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(tmp_path / "own.keras")
        return tmp_path / "own.keras"

    return save


def network(*shape, flat=True):
    crops = keras.Input(shape)
    x = keras.layers.Conv2D(4, 3)(crops)
    return keras.Model(crops, keras.layers.GlobalAveragePooling2D()(x) if flat else x)


def test_the_litert_file_computes_the_same(saved, tmp_path):
    model = network(16, 16, 3)
    convert(saved(model), tmp_path / "own.tflite")
    interpreter = Interpreter(str(tmp_path / "own.tflite"))
    interpreter.allocate_tensors()
    crops = np.random.default_rng(0).standard_normal((1, 16, 16, 3)).astype(np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], crops)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, np.asarray(model(crops)), atol=2e-3)


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (lambda: network(None, None, 3), "fixed size"),
        (lambda: network(16, 16, 3, flat=False), "ends with the embedding"),
    ],
)
def test_a_network_that_is_no_encoder_is_not_converted(saved, tmp_path, model, complaint):
    with pytest.raises(ModelError, match=complaint):
        convert(saved(model()), tmp_path / "own.tflite")
    assert not (tmp_path / "own.tflite").exists()


def test_a_failure_is_one_line_and_status_1(tmp_path, capsys):
    (tmp_path / "own.keras").write_bytes(b"no zip")
    assert main(tmp_path / "own.keras", tmp_path / "own.tflite") == 1
    assert capsys.readouterr().out.count("\n") == 1
