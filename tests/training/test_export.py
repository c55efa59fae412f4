import datetime
import hashlib

import numpy as np
import pytest

from accessctl.config import EncoderConfig, VisionConfig
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.errors import InputError
from accessctl.training import settings
from accessctl.training.augment import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.export import CardLabel, export, fingerprint
from accessctl.training.network import load_network
from accessctl.training.run import averaged, set_up, train
from accessctl.training.settings import LossSetting, Settings
from accessctl.training.validation import embed

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
LABEL = CardLabel("shapes", "1", datetime.date(2024, 2, 29), "drawn polygons", "none")


@pytest.fixture(scope="module")
def run(tmp_path_factory, shapes, tiny_encoder):
    folder = tmp_path_factory.mktemp("run")
    chosen = Settings(
        data=shapes,
        aligned=True,
        init=tiny_encoder,
        losses=(LossSetting(name="cosface", weight=0.5),),
        held_out=20,
        steps=3,
        batch=16,
        mixed=True,
    )
    settings.write(folder, chosen)
    made = set_up(folder, chosen, VisionConfig())
    train(made)
    return made


def test_the_exported_encoder_is_the_averaged_network(run, tmp_path):
    card = export(run, tmp_path, LABEL, ["int8", "float16", "keras"])
    assert load_card(tmp_path) == card
    crops = plain_crops(run.data.faces.select(np.arange(5)), Augmentation(card.crop_geometry))
    with averaged(run):
        raw = embed(run.model.network, card, crops)
    expected = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    encoder = load_encoder(EncoderConfig(folder=tmp_path, device="cpu", flip_average=False))
    cosines = (encoder.embed(crops) * expected).sum(axis=1)
    assert cosines.min() > 0.99


def test_the_card_says_where_it_comes_from(run, tmp_path):
    card = export(run, tmp_path, LABEL, ["float16"])
    assert card.files.litert.float16 == "encoder_float16.tflite"
    assert card.files.keras is None
    assert card.dimension == 16
    assert "warm start from tiny 1" in card.origin
    assert "0.5 x cosface" in card.origin
    assert card.results["held_out"]["people"] == 20
    sums = (tmp_path / "SHA256SUMS").read_text().split()
    data = (tmp_path / "encoder_float16.tflite").read_bytes()
    assert sums == [hashlib.sha256(data).hexdigest(), "encoder_float16.tflite"]


def test_training_can_go_on_from_an_export(run, tmp_path, shapes):
    card = export(run, tmp_path / "encoder", LABEL, ["keras"])
    chosen = run.settings.model_copy(update={"init": tmp_path / "encoder", "mixed": False})
    settings.write(tmp_path / "next", chosen)
    again = set_up(tmp_path / "next", chosen, VisionConfig())
    assert fingerprint(again.model.network) == card.fingerprint
    with averaged(run):
        for kept, exact in zip(
            again.model.network.get_weights(), run.model.network.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(kept, exact.astype(np.float16).astype(np.float32))


def test_part_of_the_way_from_the_start(run, tmp_path):
    start = load_network(load_card(run.settings.init)).get_weights()
    averages = run.optimiser.averages
    kept = [np.array(average) for average in averages]
    for average in averages:
        average.assign(average + 0.5)
    card = export(run, tmp_path, LABEL, ["keras"], share=0.25)
    for average, value in zip(averages, kept, strict=True):
        average.assign(value)
    found = load_network(load_card(tmp_path)).get_weights()
    # The three steps of the fixture move a weight by less than 0.01; a quarter of 0.5 shows.
    for old, mixed in zip(start, found, strict=True):
        np.testing.assert_allclose(mixed, old + 0.125, atol=0.004)
    assert "0.25 of the way" in card.origin


@pytest.mark.parametrize("outputs", [5, 16])
def test_a_network_with_another_head_cannot_go_back(run, tmp_path, outputs):
    # One of 16 values is shaped like the old one, and means something else.
    folder = tmp_path / "run"
    chosen = run.settings.model_copy(update={"outputs": outputs})
    settings.write(folder, chosen)
    other = set_up(folder, chosen, VisionConfig())
    with pytest.raises(InputError, match="without --share"):
        export(other, tmp_path / "encoder", LABEL, ["keras"], share=0.5)
    assert not (tmp_path / "encoder").exists()
