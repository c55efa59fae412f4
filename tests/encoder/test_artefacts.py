import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.encoder.artefacts import combined, format_sums, read_checked, read_sums
from accessctl.errors import ModelError

# SHA-256 of the three bytes "abc", FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "encoder.bin"
    path.write_bytes(b"abc")
    return path


@pytest.fixture
def sums(tmp_path):
    path = tmp_path / "SHA256SUMS"
    path.write_text(f"{ABC}  encoder.bin\n")
    return path


def test_sums_look_as_sha256sum_writes_them():
    assert format_sums({"encoder.bin": ABC}) == f"{ABC}  encoder.bin\n"


def test_a_file_with_the_right_digest_is_read(model, sums):
    assert read_checked(model, sums) == b"abc"


def test_a_file_without_known_digest_is_read_as_it_is(model):
    assert read_checked(model, None) == b"abc"


def test_an_altered_file_is_refused(model, sums):
    model.write_bytes(b"abd")
    with pytest.raises(ModelError, match=r"altered.*accessctl models fetch"):
        read_checked(model, sums)


def test_a_file_that_is_not_listed_is_refused(model, sums):
    sums.write_text(f"{ABC}  other.bin\n")
    with pytest.raises(ModelError, match=r"lists no digest for encoder\.bin"):
        read_checked(model, sums)


def test_a_missing_file_says_how_to_get_it(tmp_path, sums):
    with pytest.raises(ModelError, match=r"No such file.*accessctl models fetch"):
        read_checked(tmp_path / "absent.bin", sums)


def test_missing_sums_are_refused(model, tmp_path):
    with pytest.raises(ModelError, match="accessctl models fetch"):
        read_checked(model, tmp_path / "SHA256SUMS")


@pytest.mark.parametrize(
    "text",
    ["no digest\n", f"{ABC}  ../encoder.bin\n", f"{ABC[:-1]}  a\n", "\n", "x" * 70000, "é\n"],
)
def test_anything_else_is_no_list_of_sums(tmp_path, text):
    path = tmp_path / "SHA256SUMS"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        read_sums(path)


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9._-]{1,50}", fullmatch=True), st.binary()))
def test_what_is_written_is_read_back(tmp_path_factory, contents):
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    path = tmp_path_factory.mktemp("sums") / "SHA256SUMS"
    path.write_text(format_sums(sums))
    assert read_sums(path) == sums


def test_lines_are_hashed_as_a_text():
    assert combined(["a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()


def test_order_and_borders_count():
    assert len({combined(lines) for lines in (["ab"], ["a", "b"], ["b", "a"], [])}) == 4
