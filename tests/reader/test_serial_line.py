"""The serial line over a pseudo terminal, and the framing of what comes by it."""

import os
import pty
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import InputError, LineError
from accessctl.reader.serial_line import GAP_S, MOST_BYTES, BadgeLine, NumberLines, numbers, opened
from tests.patience import wait_for


def wait(until: Callable[[], bool]) -> None:
    wait_for(until, "what was waited for")


@pytest.fixture
def line() -> Iterator[tuple[int, Path]]:
    """The reader's end, and the path of the door's."""
    reader, door = pty.openpty()
    yield reader, Path(os.ttyname(door))
    for one in (reader, door):
        try:
            os.close(one)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"12345\n", ["12345"]),
        (b"12345\r\n", ["12345"]),
        (b"1\r\n2\r\n", ["1", "2"]),
        # A reader of EM4100 cards: STX, ten digits, two of a checksum, ETX.
        (b"\x020F0038D9A1BC\x03", ["0F0038D9A1BC"]),
        (b"\x020F0038D9A1BC\r\n\x03", ["0F0038D9A1BC"]),
        (b"  12 34\t\n", ["12 34"]),
        (b"\n\r\n\n", []),
        (b"\xff\xfe12\n34\n", ["34"]),
        (b"1\x1b[2J\n5\n", ["5"]),
        (b"no end", []),
        (b"9" * (MOST_BYTES + 1) + b"\n7\n", ["7"]),
    ],
)
def test_a_number_is_a_line_of_printable_ascii(data: bytes, told: list[str]) -> None:
    assert NumberLines().feed(data, 0.0) == told


@given(
    parts=st.lists(st.text("0123456789ABCDEF", min_size=1, max_size=40), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_however_it_comes_in_pieces_it_is_the_same(parts: list[str], cuts: list[int]) -> None:
    data = "".join(f"{part}\r\n" for part in parts).encode()
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    lines = NumberLines()
    found = [
        number for begin, end in pairwise(edges) for number in lines.feed(data[begin:end], 0.0)
    ]
    assert found == parts


@given(st.lists(st.binary(max_size=600), max_size=6))
def test_whatever_comes_nothing_is_told_that_could_be_no_number(pieces: list[bytes]) -> None:
    lines = NumberLines()
    for piece in pieces:
        for number in lines.feed(piece, 0.0):
            assert number.isascii()
            assert number.isprintable()
            assert 0 < len(number) <= MOST_BYTES
    assert len(lines._begun) <= MOST_BYTES


def test_the_rest_of_a_line_that_was_too_long_is_no_number() -> None:
    lines = NumberLines()
    assert lines.feed(b"9" * 300, 0.0) == []
    assert lines.feed(b"123\n456\n", 0.1) == ["456"]


def test_what_was_begun_long_ago_is_not_part_of_a_number() -> None:
    lines = NumberLines()
    assert lines.feed(b"99", 0.0) == []
    assert lines.feed(b"123\n", GAP_S + 0.1) == ["123"]


def test_numbers_are_read_from_a_line_as_they_are_written(line: tuple[int, Path]) -> None:
    reader, path = line
    told = []
    os.write(reader, b"before it was open\n")
    for number in numbers(path, 9600, lambda: True):
        if number == "":
            # In raw mode nothing is echoed, and a CR stays one.
            os.write(reader, b"4711\r")
        else:
            told.append(number)
            break
    assert told == ["4711"]


def test_a_line_has_one_reader(line: tuple[int, Path]) -> None:
    _, path = line
    with (
        opened(path, 9600),
        pytest.raises(LineError, match="another program"),
        opened(path, 9600),
    ):
        pytest.fail("two readers")
    with opened(path, 9600):
        pass


def test_what_is_no_serial_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="cannot be opened"), opened(tmp_path / "none", 9600):
        pytest.fail("opened what is not there")
    file = tmp_path / "file"
    file.write_text("4711\n")
    with pytest.raises(LineError, match="is no serial line"), opened(file, 9600):
        pytest.fail("opened a file")
    assert file.read_text() == "4711\n"


class Heard:
    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.states: list[str] = []

    def hear(self, number: str) -> None:
        if number == "none":
            raise InputError("This is no number.")
        if number == "fault":
            raise ZeroDivisionError
        self.numbers.append(number)

    def tell(self, state: str, detail: str) -> None:
        assert detail
        self.states.append(state)


def badge_line(path: Path, heard: Heard, **more) -> BadgeLine:
    return BadgeLine(path, 9600, heard.hear, heard.tell, retry_s=0.02, **more)


@pytest.mark.parametrize("bad", [b"none\n", b"fault\n"])
def test_it_goes_on_after_what_cannot_be_used(line: tuple[int, Path], bad: bytes) -> None:
    reader, path = line
    heard = Heard()
    with badge_line(path, heard) as badges:
        wait(lambda: badges.trouble is None)
        os.write(reader, bad)

        def told() -> bool:
            # After a fault the line is opened anew, and what was written before is lost.
            os.write(reader, b"5\n")
            return bool(heard.numbers)

        wait(told)
    assert set(heard.numbers) == {"5"}


def test_a_line_that_is_lost_is_told_of_once_and_opened_again(tmp_path: Path) -> None:
    heard, path = Heard(), tmp_path / "reader"
    with badge_line(path, heard) as badges:
        wait(lambda: heard.states == ["lost"])
        assert badges.trouble is not None
        reader, far = pty.openpty()
        path.symlink_to(os.ttyname(far))
        wait(lambda: heard.states == ["lost", "back"])
        os.write(reader, b"1\n")
        wait(lambda: heard.numbers == ["1"])
        path.unlink()
        os.close(far)
        os.close(reader)
        wait(lambda: heard.states == ["lost", "back", "lost"])
        assert badges.trouble is not None


def test_it_is_let_go_of_while_another_door_acts(line: tuple[int, Path]) -> None:
    _, path = line
    acting = threading.Event()
    with badge_line(path, Heard(), wanted=acting.is_set) as badges:
        with opened(path, 9600):
            acting.set()
            wait(lambda: "another program" in (badges.trouble or ""))
        wait(lambda: badges.trouble is None)
        acting.clear()
        wait(lambda: badges.trouble is not None)

        def free() -> bool:
            try:
                with opened(path, 9600):
                    return True
            except LineError:
                return False

        wait(free)
