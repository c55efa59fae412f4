from collections.abc import Callable

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.liveness.camera_motion import camera_motion
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.liveness.fake import fake_frame

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
