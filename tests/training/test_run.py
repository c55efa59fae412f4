import logging
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.errors import ModelError
from accessctl.training import settings
from accessctl.training.history import HISTORY_NAME, read_history
from accessctl.training.run import averaged, measured, train
from accessctl.training.settings import LossSetting, Settings
from accessctl.training.setup import set_up

# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def begin(shapes, tiny_encoder, tmp_path):
    def make(name="run", loss="triplet", **changes):
        options = {
            "data": shapes,
            "aligned": True,
            "init": tiny_encoder,
            "losses": (LossSetting(name=loss),),
            "augment": "none",
            "batch": 24,
            "held_out": 22,
            "epochs": 2.0,
            "round_steps": 6,
            "rate": 2e-3,
            "ema": 0.9,
        } | changes
        chosen = Settings(**options)
        folder = tmp_path / name
        settings.write(folder, chosen)
        return set_up(folder, chosen, VisionConfig())

    return make


def test_learns_shapes_it_was_never_shown(begin):
    run = begin(epochs=30.0, round_steps=1000, augment="light")
    before = measured(run)["one_shot_20"]
    train(run)
    after = read_history(run.folder)[-1]["val_one_shot_20"]
    assert after > 0.7  # chance: 0.05
    assert after > before + 0.2


# Trains in a process of its own that is killed in the middle of its third round.
KILLED = """
import os, signal, sys
from pathlib import Path
from accessctl.config import VisionConfig
from accessctl.training import settings
from accessctl.training.run import train
from accessctl.training.setup import set_up

folder = Path(sys.argv[1])
run = set_up(folder, settings.read(folder), VisionConfig())
asked = []

def now():
    asked.extend([1] * (run.progress.rounds == 2))
    if len(asked) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0

train(run, now)
"""


def told(run):
    """The history but for what depends on the clock."""
    clock = ("minutes", "images_per_s")
    return [
        {key: value for key, value in line.items() if key not in clock}
        for line in read_history(run.folder)
    ]


def test_a_killed_run_goes_on_to_the_same_end(begin):
    whole = begin("whole")
    train(whole)
    folder = begin("killed").folder
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(read_history(folder)) == 3
    again = begin("killed")
    assert again.progress.rounds == 2
    train(again)
    assert len(told(whole)) == 5
    assert told(again) == told(whole)
    for ours, theirs in zip(again.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))


def test_a_half_written_line_is_run_again(begin):
    run = begin(epochs=1.0)
    train(run)
    path = run.folder / HISTORY_NAME
    path.write_text(path.read_text() + '{"round": 99, "st')
    again = begin(epochs=1.0)
    assert [line["round"] for line in read_history(again.folder)] == [0, 1, 2]


def test_a_checkpoint_of_another_network_is_refused(begin):
    train(begin(epochs=0.1))
    with pytest.raises(ModelError, match="another network or other losses"):
        begin(epochs=0.1, outputs=8)


def test_collapse_is_told(begin, caplog):
    run = begin(epochs=0.3)
    *_, bias = run.model.network.layers[-1].variables
    for variable in run.model.network.variables:
        variable.assign(0 * variable)
    bias.assign(bias + 1)
    with caplog.at_level(logging.WARNING):
        train(run)
    assert "collapsed" in caplog.text
    line = read_history(run.folder)[-1]
    assert line["collapsed"] is True
    assert line["triplet"] == pytest.approx(0.2)


def test_a_frozen_backbone_keeps_its_weights(begin):
    run = begin(epochs=0.3, freeze="backbone")
    before = [np.array(variable) for variable in run.model.network.variables]
    train(run)
    changed = [
        not np.array_equal(old, np.array(new))
        for old, new in zip(before, run.model.network.variables, strict=True)
    ]
    assert changed == [False] * 4 + [True, True]


def test_few_people_are_trained_on_and_the_same_strangers_held_out(begin):
    every, few = begin("every"), begin("few", people=5, seen=2)
    assert len(np.unique(few.data.faces.person)) == 5
    assert set(few.data.faces.person.tolist()) < set(every.data.faces.person.tolist())
    assert set(few.data.seen.person.tolist()) < set(few.data.faces.person.tolist())
    np.testing.assert_array_equal(few.data.validation.person, every.data.validation.person)


def test_the_clock_ends_a_run(begin):
    ticks = iter(range(10_000))
    run = begin(epochs=None, minutes=0.5)
    train(run, lambda: float(next(ticks)))
    assert run.progress.seconds >= 30
    assert 1 <= run.progress.step < 30


def test_the_average_of_weights_is_what_is_measured(begin):
    run = begin(epochs=0.3)
    train(run)
    network = run.model.network
    before = np.array(network.layers[-1].kernel)
    with averaged(run):
        inside = np.array(network.layers[-1].kernel)
    np.testing.assert_array_equal(before, np.array(network.layers[-1].kernel))
    np.testing.assert_array_equal(inside, np.array(run.optimiser.averages[-2]))
    assert not np.array_equal(inside, before)


def test_a_handful_of_photos_is_enough_to_train_a_head(begin, shapes, tmp_path, caplog):
    few = tmp_path / "few"
    for person in ("person00", "person01", "person02"):
        shutil.copytree(shapes / person, few / person)
    run = begin(data=few, loss="siamese", freeze="backbone", batch=8, epochs=None, steps=2)
    train(run)
    assert "Fewer than two people are held out" in caplog.text
    last = read_history(run.folder)[-1]
    assert last["step"] == 2
    assert not [name for name in last if name.startswith("val_")]
