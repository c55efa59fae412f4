from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.liveness.cues.surroundings import (
    MIN_PAIRS,
    Company,
    Surrounded,
    Vote,
    company,
    edges,
    surroundings,
)
from accessctl.liveness.evidence import CueVerdict, LivenessFrame, gather

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
THING = texture(4, 300, 300)
WIDE = texture(6, 480, 1100)


Draw: TypeAlias = Callable[[Image, int, int], None]


def shot(index: int, x: int, *drawn: Draw, gain: float = 1.0, fps: float = 15) -> LivenessFrame:
    """A head at `x` before the room; `drawn` paint behind it, told the index and `x`."""
    picture = ROOM.copy()
    for draw in drawn:
        draw(picture, index, x)
    picture[165:315, x - 65 : x + 65] = HEAD
    picture = np.clip(picture * gain, 0, 255).astype(np.uint8)
    return seen(picture, index, x, fps)


def seen(picture: Image, index: int, x: int, fps: float = 15, y: int = 240) -> LivenessFrame:
    box = Box(x - SIDE / 2, y - 60, SIDE, 120)
    points = np.random.default_rng(5).uniform((0, 0), (SIDE, 120), (468, 2))
    points += (box.x, box.y)
    landmarks = np.column_stack([points, np.zeros(468)]).astype(np.float32)
    face = Face(box, 0.9, 1.0, landmarks, Pose(0, 0, 0), Quality(1.0), track=1)
    return gather(Frame(picture, index / fps, index), face)


def paste(picture: Image, what: Image, left: int, top: int) -> None:
    """`what` into `picture`, as far as it lies within it."""
    height, width = picture.shape[:2]
    x0, x1 = max(0, left), min(width, left + what.shape[1])
    y0, y1 = max(0, top), min(height, top + what.shape[0])
    if x0 < x1 and y0 < y1:
        picture[y0:y1, x0:x1] = what[y0 - top : y1 - top, x0 - left : x1 - left]


def sheet(picture: Image, index: int, x: int) -> None:
    paste(picture, SHEET, x - 150, 90)


def hat(picture: Image, index: int, x: int) -> None:
    """Broad, and it goes with the head, above it."""
    paste(picture, THING[:100, :240], x - 120, 80)


def wheelchair(picture: Image, index: int, x: int) -> None:
    """Its back rises to either side of the head, up to the nose."""
    paste(picture, THING[:200, :60], x - 140, 240)
    paste(picture, THING[:200, 60:120], x + 80, 240)


def companion(picture: Image, index: int, x: int) -> None:
    """Somebody else who walks beside, in step."""
    paste(picture, THING[:300, :120], x + 75, 170)


def bus(picture: Image, index: int, x: int) -> None:
    """It fills what is behind the head and goes the same way, at the same even pace."""
    paste(picture, WIDE[:330, :420], 60 + 8 * index, 40)


def passing(picture: Image, index: int, x: int) -> None:
    """As the bus, but faster."""
    paste(picture, WIDE[:330], 20 * index - 500, 40)


def screen(picture: Image, index: int, x: int) -> None:
    """Behind the head, with something else on it in every frame."""
    picture[40:330, 100:540] = texture(100 + index, 290, 440)


PACES = (8, 10, 5, 12, 8, 3, 12, 9)
EVEN = tuple(260 + 8 * i for i in range(12))


def places(count: int, there: int = 240, back: int = 400) -> list[int]:
    """To and fro between two places, now faster, now slower."""
    x, way, found = there, 1, []
    for index in range(count):
        found.append(x)
        x += way * PACES[index % len(PACES)]
        if not there <= x <= back:
            way = -way
            x += 2 * way * PACES[index % len(PACES)]
    return found


def walk(*drawn: Draw, gains: tuple[float, ...] = (1.0,), count: int = 24) -> list[LivenessFrame]:
    return [shot(i, x, *drawn, gain=gains[i % len(gains)]) for i, x in enumerate(places(count))]


def test_a_room_stays_where_it_is() -> None:
    result = surroundings(walk())
    assert result.verdict is CueVerdict.CLEAR
    assert result.figure == 0.0


def test_a_sheet_goes_with_the_face() -> None:
    result = surroundings(walk(sheet))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure == 1.0
    assert result.frames >= MIN_PAIRS
    assert 0 <= result.since < result.until <= 23 / 15


@pytest.mark.parametrize("every", [1, 2, 3])
def test_the_same_at_lower_rates(every: int) -> None:
    going = surroundings(walk(sheet, count=45)[::every])
    staying = surroundings(walk(count=45)[::every])
    assert going.verdict is CueVerdict.DOUBT
    assert staying.verdict is CueVerdict.CLEAR


def test_two_doubts_share_no_frame() -> None:
    frames = walk(sheet, count=60)
    first = surroundings(frames)
    second = surroundings([frame for frame in frames if frame.captured > first.until])
    assert first.verdict is second.verdict is CueVerdict.DOUBT
    assert first.until < second.since


def test_a_change_of_exposure_is_no_motion() -> None:
    assert surroundings(walk(gains=(1.0, 0.7))).verdict is CueVerdict.CLEAR


