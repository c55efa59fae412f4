import numpy as np
import pytest

from accessctl.encoder.base import FAKE_CARD, FakeEncoder, FlipAveraged, unit
from accessctl.errors import ModelError


def test_rows_get_length_one():
    rows = unit(np.float32([[3, 4], [0, -2]]))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, -1]], rtol=1e-6)


def test_a_long_vector_does_not_overflow():
    np.testing.assert_allclose(unit(np.float32([[3e38, 3e38]])), [[0.5**0.5] * 2], rtol=1e-6)


def test_no_rows_are_no_rows():
    assert unit(np.empty((0, 4), np.float32)).shape == (0, 4)


@pytest.mark.parametrize("row", [[0, 0], [np.nan, 1], [np.inf, 1]])
def test_a_row_without_direction_is_refused(row):
    with pytest.raises(ModelError, match="without a direction"):
        unit(np.float32([[1, 0], row]))


class CornerEncoder(FakeEncoder):
    """Points along x when the top left pixel is bright, else along `dark`."""

    def __init__(self, dark):
        super().__init__()
        self._dark = dark

    def embed(self, crops):
        return np.float32([(1, 0) if crop[0, 0, 0] > 128 else self._dark for crop in crops])


@pytest.fixture
def crops():
    """The first bright at the left only, the second bright on both sides."""
    crops = np.zeros((2, 112, 112, 3), np.uint8)
    crops[:, :, 0] = 255
    crops[1, :, -1] = 255
    return crops


def test_crop_and_mirror_image_are_averaged(crops):
    embeddings = FlipAveraged(CornerEncoder(dark=(0, 1))).embed(crops)
    np.testing.assert_allclose(embeddings, [[0.5**0.5, 0.5**0.5], [1, 0]], rtol=1e-6)


def test_opposite_embeddings_have_no_mean(crops):
    with pytest.raises(ModelError, match="direction"):
        FlipAveraged(CornerEncoder(dark=(-1, 0))).embed(crops)


def test_the_rest_is_the_encoders_own():
    flipped = FlipAveraged(FakeEncoder())
    assert flipped.card is FAKE_CARD
    assert flipped.device == "cpu"


@pytest.fixture
def noise():
    return np.random.default_rng(3).integers(0, 256, (2, 112, 112, 3), np.uint8)


def test_it_is_deterministic_and_of_unit_length(noise):
    embeddings = FakeEncoder().embed(noise)
    assert embeddings.shape == (2, 16)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(embeddings, FakeEncoder().embed(noise))


def test_near_crops_are_nearer_than_other_crops():
    red = np.full((1, 112, 112, 3), (200, 40, 40), np.uint8)
    reddish = np.full((1, 112, 112, 3), (190, 45, 40), np.uint8)
    blue = np.full((1, 112, 112, 3), (40, 40, 200), np.uint8)
    a, b, c = FakeEncoder().embed(np.concatenate([red, reddish, blue]))
    assert a @ b > 0.98
    assert a @ c < 0.9
