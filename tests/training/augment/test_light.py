import numpy as np
import pytest

from accessctl.training.augment.light import backlit, dark, exposure, grey


def test_grey_has_one_value_per_pixel_by_hand(draw):
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    found = grey(image, draw)
    assert found.tolist() == [[[76] * 3, [150] * 3, [29] * 3, [9] * 3]]


def test_dark_is_darker_and_noisy(face, draw):
    flat = np.full((100, 100, 3), 120, np.uint8)
    for _ in range(20):
        found = dark(flat, draw)
        assert found.mean() < 120
        assert found.std() > 0.5


def test_backlight_dims_most_of_the_face_and_washes_out_a_side(draw):
    flat = np.full((100, 100, 3), 120, np.uint8)
    for _ in range(20):
        found = backlit(flat, draw)
        assert np.median(found) < 120
        assert found.max() > np.median(found) + 20


def test_exposure_stays_near(face, draw):
    means = [exposure(face, draw).mean() for _ in range(50)]
    assert min(means) > 60
    assert max(means) < 190
    assert np.std(means) > 5


@pytest.mark.parametrize("change", [dark, backlit, exposure, grey])
def test_white_and_black_do_not_wrap_around(change, draw):
    white = np.full((8, 8, 3), 255, np.uint8)
    black = np.zeros((8, 8, 3), np.uint8)
    for _ in range(20):
        assert change(white, draw).mean() > change(black, draw).mean()
