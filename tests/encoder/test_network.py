import numpy as np
import pytest

from accessctl.encoder import network
from accessctl.encoder.dlib_weights import Convolution, Weights, convolution_shapes


@pytest.fixture(scope="module")
def model():
    return network.build()


def test_shapes_follow_dlib_through_the_odd_sizes(model):
    # 150 -> 72 -> 35 by hand; then (n - 3) // 2 + 1 against n // 2, the larger of both.
    sizes = [model.get_layer(f"block{n}_add").output.shape[1:] for n in (1, 4, 8, 11, 14)]
    assert sizes == [(35, 35, 32), (17, 17, 64), (8, 8, 128), (4, 4, 256), (2, 2, 256)]
    assert model.input_shape == (None, 150, 150, 3)
    assert model.output_shape == (None, 128)


def test_parameters_are_those_of_the_file(model):
    # Weights and biases of every convolution and the final matrix; affine layers are folded.
    assert model.count_params() == (
        sum(o * i * k * k + o for i, o, k in convolution_shapes()) + 256 * 128
    )


def test_weights_go_in_forward_order(model):
    convolutions = tuple(
        Convolution(np.full((k, k, i, o), n, np.float32), np.full(o, -n, np.float32))
        for n, (i, o, k) in enumerate(convolution_shapes())
    )
    network.load_weights(model, Weights(convolutions, np.full((256, 128), 99, np.float32)))
    assert model.get_layer("stem").get_weights()[0].max() == 0
    assert model.get_layer("block1_1").get_weights()[0].max() == 1
    assert model.get_layer("block14_2").get_weights()[1].max() == -28
    assert model.get_layer("projection").get_weights()[0].min() == 99
