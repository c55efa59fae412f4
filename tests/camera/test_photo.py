import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from accessctl.camera.photo import decode_photo, read_photo
from accessctl.errors import PhotoError
from tests.camera.photo_files import BYTES, PIXELS, colours, corners, encoded, png_of


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"])
def test_the_common_formats_are_read_as_rgb(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(corners(), kind))
    image = read_photo(path, BYTES, PIXELS)
    assert image.shape == (16, 32, 3)
    assert image.dtype == np.uint8
    assert image.flags.writeable
    assert colours(image) == [["r", "g"], ["b", "w"]]


@pytest.mark.parametrize(
    ("orientation", "shape", "expected"),
    [
        (1, (16, 32), [["r", "g"], ["b", "w"]]),
        (2, (16, 32), [["g", "r"], ["w", "b"]]),
        (3, (16, 32), [["w", "b"], ["g", "r"]]),
        (4, (16, 32), [["b", "w"], ["r", "g"]]),
        (5, (32, 16), [["r", "b"], ["g", "w"]]),
        (6, (32, 16), [["b", "r"], ["w", "g"]]),
        (7, (32, 16), [["w", "g"], ["b", "r"]]),
        (8, (32, 16), [["g", "w"], ["r", "b"]]),
        (99, (16, 32), [["r", "g"], ["b", "w"]]),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photos_are_turned_upright(
    kind: str, orientation: int, shape: tuple[int, int], expected: list[list[str]]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode_photo(encoded(corners(), kind, exif=exif), "photo", PIXELS)
    assert image.shape[:2] == shape
    assert colours(image) == expected


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    levels = np.array([[0, 0x0100, 0x8000, 0xFFFF]], np.uint16)
    data = encoded(Image.fromarray(levels), "PNG")
    assert decode_photo(data, "photo", PIXELS)[0].tolist() == [
        [0, 0, 0],
        [1, 1, 1],
        [128, 128, 128],
        [255, 255, 255],
    ]


def test_sixteen_bit_colour() -> None:
    row = b"\x00" + struct.pack(">3H", 0xFF00, 0x8000, 0x0100)
    data = png_of(1, 1, zlib.compress(row), depth=16)
    assert decode_photo(data, "photo", PIXELS)[0, 0].tolist() == [255, 128, 1]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 90, [90, 90, 90]),
        ("1", 1, [255, 255, 255]),
        ("RGBA", (255, 0, 0, 255), [255, 0, 0]),
        ("RGBA", (255, 0, 0, 0), [255, 255, 255]),
        # Half of black over white.
        ("RGBA", (0, 0, 0, 128), [127, 127, 127]),
        ("LA", (10, 0), [255, 255, 255]),
    ],
)
def test_other_pixels_become_rgb(
    mode: str, colour: int | tuple[int, ...], expected: list[int]
) -> None:
    data = encoded(Image.new(mode, (3, 2), colour), "PNG")
    image = decode_photo(data, "photo", PIXELS)
    assert image.shape == (2, 3, 3)
    assert image[0, 0].tolist() == expected


def test_a_transparent_palette_lies_on_white() -> None:
    image = Image.new("P", (2, 2), 0)
    image.putpalette([200, 0, 0, 0, 200, 0])
    data = encoded(image, "PNG", transparency=0)
    assert decode_photo(data, "photo", PIXELS)[0, 0].tolist() == [255, 255, 255]


def test_printers_colours() -> None:
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert np.abs(decode_photo(data, "photo", PIXELS).astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_counts(kind: str) -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    data = encoded(first, kind, save_all=True, append_images=[second], lossless=True)
    assert decode_photo(data, "photo", PIXELS)[4, 4].tolist() == [255, 0, 0]


def test_a_telephone_s_photo_is_read_where_its_library_is() -> None:
    heif = pytest.importorskip("pillow_heif")
    buffer = BytesIO()
    heif.from_pillow(corners().resize((128, 64))).save(buffer, quality=90)
    image = decode_photo(buffer.getvalue(), "photo.heic", PIXELS)
    assert (image.shape, colours(image)) == ((64, 128, 3), [["r", "g"], ["b", "w"]])
    with pytest.raises(PhotoError, match=r"more than 0\.001 million"):
        decode_photo(buffer.getvalue(), "photo.heic", 1000)
    with pytest.raises(PhotoError, match="damaged and cannot be decoded"):
        decode_photo(buffer.getvalue()[:300], "photo.heic", PIXELS)


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PhotoError, match=r"pip install 'accessctl\[heic\]', or save it as JPEG"):
        decode_photo(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "a.heic", PIXELS)
