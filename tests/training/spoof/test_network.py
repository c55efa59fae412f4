from dataclasses import replace

import keras
import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.errors import ModelError, StoreError
from accessctl.liveness.texture_card import crops
from accessctl.liveness.texture_network import TextureNetwork
from accessctl.training.spoof.fit import stacked
from accessctl.training.spoof.network import (
    LIVING_CLASS,
    WIDTHS,
    CardFacts,
    answering,
    build_network,
    export,
)
from accessctl.training.spoof.samples import REACHES, SAMPLING, SIZE


def test_its_outputs_are_what_is_asked_of_it() -> None:
    network = build_network((4, 6), reaches=2)
    assert network.input_shape == (None, 80, 80, 6)
    assert {name: output.shape for name, output in network.output.items()} == {
        "living": (None, 1),
        "says": (None, 2, 3),
        "holds": (None, 2, 128),
    }


def test_it_answers_with_the_mean_of_what_the_teachers_would_say_of_every_cut() -> None:
    network = build_network((4, 6), reaches=3)
    exported = answering(network)
    assert exported.output_shape == (None, 3)
    crops = np.random.default_rng(0).random((1, 80, 80, 9), np.float32)
    powers = np.exp(np.asarray(network(crops, training=False)["says"])[0])
    wanted = (powers / powers.sum(axis=1, keepdims=True)).mean(axis=0)
    (answer,) = np.asarray(exported(crops, training=False))
    np.testing.assert_allclose(answer, wanted, atol=1e-6)
    assert answer.sum() == pytest.approx(1, abs=1e-5)
    for cut in range(3):
        changed = crops.copy()
        changed[..., 3 * cut : 3 * cut + 3] = 0
        (other,) = np.asarray(exported(changed, training=False))
        assert other[LIVING_CLASS] != answer[LIVING_CLASS]


def test_the_shipped_size_fits_the_limit() -> None:
    # Two bytes a weight; the exported file may have two megabytes.
    assert 2 * answering(build_network(WIDTHS)).count_params() < 2_000_000


TOLD = CardFacts(
    version="7",
    data={"samples": 12, "fitted_on": {"lfw": 10, "film": 2}},
    measured={"auc": 0.75, "apcer_paper": 0.1},
    fitted_films=["L01", "L02"],
    confirm=0.8,
    doubt=0.2,
)


def network():
    """Untrained, but not without an opinion: its answers lie far apart."""
    keras.utils.set_random_seed(1)
    made = build_network((6,))
    (said,) = [
        one for one in made.layers if one.output.shape == (None, 6) and one.name.startswith("dense")
    ]
    # Drawn here and not by Keras, whose chance depends on the tests before.
    wide = np.random.default_rng(1).normal(0, 30, said.get_weights()[0].shape)
    said.set_weights([wide, np.zeros(6)])
    return made


def test_the_door_loads_what_is_exported_and_hears_the_same(tmp_path) -> None:
    fitted = network()
    folder = tmp_path / "models" / "texture"
    card = export(fitted, folder, TOLD)
    opened = TextureNetwork.open(folder)
    assert opened.card == card
    assert card.path.stat().st_size == len(card.content())
    assert (opened.confirm, opened.doubt, card.version) == (0.8, 0.2, "7")
    assert card.data == TOLD.data
    assert card.measured == TOLD.measured
    assert card.fitted_films == ("L01", "L02")
    assert card.input.reaches == REACHES
    assert "none of their weights" in card.origin
    assert "non-commercial" in card.licence
    rng = np.random.default_rng(0)
    exported = answering(fitted)
    answers = []
    for seed in range(6):
        shade = rng.integers(0, 256, 3)
        image = np.clip(shade + rng.normal(0, 10 + 10 * seed, (150, 160, 3)), 0, 255)
        image = image.astype(np.uint8)
        box = Box(40 + 5 * seed, 45, 50, 60)
        cut = crops(image, box, REACHES, SIZE, SAMPLING)
        (wanted,) = np.asarray(exported(stacked(cut[None]), training=False))
        answers.append(opened.score(image, box))
        # The weights were rounded to 16 bits.
        assert answers[-1] == pytest.approx(float(wanted[LIVING_CLASS]), abs=0.01)
    assert np.ptp(answers) > 0.1


def test_a_network_that_is_too_large_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"takes 2\.0 MB; a texture network may take 2"):
        export(network(), tmp_path / "texture", TOLD, lambda model, precision: bytes(2_000_001))
    assert not (tmp_path / "texture").exists()


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path) -> None:
    (tmp_path / "texture").write_text("a file is in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        export(
            *(network(), tmp_path / "texture", replace(TOLD, version="1")),
            lambda model, precision: b"a network",
        )
