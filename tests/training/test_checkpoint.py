import keras
import numpy as np
import pytest

from accessctl.errors import ModelError, StoreError
from accessctl.training.checkpoint import (
    CHECKPOINT_NAME,
    Progress,
    load_checkpoint,
    save_checkpoint,
)

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def variables(*values):
    return [keras.Variable(np.array(value, np.float32)) for value in values]


def test_all_comes_back(tmp_path):
    save_checkpoint(tmp_path, variables([1, 2], 7, [[3.5]]), Progress(40, 12.5, 3))
    restored = variables([0, 0], 0, [[0]])
    assert load_checkpoint(tmp_path, restored) == Progress(40, 12.5, 3)
    assert [np.array(v).tolist() for v in restored] == [[1, 2], 7, [[3.5]]]


def test_more_variables_than_digits_keep_their_order(tmp_path):
    many = variables(*range(120))
    save_checkpoint(tmp_path, many, Progress())
    restored = variables(*[0] * 120)
    load_checkpoint(tmp_path, restored)
    assert [float(v) for v in restored] == list(range(120))


def test_an_old_checkpoint_survives_a_failed_write(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, variables(1), Progress(1))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        save_checkpoint(tmp_path, variables(2), Progress(2))
    assert load_checkpoint(tmp_path, variables(0)) == Progress(1)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half an archive", b"\x80\x04pickle"])
def test_damage_is_told(tmp_path, content):
    (tmp_path / CHECKPOINT_NAME).write_bytes(content)
    with pytest.raises(ModelError, match="Cannot read the checkpoint"):
        load_checkpoint(tmp_path, variables(0))


def test_another_shape_is_refused(tmp_path):
    save_checkpoint(tmp_path, variables([1, 2]), Progress())
    with pytest.raises(ModelError, match="another network"):
        load_checkpoint(tmp_path, variables([1, 2, 3]))
