from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Image, Pose
from accessctl.errors import ModelError
from accessctl.vision.alignment import apply
from accessctl.vision.landmarks import (
    FRONTAL,
    STABLE_POINTS,
    LandmarkModel,
    Mesh,
    Region,
    eyes_agree,
    head_pose,
    is_upside_down,
    lies_on_its_side,
    mesh_box,
    region_around,
    region_of,
    region_transform,
    rotation_of,
)
from accessctl.vision.observer import Observer

HOPPER_EYES = np.array([[220.0, 190], [308, 188]])
"""Read off the photograph by hand."""


def test_the_region_is_one_and_a_half_times_the_larger_side_and_level_with_the_eyes():
    region = region_around(Box(100, 100, 40, 60), np.array([110, 120]), np.array([130, 140]))
    assert (region.x, region.y) == (120, 130)
    assert region.side == 90
    assert region.angle == pytest.approx(np.pi / 4)


def test_region_of_a_mesh_is_the_same_however_the_face_is_tilted():
    rng = np.random.default_rng(3)
    mesh = np.zeros((468, 3), np.float32)
    mesh[:, :2] = rng.uniform(-50, 50, (468, 2))
    mesh[33, :2], mesh[263, :2] = (-30, 0), (30, 0)
    upright = region_of(mesh)
    angle = 0.6
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = mesh.copy()
    tilted[:, :2] = mesh[:, :2] @ turn.T
    region = region_of(tilted)
    assert region.side == pytest.approx(upright.side, rel=1e-5)
    assert region.angle == pytest.approx(upright.angle + angle, abs=1e-5)
    assert (region.x, region.y) == pytest.approx(turn @ (upright.x, upright.y), abs=1e-3)


def test_region_transform_puts_the_region_upright_into_the_patch():
    transform = region_transform(Region(50, 60, 20, np.pi / 2), 192)
    assert apply(transform, np.array([[50.0, 60]]))[0] == pytest.approx([96, 96])
    # Turned clockwise by 90 degrees, the region's own right is the image's down.
    assert apply(transform, np.array([[50.0, 70]]))[0] == pytest.approx([192, 96])


def test_mesh_box_spans_the_points():
    mesh = np.zeros((468, 3), np.float32)
    mesh[:] = (5, 6, 7)
    mesh[9] = (15, 26, -1)
    assert mesh_box(mesh) == Box(5, 6, 10, 20)


@pytest.mark.parametrize(
    ("moved", "agrees"),
    [((0, 0), True), ((6, 0), True), ((0, -7), True), ((12, 0), False), ((0, 8), False)],
)
def test_eyes_agree_within_a_third_of_what_lies_between_them(
    moved: tuple[float, float], agrees: bool
):
    """The mesh's eyes lie 20 pixels apart; one of them was detected elsewhere."""
    mesh = np.zeros((468, 3), np.float32)
    mesh[33, :2], mesh[133, :2], mesh[362, :2], mesh[263, :2] = (8, 5), (12, 5), (28, 5), (32, 5)
    eyes = np.array([[10, 5], np.add((30, 5), moved)], np.float32)
    assert eyes_agree(mesh, eyes) is agrees


def test_the_mesh_sits_on_the_face(landmark_model: LandmarkModel, hopper: Image):
    region = region_around(Box(170, 140, 195, 195), *HOPPER_EYES)
    mesh = landmark_model.look(hopper, region)
    mesh = landmark_model.look(hopper, region_of(mesh.points))
    assert mesh.presence > 0.99
    assert mesh.points.shape == (468, 3)
    assert mesh.points.dtype == np.float32
    eyes = [mesh.points[[33, 133], :2].mean(axis=0), mesh.points[[362, 263], :2].mean(axis=0)]
    assert np.abs(eyes - HOPPER_EYES).max() < 8
    nose, ear = mesh.points[1, 2], mesh.points[234, 2]
    assert nose < ear, "z points away from the camera"


def test_no_face_no_presence(landmark_model: LandmarkModel, coffee: Image):
    assert landmark_model.look(coffee, Region(640, 360, 300, 0)).presence < 0.5


def test_a_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(ModelError, match=r"face_landmark\.tflite is missing; run `accessctl mod"):
        LandmarkModel(tmp_path)


def test_a_broken_file_says_what_to_do(tmp_path: Path):
    (tmp_path / "face_landmark.tflite").write_bytes(b"not a model")
    with pytest.raises(
        ModelError, match=r"not a LiteRT model that runs here .*; run `accessctl models fetch`"
    ):
        LandmarkModel(tmp_path)


def test_another_network_is_not_taken_for_the_mesh(tmp_path: Path, vision_config):
    other = vision_config.models / "face_detection_short_range.tflite"
    (tmp_path / "face_landmark.tflite").write_bytes(other.read_bytes())
    with pytest.raises(ModelError, match="not the face mesh"):
        LandmarkModel(tmp_path)


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


@pytest.mark.parametrize("quarters", [0, 1, 3])
def test_a_picture_on_its_side_is_told_by_the_roll_of_its_faces(
    observer: Observer, hopper: Image, quarters: int
):
    (face,) = observer.still(np.ascontiguousarray(np.rot90(hopper, quarters)))
    assert lies_on_its_side(face.pose) == (quarters != 0)


@pytest.mark.parametrize(
    ("upright", "turned", "on_its_head"),
    [
        # Odds of 4, so turned they must exceed 200: 0.995 stands for 199, 0.9951 for 203.
        (0.8, 0.995, False),
        (0.8, 0.9951, True),
        (0.9, 0.9, False),
        (0.999, 0.2, False),
        (1.0, 1.0, False),
        (0.999, 1.0, True),
        (0.0, 0.0, False),
        (float("nan"), 1.0, False),
    ],
)
def test_a_face_stands_on_its_head_where_it_is_much_surer_turned(
    upright: float, turned: float, on_its_head: bool
):
    points = np.random.default_rng(0).uniform(0, 100, (468, 3)).astype(np.float32)
    points[33, :2], points[263, :2] = (30, 50), (70, 50)

    def lay(region: Region) -> Mesh:
        seems_upright = abs(region.angle) < np.pi / 2
        # Laid on a face that is turned, the mesh is turned with it.
        sign = 1 if seems_upright else -1
        return Mesh(points * np.float32(sign), upright if seems_upright else turned)

    assert is_upside_down(lay, Mesh(points, 0.99)) is on_its_head
