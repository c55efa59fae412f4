import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.demo.photos import collins
from accessctl.demo.print import (
    EYES_Y,
    LOWER_S,
    MARGIN,
    PAPER,
    RAISE_S,
    print_picture,
    sheet_at,
)
from accessctl.demo.script import DOOR_X, EYE_Y, VISIT_S
from accessctl.demo.sheet import sheet_homography

FRAME = (1280, 720)
SIZE = (278, 328)
"""Width and height of the print: 250 x 300 of the photograph and 14 of margin all round."""


def seen(since: float, x: float, y: float) -> tuple[float, float]:
    at = sheet_homography(SIZE, sheet_at(since), FRAME) @ (x, y, 1)
    return float(at[0] / at[2]), float(at[1] / at[2])


def test_a_print_has_a_white_margin_around_the_photograph() -> None:
    picture = print_picture()
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert np.array_equal(picture[14:-14, 14:-14], collins()[0:300, 100:350])
    inner = np.zeros(picture.shape[:2], bool)
    inner[14:-14, 14:-14] = True
    assert (picture[~inner] == PAPER).all()


@pytest.mark.parametrize("since", [0.0, VISIT_S])
def test_it_comes_from_below_the_picture_and_goes_there_again(since: float) -> None:
    corners = [seen(since, x, y) for x in (0, SIZE[0]) for y in (0, SIZE[1])]
    assert min(y for _, y in corners) > FRAME[1]


@given(st.floats(RAISE_S, VISIT_S - LOWER_S))
def test_in_between_its_eyes_are_where_a_visitors_are(since: float) -> None:
    x, y = seen(since, SIZE[0] / 2, EYES_Y + MARGIN)
    assert abs(x - DOOR_X) < 120
    assert abs(y - EYE_Y) < 60


@given(st.floats(0, VISIT_S - 0.02))
def test_no_hand_is_faster_than_this(since: float) -> None:
    before, after = sheet_at(since), sheet_at(since + 0.01)
    assert abs(after.x - before.x) < 2
    assert abs(after.y - before.y) < 5
    assert abs(after.yaw - before.yaw) < 0.5
    assert abs(after.width - before.width) < 1


def test_it_is_turned_about_all_axes() -> None:
    shown = [sheet_at(since) for since in np.linspace(2, 10, 200)]
    for angle in ("yaw", "pitch", "roll"):
        turned = [getattr(sheet, angle) for sheet in shown]
        assert min(turned) < -4
        assert max(turned) > 4
