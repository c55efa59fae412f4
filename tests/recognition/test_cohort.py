import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.gallery.fake import random_units
from accessctl.recognition.cohort import MAX_BYTES, load_cohort, quantise, save_cohort


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