@pytest.mark.parametrize("behind", [hat, wheelchair, companion, screen, passing])
def test_what_is_no_sheet_refuses_nobody(behind: Draw) -> None:
    assert surroundings(walk(behind)).verdict is not CueVerdict.DOUBT


def test_a_bus_at_the_visitors_own_even_pace_refuses_nobody() -> None:
    frames = [shot(i, x, bus) for i, x in enumerate(EVEN)]
    result = surroundings(frames)
    assert result.verdict is CueVerdict.UNDECIDED
    assert result.figure == 1.0


def shaken(*drawn: Draw, swing: int = 20) -> list[LivenessFrame]:
    """Somebody who stands before a camera that shakes."""
    frames = []
    for index in range(24):
        picture = ROOM.copy()
        for draw in drawn:
            draw(picture, index, 320)
        picture[165:315, 255:385] = HEAD
        move = (round(swing * np.sin(1.3 * index)), round(swing * np.cos(0.9 * index)))
        way = np.array([[1, 0, move[0]], [0, 1, move[1]]], np.float64)
        shaking = cv2.warpAffine(picture, way, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        frames.append(seen(shaking.astype(np.uint8), index, 320 + move[0], y=240 + move[1]))
    return frames


def test_a_camera_that_shakes_refuses_nobody() -> None:
    assert surroundings(shaken()).verdict is CueVerdict.UNDECIDED


def test_a_sheet_that_fills_the_picture_cannot_be_told_from_it() -> None:
    def wall(picture: Image, index: int, x: int) -> None:
        paste(picture, WIDE[:480, 100 : 100 + WIDTH], x - 320, 0)
        paste(picture, WIDE[:480, 100 : 420 - x + 320], x + 320, 0)

    assert surroundings(walk(wall)).verdict is CueVerdict.UNDECIDED


def test_a_face_that_does_not_move_says_nothing() -> None:
    frames = [shot(i, 300, sheet) for i in range(12)]
    result = surroundings(frames)
    assert result.verdict is CueVerdict.UNDECIDED
    assert np.isnan(result.figure)


def test_what_a_face_uncovers_does_not_go_with_it() -> None:
    """Half of what is beside the head in the second frame was behind it in the first."""
    first, second = shot(0, 280), shot(1, 340)
    found = company(first, second, np.eye(3))
    assert found.left.going == found.above.going == found.right.going == 0
    assert found.right.near_staying + found.above.near_staying >= 3


def blocks(going: int, staying: int, moving: int = 0) -> Company:
    return Company(going, going, staying, moving)


@pytest.mark.parametrize(
    ("left", "above", "right", "said"),
    [
        (blocks(9, 0), blocks(9, 0), blocks(9, 0), Vote.GOING),
        (blocks(0, 9), blocks(0, 9), blocks(0, 9), Vote.STAYING),
        # A sheet that ends at the hair: the room stays above it.
        (blocks(9, 0), blocks(0, 9), blocks(9, 0), Vote.GOING),
        # A hat, and somebody who walks beside.
        (blocks(0, 9), blocks(9, 0), blocks(0, 9), Vote.UNCLEAR),
        (blocks(0, 9), blocks(0, 9), blocks(9, 0), Vote.UNCLEAR),
        # A bare wall to the left tells nothing.
        (blocks(0, 0), blocks(9, 0), blocks(9, 0), Vote.GOING),
        (blocks(0, 0), blocks(0, 0), blocks(9, 0), Vote.UNCLEAR),
        # Too few blocks, and blocks that move by themselves.
        (blocks(3, 0), blocks(0, 0), blocks(3, 0), Vote.UNCLEAR),
        (blocks(9, 0, 20), blocks(9, 0), blocks(9, 0, 20), Vote.UNCLEAR),
    ],
)
def test_the_vote_of_a_pair(left: Company, above: Company, right: Company, said: Vote) -> None:
    assert Surrounded(left, above, right).vote is said


def test_what_is_near_outweighs_what_is_far() -> None:
    assert Company(going=30, near_going=0, near_staying=3).vote is Vote.STAYING
    assert Company(going=30, near_going=4, near_staying=1).vote is Vote.GOING


def door(index: int, x: int, *, moves: bool) -> LivenessFrame:
    """A head before a plain wall with two upright bars, which move with it or do not."""
    picture = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    middle = x if moves else 300
    for bar in (middle - 100, middle + 100):
        picture[:, bar - 8 : bar + 8] = 30
    picture[165:315, x - 65 : x + 65] = HEAD
    return seen(picture, index, x)


def test_a_rim_that_goes_with_the_face_is_a_device() -> None:
    result = edges([door(i, 285 + 10 * (i % 4), moves=True) for i in range(12)])
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure > 0.8


def test_a_door_frame_that_stays_is_none() -> None:
    result = edges([door(i, 285 + 10 * (i % 4), moves=False) for i in range(18)])
    assert result.verdict is CueVerdict.CLEAR
    assert result.figure < 0.3


def test_a_bare_wall_has_no_rim() -> None:
    assert edges(walk()).verdict is CueVerdict.CLEAR


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
