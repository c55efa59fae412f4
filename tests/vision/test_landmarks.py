from pathlib import Path

import numpy as np
import pytest

from accessctl.domain import Box, Image
from accessctl.errors import ModelError
from accessctl.vision.landmarks import (
    LandmarkModel,
    Region,
    eyes_agree,
    mesh_box,
    region_around,
    region_of,
    region_transform,
)
from accessctl.vision.sampling import apply

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
