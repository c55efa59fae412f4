import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.demo.people import hopper
from accessctl.domain import Box, Face, Frame, Image, Points, Pose, Quality
from accessctl.liveness.evidence import (
    FLAT,
    LEFT_EYE,
    NOSE,
    RIGHT_EYE,
    STEADY,
    CueResult,
    CueVerdict,
    FramePatch,
    gather,
    undecided,
)

WIDTH, HEIGHT = 640, 480


def face_in(box: Box) -> Face:
    return Face(box, 0.9, 1.0, np.ones((468, 3), np.float32), Pose(1, 2, 3), Quality(1.0), track=4)


def plain(colour: tuple[int, int, int] = (0, 0, 0)) -> Image:
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def slope() -> Image:
    """Red grows by a level every four pixels to the right, green downwards; no blue."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.dstack([x / 4, y / 4, np.zeros_like(x)]).round().astype(np.uint8)


def test_what_is_known_of_the_face_is_handed_on() -> None:
    embedding = np.array([1.0, 0.0], np.float32)
    face = face_in(Box(200, 100, 100, 120))
    found = gather(Frame(plain(), 12.5, 3), face, embedding)
    assert (found.captured, found.track, found.pose, found.box) == (12.5, 4, face.pose, face.box)
    assert found.landmarks is face.landmarks
    assert found.embedding is embedding
    assert gather(Frame(plain(), 0.0, 0), face).embedding is None


def test_the_face_is_grey_and_what_is_around_it_is_rgb() -> None:
    found = gather(Frame(plain((200, 100, 50)), 0.0, 0), face_in(Box(200, 100, 100, 120)))
    # ITU-R BT.601: 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2.
    assert np.abs(found.face.image.astype(int) - 124).max() <= 1
    assert np.abs(found.around.image.astype(int) - (200, 100, 50)).max() <= 1


def test_where_the_views_are() -> None:
    found = gather(Frame(plain(), 0.0, 0), face_in(Box(200, 100, 100, 120)))
    # Squares around (250, 160): 1.3 * 120 = 156 and 3.2 * 120 = 384 pixels wide.
    assert (found.face.left, found.face.top) == pytest.approx((172, 82))
    assert found.face.scale == pytest.approx(160 / 156)
    assert (found.around.left, found.around.top) == pytest.approx((58, -32))
    assert found.around.scale == pytest.approx(160 / 384)


@pytest.mark.parametrize(
    ("box", "seen"),
    [
        # Around (320, 240), 320 pixels wide: all of it.
        (Box(270, 190, 100, 100), 1.0),
        # Around (50, 240): 50 + 160 of 320 columns.
        (Box(0, 190, 100, 100), 210 / 320),
        # Around (600, 460): 160 + 40 columns, 160 + 20 lines.
        (Box(550, 410, 100, 100), 200 * 180 / 320**2),
        # A face that fills the picture: 640 x 480 of 1600 x 1600.
        (Box(70, -10, 500, 500), 640 * 480 / 1600**2),
        (Box(-1000, 200, 100, 100), 0.0),
    ],
)
def test_how_much_of_the_surroundings_is_in_the_picture(box: Box, seen: float) -> None:
    found = gather(Frame(plain(), 0.0, 0), face_in(box))
    assert found.around.seen == pytest.approx(seen)


# 50: shown larger than it is; 100: smaller; 140 and 180: shrunk before it is sampled.
@pytest.mark.parametrize("side", [50, 100, 140, 180])
@pytest.mark.parametrize("corner", [(250.0, 150.0), (20.0, 30.0), (560.25, 400.5)])
def test_each_pixel_shows_what_is_there(side: float, corner: tuple[float, float]) -> None:
    found = gather(Frame(slope(), 0.0, 0), face_in(Box(*corner, side, side))).around
    y, x = np.mgrid[0:160, 0:160]
    places = found.to_frame(np.column_stack([x.ravel(), y.ravel()]))
    inside = ((places >= 4) & (places <= (WIDTH - 5, HEIGHT - 5))).all(axis=1)
    shown = found.image.reshape(-1, 3)[inside].astype(float)
    assert inside.any()
    assert np.abs(shown[:, :2] - places[inside] / 4).max() < 1.3
    assert np.abs((shown[:, :2] - places[inside] / 4).mean(axis=0)).max() < 0.15
    assert shown[:, 2].max() == 0


def test_beyond_the_picture_its_edge_is_repeated() -> None:
    picture = plain((10, 10, 10))
    picture[:, :40] = 200
    found = gather(Frame(picture, 0.0, 0), face_in(Box(0, 190, 100, 100))).around
    beyond = round(-found.left * found.scale)
    assert found.image[:, : beyond - 1].min() >= 198


def test_a_fine_pattern_is_averaged_when_it_is_shrunk() -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    board = np.repeat((255 * ((x + y) % 2)).astype(np.uint8)[:, :, None], 3, axis=2)
    shown = gather(Frame(board, 0.0, 0), face_in(Box(270, 190, 140, 140))).around.image
    assert 100 <= shown[40:120, 40:120].min() <= shown[40:120, 40:120].max() <= 155


@given(
    st.floats(-2000, 2000),
    st.floats(-2000, 2000),
    st.floats(0.05, 50),
    st.lists(st.tuples(st.floats(0, 160), st.floats(0, 160)), min_size=1, max_size=5),
)
def test_there_and_back_again(left: float, top: float, scale: float, points) -> None:
    view = FramePatch(np.zeros((160, 160, 3), np.uint8), left, top, scale, 1.0)
    pixels = np.array(points)
    expected = pixels / scale + (left, top)
    assert view.to_frame(pixels) == pytest.approx(expected, rel=1e-5, abs=1e-3)
    assert view.from_frame(expected) == pytest.approx(pixels, rel=1e-4, abs=1e-3)


def test_depth_of_a_point_is_left_out() -> None:
    view = FramePatch(np.zeros((160, 160), np.uint8), 10.0, 20.0, 2.0, 1.0)
    assert view.from_frame(np.array([[15.0, 20.0, 99.0]])).tolist() == [[10.0, 0.0]]
    assert view.to_frame(np.array([[10.0, 0.0]])).tolist() == [[15.0, 20.0]]


POINTS_OF_THE_MESH = 468


@pytest.fixture(scope="module")
def mesh(eyes) -> Points:
    return eyes.still_face(hopper()).landmarks


@pytest.mark.parametrize("group", [NOSE, FLAT, LEFT_EYE, RIGHT_EYE, STEADY])
def test_points_are_of_the_mesh_and_named_once(group: tuple[int, ...]) -> None:
    assert len(set(group)) == len(group)
    assert 0 <= min(group) <= max(group) < POINTS_OF_THE_MESH


def test_no_point_is_both_nose_and_plane() -> None:
    assert not set(NOSE) & set(FLAT)


def test_the_nose_stands_out_of_a_plane_through_the_rest(mesh: Points) -> None:
    flat, nose = mesh[list(FLAT)], mesh[list(NOSE)]
    level = np.column_stack([flat[:, :2], np.ones(len(flat))])
    plane, *_ = np.linalg.lstsq(level, flat[:, 2], rcond=None)
    rough = np.abs(level @ plane - flat[:, 2])
    # z points away from the camera.
    height = np.column_stack([nose[:, :2], np.ones(len(nose))]) @ plane - nose[:, 2]
    assert height.min() > np.median(rough)
    assert height.mean() > 3 * np.median(rough)


@pytest.mark.parametrize("eye", [LEFT_EYE, RIGHT_EYE])
def test_an_eye_runs_from_corner_over_the_upper_lid_and_back(mesh: Points, eye) -> None:
    corner, upper_a, upper_b, other, lower_b, lower_a = mesh[list(eye), :2]
    assert corner[0] < upper_a[0] < upper_b[0] < other[0]
    assert corner[0] < lower_a[0] < lower_b[0] < other[0]
    assert upper_a[1] < lower_a[1]
    assert upper_b[1] < lower_b[1]


def test_left_is_left_in_the_picture(mesh: Points) -> None:
    assert mesh[list(LEFT_EYE), 0].max() < mesh[list(RIGHT_EYE), 0].min()


def test_what_was_not_measured_has_no_figure() -> None:
    result = undecided("blink", 0.4)
    assert (result.cue, result.verdict, result.threshold) == ("blink", CueVerdict.UNDECIDED, 0.4)
    assert math.isnan(result.figure)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_whatever_the_figure_undecided_stays_undecided(threshold: float, figure: float) -> None:
    wanted = CueResult("depth", CueVerdict.UNDECIDED, figure, threshold)
    assert undecided("depth", threshold, figure) == wanted


def test_nobody_rewrites_a_cues_word() -> None:
    result = undecided("depth", 0.1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.verdict = CueVerdict.CONFIRM  # type: ignore[misc]


def test_the_words_that_logs_hold() -> None:
    assert {str(word) for word in CueVerdict} == {
        "veto",
        "doubt",
        "confirm",
        "clear",
        "undecided",
    }
