import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.storage.strict_yaml import MAX_DIGITS, read_mapping, shortened


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
