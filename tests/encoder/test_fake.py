import numpy as np
import pytest

from accessctl.encoder.fake import FakeEncoder


@pytest.fixture
def crops():
    return np.random.default_rng(3).integers(0, 256, (2, 112, 112, 3), np.uint8)


def test_it_is_deterministic_and_of_unit_length(crops):
    embeddings = FakeEncoder().embed(crops)
    assert embeddings.shape == (2, 16)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(embeddings, FakeEncoder().embed(crops))


def test_near_crops_are_nearer_than_other_crops():
    red = np.full((1, 112, 112, 3), (200, 40, 40), np.uint8)
    reddish = np.full((1, 112, 112, 3), (190, 45, 40), np.uint8)
    blue = np.full((1, 112, 112, 3), (40, 40, 200), np.uint8)
    a, b, c = FakeEncoder().embed(np.concatenate([red, reddish, blue]))
    assert a @ b > 0.98
    assert a @ c < 0.9
