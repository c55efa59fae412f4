import dataclasses
import hashlib
import shutil
from dataclasses import dataclass
from typing import ClassVar

import pytest

from accessctl.encoder.card import load_card, read_sums
from accessctl.errors import ModelError
from accessctl.zoo.build import write_built
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.places import (
    DlibPlaces,
    EncoderPlaces,
    FaceresPlaces,
    MobileFaceNetPlaces,
    fingerprint,
    provide,
    run_build,
)


@dataclass(frozen=True, slots=True)
class Places(EncoderPlaces):
    NAME: ClassVar[str] = "some"
    BUILDER: ClassVar[str] = "timeit"

    @property
    def sources(self):
        return (self.cache / "weights",)


@pytest.fixture
def places(tmp_path):
    places = Places(tmp_path)
    places.cache.mkdir(parents=True)
    (places.cache / "weights").write_bytes(b"weights")
    return places


class FakeBuild:
    def __init__(self):
        self.runs = []

    def __call__(self, places):
        self.runs.append(places)
        write_built({p: p.name.encode() for p in places.artefacts}, places.sources, places.sums)


@pytest.fixture
def build():
    return FakeBuild()


def states(places, build):
    lines = []
    reports = list(provide(places, announce=lines.append, build=build))
    assert [report.path for report in reports] == list(places.artefacts)
    return {report.state for report in reports}, lines


def test_an_encoder_lies_in_a_folder_of_its_name_and_its_files_in_the_cache(tmp_path):
    places = Places(tmp_path)
    assert places.golden == tmp_path / "some/golden.npz"
    cache = tmp_path / "cache/some"
    assert places.artefacts == (cache / "encoder.keras", cache / "encoder_float16.tflite")
    assert places.sums == cache / "SHA256SUMS"


def test_missing_files_are_built_once(places, build):
    assert states(places, build) == (
        {"built"},
        ["rebuilding the encoder in Keras and exporting it to LiteRT"],
    )
    assert states(places, build) == ({"present"}, [])
    assert build.runs == [places]


@pytest.mark.parametrize("name", ["encoder.keras", "encoder_float16.tflite", "SHA256SUMS"])
def test_an_altered_or_missing_file_is_built_again(places, build, name):
    states(places, build)
    (places.cache / name).write_bytes(b"altered")
    assert states(places, build)[0] == {"built"}
    (places.cache / name).unlink()
    assert states(places, build)[0] == {"built"}
    assert len(build.runs) == 3


def test_other_weights_are_built_from(places, build):
    states(places, build)
    (places.cache / "weights").write_bytes(b"others")
    assert states(places, build)[0] == {"built"}
    assert hashlib.sha256(b"others").hexdigest() in places.sums.read_text()
    assert states(places, build)[0] == {"present"}


def test_a_failed_build_is_passed_on(places):
    def broken(places):
        raise ModelError("no.")

    with pytest.raises(ModelError, match="no"):
        list(provide(places, announce=print, build=broken))


def test_the_builder_is_told_the_folder_of_models(places, monkeypatch):
    calls = []
    monkeypatch.setattr("accessctl.zoo.places.run_module", lambda *call: calls.append(call))
    run_build(places)
    assert calls == [("timeit", str(places.models), str(places.models))]


def test_the_builder_is_told_whose_cache_is_filled(places, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr("accessctl.zoo.places.run_module", lambda *call: calls.append(call))
    elsewhere = dataclasses.replace(places, filled=tmp_path / "mine")
    run_build(elsewhere)
    assert calls == [("timeit", str(places.models), str(tmp_path / "mine"))]
    assert elsewhere.cache.parent == tmp_path / "mine" / "cache"


def test_without_tensorflow_a_pack_is_offered(places, monkeypatch):
    monkeypatch.setattr("accessctl.zoo.places.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="accessctl models unpack FILE"):
        run_build(places)


@pytest.fixture
def dlib_places(tmp_path):
    dlib_places = DlibPlaces(tmp_path)
    dlib_places.cache.mkdir(parents=True)
    dlib_places.weights.write_bytes(b"weights")
    return dlib_places


def test_the_card_of_dlib_names_the_files_that_are_built(models):
    card, dlib_places = load_card(models / "dlib"), DlibPlaces(models)
    files = (card.network.keras, card.network.litert.int8, card.network.litert.float16)
    assert [card.path(file).resolve() for file in files] == [
        p.resolve() for p in dlib_places.artefacts
    ]
    assert card.sums_path.resolve() == dlib_places.sums.resolve()


def test_all_three_files_are_provided(dlib_places):
    reports = list(provide(dlib_places, announce=print, build=lambda dlib_places: None))
    assert [report.path.name for report in reports] == [
        "encoder.keras",
        "encoder_int8.tflite",
        "encoder_float16.tflite",
    ]


def test_the_real_build_makes_files_that_match_their_sums(dlib_places, models):
    shutil.copytree(models / "dlib", dlib_places.encoder)
    shutil.copy(DlibPlaces(models).weights, dlib_places.weights)
    run_build(dlib_places)
    sums = read_sums(dlib_places.sums)
    for path in (dlib_places.weights, *dlib_places.artefacts):
        assert sums[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def faceres_places(tmp_path):
    faceres_places = FaceresPlaces(tmp_path)
    faceres_places.cache.mkdir(parents=True)
    faceres_places.encoder.mkdir()
    for path in faceres_places.sources:
        path.write_bytes(path.name.encode())
    return faceres_places


def test_the_fingerprint_is_that_of_all_sources(faceres_places):
    digests = [hashlib.sha256(path.name.encode()).hexdigest() for path in faceres_places.sources]
    expected = hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
    assert fingerprint(faceres_places) == expected
    before = {expected}
    for path in faceres_places.sources:
        path.write_bytes(b"other")
        before.add(fingerprint(faceres_places))
    assert len(before) == 4


def test_the_encoder_is_built_once_and_again_when_its_projection_changes(faceres_places):
    runs = []

    def build(given):
        runs.append(given)
        write_built(dict.fromkeys(given.artefacts, b"built"), given.sources, given.sums)

    def states():
        reports = provide(faceres_places, announce=lambda line: None, build=build)
        return [(report.path, report.state) for report in reports]

    assert states() == [(path, "built") for path in faceres_places.artefacts]
    assert states() == [(path, "present") for path in faceres_places.artefacts]
    faceres_places.projection.write_bytes(b"another")
    assert states() == [(path, "built") for path in faceres_places.artefacts]
    assert runs == [faceres_places, faceres_places]


def test_the_card_of_faceres_names_the_files_that_are_built(models):
    card, faceres_places = load_card(models / "faceres"), FaceresPlaces(models)
    assert card.path(card.network.keras).resolve() == faceres_places.keras.resolve()
    assert card.path(card.network.litert.float16).resolve() == faceres_places.float16.resolve()
    assert card.sums_path.resolve() == faceres_places.sums.resolve()


def test_the_card_of_mobilefacenet_names_the_files_that_are_built(models):
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
