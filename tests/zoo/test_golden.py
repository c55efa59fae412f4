from pathlib import Path

import numpy as np
import pytest

from accessctl.encoder.card import load_card
from accessctl.errors import ModelError
from accessctl.zoo import dlib_network as network
from accessctl.zoo.dlib import DlibPlaces
from accessctl.zoo.dlib_network import parse
from accessctl.zoo.golden import check_against_golden, read_golden

PLACES = DlibPlaces(Path(__file__).resolve().parents[2] / "models")


@pytest.fixture(scope="module")
def card():
    return load_card(PLACES.encoder)


@pytest.fixture(scope="module")
def model():
    model = network.build()
    network.load_weights(model, parse(PLACES.weights.read_bytes()))
    return model


@pytest.fixture(scope="module")
def known():
    return read_golden(PLACES.golden, "descriptors")


def test_dlibs_weights_give_dlibs_descriptors(model, card, known):
    check_against_golden(model, card, *known, "dlib")


def test_a_slightly_wrong_network_is_refused(model, card, known):
    chips, descriptors = known
    descriptors = descriptors.copy()
    descriptors[1, 7] += 2e-4
    with pytest.raises(ModelError, match=r"differs from dlib by 0\.0002"):
        check_against_golden(model, card, chips, descriptors, "dlib")


def test_a_network_that_gives_no_numbers_is_refused(card, known):
    broken = network.build()
    for layer in broken.layers:
        layer.set_weights([np.full_like(w, np.nan) for w in layer.get_weights()])
    with pytest.raises(ModelError, match="differs from dlib by nan"):
        check_against_golden(broken, card, *known, "dlib")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x80\x04."])
def test_known_descriptors_that_cannot_be_read_are_said(tmp_path, content):
    (tmp_path / "golden.npz").write_bytes(content)
    with pytest.raises(ModelError, match="known descriptors"):
        read_golden(tmp_path / "golden.npz", "descriptors")


def test_known_descriptors_of_another_kind_are_said():
    with pytest.raises(ModelError, match="known descriptors"):
        read_golden(PLACES.golden, "features")
