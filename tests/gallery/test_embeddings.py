import numpy as np
import pytest

from accessctl.errors import StoreError
from accessctl.gallery.embeddings import checked, from_bytes, to_bytes
from accessctl.gallery.fake import random_units


def test_round_trip() -> None:
    vector = random_units(1, 128, seed=1)[0]
    assert len(to_bytes(vector)) == 512
    np.testing.assert_array_equal(from_bytes(to_bytes(vector)), vector)


@pytest.mark.parametrize(
    "vector",
    [np.zeros(4), np.array([1.0, 1.0]), np.array([np.nan, 1.0]), np.eye(2), np.empty(0)],
)
def test_what_is_no_embedding(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="an embedding"):
        checked(vector.astype(np.float32))


@pytest.mark.parametrize("data", [b"", b"123", bytes(8)])
def test_bytes_that_are_no_embedding(data: bytes) -> None:
    with pytest.raises(StoreError, match="not an embedding"):
        from_bytes(data)
