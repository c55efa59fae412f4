import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Image, Pose
from accessctl.vision.observer import Observer
from accessctl.vision.pose import FRONTAL, STABLE_POINTS, head_pose, rotation_of


def mesh_with(points: np.ndarray) -> np.ndarray:
    mesh = np.zeros((468, 3), np.float32)
    mesh[list(STABLE_POINTS)] = points
    return mesh


@given(
    st.floats(-80, 80), st.floats(-60, 60), st.floats(-150, 150),
    st.floats(20, 900), st.floats(-2000, 2000),
)  # fmt: skip
def test_a_turned_head_is_measured(yaw, pitch, roll, size, shift):
    turned = FRONTAL @ rotation_of(Pose(yaw, pitch, roll)).T * size + shift
    pose = head_pose(mesh_with(turned))
    assert (pose.yaw, pose.pitch) == pytest.approx((yaw, pitch), abs=0.3)
    assert pose.roll == pytest.approx(roll, abs=0.5)


NOSE = STABLE_POINTS.index(1)
EYES = [STABLE_POINTS.index(33), STABLE_POINTS.index(263)]


def by_hand(angle: float, first: int, second: int) -> np.ndarray:
    """FRONTAL turned by `angle` degrees from axis `first` towards axis `second`."""
    points = FRONTAL.copy()
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    points[:, first] = cos * FRONTAL[:, first] - sin * FRONTAL[:, second]
    points[:, second] = sin * FRONTAL[:, first] + cos * FRONTAL[:, second]
    return points


def test_yaw_is_positive_when_the_nose_moves_right():
    for angle in (20, -20):
        turned = by_hand(angle, 2, 0)
        went_right = turned[NOSE, 0] > 0
        assert head_pose(mesh_with(turned)).yaw == pytest.approx(20 if went_right else -20, abs=0.1)


def test_pitch_is_positive_when_the_nose_moves_up():
    for angle in (20, -20):
        nodded = by_hand(angle, 1, 2)
        went_up = nodded[NOSE, 1] < FRONTAL[NOSE, 1]
        assert head_pose(mesh_with(nodded)).pitch == pytest.approx(20 if went_up else -20, abs=0.1)


def test_roll_is_positive_when_the_head_tilts_clockwise():
    tilted = by_hand(15, 0, 1)
    left_eye, right_eye = tilted[EYES]
    assert right_eye[1] > left_eye[1], "clockwise in the image: the right-hand eye sinks"
    assert head_pose(mesh_with(tilted)).roll == pytest.approx(15, abs=0.1)


def test_a_mirrored_photograph_turns_the_other_way(observer: Observer, hopper: Image):
    (face,) = observer.still(hopper)
    (mirrored,) = observer.still(np.ascontiguousarray(hopper[:, ::-1]))
    assert abs(face.pose.yaw) < 10
    assert abs(face.pose.pitch) < 10
    assert mirrored.pose.yaw == pytest.approx(-face.pose.yaw, abs=3)
    assert mirrored.pose.roll == pytest.approx(-face.pose.roll, abs=3)


def test_a_photograph_turned_clockwise_rolls_by_as_much(observer: Observer, hopper: Image):
    height, width = hopper.shape[:2]
    # OpenCV's angle is counter-clockwise.
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -15, 1.0)
    turned = cv2.warpAffine(hopper, turn, (width, height))
    (before,), (after,) = observer.still(hopper), observer.still(turned)
    assert after.pose.roll - before.pose.roll == pytest.approx(15, abs=2)
