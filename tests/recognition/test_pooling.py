import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.gallery.fake import random_units
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import Pooled, pool, pooled_sides

A = np.array([1, 0], np.float32)
B = np.array([0, 1], np.float32)


def test_weighted_mean_by_hand() -> None:
    pooled = pool(np.stack([A, B]), np.array([3.0, 4.0]))
    np.testing.assert_allclose(pooled.embedding, [0.6, 0.8], rtol=1e-6)
    assert pooled.embedding.dtype == np.float32
    # (3, 4) is 5 long where 7 would be all of the weight.
    assert pooled.spread == pytest.approx(1 - 25 / 49)


def test_a_weight_of_zero_leaves_one_out() -> None:
    pooled = pool(np.stack([A, B]), np.array([0.0, 0.5]))
    np.testing.assert_array_equal(pooled.embedding, B)
    assert pooled.spread == 0


def test_all_weights_zero_count_alike() -> None:
    half = np.sqrt(0.5)
    pooled = pool(np.stack([A, B]), np.zeros(2))
    np.testing.assert_allclose(pooled.embedding, [half, half], rtol=1e-6)
    assert pooled.spread == pytest.approx(1 / 2)


@given(count=st.integers(1, 9), seed=st.integers(0, 99), weight=st.floats(0.01, 1, allow_nan=False))
def test_identical_embeddings_pool_to_themselves(count: int, seed: int, weight: float) -> None:
    one = np.random.default_rng(seed).normal(size=16).astype(np.float32)
    one /= np.linalg.norm(one)
    pooled = pool(np.tile(one, (count, 1)), np.full(count, weight))
    np.testing.assert_allclose(pooled.embedding, one, atol=1e-6)
    assert 0 <= pooled.spread < 1e-6


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


@given(count=st.integers(1, 9), seed=st.integers(0, 999), scale=st.floats(1e-3, 1e3))
def test_spread_is_what_the_mean_lost_whatever_the_scale_of_the_weights(
    count: int, seed: int, scale: float
) -> None:
    units = random_units(count, 16, seed)
    weights = np.random.default_rng(seed).uniform(0.1, 1, count)
    pooled = pool(units, weights * scale)
    mean = np.average(units.astype(np.float64), axis=0, weights=weights)
    assert pooled.spread == pytest.approx(1 - mean @ mean, abs=1e-6)
    assert 0 <= pooled.spread < 1
    assert np.linalg.norm(pooled.embedding) == pytest.approx(1, abs=1e-6)
    if count == 1:
        assert pooled.spread == 0


def test_sides_keep_the_spreads_and_a_bare_embedding_has_none() -> None:
    normaliser = Normaliser(random_units(30, 2, seed=1), 5)
    sides = pooled_sides(normaliser, [A, Pooled(B, 0.25)])
    np.testing.assert_array_equal(sides.spread, [0, 0.25])
    np.testing.assert_array_equal(sides.embeddings, [A, B])
    np.testing.assert_array_equal(sides.rows(slice(1, 2)).spread, [0.25])
    assert len(pooled_sides(normaliser, []).spread) == 0
