import numpy as np
import pytest

from accessctl.demo.people import hopper
from accessctl.domain import Points
from accessctl.liveness.points import FLAT, LEFT_EYE, NOSE, RIGHT_EYE, STEADY

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
