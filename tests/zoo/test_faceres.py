import hashlib

import pytest

from accessctl.encoder.card import load_card
from accessctl.zoo.build import write_built
from accessctl.zoo.faceres import FaceresPlaces, fingerprint
from accessctl.zoo.places import provide


@pytest.fixture
def places(tmp_path):
    places = FaceresPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    places.encoder.mkdir()
    for path in places.sources:
        path.write_bytes(path.name.encode())
    return places


def test_the_fingerprint_is_that_of_all_sources(places):
    digests = [hashlib.sha256(path.name.encode()).hexdigest() for path in places.sources]
    expected = hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
    assert fingerprint(places) == expected
    before = {expected}
    for path in places.sources:
        path.write_bytes(b"other")
        before.add(fingerprint(places))
    assert len(before) == 4


def test_the_encoder_is_built_once_and_again_when_its_projection_changes(places):
    runs = []

    def build(given):
        runs.append(given)
        write_built(dict.fromkeys(given.artefacts, b"built"), given.sources, given.sums)

    def states():
        reports = provide(places, announce=lambda line: None, build=build)
        return [(report.path, report.state) for report in reports]

    assert states() == [(path, "built") for path in places.artefacts]
    assert states() == [(path, "present") for path in places.artefacts]
    places.projection.write_bytes(b"another")
    assert states() == [(path, "built") for path in places.artefacts]
    assert runs == [places, places]


def test_the_card_names_the_files_that_are_built(models):
    card, places = load_card(models / "faceres"), FaceresPlaces(models)
    assert card.path(card.network.keras).resolve() == places.keras.resolve()
    assert card.path(card.network.litert.float16).resolve() == places.float16.resolve()
    assert card.sums_path.resolve() == places.sums.resolve()
