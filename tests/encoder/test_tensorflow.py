import keras
import numpy as np
import pytest

from accessctl.encoder.card_parts import Files, LiteRtFiles
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.encoder.keras_file import load_keras
from accessctl.encoder.tensorflow import TensorFlowEncoder, padded_size
from accessctl.errors import ModelError


@pytest.fixture(scope="module")
def encoder(dlib_card):
    return TensorFlowEncoder(dlib_card, "cpu")


def test_the_keras_network_gives_dlibs_descriptors(dlib_card, golden):
    path = dlib_card.path(dlib_card.files.keras)
    model = load_keras(path.read_bytes(), path)
    found = np.asarray(model(dlib_card.normalise(golden.chips), training=False))
    assert np.abs(found - golden.descriptors).max() < 1e-4


@pytest.mark.parametrize("precision", ["int8", "float16"])
def test_both_runtimes_agree(encoder, dlib_card, golden, precision):
    shifted = np.roll(golden.chips, 5, axis=2)
    chips = np.concatenate([golden.chips, golden.chips[:, :, ::-1], shifted])
    on_litert = LiteRtEncoder(dlib_card, precision).embed(chips)
    on_tensorflow = encoder.embed(chips)
    assert (on_litert * on_tensorflow).sum(axis=1).min() >= 0.999


def test_padding_a_batch_changes_nothing(encoder, golden):
    three = np.concatenate([golden.chips, golden.chips[:1]])
    together = encoder.embed(three)
    assert together.shape == (3, 128)
    np.testing.assert_allclose(together[1:2], encoder.embed(three[1:2]), atol=1e-5)
    np.testing.assert_allclose(together[2], together[0], atol=1e-5)


@pytest.mark.parametrize(("count", "size"), [(1, 1), (2, 2), (3, 4), (33, 64), (64, 64)])
def test_batches_have_few_sizes(count, size):
    assert padded_size(count) == size


def test_more_than_a_batch_comes_back_whole_and_in_order(own_card):
    encoder = TensorFlowEncoder(own_card(Files(keras="tiny.keras")), "cpu")
    crops = np.random.default_rng(0).integers(0, 256, (67, 16, 16, 3), np.uint8)
    embeddings = encoder.embed(crops)
    assert embeddings.shape == (67, 4)
    np.testing.assert_allclose(embeddings[66:], encoder.embed(crops[66:]), atol=1e-5)
    assert encoder.embed(crops[:0]).shape == (0, 4)
    assert encoder.device == "cpu"


def test_a_card_without_keras_file_is_refused(own_card):
    card = own_card(Files(litert=LiteRtFiles(int8="tiny_int8.tflite")))
    with pytest.raises(ModelError, match=r"no Keras file.*encoder\.device"):
        TensorFlowEncoder(card, "cpu")


def test_a_network_unlike_its_card_is_refused(own_card):
    with pytest.raises(ModelError, match=r"but its card says"):
        TensorFlowEncoder(own_card(Files(keras="tiny.keras"), dimension=8), "cpu")


def test_a_file_that_is_no_network_is_refused(own_card, tmp_path):
    card = own_card(Files(keras="tiny.keras"))
    (tmp_path / "tiny.keras").write_bytes(b"PK not really")
    with pytest.raises(ModelError, match="not a Keras model") as caught:
        TensorFlowEncoder(card, "cpu")
    assert "\n" not in str(caught.value)


def test_code_in_a_keras_file_is_not_run(own_card, tmp_path, save):
    crops = keras.Input((16, 16, 3))
    model = keras.Model(crops, keras.layers.Lambda(lambda x: x[:, 0, 0, :])(crops))
    save(model, tmp_path / "tiny.keras")
    with pytest.raises(ModelError, match="not a Keras model"):
        TensorFlowEncoder(own_card(Files(keras="tiny.keras"), dimension=3), "cpu")


def test_another_backend_of_keras_is_named(own_card, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match=r"jax.*KERAS_BACKEND"):
        TensorFlowEncoder(own_card(Files(keras="tiny.keras")), "cpu")
