import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from accessctl.demo.people import collins
from accessctl.demo.script import DOOR_X, EYE_Y, VISIT_S
from accessctl.demo.sheet import (
    EYES_Y,
    LOWER_S,
    MARGIN,
    PAPER,
    RAISE_S,
    Sheet,
    lay_sheet,
    print_picture,
    sheet_at,
    sheet_homography,
    turn_matrix,
)
from accessctl.domain import Image

FRAME = (640, 480)
DEGREES = st.floats(-80, 80)


def seen(sheet: Sheet, photo: tuple[int, int], x: float, y: float) -> NDArray[np.float64]:
    at = sheet_homography(photo, sheet, FRAME) @ (x, y, 1)
    return at[:2] / at[2]


@pytest.mark.parametrize(
    ("turn", "point", "there"),
    [
        # Yaw brings the right-hand side nearer, pitch takes the lower one away,
        # roll takes the right-hand side down.
        ((90, 0, 0), (1, 0, 0), (0, 0, -1)),
        ((0, 90, 0), (0, 1, 0), (0, 0, 1)),
        ((0, 0, 90), (1, 0, 0), (0, 1, 0)),
        # Rolled down, then pitched away; a yaw after that turns it to the right.
        ((0, 90, 90), (1, 0, 0), (0, 0, 1)),
        ((90, 90, 90), (1, 0, 0), (1, 0, 0)),
    ],
)
def test_quarter_turns(turn, point, there) -> None:
    assert turn_matrix(*turn) @ point == pytest.approx(there, abs=1e-12)


@given(DEGREES, DEGREES, DEGREES)
def test_a_turn_neither_stretches_nor_mirrors(yaw: float, pitch: float, roll: float) -> None:
    matrix = turn_matrix(yaw, pitch, roll)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_a_sheet_that_faces_the_camera_keeps_its_shape_anywhere() -> None:
    # 100 x 50 shown 200 pixels wide around (150, 300).
    sheet = Sheet(150, 300, 200)
    assert seen(sheet, (100, 50), 0, 0) == pytest.approx((50, 250))
    assert seen(sheet, (100, 50), 100, 50) == pytest.approx((250, 350))


def test_a_turned_sheet_in_perspective() -> None:
    # As wide as the frame it is one focal length away. Turned by 30 degrees its right edge is
    # 0.5 cos 30 to the right of the middle and 0.5 sin 30 = 0.25 nearer, the left one further.
    sheet = Sheet(320, 240, 640, yaw=30)
    across = 640 * 0.5 * np.cos(np.radians(30))
    assert seen(sheet, (640, 480), 640, 240) == pytest.approx((320 + across / 0.75, 240))
    assert seen(sheet, (640, 480), 0, 240) == pytest.approx((320 - across / 1.25, 240))


@given(st.floats(0, 640), st.floats(0, 480), st.floats(50, 600), DEGREES, DEGREES, DEGREES)
def test_however_it_turns_its_middle_stays(x, y, width, yaw, pitch, roll) -> None:
    sheet = Sheet(x, y, width, yaw, pitch, roll)
    assert seen(sheet, (100, 60), 50, 30) == pytest.approx((x, y), abs=1e-6)


def room() -> Image:
    return np.full((480, 640, 3), 40, np.uint8)


# A quarter of its size is shrunk before it is laid.
@pytest.mark.parametrize("photo_width", [100, 800])
def test_it_covers_what_is_behind_it_and_nothing_else(photo_width: int) -> None:
    picture = room()
    photo = np.full((photo_width // 2, photo_width, 3), 200, np.uint8)
    photo[:, : photo_width // 2] = (200, 0, 0)
    lay_sheet(picture, photo, Sheet(320, 240, 200))
    assert (picture[195:285, 225:315] == (200, 0, 0)).all()
    assert (picture[195:285, 325:415] == 200).all()
    outside = np.ones((480, 640), bool)
    outside[187:293, 217:423] = False
    assert (picture[outside] == 40).all()


def test_a_sheet_out_of_the_picture_changes_nothing() -> None:
    picture = room()
    lay_sheet(picture, np.full((50, 100, 3), 200, np.uint8), Sheet(320, 900, 200, yaw=20))
    assert (picture == 40).all()


def test_the_photo_itself_is_left_alone() -> None:
    photo = np.full((50, 100, 3), 200, np.uint8)
    lay_sheet(room(), photo, Sheet(320, 240, 30))
    assert (photo == 200).all()


DEMO_FRAME = (1280, 720)
SIZE = (278, 328)
"""Width and height of the print: 250 x 300 of the photograph and 14 of margin all round."""


def print_seen(since: float, x: float, y: float) -> tuple[float, float]:
    at = sheet_homography(SIZE, sheet_at(since), DEMO_FRAME) @ (x, y, 1)
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
    corners = [print_seen(since, x, y) for x in (0, SIZE[0]) for y in (0, SIZE[1])]
    assert min(y for _, y in corners) > DEMO_FRAME[1]


@given(st.floats(RAISE_S, VISIT_S - LOWER_S))
def test_in_between_its_eyes_are_where_a_visitors_are(since: float) -> None:
    x, y = print_seen(since, SIZE[0] / 2, EYES_Y + MARGIN)
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
