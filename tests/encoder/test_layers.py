import keras
import numpy as np

from accessctl.encoder.layers import ZeroPaddedAdd, padding_to


def test_padding_goes_to_each_axis_end():
    assert padding_to((3, 4, 2), (4, 4, 5)) == [(0, 1), (0, 0), (0, 3)]


def test_the_smaller_is_filled_at_the_bottom_the_right_and_in_the_last_channels():
    one_pixel_two_channels = np.float32([[[[1, 2]]]])
    four_pixels_one_channel = np.float32([[[[10], [20]], [[30], [40]]]])
    total = ZeroPaddedAdd()([one_pixel_two_channels, four_pixels_one_channel])
    assert np.asarray(total).tolist() == [[[[11, 2], [20, 0]], [[30, 0], [40, 0]]]]


def test_equal_shapes_are_just_added():
    a = np.float32([[[[1], [2]]]])
    assert np.asarray(ZeroPaddedAdd()([a, a])).tolist() == [[[[2], [4]]]]


def test_a_network_with_the_layer_is_saved_and_loaded(tmp_path, save):
    first, second = keras.Input((3, 3, 2)), keras.Input((4, 3, 1))
    model = keras.Model([first, second], ZeroPaddedAdd()([first, second]))
    assert model.output_shape == (None, 4, 3, 2)
    save(model, tmp_path / "add.keras")
    loaded = keras.saving.load_model(tmp_path / "add.keras")
    inputs = [np.ones((1, 3, 3, 2), np.float32), np.ones((1, 4, 3, 1), np.float32)]
    assert np.asarray(loaded(inputs)).sum() == 18 + 12
