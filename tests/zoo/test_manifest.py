import tarfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accessctl.errors import ConfigError, FetchError
from accessctl.zoo.manifest import Member, check_archive, load_manifest, read_member, sha256_of

MODELS = Path(__file__).resolve().parents[2] / "models"
PART = b"the part"


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


@pytest.fixture
def stored(tmp_path):
    def store(content):
        path = tmp_path / "archive"
        path.write_bytes(content)
        return path

    return store


def build(pack, kind, files):
    return pack.wheel(files) if kind == "wheel" else pack.sdist(files)


def test_digest_of_a_file(stored):
    # SHA-256 of "abc", FIPS 180-2, appendix B.1.
    assert sha256_of(stored(b"abc")) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_named_member_is_read_among_others(pack, stored, kind):
    content = build(pack, kind, {"x/other": b"no", "x/part": PART, "../../evil": b"no"})
    assert read_member(stored(content), kind, pack.member("x/part", PART)) == PART


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@pytest.mark.parametrize("data", [b"the parT", PART + b"!", PART[:-1], b"", bytes(1 << 20)])
def test_a_member_with_other_bytes_is_refused(pack, stored, kind, data):
    content = build(pack, kind, {"x/part": data})
    with pytest.raises(FetchError, match="SHA-256 differs"):
        read_member(stored(content), kind, pack.member("x/part", PART))


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_missing_member_is_refused(pack, stored, kind):
    content = build(pack, kind, {"x/part2": PART})
    with pytest.raises(FetchError, match="holds no file x/part"):
        read_member(stored(content), kind, pack.member("x/part", PART))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_only_a_regular_member_is_read(pack, stored, kind):
    trap = tarfile.TarInfo("x/part")
    trap.type, trap.linkname = kind, "/etc/passwd"
    with pytest.raises(FetchError, match="holds no file"):
        read_member(stored(pack.sdist({"x/part": trap})), "sdist", pack.member("x/part", PART))


def test_a_folder_of_that_name_is_no_member(pack, stored):
    member = Member(path="x/part/", destination="part", sha256="0" * 64, bytes=1)
    with pytest.raises(FetchError, match="holds no file"):
        read_member(stored(pack.wheel({"x/part/": b""})), "wheel", member)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@given(content=st.binary(max_size=200))
def test_rubbish_is_refused_and_nothing_worse(tmp_path_factory, kind, content):
    path = tmp_path_factory.mktemp("rubbish") / "archive"
    path.write_bytes(content)
    with pytest.raises(FetchError):
        read_member(path, kind, Member(path="p", destination="p", sha256="0" * 64, bytes=1))


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_damaged_archive_is_refused_and_nothing_worse(pack, stored, kind):
    content = build(pack, kind, {"x/part": PART * 50})
    member = pack.member("x/part", PART * 50)
    refused = 0
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 0xFF
        try:
            assert read_member(stored(bytes(damaged)), kind, member) == PART * 50
        except FetchError:
            refused += 1
    assert refused > 0


def test_the_archives_own_digest_counts(pack, stored):
    content = pack.wheel({"x/part": PART})
    archive = pack.archive(content, pack.member("x/part", PART))
    check_archive(stored(content), archive)
    for other in (content + b"!", content[:-1] + b"!"):
        with pytest.raises(FetchError, match="not the release"):
            check_archive(stored(other), archive)
