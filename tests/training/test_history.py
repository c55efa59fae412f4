import pytest

from accessctl.errors import ModelError
from accessctl.training import history


def test_lines_come_back_and_no_number_is_null(tmp_path):
    history.append(tmp_path, {"round": 1, "loss": 0.5})
    history.append(tmp_path, {"round": 2, "loss": float("nan"), "collapsed": True})
    assert history.read(tmp_path) == [
        {"round": 1, "loss": 0.5},
        {"round": 2, "loss": None, "collapsed": True},
    ]


def test_nothing_told_yet(tmp_path):
    assert history.read(tmp_path) == []
    history.cut_back(tmp_path, 0)


def test_rounds_without_a_checkpoint_are_dropped(tmp_path):
    for number in (1, 2, 3):
        history.append(tmp_path, {"round": number})
    history.cut_back(tmp_path, 2)
    assert history.read(tmp_path) == [{"round": 1}, {"round": 2}]


def test_half_a_line_is_dropped(tmp_path):
    history.append(tmp_path, {"round": 0})
    path = tmp_path / history.NAME
    path.write_text(path.read_text() + '{"round": 1, "lo')
    history.cut_back(tmp_path, 0)
    assert history.read(tmp_path) == [{"round": 0}]


def test_damage_is_told(tmp_path):
    (tmp_path / history.NAME).write_text("no json\n")
    with pytest.raises(ModelError, match=r"history\.jsonl"):
        history.read(tmp_path)
