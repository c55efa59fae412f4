import logging
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.encoder.card import load_card
from accessctl.errors import ModelError
from accessctl.training import settings
from accessctl.training.augment import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.losses.identity import CosFace, IdentityLoss
from accessctl.training.losses.pairs import Triplet
from accessctl.training.run import averaged, imprint, measured, set_up, train
from accessctl.training.run_folder import HISTORY_NAME, read_history
from accessctl.training.settings import LossSetting, Settings
from accessctl.training.validation import embed, unit_rows

# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def chosen_settings(shapes, tiny_encoder, **changes):
    options = {
        "data": shapes,
        "aligned": True,
        "init": tiny_encoder,
        "losses": (LossSetting(name="cosface"),),
        "augment": "none",
        "batch": 24,
        "held_out": 22,
        "epochs": 1.0,
    } | changes
    return Settings(**options)


@pytest.fixture
def begin(shapes, tiny_encoder, tmp_path):
    def make(name="run", **changes):
        chosen = chosen_settings(shapes, tiny_encoder, **changes)
        (tmp_path / name).mkdir()
        return set_up(tmp_path / name, chosen, VisionConfig())

    return make


def first_loss(run) -> float:
    crops, targets = run.batches(0, 1)[0]
    return float(run.model.loss_layers[0](run.model(crops), targets))


def test_the_network_knows_its_people_from_the_start(begin):
    random = first_loss(begin("random", centres_start="random"))
    assert first_loss(begin()) < 0.8 * random


def test_only_faces_with_a_name_count(begin, tiny_encoder):
    run, card = begin(), load_card(tiny_encoder)
    faces, network = run.data.faces, run.model.network
    own = np.flatnonzero(faces.person == faces.person[0])
    some = faces.select(np.concatenate([own[:2], np.flatnonzero(faces.person != faces.person[0])]))
    some.person[2:] = -1
    loss = IdentityLoss(CosFace(), faces.person, faces.family, 16)
    imprint([Triplet("random", 0.2, name="triplet"), loss], network, some, card, seed=1)
    crops = plain_crops(some.select(np.arange(2)), Augmentation(card.crop_geometry, "none"))
    mean = unit_rows(unit_rows(embed(network, card, crops)).mean(axis=0)[None])[0]
    centre = np.array(keras.ops.convert_to_numpy(loss.people))[0]
    np.testing.assert_allclose(centre / np.linalg.norm(centre), mean, atol=1e-5)


@pytest.fixture
def begin_triplets(shapes, tiny_encoder, tmp_path):
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


def test_learns_shapes_it_was_never_shown(begin_triplets):
    run = begin_triplets(epochs=30.0, round_steps=1000, augment="light")
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
from accessctl.training.run import set_up

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


def test_a_killed_run_goes_on_to_the_same_end(begin_triplets):
    whole = begin_triplets("whole")
    train(whole)
    folder = begin_triplets("killed").folder
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(read_history(folder)) == 3
    again = begin_triplets("killed")
    assert again.progress.rounds == 2
    train(again)
    assert len(told(whole)) == 5
    assert told(again) == told(whole)
    for ours, theirs in zip(again.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))


def test_a_half_written_line_is_run_again(begin_triplets):
    run = begin_triplets(epochs=1.0)
    train(run)
    path = run.folder / HISTORY_NAME
    path.write_text(path.read_text() + '{"round": 99, "st')
    again = begin_triplets(epochs=1.0)
    assert [line["round"] for line in read_history(again.folder)] == [0, 1, 2]


def test_a_checkpoint_of_another_network_is_refused(begin_triplets):
    train(begin_triplets(epochs=0.1))
    with pytest.raises(ModelError, match="another network or other losses"):
        begin_triplets(epochs=0.1, outputs=8)


def test_collapse_is_told(begin_triplets, caplog):
    run = begin_triplets(epochs=0.3)
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


def test_a_frozen_backbone_keeps_its_weights(begin_triplets):
    run = begin_triplets(epochs=0.3, freeze="backbone")
    before = [np.array(variable) for variable in run.model.network.variables]
    train(run)
    changed = [
        not np.array_equal(old, np.array(new))
        for old, new in zip(before, run.model.network.variables, strict=True)
    ]
    assert changed == [False] * 4 + [True, True]


def test_few_people_are_trained_on_and_the_same_strangers_held_out(begin_triplets):
    every, few = begin_triplets("every"), begin_triplets("few", people=5, seen=2)
    assert len(np.unique(few.data.faces.person)) == 5
    assert set(few.data.faces.person.tolist()) < set(every.data.faces.person.tolist())
    assert set(few.data.seen.person.tolist()) < set(few.data.faces.person.tolist())
    np.testing.assert_array_equal(few.data.validation.person, every.data.validation.person)


def test_the_clock_ends_a_run(begin_triplets):
    ticks = iter(range(10_000))
    run = begin_triplets(epochs=None, minutes=0.5)
    train(run, lambda: float(next(ticks)))
    assert run.progress.seconds >= 30
    assert 1 <= run.progress.step < 30


def test_the_average_of_weights_is_what_is_measured(begin_triplets):
    run = begin_triplets(epochs=0.3)
    train(run)
    network = run.model.network
    before = np.array(network.layers[-1].kernel)
    with averaged(run):
        inside = np.array(network.layers[-1].kernel)
    np.testing.assert_array_equal(before, np.array(network.layers[-1].kernel))
    np.testing.assert_array_equal(inside, np.array(run.optimiser.averages[-2]))
    assert not np.array_equal(inside, before)


def test_a_handful_of_photos_is_enough_to_train_a_head(begin_triplets, shapes, tmp_path, caplog):
    few = tmp_path / "few"
    for person in ("person00", "person01", "person02"):
        shutil.copytree(shapes / person, few / person)
    run = begin_triplets(data=few, loss="siamese", freeze="backbone", batch=8, epochs=None, steps=2)
    train(run)
    assert "Fewer than two people are held out" in caplog.text
    last = read_history(run.folder)[-1]
    assert last["step"] == 2
    assert not [name for name in last if name.startswith("val_")]
