from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accessctl.camera.jpeg import MAX_SCANS, MAX_STREAMS, scans_of, would_take_long
from tests.camera.jpegs import scan_bomb, segment

SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


@pytest.mark.parametrize(("progressive", "scans"), [(False, range(1, 2)), (True, range(6, 15))])
def test_scans_of_a_photo(progressive: bool, scans: range) -> None:
    # Baseline has one scan; libjpeg's usual script for a progressive colour photo has ten.
    buffer = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG", progressive=progressive)
    assert scans_of(buffer.getvalue()) in scans
    assert scans.stop < MAX_SCANS


@pytest.mark.parametrize(
    ("data", "scans"),
    [
        (b"", 0),
        (b"\xff", 0),
        (b"\xff\xd8" + SCAN, 1),
        (b"\xff\xd8" + SCAN + b"\x01\xff\x00\xff\xd0\x02" + SCAN, 2),
        # A thumbnail within metadata is no scan of the picture, nor is what follows its end.
        (b"\xff\xd8" + segment(0xE1, b"Exif" + SCAN * 3) + SCAN, 1),
        (b"\xff\xd8" + SCAN + b"\xff\xd9" + SCAN, 1),
        (b"\xff\xd8\xff\xff\xff" + SCAN, 1),
        # A length that is none does not stand still.
        (b"\xff\xd8\xff\xe1\x00\x00" + SCAN, 1),
        (b"\xff\xd8\xff\xda", 1),
    ],
)
def test_by_hand(data: bytes, scans: int) -> None:
    assert scans_of(data) == scans


@given(st.lists(st.sampled_from([b"\xff", b"\xda", b"\xd9", b"\x00", b"\x05", SCAN])))
def test_any_bytes_have_no_more_scans_than_markers(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert 0 <= scans_of(data) <= data.count(b"\xff\xda")


def test_a_bomb_is_told_inside_a_file_of_another_kind() -> None:
    around = b"\0\0\0\x18ftypheic" + bytes(100)
    assert not would_take_long(around + scan_bomb(64, 5))
    assert would_take_long(around + scan_bomb(64, 500) + bytes(10))
    assert would_take_long(around + scan_bomb(64, 5) * (MAX_STREAMS + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_through(data: bytes) -> None:
    assert not would_take_long(data)
    assert not would_take_long(b"\xff\xd8" + data)
