import keras
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.encoder.card import load_card
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.imprint import imprint
from accessctl.training.losses.cosface import CosFace
from accessctl.training.losses.identity import IdentityLoss
from accessctl.training.losses.triplet import Triplet
from accessctl.training.scores import unit_rows
from accessctl.training.settings import LossSetting, Settings
from accessctl.training.setup import set_up
from accessctl.training.validation import embed

# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def settings(shapes, tiny_encoder, **changes):
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
        chosen = settings(shapes, tiny_encoder, **changes)
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
