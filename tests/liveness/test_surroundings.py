import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.liveness.edges import edges
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.surroundings import surroundings

SIDE, WIDTH, HEIGHT = 100, 640, 480


def texture(seed: int, height: int, width: int) -> Image:
    """Blotches a tenth of a face wide, which everything can be followed by."""
    grain = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 5)
    grey = np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


ROOM = texture(1, HEIGHT, WIDTH)
HEAD = texture(2, 150, 130)
SHEET = texture(3, 300, 300)


def shot(index: int, x: int, *, sheet: bool = False, gain: float = 1.0) -> LivenessFrame:
    """A head at `x` before the room, with a sheet around it or without one."""
    picture = ROOM.copy()
    if sheet:
        picture[90:390, x - 150 : x + 150] = SHEET
    picture[165:315, x - 65 : x + 65] = HEAD
    picture = np.clip(picture * gain, 0, 255).astype(np.uint8)
    box = Box(x - SIDE / 2, 240 - 60, SIDE, 120)
    points = np.random.default_rng(5).uniform((0, 0), (SIDE, 120), (468, 2))
    points += (box.x, box.y)
    landmarks = np.column_stack([points, np.zeros(468)]).astype(np.float32)
    face = Face(box, 0.9, 1.0, landmarks, Pose(0, 0, 0), Quality(1.0), track=1)
    return gather(Frame(picture, index / 15, index), face)


def walk(*, sheet: bool, gains: tuple[float, ...] = (1.0,)) -> list[LivenessFrame]:
    return [shot(i, 260 + 8 * i, sheet=sheet, gain=gains[i % len(gains)]) for i in range(12)]


def test_a_room_stays_where_it_is() -> None:
    result = surroundings(walk(sheet=False))
    assert result.verdict is CueVerdict.UNDECIDED
    assert result.figure < 0.05


def test_a_sheet_goes_with_the_face() -> None:
    result = surroundings(walk(sheet=True))
    assert result.verdict is CueVerdict.VETO
    assert result.figure > 0.55


def test_a_change_of_exposure_is_no_motion() -> None:
    result = surroundings(walk(sheet=False, gains=(1.0, 0.7)))
    assert result.verdict is CueVerdict.UNDECIDED


def test_a_face_that_does_not_move_says_nothing() -> None:
    frames = [shot(i, 300, sheet=True) for i in range(12)]
    result = surroundings(frames)
    assert result.verdict is CueVerdict.UNDECIDED
    assert np.isnan(result.figure)


def door(index: int, x: int, *, moves: bool) -> LivenessFrame:
    """A head before a plain wall with two upright bars, which move with it or do not."""
    picture = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    middle = x if moves else 300
    for bar in (middle - 100, middle + 100):
        picture[:, bar - 8 : bar + 8] = 30
    picture[165:315, x - 65 : x + 65] = HEAD
    box = Box(x - SIDE / 2, 240 - 60, SIDE, 120)
    points = np.random.default_rng(5).uniform((0, 0), (SIDE, 120), (468, 2))
    points += (box.x, box.y)
    landmarks = np.column_stack([points, np.zeros(468)]).astype(np.float32)
    face = Face(box, 0.9, 1.0, landmarks, Pose(0, 0, 0), Quality(1.0), track=1)
    return gather(Frame(picture, index / 15, index), face)


def test_a_rim_that_goes_with_the_face_is_a_device() -> None:
    result = edges([door(i, 285 + 10 * (i % 4), moves=True) for i in range(12)])
    assert result.verdict is CueVerdict.VETO
    assert result.figure > 0.8


def test_a_door_frame_that_stays_is_none() -> None:
    result = edges([door(i, 285 + 10 * (i % 4), moves=False) for i in range(12)])
    assert result.verdict is CueVerdict.UNDECIDED
    assert result.figure < 0.3


def test_a_bare_wall_has_no_rim() -> None:
    result = edges(walk(sheet=False))
    assert result.verdict is CueVerdict.UNDECIDED


@settings(max_examples=20)
@given(st.integers(-300, 900), st.integers(-300, 900), st.integers(1, 900))
def test_a_face_anywhere_gives_evidence(x: int, y: int, side: int) -> None:
    box = Box(x, y, side, side)
    landmarks = np.full((468, 3), (x, y, 0), np.float32)
    face = Face(box, 0.9, 1.0, landmarks, Pose(0, 0, 0), Quality(1.0))
    evidence = gather(Frame(ROOM, 0.0, 0), face)
    assert evidence.face.image.shape == (160, 160)
    assert evidence.around.image.shape == (160, 160, 3)
    assert 0 <= evidence.around.seen <= 1


def test_a_view_knows_where_it_comes_from() -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.circle(picture, (300, 200), 6, (255, 255, 255), -1)
    box = Box(200, 150, 180, 180)
    face = Face(box, 0.9, 1.0, np.zeros((468, 3), np.float32), Pose(0, 0, 0), Quality(1.0))
    view = gather(Frame(picture, 0.0, 0), face).around
    rows, columns = np.nonzero(view.image[:, :, 0] > 100)
    centre = np.array([[columns.mean(), rows.mean()]])
    assert view.to_frame(centre)[0] == pytest.approx((300, 200), abs=1.0)
    assert view.from_frame(view.to_frame(centre))[0] == pytest.approx(centre[0], abs=1e-3)
