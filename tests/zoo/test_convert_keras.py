import warnings

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from accessctl.errors import ModelError
from accessctl.zoo.convert_keras import convert, main


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
def test_what_is_no_encoder_is_refused(saved, tmp_path, model, complaint):
    with pytest.raises(ModelError, match=complaint):
        convert(saved(model()), tmp_path / "own.tflite")
    assert not (tmp_path / "own.tflite").exists()


def test_a_failure_is_one_line_and_status_1(tmp_path, capsys):
    (tmp_path / "own.keras").write_bytes(b"no zip")
    assert main(tmp_path / "own.keras", tmp_path / "own.tflite") == 1
    assert capsys.readouterr().out.count("\n") == 1
