from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accessctl.errors import ConfigError
from accessctl.zoo.manifest import Member, load_manifest

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def write(tmp_path):
    """Write the repository's manifest with its first archive changed."""

    def change(**changes):
        raw = yaml.safe_load((MODELS / "manifest.yaml").read_text())
        raw["archives"][0].update(changes)
        (tmp_path / "manifest.yaml").write_text(yaml.safe_dump(raw))
        return tmp_path

    return change


def test_the_repositorys_manifest_names_what_the_door_needs():
    members = {
        member.destination: member.bytes
        for archive in load_manifest(MODELS).archives
        for member in archive.members
    }
    assert members == {
        "mediapipe/face_detection_short_range.tflite": 229714,
        "mediapipe/face_detection_full_range_sparse.tflite": 676746,
        "mediapipe/face_landmark.tflite": 1242398,
        "dlib/dlib_face_recognition_resnet_model_v1.dat": 22466066,
    }


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("pair", {"faceres/faceres.json", "faceres/faceres.bin"}),
        ("mobilefacenet", {"mobilefacenet/MobileFaceNet.tflite"}),
    ],
)
def test_what_has_to_be_asked_for_comes_from_npm(group, members):
    archives = getattr(load_manifest(MODELS), group)
    assert {archive.kind for archive in archives} == {"npm"}
    assert {member.destination for archive in archives for member in archive.members} == members


def test_a_manifest_need_not_have_what_is_asked_for(tmp_path):
    raw = yaml.safe_load((MODELS / "manifest.yaml").read_text())
    (tmp_path / "manifest.yaml").write_text(yaml.safe_dump({"archives": raw["archives"]}))
    manifest = load_manifest(tmp_path)
    assert (manifest.pair, manifest.mobilefacenet) == ((), ())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"package": "--index-url=elsewhere"}, "package"),
        ({"package": "a b"}, "package"),
        ({"version": "1.0 --pre"}, "version"),
        ({"version": "1.0\n--pre"}, "version"),
        ({"kind": "git"}, "kind"),
        ({"platform": "any --pre"}, "platform"),
        ({"sha256": "none"}, "sha256"),
        ({"bytes": 0}, "bytes"),
        ({"members": []}, "members"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_archive_is_refused(write, changes, complaint):
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_manifest(write(**changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../up", "", "a\\..\\b", ".."])
def test_no_file_is_written_outside_the_cache(path):
    with pytest.raises(ValidationError):
        Member(path="inside", destination=path, sha256="0" * 64, bytes=1)


@given(st.lists(st.sampled_from(["a", "b.c", "..", ".", "", "/"]), min_size=1).map("/".join))
def test_every_accepted_destination_stays_below_the_cache(path):
    try:
        member = Member(path="inside", destination=path, sha256="0" * 64, bytes=1)
    except ValidationError:
        return
    base = Path("/cache")
    assert (base / member.destination).resolve().is_relative_to(base)


@pytest.mark.parametrize("text", ["", "[]", "{", "archives: 3", "\x00", "a: *b"])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"manifest\.yaml"):
        load_manifest(tmp_path)


def test_an_endless_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.yaml").write_text("a" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="1 MiB"):
        load_manifest(tmp_path)


def test_a_folder_without_manifest_names_the_option(tmp_path):
    with pytest.raises(ConfigError, match="--models"):
        load_manifest(tmp_path)
