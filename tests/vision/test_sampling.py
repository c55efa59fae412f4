import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.vision.sampling import apply, compose, invert, warp

numbers = st.floats(-5, 5)
affines = st.tuples(*[numbers] * 6).map(lambda v: np.array(v).reshape(2, 3))
solvable = affines.filter(lambda a: abs(np.linalg.det(a[:, :2])) > 0.1)
POINTS = np.array([[0.0, 0], [3, 1], [-2, 7]])


@given(solvable)
def test_invert_undoes(transform):
    there_and_back = apply(invert(transform), apply(transform, POINTS))
    assert there_and_back == pytest.approx(POINTS, abs=1e-6)


@given(affines, affines)
def test_compose_applies_the_second_argument_first(after, before):
    expected = apply(after, apply(before, POINTS))
    assert apply(compose(after, before), POINTS) == pytest.approx(expected, abs=1e-6)


def test_warp_moves_whole_pixels_exactly():
    image = np.random.default_rng(2).integers(0, 255, (20, 30, 3), np.uint8)
    patch = warp(image, np.array([[1.0, 0, -4], [0, 1, -3]]), (10, 8))
    assert (patch == image[3:11, 4:14]).all()


@pytest.mark.parametrize("factor", [2.5, 4, 7])
def test_a_strong_reduction_keeps_things_in_their_place(factor):
    """A bright square's centre of mass must land where the transform says."""
    image = np.zeros((700, 900, 3), np.uint8)
    image[301:401, 501:601] = 200
    transform = np.array([[1 / factor, 0, 5], [0, 1 / factor, 3]])
    patch = warp(image, transform, (400, 300))[..., 0].astype(float)
    rows, columns = np.indices(patch.shape)
    centre = (columns * patch).sum() / patch.sum(), (rows * patch).sum() / patch.sum()
    expected = apply(transform, np.array([[550.5, 350.5]]))[0]
    assert centre == pytest.approx(tuple(expected), abs=0.15)


def test_a_region_wholly_outside_repeats_the_edge():
    image = np.full((50, 50, 3), 9, np.uint8)
    patch = warp(image, np.array([[0.1, 0, -500], [0, 0.1, -500]]), (10, 10))
    assert (patch == 9).all()
