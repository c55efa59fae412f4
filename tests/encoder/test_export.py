import keras
import pytest

from accessctl.encoder.export import to_litert


def test_eight_bits_weigh_half_of_sixteen_and_bytes_are_the_same_again():
    crops = keras.Input((16, 16, 3))
    model = keras.Model(crops, keras.layers.Dense(64)(keras.layers.Flatten()(crops)))
    int8, float16 = to_litert(model, "int8"), to_litert(model, "float16")
    weights = 16 * 16 * 3 * 64
    assert len(int8) == pytest.approx(weights, rel=0.1)
    assert len(float16) == pytest.approx(2 * weights, rel=0.1)
    assert to_litert(model, "int8") == int8
