import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import FetchError
from accessctl.zoo.archive import check_archive, read_member, sha256_of
from accessctl.zoo.manifest import Member

PART = b"the part"


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
