import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.gallery.fake import random_units
from accessctl.recognition.normalisation import (
    BLOCK,
    FEW,
    MAX_BYTES,
    CohortPart,
    Normaliser,
    ScoredPart,
    Sides,
    dequantise,
    load_cohort,
    neighbour_statistics,
    quantise,
    save_cohort,
)

f32 = np.float32


def parts(*given: tuple[int, float]) -> list[ScoredPart]:
    return [ScoredPart(numbers=numbers, weight=weight) for numbers, weight in given]


def by_hand(a: np.ndarray, b: np.ndarray, cohort: np.ndarray, neighbours: int) -> float:
    """The equation of the module, with sorted lists and float64."""
    a, b = (side.astype(float) / np.linalg.norm(side) for side in (a, b))
    strangers = [row.astype(float) / np.linalg.norm(row) for row in cohort]
    terms = []
    for side in (a, b):
        nearest = sorted(float(side @ other) for other in strangers)[-neighbours:]
        terms.append((float(a @ b) - np.mean(nearest)) / np.std(nearest))
    return sum(terms) / 2


def test_statistics_of_the_nearest_by_hand() -> None:
    probe = np.array([[1, 0]], f32)
    # Similarities 0.9, 0.7, 0.1, -1: the nearest two have mean 0.8 and deviation 0.1.
    cohort = np.array([[0.9, 0], [-1, 0], [0.1, 0], [0.7, 0]], f32)
    mean, deviation = neighbour_statistics(probe, CohortPart(cohort), 2)
    np.testing.assert_allclose(mean, [0.8], rtol=1e-6)
    np.testing.assert_allclose(deviation, [0.1], rtol=1e-5)


def test_the_deviation_may_be_that_of_more_than_the_mean() -> None:
    probe = np.array([[1, 0]], f32)
    # Similarities 0.9, 0.7, 0.2 and less: mean of two 0.8; of three the mean is 0.6 and the
    # deviation the root of (0.09 + 0.01 + 0.16) / 3.
    cohort = np.array([[0.9, 0], [-1, 0], [0.2, 0], [0.7, 0], [-0.5, 0]], f32)
    mean, deviation = neighbour_statistics(probe, CohortPart(cohort), 2, 3)
    np.testing.assert_allclose(mean, [0.8], rtol=1e-6)
    np.testing.assert_allclose(deviation, [(0.26 / 3) ** 0.5], rtol=1e-5)
    mean, deviation = neighbour_statistics(probe, CohortPart(cohort), 3, 2)
    np.testing.assert_allclose(mean, [0.6], rtol=1e-6)
    np.testing.assert_allclose(deviation, [0.1], rtol=1e-5)
    assert Normaliser(random_units(9, 4, seed=0), 2, (), 5).spread == 5
    with pytest.raises(ModelError, match="fewer than 12 faces"):
        Normaliser(random_units(9, 4, seed=0), 2, (), 12)


def test_blocks_do_not_change_anything() -> None:
    rows = np.random.default_rng(1).normal(size=(BLOCK + 3, 4)).astype(f32)
    cohort = np.random.default_rng(2).normal(size=(30, 4)).astype(f32)
    mean, deviation = neighbour_statistics(rows, CohortPart(cohort), 5)
    for row in (0, BLOCK - 1, BLOCK, BLOCK + 2):
        nearest = np.sort(cohort @ rows[row])[-5:]
        assert mean[row] == pytest.approx(nearest.mean(), rel=1e-5)
        assert deviation[row] == pytest.approx(nearest.std(), rel=1e-4)


def test_a_cohort_of_twins_does_not_divide_by_nothing() -> None:
    _, deviation = neighbour_statistics(np.ones((1, 2), f32), CohortPart(np.ones((3, 2), f32)), 3)
    assert deviation[0] > 0


def test_an_embedding_scored_as_a_whole() -> None:
    faces, cohort = random_units(5, 8, seed=1), random_units(40, 8, seed=2)
    normaliser = Normaliser(cohort, 6)
    sides = normaliser.sides(faces)
    scores = normaliser.scores(sides, sides.rows(slice(1, 4)))
    assert scores.shape == (5, 3)
    for row in range(5):
        for column in range(3):
            expected = by_hand(faces[row], faces[1 + column], cohort, 6)
            assert scores[row, column] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_parts_are_scored_by_themselves_and_averaged() -> None:
    faces, cohort = random_units(4, 8, seed=1), random_units(40, 8, seed=2)
    normaliser = Normaliser(cohort, 6, parts((5, 2.0), (3, 1.0)))
    sides = normaliser.sides(faces)
    scores = normaliser.scores(sides, sides)
    for row, column in ((0, 1), (2, 3), (3, 1)):
        first = by_hand(faces[row, :5], faces[column, :5], cohort[:, :5], 6)
        second = by_hand(faces[row, 5:], faces[column, 5:], cohort[:, 5:], 6)
        expected = (2 * first + second) / 3
        assert scores[row, column] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_row_by_row() -> None:
    cohort = random_units(40, 8, seed=2)
    normaliser = Normaliser(cohort, 6, parts((5, 1.0), (3, 0.5)))
    one, other = (normaliser.sides(random_units(3, 8, seed=seed)) for seed in (3, 4))
    whole = normaliser.scores(one, other)
    np.testing.assert_allclose(normaliser.pairs(one, other), np.diag(whole), rtol=1e-4, atol=1e-4)


