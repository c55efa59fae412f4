"""Photos made or damaged to do harm."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accessctl.camera.photo import decode_photo
from accessctl.errors import PhotoError
from tests.camera.jpegs import multi_picture, scan_bomb
from tests.camera.photo_files import PIXELS, corners, encoded

ORIGINALS = [encoded(corners(), kind) for kind in ("JPEG", "PNG", "WEBP", "BMP")]


def survives(data: bytes) -> None:
    try:
        image = decode_photo(data, "photo", PIXELS)
    except PhotoError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3


@given(st.binary(max_size=200))
def test_random_bytes_never_do_worse_than_a_photo_error(data: bytes) -> None:
    survives(data)


@settings(max_examples=300)
@given(
    original=st.sampled_from(ORIGINALS),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=12),
    length=st.integers(0, 2000),
    inserted=st.binary(max_size=16),
)
def test_damaged_photos_never_do_worse_than_a_photo_error(
    original: bytes, changes: list[tuple[int, int]], length: int, inserted: bytes
) -> None:
    data = bytearray(original)
    for place, value in changes:
        data[place % len(data)] = value
    cut = length % (len(data) + 1)
    survives(bytes(data))
    survives(bytes(data[:cut]))
    survives(bytes(data[:cut] + inserted + data[cut:]))


def test_a_bomb_of_scans_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode_photo(scan_bomb(64, 5), "photo", PIXELS).shape == (64, 64, 3)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    with pytest.raises(PhotoError, match=r"^photo would take very long to decode; save it again"):
        decode_photo(scan_bomb(64, 5000), "photo", PIXELS)


@pytest.mark.parametrize("end", [multi_picture(), b""], ids=["with an MPF segment", "plain"])
def test_a_bomb_is_one_whatever_the_library_calls_it(
    monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    bomb = scan_bomb(64, 5000)
    labelled = bomb[:2] + end + bomb[2:]
    with Image.open(BytesIO(labelled)) as picture:
        assert picture.format == ("MPO" if end else "JPEG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    with pytest.raises(PhotoError, match="would take very long"):
        decode_photo(labelled, "photo", PIXELS)


def test_a_photo_with_an_mpf_segment_is_a_photo() -> None:
    photo = encoded(corners(), "JPEG")
    image = decode_photo(photo[:2] + multi_picture() + photo[2:], "photo", PIXELS)
    assert np.array_equal(image, decode_photo(photo, "photo", PIXELS))


EXIF = Image.Exif()
EXIF[0x0112] = 6
EXIF[0x010E] = "a description of some length"
EXIF.get_ifd(0x8769)[0x9003] = "2026:01:31 12:00:00"
TURNED = np.asarray(corners())
ALL_TURNS = [np.rot90(picture, k) for picture in (TURNED, TURNED[:, ::-1]) for k in range(4)]


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([0, 1, 2, 3, 5, 6, 7, 8, 9, 127, 128, 255])),
        min_size=1,
        max_size=8,
    ),
    length=st.integers(6, 400),
)
def test_hostile_exif_turns_the_photo_or_nothing(
    changes: list[tuple[int, int]], length: int
) -> None:
    exif = bytearray(EXIF.tobytes())
    for place, value in changes:
        exif[place % len(exif)] = value
    data = encoded(corners(), "PNG", exif=bytes(exif[:length]))
    image = decode_photo(data, "photo", PIXELS)
    assert any(np.array_equal(image, turn) for turn in ALL_TURNS)


def test_a_photo_with_damaged_exif_is_read_as_it_lies() -> None:
    for exif in (b"Exif\x00\x00", b"Exif\x00\x00XX*\x00rubbish", b"Exif\x00\x00II*\x00\xff\xff"):
        image = decode_photo(encoded(corners(), "PNG", exif=exif), "photo", PIXELS)
        assert np.array_equal(image, TURNED)
