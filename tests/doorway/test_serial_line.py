import os

import pytest

from accessctl.doorway.serial_line import SerialLine
from accessctl.errors import LineError


def test_bytes_go_both_ways_as_they_are(wire, until):
    line = wire.open()
    try:
        assert line.read(10) == b""
        os.write(wire.far, b"\x00\x03\r\n\xff")
        got = bytearray()
        until(lambda: got.extend(line.read(10)) or len(got) == 5)
        assert bytes(got) == b"\x00\x03\r\n\xff"
        assert line.write(b"\x04\r\n") == 3
        assert os.read(wire.far, 10) == b"\x04\r\n"
    finally:
        line.close()


def test_it_is_one_program_s_alone(wire):
    line = wire.open()
    with pytest.raises(LineError, match="another program has it"):
        wire.open()
    line.close()
    wire.open().close()


def test_a_line_that_is_not_there_says_what_to_look_at(tmp_path):
    with pytest.raises(LineError, match="cannot be opened"):
        SerialLine(tmp_path / "none", 9600)


def test_a_file_is_no_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LineError, match="it is none"):
        SerialLine(tmp_path / "file", 9600)


def test_a_line_that_hung_up_is_gone(wire, until):
    line = wire.open()
    try:
        wire.cut()
        with pytest.raises(LineError, match="is gone"):
            line.read(10)
        with pytest.raises(LineError, match="is gone"):
            line.write(b"x")
    finally:
        line.close()
