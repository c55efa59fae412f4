import pytest

from accessctl.errors import ModelError
from accessctl.training.history import HISTORY_NAME, append_history, cut_history, read_history


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
