import keras
import matplotlib.image
import numpy as np
import pytest

from accessctl.errors import ModelError, StoreError
from accessctl.training.run_folder import (
    CHECKPOINT_NAME,
    HISTORY_NAME,
    Progress,
    append_history,
    cut_history,
    load_checkpoint,
    losses_in,
    plot_history,
    read_history,
    save_checkpoint,
)


def test_lines_come_back_and_no_number_is_null(tmp_path):
    append_history(tmp_path, {"round": 1, "loss": 0.5})
    append_history(tmp_path, {"round": 2, "loss": float("nan"), "collapsed": True})
    assert read_history(tmp_path) == [
        {"round": 1, "loss": 0.5},
        {"round": 2, "loss": None, "collapsed": True},
    ]


def test_nothing_told_yet(tmp_path):
    assert read_history(tmp_path) == []
    cut_history(tmp_path, 0)


def test_rounds_without_a_checkpoint_are_dropped(tmp_path):
    for number in (1, 2, 3):
        append_history(tmp_path, {"round": number})
    cut_history(tmp_path, 2)
    assert read_history(tmp_path) == [{"round": 1}, {"round": 2}]


def test_half_a_line_is_dropped(tmp_path):
    append_history(tmp_path, {"round": 0})
    path = tmp_path / HISTORY_NAME
    path.write_text(path.read_text() + '{"round": 1, "lo')
    cut_history(tmp_path, 0)
    assert read_history(tmp_path) == [{"round": 0}]


def test_damage_is_told(tmp_path):
    (tmp_path / HISTORY_NAME).write_text("no json\n")
    with pytest.raises(ModelError, match=r"history\.jsonl"):
        read_history(tmp_path)


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
def test_a_damaged_checkpoint_is_told(tmp_path, content):
    (tmp_path / CHECKPOINT_NAME).write_bytes(content)
    with pytest.raises(ModelError, match="Cannot read the checkpoint"):
        load_checkpoint(tmp_path, variables(0))


def test_another_shape_is_refused(tmp_path):
    save_checkpoint(tmp_path, variables([1, 2]), Progress())
    with pytest.raises(ModelError, match="another network"):
        load_checkpoint(tmp_path, variables([1, 2, 3]))


LINES = [
    {
        "round": i,
        "step": 10 * i,
        "epoch": i / 2,
        "minutes": i,
        "images_per_s": 20.0,
        "rate": 1e-4,
        "collapsed": False,
        "spread": 0.4,
        "loss": 1 / i,
        "triplet": 1 / i,
        "val_one_shot_20": 1 - 1 / i if i != 2 else None,
        "val_seen_one_shot_20": 1 - 0.5 / i,
    }
    for i in (1, 2, 3)
]
BEFORE = {"round": 0, "step": 0, "epoch": 0.0, "val_one_shot_20": 0.1}


def test_a_picture_is_drawn(tmp_path):
    path = plot_history([BEFORE, *LINES], tmp_path)
    picture = matplotlib.image.imread(path)
    assert picture.shape[1] > 1000
    assert picture[..., :3].std() > 0.01


def test_nothing_told_nothing_drawn(tmp_path):
    assert plot_history([], tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "names"), [({}, ["triplet"]), ({"cosine": 0.5}, ["loss", "triplet", "cosine"])]
)
def test_the_total_is_shown_when_there_are_several(more, names):
    assert losses_in([BEFORE, LINES[0] | more]) == names
