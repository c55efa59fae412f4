from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.liveness.cues.frame_pairs import (
    LONGEST_S,
    MOST_SHIFT,
    camera_motion,
    choose_pairs,
    shift,
    varied,
)
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.liveness.fake import fake_frame


def at(captured: float, x: float, width: float = 100.0) -> LivenessFrame:
    return fake_frame(captured, box=Box(x - width / 2, 100, width, 120))


def walk(places: list[float], rate: float = 10.0) -> list[LivenessFrame]:
    return [at(i / rate, x) for i, x in enumerate(places)]


def test_each_frame_is_paired_with_the_next_that_is_far_enough() -> None:
    frames = walk([0, 5, 12, 13, 30, 31])
    pairs = choose_pairs(frames, 0.1, 9)
    assert [(a.captured, b.captured) for a, b in pairs] == [(0.0, 0.2), (0.3, 0.4)]


def test_a_jump_is_no_pair() -> None:
    assert choose_pairs(walk([0, 100 * MOST_SHIFT + 1]), 0.1, 9) == []


def test_what_is_too_long_ago_is_no_pair() -> None:
    assert choose_pairs([at(0, 0), at(LONGEST_S + 0.1, 20)], 0.1, 9) == []


def test_a_tiny_face_is_no_pair() -> None:
    assert choose_pairs([at(0, 0, 30), at(0.1, 10, 30)], 0.1, 9) == []


@given(st.lists(st.floats(0, 300), max_size=40), st.integers(1, 9))
def test_no_frame_is_in_two_pairs(places: list[float], count: int) -> None:
    pairs = choose_pairs(walk(places), 0.12, count)
    times = [frame.captured for pair in pairs for frame in pair]
    assert len(pairs) <= count
    assert len(set(times)) == len(times)
    assert times == sorted(times)
    assert all(0.12 <= shift(a, b) <= MOST_SHIFT for a, b in pairs)


def test_a_shift_and_a_growth_in_face_widths() -> None:
    # 3 and 4 pixels across and along of 100, and 20 pixels more of width.
    first, second = fake_frame(0, box=Box(0, 0, 100, 100)), fake_frame(1, box=Box(-7, -6, 120, 120))
    assert shift(first, second) == pytest.approx(0.05 + 0.1)


def test_a_shift_against_a_camera_that_moves_along() -> None:
    along = np.array([[1.0, 0, 30], [0, 1, 0], [0, 0, 1]])
    assert shift(at(0, 200), at(0.1, 230), along) == pytest.approx(0.0)
    assert shift(at(0, 200), at(0.1, 200), along) == pytest.approx(0.3)


def test_an_even_pace_is_not_varied() -> None:
    even = choose_pairs(walk([8.0 * i for i in range(12)]), 0.12, 9)
    there_and_back = choose_pairs(walk([0, 20, 40, 20, 0, 20]), 0.12, 9)
    assert len(even) >= 3
    assert not varied(even)
    assert varied(there_and_back)


WIDTH, HEIGHT, MARGIN = 640, 360, 40


def texture(seed: int, height: int, width: int) -> Image:
    grain = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 8)
    grey = np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


ROOM = texture(1, HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
HEAD = texture(2, 150, 120)


def shot(
    camera: tuple[int, int] = (0, 0),
    x: int = 320,
    room: Image = ROOM,
    draw: Callable[[Image], None] = lambda picture: None,
) -> LivenessFrame:
    """A room seen by a camera that has moved by so many pixels, and a head at `x` in it."""
    left, top = MARGIN - camera[0], MARGIN - camera[1]
    picture = room[top : top + HEIGHT, left : left + WIDTH].copy()
    draw(picture)
    picture[105:255, x - 60 : x + 60] = HEAD
    noise = np.random.default_rng(x).normal(0, 3, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    box = Box(x - 50, 120, 100, 120)
    landmarks = np.full((468, 3), (x, 180, 0), np.float32)
    face = Face(box, 0.9, 1.0, landmarks, Pose(0, 0, 0), Quality(1.0), track=1)
    return gather(Frame(picture, 0.0, 0), face)


def test_a_camera_that_stands_still() -> None:
    found = camera_motion(shot(x=300), shot(x=330))
    assert found is not None
    assert (found == np.eye(3)).all()


@pytest.mark.parametrize("camera", [(12, 0), (0, -16), (20, 8)])
def test_a_camera_that_moves(camera: tuple[int, int]) -> None:
    found = camera_motion(shot(), shot(camera, x=330))
    assert found is not None
    corner = found @ (100.0, 50.0, 1.0)
    assert corner[:2] == pytest.approx((100 + camera[0], 50 + camera[1]), abs=1.0)


def test_a_bare_wall_does_not_tell() -> None:
    wall = np.full_like(ROOM, 180)
    assert camera_motion(shot(room=wall), shot((12, 0), room=wall)) is None


def test_a_sheet_before_the_room_is_not_the_camera() -> None:
    sheet = texture(5, 300, 260)

    def held(x: int) -> LivenessFrame:
        def draw(picture: Image) -> None:
            picture[30:330, x - 130 : x + 130] = sheet

        return shot(x=x, draw=draw)

    found = camera_motion(held(300), held(330))
    assert found is not None
    assert (found == np.eye(3)).all()


def test_without_scenes_nothing_is_known() -> None:
    assert camera_motion(fake_frame(0.0), fake_frame(0.1)) is None
