import numpy as np
import pytest

from accessctl.encoder.projection import Projection, load_projection, save_projection
from accessctl.errors import ModelError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "projection.npz"
    save_projection(path, Projection(np.float32([1, 2, 3]), np.float32([[1, 0], [0, 1], [0.1, 0]])))
    return path


def test_a_projection_survives_its_file(path):
    found = load_projection(path, 3)
    np.testing.assert_array_equal(found.mean, np.float32([1, 2, 3]))
    np.testing.assert_allclose(found.components, [[1, 0], [0, 1], [0.1, 0]], rtol=1e-3)
    assert found.mean.dtype == found.components.dtype == np.float32


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": np.zeros(4), "components": np.zeros((3, 2))},
        {"mean": np.zeros(3), "components": np.zeros((4, 2))},
        {"mean": np.zeros(3), "components": np.zeros(3)},
        {"mean": np.zeros(3)},
        {"mean": np.full(3, np.nan), "components": np.zeros((3, 2))},
        {"mean": np.zeros(3), "components": np.full((3, 2), np.inf)},
        {"mean": np.array([None] * 3), "components": np.zeros((3, 2))},
    ],
)
def test_another_projection_is_refused(path, arrays):
    np.savez(path, **arrays)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_projection(path, 3)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04.", b"\x93NUMPY"])
def test_rubbish_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_projection(path, 3)


def test_a_missing_or_endless_file_is_refused(path, tmp_path):
    with pytest.raises(ModelError, match="missing"):
        load_projection(tmp_path / "none.npz", 3)
    with path.open("ab") as stream:
        stream.truncate(9 << 20)
    with pytest.raises(ModelError, match="damaged"):
        load_projection(path, 3)
