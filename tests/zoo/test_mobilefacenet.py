from accessctl.encoder.card import load_card
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.mobilefacenet import MobileFaceNetPlaces


def test_the_card_names_the_files_that_are_built(models):
    card, places = load_card(models / "mobilefacenet"), MobileFaceNetPlaces(models)
    files = (card.network.keras, card.network.litert.float16)
    assert [card.path(file).resolve() for file in files] == [p.resolve() for p in places.artefacts]
    assert card.network.litert.int8 is None
    assert card.sums_path.resolve() == places.sums.resolve()


def test_the_encoder_is_made_from_the_one_file_that_is_fetched(models):
    places = MobileFaceNetPlaces(models)
    [archive] = load_manifest(models).mobilefacenet
    [member] = archive.members
    assert places.sources == (models / "cache" / member.destination,)
    assert load_card(places.encoder).fingerprint == member.sha256
