"""Which frame of a camera is taken to enrol somebody by."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Face, Pose, Quality
from accessctl.door.shot import (
    NO_PICTURE,
    STRAIGHT_DEG,
    TURNED_DEG,
    BestShot,
    PortraitPose,
    pose_fault,
)
from accessctl.vision.fake import FakeObserver, fake_face

FRONT, LEFT, RIGHT = PortraitPose


def image(value: int) -> np.ndarray:
    return np.full((120, 120, 3), value, np.uint8)


def face(score: float, yaw: float) -> Face:
    return replace(fake_face(quality=Quality(score)), pose=Pose(yaw, 0, 0))


def test_the_best_of_those_turned_as_asked() -> None:
    seen = [face(0.9, 0), face(0.5, 8), face(0.6, 9), face(0.8, -9)]
    shot = BestShot(FakeObserver(photos=[[one] for one in seen]), LEFT)
    assert shot.fault == NO_PICTURE
    shot.look(image(0))
    assert shot.fault == "not_turned"
    for value in (1, 2, 3):
        shot.look(image(value))
    assert shot.found is not None
    assert shot.found.image[0, 0, 0] == 2
    assert shot.fault == ""


@pytest.mark.parametrize(
    ("pose", "yaw", "fault"),
    [
        (FRONT, STRAIGHT_DEG, ""),
        (FRONT, -STRAIGHT_DEG - 0.1, "not_straight"),
        (LEFT, TURNED_DEG, ""),
        (LEFT, TURNED_DEG - 0.1, "not_turned"),
        (LEFT, -TURNED_DEG, "other_way"),
        (RIGHT, -TURNED_DEG, ""),
        (RIGHT, TURNED_DEG, "other_way"),
    ],
)
def test_how_a_head_is_turned(pose: PortraitPose, yaw: float, fault: str) -> None:
    assert pose_fault(pose, yaw) == fault


@given(st.floats(-90, 90))
def test_left_and_right_are_each_others_mirror_and_no_head_is_both(yaw: float) -> None:
    assert pose_fault(LEFT, yaw) == pose_fault(RIGHT, -yaw)
    assert pose_fault(LEFT, yaw) or pose_fault(RIGHT, yaw)
