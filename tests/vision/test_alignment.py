from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from accessctl.domain import Box, CropGeometry, Image
from accessctl.vision.alignment import apply, compose, cut, five_points, invert, umeyama, warp
from accessctl.vision.fake import fake_mesh
from accessctl.vision.observer import Observer

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


ARCFACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366),
           (41.5493, 92.3655), (70.7299, 92.2041))  # fmt: skip
CHIP = CropGeometry(tuple((x + 8, y + 8) for x, y in ARCFACE), (14.3, 28.0, 114.9, 128.6), 150)
GOLDEN = Path(__file__).parents[2] / "models/dlib/golden.npz"

coordinates = st.floats(-500, 500, allow_nan=False)
point_sets = st.lists(st.tuples(coordinates, coordinates), min_size=5, max_size=5)


def spread(points: list[tuple[float, float]]) -> bool:
    return float(np.std(points, axis=0).min()) > 1


@given(point_sets.filter(spread), point_sets.filter(spread))
def test_umeyama_agrees_with_scikit_image(source, target):
    source, target = np.array(source), np.array(target)
    ours = umeyama(source, target)
    theirs = SimilarityTransform.from_estimate(source, target).params[:2]
    ours_error = ((apply(ours, source) - target) ** 2).sum()
    theirs_error = ((apply(theirs, source) - target) ** 2).sum()
    assert ours_error == pytest.approx(theirs_error, rel=1e-6, abs=1e-6)


@given(
    st.floats(-np.pi, np.pi), st.floats(0.1, 10), coordinates, coordinates,
    point_sets.filter(spread),
)  # fmt: skip
def test_umeyama_recovers_a_known_transform(angle, scale, dx, dy, points):
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    truth = np.array([[cos, -sin, dx], [sin, cos, dy]])
    points = np.array(points)
    assert umeyama(points, apply(truth, points)) == pytest.approx(truth, abs=1e-6)


def test_umeyama_never_mirrors():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    mirrored = square * (-1, 1)
    assert np.linalg.det(umeyama(square, mirrored)[:, :2]) >= 0


def test_umeyama_refuses_points_that_coincide():
    with pytest.raises(ValueError, match="coincide"):
        umeyama(np.ones((5, 2)), np.array(ARCFACE))


def test_five_points_are_eye_centres_nose_and_mouth_corners_left_first():
    mesh = np.zeros((468, 3), np.float32)
    mesh[33], mesh[133] = (10, 20, 5), (20, 22, 5)
    mesh[362], mesh[263] = (40, 22, 5), (50, 20, 5)
    mesh[1], mesh[61], mesh[291] = (30, 40, -9), (20, 60, 0), (40, 60, 0)
    expected = [[15, 21], [45, 21], [30, 40], [20, 60], [40, 60]]
    assert five_points(mesh).tolist() == expected
    assert five_points(mesh).dtype == np.float32


def test_cut_lays_the_template_where_the_geometry_says():
    """A mesh that already sits on the template: the crop is the region itself."""
    mesh = np.zeros((468, 3), np.float32)
    for (first, second), (x, y) in zip(((33, 133), (362, 263)), ARCFACE[:2], strict=True):
        mesh[first, :2], mesh[second, :2] = (x - 4, y), (x + 4, y)
    for point, place in zip((1, 61, 291), ARCFACE[2:], strict=True):
        mesh[point, :2] = place
    image = np.random.default_rng(1).integers(0, 255, (112, 112, 3), np.uint8)
    crop = cut(image, mesh, CropGeometry(ARCFACE, (10, 20, 60, 70), 50))
    assert crop.shape == (50, 50, 3)
    assert np.abs(crop.astype(int) - image[20:70, 10:60]).max() <= 1


def test_cut_repeats_the_edge_outside_the_image():
    image = np.full((60, 60, 3), 77, np.uint8)
    crop = cut(image, fake_mesh(Box(-20, -20, 60, 70)), CHIP)
    assert (crop == 77).all()


def test_a_face_cut_from_far_too_large_a_photo_is_averaged_not_sampled():
    """Stripes one pixel wide must vanish, not turn into a pattern of their own."""
    stripes = np.zeros((3000, 3000, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut(stripes, fake_mesh(Box(700, 700, 1500, 1700)), CHIP)
    assert crop.std() < 12, "sampling alone would give about 100"
    assert abs(crop.mean() - 127.5) < 3


def test_crops_of_known_photographs(observer: Observer, hopper: Image, astronaut: Image):
    """`golden.npz` beside the encoder's card holds chips cut by independent code."""
    chips = np.load(GOLDEN)["chips"]
    for photo, expected in zip((hopper, astronaut), chips, strict=True):
        (face,) = observer.still(photo)
        crop = cut(photo, face.landmarks, CHIP)
        difference = np.abs(crop.astype(int) - expected).mean()
        assert difference < 8, "the crop has moved; a crop of the other person differs by 60"
