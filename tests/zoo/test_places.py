import dataclasses
import hashlib
from dataclasses import dataclass
from typing import ClassVar

import pytest

from accessctl.errors import ModelError
from accessctl.zoo.build import write_built
from accessctl.zoo.places import EncoderPlaces, provide, run_build


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
