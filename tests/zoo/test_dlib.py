import hashlib
import shutil

import pytest

from accessctl.encoder.card import load_card, read_sums
from accessctl.zoo.dlib import DlibPlaces
from accessctl.zoo.places import provide, run_build


@pytest.fixture
def places(tmp_path):
    places = DlibPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    places.weights.write_bytes(b"weights")
    return places


def test_the_card_names_the_files_that_are_built(models):
    card, places = load_card(models / "dlib"), DlibPlaces(models)
    files = (card.network.keras, card.network.litert.int8, card.network.litert.float16)
    assert [card.path(file).resolve() for file in files] == [p.resolve() for p in places.artefacts]
    assert card.sums_path.resolve() == places.sums.resolve()


def test_all_three_files_are_provided(places):
    reports = list(provide(places, announce=print, build=lambda places: None))
    assert [report.path.name for report in reports] == [
        "encoder.keras",
        "encoder_int8.tflite",
        "encoder_float16.tflite",
    ]


def test_the_real_build_makes_files_that_match_their_sums(places, models):
    shutil.copytree(models / "dlib", places.encoder)
    shutil.copy(DlibPlaces(models).weights, places.weights)
    run_build(places)
    sums = read_sums(places.sums)
    for path in (places.weights, *places.artefacts):
        assert sums[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
