import keras
import numpy as np
import pytest

from accessctl.errors import ModelError
from accessctl.training import checkpoint
from accessctl.training.checkpoint import Progress

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def variables(*values):
    return [keras.Variable(np.array(value, np.float32)) for value in values]


def test_all_comes_back(tmp_path):
    checkpoint.save(tmp_path, variables([1, 2], 7, [[3.5]]), Progress(40, 12.5, 3))
    restored = variables([0, 0], 0, [[0]])
    assert checkpoint.load(tmp_path, restored) == Progress(40, 12.5, 3)
    assert [np.array(v).tolist() for v in restored] == [[1, 2], 7, [[3.5]]]


def test_more_variables_than_digits_keep_their_order(tmp_path):
    many = variables(*range(120))
    checkpoint.save(tmp_path, many, Progress())
    restored = variables(*[0] * 120)
    checkpoint.load(tmp_path, restored)
    assert [float(v) for v in restored] == list(range(120))


def test_an_old_checkpoint_survives_a_failed_write(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, variables(1), Progress(1))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(checkpoint.StoreError, match="No space left"):
        checkpoint.save(tmp_path, variables(2), Progress(2))
    assert checkpoint.load(tmp_path, variables(0)) == Progress(1)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half an archive", b"\x80\x04pickle"])
def test_damage_is_told(tmp_path, content):
    (tmp_path / checkpoint.NAME).write_bytes(content)
    with pytest.raises(ModelError, match="Cannot read the checkpoint"):
        checkpoint.load(tmp_path, variables(0))


def test_another_shape_is_refused(tmp_path):
    checkpoint.save(tmp_path, variables([1, 2]), Progress())
    with pytest.raises(ModelError, match="another network"):
        checkpoint.load(tmp_path, variables([1, 2, 3]))
