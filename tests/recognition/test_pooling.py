import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.recognition.pooling import pool

A = np.array([1, 0], np.float32)
B = np.array([0, 1], np.float32)


def test_weighted_mean_by_hand() -> None:
    pooled = pool(np.stack([A, B]), np.array([3.0, 4.0]))
    np.testing.assert_allclose(pooled, [0.6, 0.8], rtol=1e-6)
    assert pooled.dtype == np.float32


def test_a_weight_of_zero_leaves_one_out() -> None:
    np.testing.assert_array_equal(pool(np.stack([A, B]), np.array([0.0, 0.5])), B)


def test_all_weights_zero_count_alike() -> None:
    half = np.sqrt(0.5)
    np.testing.assert_allclose(pool(np.stack([A, B]), np.zeros(2)), [half, half], rtol=1e-6)


@given(count=st.integers(1, 9), seed=st.integers(0, 99), weight=st.floats(0.01, 1, allow_nan=False))
def test_identical_embeddings_pool_to_themselves(count: int, seed: int, weight: float) -> None:
    one = np.random.default_rng(seed).normal(size=16).astype(np.float32)
    one /= np.linalg.norm(one)
    pooled = pool(np.tile(one, (count, 1)), np.full(count, weight))
    np.testing.assert_allclose(pooled, one, atol=1e-6)


@pytest.mark.parametrize(
    ("embeddings", "weights"),
    [
        (np.empty((0, 2), np.float32), np.empty(0)),
        (np.stack([A, B]), np.ones(3)),
        (np.stack([A, B]), np.array([1, -1.0])),
        (np.stack([A, B]), np.array([1, np.nan])),
        (np.stack([A, -A]), np.ones(2)),
        (A, np.ones(2)),
    ],
)
def test_what_cannot_be_pooled(embeddings: np.ndarray, weights: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"."):
        pool(embeddings, weights)
