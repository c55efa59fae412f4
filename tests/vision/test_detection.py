import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.detection import SMALLEST, Detection, halved


def test_a_detection_moves_and_grows_with_its_keypoints():
    detection = Detection(Box(10, 20, 30, 40), 0.5, np.full((6, 2), (15, 25), np.float32))
    changed = detection.shifted(5, -10).scaled(2)
    assert changed.box == Box(30, 20, 60, 80)
    assert changed.keypoints.tolist() == [[40, 30]] * 6
    assert changed.score == 0.5


def test_a_large_picture_is_averaged_down_and_a_small_one_left_alone():
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, 1::2] = 100
    assert halved(picture, 8)[0] is picture
    large = np.repeat(np.repeat(picture, 100, axis=0), 100, axis=1)
    small, factor = halved(large, 120)
    assert (small.shape, factor) == ((100, 200, 3), 4)
    # Columns of 100 pixels, black and grey by turns, are 25 wide now.
    assert small[50, [10, 40, 60, 90]].tolist() == [[0] * 3, [100] * 3, [0] * 3, [100] * 3]


@settings(deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([128, 192]))
def test_what_is_left_is_less_than_twice_enough_or_too_low_to_halve(width, height, enough):
    small, factor = halved(np.zeros((height, width, 3), np.uint8), enough)
    assert small.shape[:2] == (height // factor, width // factor)
    assert max(small.shape[:2]) < 2 * enough or min(small.shape[:2]) < 2 * SMALLEST
    assert factor == 1 or (max(small.shape[:2]) >= enough and min(small.shape[:2]) >= SMALLEST)


@pytest.mark.parametrize(("side", "factor"), [(255, 1), (256, 2), (511, 2), (512, 4)])
def test_it_is_halved_as_often_as_enough_is_left(side, factor):
    assert halved(np.zeros((side, side, 3), np.uint8), 128)[1] == factor
