import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.evaluation.degrade import (
    CONDITIONS,
    FULL_WELL,
    READ_NOISE,
    compressed,
    darker,
    defocused,
    moved,
    smaller,
)
from accessctl.vision.fake import fake_mesh

MESH = fake_mesh(Box(20, 20, 100, 120))
"""A face that is 100 pixels wide."""


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def checks(height: int, width: int, cell: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width] // cell
    return np.repeat((((x + y) % 2) * 200 + 20).astype(np.uint8)[..., None], 3, axis=2)


def test_the_face_is_as_wide_as_asked(draw) -> None:
    small = smaller(checks(200, 160, 10), MESH, draw, face_px=40)
    assert (small.shape, small.dtype) == ((80, 64, 3), np.uint8)
    # Whole cells of 10 become cells of 4: the pattern stays, nothing is made up.
    assert set(small[2::4, 2::4].ravel()) == {20, 220}


def test_a_face_that_is_smaller_already_stays(draw) -> None:
    photo = checks(200, 160, 10)
    assert smaller(photo, MESH, draw, face_px=100) is photo


def test_less_light_by_hand(draw) -> None:
    photo = np.full((300, 300, 3), 186, np.uint8)
    seen = darker(photo, MESH, draw, light=0.1)
    linear = 0.1 * (186 / 255) ** 2.2
    assert seen.mean() == pytest.approx(255 * linear ** (1 / 2.2), abs=0.5)
    # Shot noise and read noise add as variances; through the slope of the gamma curve.
    electrons = FULL_WELL * linear
    noise = np.sqrt(electrons + READ_NOISE**2) / FULL_WELL
    slope = 255 / 2.2 * linear ** (1 / 2.2 - 1)
    assert seen.std() == pytest.approx(noise * slope, rel=0.05)


def test_no_light_at_all_is_black_but_for_read_noise(draw) -> None:
    seen = darker(np.zeros((100, 100, 3), np.uint8), MESH, draw, light=1.0)
    assert seen.max() < 255 * (6 * READ_NOISE / FULL_WELL) ** (1 / 2.2)


def test_defocus_follows_the_faces_width(draw) -> None:
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[:, 100:] = 255
    seen = defocused(photo, MESH, draw, share=0.04)[100, :, 0].astype(float)
    # An edge under a Gaussian of 4 pixels rises from 16 % to 84 % within two deviations.
    assert np.interp([0.1587 * 255, 0.8413 * 255], seen, np.arange(200)) == pytest.approx(
        [99.5 - 4, 99.5 + 4], abs=0.2
    )


def test_motion_smears_over_its_length_and_keeps_the_light(draw) -> None:
    photo = np.zeros((101, 101, 3), np.uint8)
    photo[50, 50] = 250
    seen = moved(photo, MESH, draw, share=0.10)[..., 0].astype(float)
    rows, columns = np.nonzero(seen)
    assert 6 <= np.hypot(np.ptp(rows), np.ptp(columns)) <= 10
    assert seen.sum() == pytest.approx(250, abs=len(rows))


def test_compression_hurts_more_at_lower_quality(draw) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    lost = [
        np.abs(compressed(photo, MESH, draw, quality=quality).astype(int) - photo).mean()
        for quality in (95, 30, 10)
    ]
    assert lost[0] < lost[1] < lost[2]


def test_compression_keeps_red_red(draw) -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[..., 0] = 200
    assert compressed(photo, MESH, draw, quality=90)[..., 0].mean() == pytest.approx(200, abs=3)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_gives_another_picture_the_same_each_time(name: str) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (200, 160, 3)).astype(np.uint8)
    before = photo.copy()
    one, other = (CONDITIONS[name](photo, MESH, np.random.default_rng(7)) for _ in range(2))
    assert (one.dtype, one.ndim) == (np.uint8, 3)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(photo, before)
    assert one.shape != photo.shape or (one != photo).any()
