import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.search import Range, Tile
from accessctl.vision.second_camera import Sizes, brightness_of, of_the_same, tile_beside

WIDE, SMALL = (1280, 720), (640, 480)
SIZES = Sizes(WIDE, SMALL)
SIZE = (640, 360)

boxes = st.builds(
    Box, st.floats(-200, 1400), st.floats(-200, 800), st.floats(1, 500), st.floats(1, 500)
)
sides = st.tuples(st.integers(100, 4000), st.integers(100, 4000))


def test_pictures_of_other_shapes_share_their_middles_and_widths() -> None:
    # 100 right of and 60 above the middle, at half the scale 50 and 30.
    there = SIZES.there(Box(740, 300, 100, 120))
    assert there == Box(370, 210, 50, 60)


@given(boxes, sides, sides)
def test_there_and_back(box: Box, first: tuple[int, int], second: tuple[int, int]) -> None:
    back = Sizes(first, second).back(Sizes(first, second).there(box))
    assert (back.x, back.y, back.w, back.h) == pytest.approx((box.x, box.y, box.w, box.h), abs=1e-6)


def test_the_part_that_is_searched_is_four_faces_wide() -> None:
    assert tile_beside(Box(300, 150, 50, 60), SIZE) == Tile(205, 60, 445, 300, Range.SHORT)


@pytest.mark.parametrize(
    "expected",
    [
        Box(300, 150, 39, 50),  # too narrow to be seen for sure
        Box(-1, 150, 50, 60),
        Box(300, -1, 50, 60),
        Box(591, 150, 50, 60),
        Box(300, 301, 50, 60),
        Box(float("nan"), 150, 50, 60),
        Box(300, 150, float("nan"), 60),
    ],
)
def test_nothing_is_told_of_what_need_not_be_seen(expected: Box) -> None:
    assert tile_beside(expected, SIZE) is None


MIDDLE = Box(295, 150, 50, 60)
"""Its centre, (320, 180), is the picture's."""


@pytest.mark.parametrize(
    ("found", "is_it"),
    [
        (MIDDLE, True),
        (Box(345, 150, 50, 60), True),  # one width beside
        (Box(346, 150, 50, 60), False),
        (Box(290, 100, 60, 60), True),  # its centre 50 above
        (Box(290, 99, 60, 60), False),
        (Box(305, 150, 30, 60), True),
        (Box(305.5, 150, 29, 60), False),
        (Box(280, 150, 80, 60), True),
        (Box(279.5, 150, 81, 60), False),
        # Behind a phone and beside it: a width of the smaller face is what counts.
        (Box(340, 165, 30, 30), False),
    ],
)
def test_a_face_is_the_same_where_place_and_size_go_together(found: Box, is_it: bool) -> None:
    assert of_the_same([found], MIDDLE, [], SIZE) == (found if is_it else None)


def test_a_camera_that_magnifies_more_shows_a_face_further_out() -> None:
    # 160 right of the middle, 1.5 times as large: 240 from the middle.
    expected, found = Box(455, 150, 50, 60), Box(522.5, 135, 75, 90)
    assert of_the_same([found], expected, [], SIZE) == found
    # The same size at that place, 80 pixels off, is somebody else.
    assert of_the_same([Box(535, 150, 50, 60)], expected, [], SIZE) is None


def test_the_nearest_of_several_is_the_one() -> None:
    near, far = Box(300, 150, 50, 60), Box(340, 150, 50, 60)
    assert of_the_same([far, near], MIDDLE, [], SIZE) == near


def test_nobody_lends_their_face_to_what_they_hold_up() -> None:
    holder = Box(330, 150, 50, 60)
    expected_of_holder = Box(335, 150, 50, 60)
    assert of_the_same([holder], MIDDLE, [], SIZE) == holder
    assert of_the_same([holder], MIDDLE, [expected_of_holder], SIZE) is None
    assert of_the_same([holder], expected_of_holder, [MIDDLE], SIZE) == holder


def test_nothing_found_is_nobody() -> None:
    assert of_the_same([], MIDDLE, [MIDDLE], SIZE) is None


def test_brightness_is_that_of_the_middle_of_the_face() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:81, 20:81] = 51
    # Of a face from 0 to 100 a fifth is left out on each side.
    assert brightness_of(image, Box(0, 0, 100, 100)) == pytest.approx(0.2)
    assert np.isnan(brightness_of(image, Box(200, 0, 50, 50)))
    assert np.isnan(brightness_of(image, Box(-200, 0, 50, 50)))
    assert brightness_of(image, Box(-30, 20, 90, 60)) == pytest.approx(0.2 * 22 / 43, abs=0.02)
