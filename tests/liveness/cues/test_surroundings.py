from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.liveness.cues import surroundings as module
from accessctl.liveness.cues.surroundings import (
    MIN_PAIRS,
    Company,
    Surrounded,
    Vote,
    company,
    edges,
    rim,
    surroundings,
)
from accessctl.liveness.evidence import CueVerdict, FramePatch, LivenessFrame, gather
from accessctl.liveness.fake import fake_frame

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


# In the view the middle of the face is at (80, 80) and the face 50 pixels wide, so that a
# rim is looked for at 31 to 77.5 pixels from the middle.
FACE = Box(55, 55, 50, 50)


def wall() -> Image:
    return np.full((160, 160, 3), 200, np.uint8)


def before(image: Image, captured: float = 0.0, box: Box = FACE) -> LivenessFrame:
    frame = fake_frame(captured, box=box)
    return replace(frame, around=FramePatch(image, 0.0, 0.0, 1.0, 1.0))


def bars(left: int, right: int, top: int = 0, bottom: int = 160) -> Image:
    image = wall()
    for x in (left, right):
        image[top:bottom, x - 3 : x + 3] = 30
    return image


def leaning(degrees: float) -> Image:
    turn = cv2.getRotationMatrix2D((79.5, 79.5), degrees, 1.0)
    return cv2.warpAffine(
        bars(30, 130, -200, 400), turn, (160, 160), borderValue=(200, 200, 200)
    ).astype(np.uint8)


def test_a_bare_wall_has_no_straight_line_beside_the_face() -> None:
    assert rim(before(wall())) == 0.0


def test_a_rim_on_both_sides_is_seen_along_its_whole_length() -> None:
    assert rim(before(bars(30, 130))) > 0.97


def test_a_rim_on_one_side_is_none() -> None:
    image = wall()
    image[:, 27:33] = 30
    assert rim(before(image)) == 0.0
    assert rim(before(np.ascontiguousarray(image[:, ::-1]))) == 0.0


def test_the_shorter_side_counts() -> None:
    image = bars(30, 130)
    image[:80, 120:140] = 200
    assert rim(before(image)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("left", "right"), [(66, 94), (8, 152)])
def test_what_is_too_near_or_too_far_refuses_nobody(left: int, right: int) -> None:
    # For a face 40 pixels wide a rim is looked for at 25 to 62 pixels from the middle; only
    # a slanting line can cross a part of that and of an upright bar beyond it.
    small = Box(60, 60, 40, 40)
    assert rim(before(bars(left, right), box=small)) < 0.35
    assert rim(before(bars(40, 120), box=small)) > 0.97


@pytest.mark.parametrize("degrees", [-16, -8, 4, 12, 20])
def test_a_rim_may_lean(degrees: float) -> None:
    assert rim(before(leaning(degrees))) > 0.7


@pytest.mark.parametrize("degrees", [40, 60, 90])
def test_what_is_not_upright_is_no_rim(degrees: float) -> None:
    assert rim(before(leaning(degrees))) < 0.1


def test_only_the_pixels_that_are_asked_for_count() -> None:
    only = np.ones((160, 160), np.bool_)
    only[:120, 80:] = False
    assert rim(before(bars(30, 130)), only) == pytest.approx(0.25, abs=0.05)
    assert rim(before(bars(30, 130)), np.zeros((160, 160), np.bool_)) == 0.0


def swaying(count: int) -> list[LivenessFrame]:
    """Each face a tenth of its width from the one before, ten a second."""
    return [
        before(wall(), captured=i / 10, box=Box(55 + 5 * (i % 2), 55, 50, 50)) for i in range(count)
    ]


def told(monkeypatch: pytest.MonkeyPatch, *shares: float) -> list[LivenessFrame]:
    """Pairs of frames of which each shows a rim of the share told in its second one."""
    frames = swaying(2 * len(shares))
    seen = dict(zip([frame.captured for frame in frames[1::2]], shares, strict=True))
    monkeypatch.setattr(module, "_not_staying", lambda first, second: None)
    monkeypatch.setattr(module, "rim", lambda frame, only: seen[frame.captured])
    return frames


def test_the_best_run_of_three_counts_by_its_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.1, 0.6, 0.7, 0.56, 0.2))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure == pytest.approx(0.56)
    # The third, fourth and fifth pair: frames 4 to 9.
    assert (result.frames, result.since, result.until) == (3, 0.4, 0.9)


def test_the_earliest_run_that_suffices_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.6, 0.6, 0.6, 0.9, 0.9, 0.9))
    assert result.figure == pytest.approx(0.9)
    assert result.until == pytest.approx(0.5)


def test_a_rim_that_shows_now_and_then_is_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.9, 0.1, 0.9, 0.9, 0.3))
    assert result.verdict is CueVerdict.CLEAR
    assert result.figure == pytest.approx(0.3)


def test_the_threshold_itself_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, 0.55, 0.55, 0.55)).verdict is CueVerdict.DOUBT
    assert edges(told(monkeypatch, 0.55, 0.54, 0.55)).verdict is CueVerdict.UNDECIDED


def test_what_living_people_reach_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, *[0.46] * 9)).verdict is CueVerdict.UNDECIDED


def test_clear_takes_twice_as_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, *[0.2] * 5)).verdict is CueVerdict.UNDECIDED
    assert edges(told(monkeypatch, *[0.2] * 6)).verdict is CueVerdict.CLEAR


def test_two_pairs_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.9))
    assert result.verdict is CueVerdict.UNDECIDED
    assert np.isnan(result.figure)


def test_a_face_that_hardly_moves_gives_no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 0.9, 0.9, 0.9)
    frames = [before(wall(), i / 10, Box(55 + 2 * (i % 2), 55, 50, 50)) for i in range(6)]
    assert np.isnan(edges(frames).figure)


def test_a_face_that_is_too_small_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 0.9, 0.9, 0.9)
    frames = [before(wall(), i / 10, Box(55 + 9 * (i % 2), 55, 45, 45)) for i in range(6)]
    assert np.isnan(edges(frames).figure)


def test_nothing_seen_says_nothing() -> None:
    assert edges([]).verdict is CueVerdict.UNDECIDED
