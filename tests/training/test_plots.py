import matplotlib.image
import pytest

from accessctl.training.plots import losses_in, plot_history

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
