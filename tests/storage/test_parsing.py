import io
import os
import string
import struct
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.storage.parsing import MAX_DIGITS, printable, read_arrays, read_mapping, shortened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.yaml"


def refusal(file: Path, content: str) -> str:
    file.write_text(content)
    with pytest.raises(ValueError, match="is not valid YAML") as caught:
        read_mapping(file)
    return str(caught.value)


@pytest.mark.parametrize(
    "number",
    ["0x" + "f" * 5000, "0b" + "1" * 20_000, "1" + ":1" * 3000, "1" * 5000, "9" * 200 + ".5"],
    ids=["hexadecimal", "binary", "base 60", "decimal", "fraction"],
)
@pytest.mark.parametrize("place", ["a: {}", "a: [{}]", "? {}\n: a"])
def test_an_endless_number_is_refused(file: Path, number: str, place: str) -> None:
    message = refusal(file, "b: 1\n" + place.replace("{}", number))
    assert f"a number of {len(number)} characters in line 2" in message
    assert len(message) < 200


def test_numbers_that_somebody_means_are_read(file: Path) -> None:
    file.write_text(f"a: {'7' * MAX_DIGITS}\nb: 0x1F\nc: 1e-6\nd: 1:30\ne: '{'7' * 500}'\n")
    found = read_mapping(file)
    assert found == {"a": int("7" * 100), "b": 31, "c": "1e-6", "d": 90, "e": "7" * 500}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [('a: "x\\0y"', "a NUL character"), ('a: "\\ud800"', "surrogate"), ('"\\udcff": a', "surrog")],
)
def test_what_is_no_text_is_refused(file: Path, text: str, complaint: str) -> None:
    assert complaint in refusal(file, text)


def test_a_pipe_is_read_and_a_device_has_an_end(file: Path) -> None:
    os.mkfifo(file)
    writer = threading.Thread(target=file.write_text, args=("a: 1\n",))
    writer.start()
    assert read_mapping(file) == {"a": 1}
    writer.join()
    with pytest.raises(ValueError, match="larger than 1 MiB"):
        read_mapping(Path("/dev/zero"))


@given(st.text(), st.integers(10, 50))
def test_shortened_text_is_one_printable_line(text: str, longest: int) -> None:
    line = shortened(text, longest)
    assert line.isprintable()
    assert len(line) <= longest


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("relay on", "relay on"),
        ("Zoë 日本", "Zoë 日本"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("x\u202egnp", "x\\u202egnp"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_escapes_what_could_steer_a_terminal(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text(st.characters()))
def test_result_is_always_printable_and_encodable(raw: str) -> None:
    shown = printable(raw)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(st.text(string.ascii_letters + string.digits + " .,-"))
def test_ordinary_text_is_left_alone(raw: str) -> None:
    assert printable(raw) == raw


MEMBER = np.arange(6, dtype=np.int8).reshape(2, 3)


def npy(shape: str, data: bytes, descr: str = "'|i1'") -> bytes:
    """An array file by hand (NEP 1), whose header need not be true."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def zipped(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("a.npy", content)
    return buffer.getvalue()


def saved(save, *arrays, **named) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    return tmp_path / "some.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float16, np.float32])
def test_what_numpy_saves_is_read(arrays: Path, save, dtype) -> None:
    plain = np.arange(24).reshape(2, 3, 4).astype(dtype)
    arrays.write_bytes(saved(save, a=plain, b=np.asfortranarray(plain), c=dtype(3)))
    for found, expected in zip(
        read_arrays(arrays, ("b", "a", "c"), 1000), (plain, plain, dtype(3)), strict=True
    ):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)


def test_an_array_may_be_as_large_as_allowed_and_no_larger(arrays: Path) -> None:
    arrays.write_bytes(zipped(npy("(2, 3)", MEMBER.tobytes())))
    size = len(npy("(2, 3)", MEMBER.tobytes()))
    np.testing.assert_array_equal(read_arrays(arrays, ("a",), size)[0], MEMBER)
    with pytest.raises(ValueError, match="no array file"):
        read_arrays(arrays, ("a",), size - 1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(saved(np.save, MEMBER), id="no archive"),
        pytest.param(saved(np.savez, b=MEMBER), id="another name"),
        pytest.param(zipped(b"hello"), id="no array"),
        pytest.param(zipped(npy("(10**10, 128)", b"x")), id="no shape"),
        pytest.param(zipped(npy("(10000000000, 128)", b"x")), id="more than there is"),
        pytest.param(zipped(npy("(2,)", b"xyz")), id="less than there is"),
        pytest.param(zipped(npy("(99999999999999999999,)", b"x")), id="absurd"),
        pytest.param(zipped(npy("(-1, -3)", b"xyz")), id="negative"),
        pytest.param(zipped(npy("(3,)", b"xyz", "'|V0'")), id="no size"),
        pytest.param(zipped(npy("(3,)", b"x" * 24, "'|O'")), id="pickles"),
        pytest.param(zipped(npy("[[]: 1", b"xyz")), id="not Python"),
        pytest.param(zipped(npy("(", b"xyz")), id="no end"),
        pytest.param(zipped(npy("(3,)", b"xyz"))[:-8], id="cut"),
        pytest.param(zipped(bytes(50_000_000)), id="bomb"),
    ],
)
def test_what_is_no_array_is_refused(arrays: Path, content: bytes) -> None:
    arrays.write_bytes(content)
    with pytest.raises(ValueError, match="no array file"):
        read_arrays(arrays, ("a",), 1000)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz", ("a",), 1000)


WHOLE = [zipped(npy("(2, 3)", MEMBER.tobytes()), method) for method in (0, zipfile.ZIP_DEFLATED)]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    whole=st.sampled_from(WHOLE),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 20),
)
def test_damaged_bytes_are_read_or_refused(
    arrays: Path, whole: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(whole)
    for place, value in changes:
        content[place % len(content)] = value
    arrays.write_bytes(content[: len(content) - cut])
    try:
        (found,) = read_arrays(arrays, ("a",), 1000)
    except ValueError:
        return
    assert found.nbytes <= 1000


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_windows_calls_unicode_is_named(file: Path, codec: str) -> None:
    file.write_bytes("camera:\n  source: auto\n".encode(codec))
    with pytest.raises(ValueError, match=r"^is UTF-16, .* saved as UTF-8$"):
        read_mapping(file)


def test_the_line_of_a_character_that_is_not_utf_8(file: Path) -> None:
    file.write_bytes("a: 1\nb: café\n".encode("latin-1"))
    with pytest.raises(ValueError, match="a character in line 2 that is not UTF-8"):
        read_mapping(file)


def test_the_mark_that_some_editors_put_first_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_mapping(file) == {"a": 1}