def test_the_slope_is_the_rise_of_the_score() -> None:
    # Over what the score would be at similarities of 0 it rises by the slope times 0.25 when
    # both parts, each half of a unit embedding, are alike to 0.25.
    cohort = random_units(40, 4, seed=2)
    normaliser = Normaliser(cohort, 6, parts((2, 1.0), (2, 0.5)))
    turned, across = math.acos(0.25), math.pi / 2

    def score_and_slope(angle: float) -> tuple[float, float]:
        half = np.array([math.cos(angle), math.sin(angle)])
        face = np.concatenate([half, half]) / math.sqrt(2)
        other = normaliser.sides(face.astype(f32)[None])
        # The other side's strangers as they were: only the similarity is to change.
        other = Sides(other.embeddings, other.length, fixed.mean, fixed.deviation, other.spread)
        return float(normaliser.pairs(one, other)[0]), float(normaliser.slopes(one, other)[0])

    one = normaliser.sides(np.array([[1, 0, 1, 0]], f32) / f32(math.sqrt(2)))
    fixed = normaliser.sides(random_units(1, 4, seed=5))
    (low, slope), (high, _) = score_and_slope(across), score_and_slope(turned)
    assert high - low == pytest.approx(0.25 * slope, rel=1e-3)


@given(st.integers(0, 10_000), st.floats(0.125, 8, width=32))
def test_sides_may_be_swapped(seed: int, weight: float) -> None:
    normaliser = Normaliser(
        random_units(30, 6, seed=1),
        5,
        parts((2, 1.0), (4, weight)),
    )
    one, other = (normaliser.sides(row[None]) for row in random_units(2, 6, seed=seed))
    there, back = normaliser.scores(one, other), normaliser.scores(other, one)
    np.testing.assert_allclose(there, back, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("neighbours", "parts", "words"),
    [
        (1, [], "fewer than 2 neighbours"),
        (4, [], "fewer than 4 faces"),
        (2, [ScoredPart(numbers=3, weight=1.0)], "not the 2 numbers"),
    ],
)
def test_what_does_not_fit_is_refused(neighbours: int, parts: list[ScoredPart], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Normaliser(np.ones((3, 2), f32), neighbours, parts)


def test_round_trip_keeps_similarities(tmp_path: Path) -> None:
    rows = random_units(500, 128, seed=1)
    save_cohort(tmp_path / "cohort.npz", rows)
    loaded = load_cohort(tmp_path / "cohort.npz")
    assert loaded.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(loaded, axis=1), 1, atol=1e-6)
    probe = random_units(1, 128, seed=2)[0]
    assert np.abs(loaded @ probe - rows @ probe).max() < 5e-3
    assert (tmp_path / "cohort.npz").stat().st_size < 500 * 128 + 1000


def damaged(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 not a zip")


def pickled(path: Path) -> None:
    with path.open("wb") as file:
        pickle.dump({"cohort": 1}, file)


def zero_row(path: Path) -> None:
    np.savez(path, cohort=np.zeros((2, 4), np.int8))


def other_type(path: Path) -> None:
    np.savez(path, cohort=np.ones((2, 4), np.float64))


def other_name(path: Path) -> None:
    np.savez(path, faces=np.ones((2, 4), np.int8))


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize("make", [damaged, pickled, zero_row, other_type, other_name, nothing])
def test_files_refused(tmp_path: Path, make) -> None:
    path = tmp_path / "cohort.npz"
    make(path)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_cohort(path)


def no_rows(path: Path) -> None:
    np.savez(path, cohort=np.ones((0, 4), np.int8))


def more_than_it_may(path: Path) -> None:
    np.savez_compressed(path, cohort=np.ones((MAX_BYTES // 64 + 1, 64), np.int8))


@pytest.mark.parametrize("make", [no_rows, more_than_it_may])
def test_what_would_serve_nobody_is_refused(tmp_path: Path, make) -> None:
    test_files_refused(tmp_path, make)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6),
    stored=st.booleans(),
)
def test_damaged_bytes_give_unit_rows_or_a_refusal(tmp_path_factory, changes, stored) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    rows = quantise(random_units(20, 8, seed=3))
    (np.savez if stored else np.savez_compressed)(path, cohort=rows)
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path.write_bytes(content)
    try:
        loaded = load_cohort(path)
    except ModelError:
        return
    assert len(loaded) > 0
    np.testing.assert_allclose(np.linalg.norm(loaded, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("probes", [1, 3, 40])
def test_a_stored_cohort_scores_as_the_unit_rows_that_it_stands_for(probes: int) -> None:
    stored = quantise(random_units(1500, 32, seed=4))
    parts = (ScoredPart(numbers=8, weight=1.0), ScoredPart(numbers=24, weight=1.0))
    sides = [
        Normaliser(cohort, 50, parts).sides(random_units(probes, 32, seed=5))
        for cohort in (stored, dequantise(stored))
    ]
    assert sides[0].mean == pytest.approx(sides[1].mean, abs=1e-6)
    assert sides[0].deviation == pytest.approx(sides[1].deviation, rel=1e-4)


@pytest.mark.parametrize("probes", [1, FEW, FEW + 1, BLOCK + 1])
def test_similarities_are_cosines_however_many_there_are(probes: int) -> None:
    cohort, rows = random_units(BLOCK + 7, 16, seed=6), random_units(probes, 16, seed=7)
    expected = rows @ cohort.T
    assert CohortPart(cohort).similarities(rows) == pytest.approx(expected, abs=1e-5)
