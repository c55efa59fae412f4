import pickle
from pathlib import Path

import numpy as np
import pytest

from accessctl.errors import ModelError
from accessctl.gallery.cohort import load_cohort, save_cohort
from accessctl.gallery.fake import random_units


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
