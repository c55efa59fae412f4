import hashlib
import shutil
from pathlib import Path

import pytest

from accessctl.encoder.artefacts import format_sums, read_sums
from accessctl.errors import ModelError
from accessctl.provision.dlib import Places, provide, run_build

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def places(tmp_path):
    places = Places(tmp_path)
    places.cache.mkdir(parents=True)
    places.weights.write_bytes(b"weights")
    return places


class FakeBuild:
    def __init__(self):
        self.runs = 0

    def __call__(self, places):
        self.runs += 1
        for path in places.artefacts:
            path.write_bytes(path.name.encode())
        files = (places.weights, *places.artefacts)
        sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        places.sums.write_text(format_sums(sums))


@pytest.fixture
def build():
    return FakeBuild()


def states(places, build):
    lines = []
    reports = list(provide(places.models, announce=lines.append, build=build))
    assert [report.path for report in reports] == list(places.artefacts)
    return {report.state for report in reports}, lines


def test_missing_files_are_built_once(places, build):
    assert states(places, build) == (
        {"built"},
        ["rebuilding the encoder in Keras and exporting it to LiteRT"],
    )
    assert states(places, build) == ({"present"}, [])
    assert build.runs == 1


@pytest.mark.parametrize("name", ["keras", "int8", "float16", "weights", "sums"])
def test_an_altered_or_missing_file_is_built_again(places, build, name):
    states(places, build)
    getattr(places, name).write_bytes(b"altered")
    assert states(places, build)[0] == {"built"}
    getattr(places, name).unlink()
    if name == "weights":
        places.weights.write_bytes(b"weights")
        places.sums.unlink()
    assert states(places, build)[0] == {"built"}
    assert build.runs == 3


def test_a_failed_build_is_passed_on(places):
    def broken(places):
        raise ModelError("no.")

    with pytest.raises(ModelError, match="no"):
        list(provide(places.models, announce=print, build=broken))


def test_the_real_build_makes_files_that_match_their_sums(places):
    shutil.copytree(MODELS / "dlib", places.encoder)
    shutil.copy(Places(MODELS).weights, places.weights)
    run_build(places)
    sums = read_sums(places.sums)
    for path in (places.weights, *places.artefacts):
        assert sums[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
