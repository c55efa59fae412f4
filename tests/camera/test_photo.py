import os
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accessctl.camera import photo
from accessctl.camera.photo import (
    ImageFolderSource,
    decode_photo,
    read_photo,
)
from accessctl.camera.photo_folder import images_in, natural_key
from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.errors import CameraError, PhotoError
from tests.camera.jpegs import multi_picture, scan_bomb

BYTES = 1_000_000
PIXELS = 1_000_000


def corners() -> Image.Image:
    """Red, green over blue, white: shows every rotation and every mix-up of channels."""
    image = Image.new("RGB", (32, 16), "white")
    image.paste("red", (0, 0, 16, 8))
    image.paste("lime", (16, 0, 32, 8))
    image.paste("blue", (0, 8, 16, 16))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colours(image: np.ndarray) -> list[list[str]]:
    names = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (255, 255, 255): "w"}
    height, width = image.shape[:2]
    rows = [height // 4, height * 3 // 4]
    columns = [width // 4, width * 3 // 4]

    def name(pixel: np.ndarray) -> str:
        nearest = min(names, key=lambda one: int(np.abs(pixel.astype(int) - one).sum()))
        return names[nearest]

    return [[name(image[y, x]) for x in columns] for y in rows]


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


def png_of(width: int, height: int, pixels: bytes, depth: int = 8) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + checksum

    header = struct.pack(">2I5B", width, height, depth, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(("width", "height"), [(1001, 1000), (60_000, 60_000), (2**31 - 1, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    with pytest.raises(PhotoError) as caught:
        decode_photo(png_of(width, height, b""), "big.png", PIXELS)
    assert str(caught.value) == (
        "big.png has more than 1 million pixels; scale it down, "
        "or raise gallery.max_photo_megapixels."
    )


def test_exactly_as_many_pixels_as_allowed_are_read() -> None:
    data = encoded(Image.new("RGB", (20, 10)), "PNG")
    assert decode_photo(data, "photo", 200).shape == (10, 20, 3)
    with pytest.raises(PhotoError, match="more than"):
        decode_photo(data, "photo", 199)


def test_a_file_of_exactly_the_allowed_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(corners(), "PNG"))
    size = path.stat().st_size
    read_photo(path, size, PIXELS)
    with pytest.raises(PhotoError) as caught:
        read_photo(path, size - 1, PIXELS)
    assert "is larger than" in str(caught.value)
    assert "gallery.max_photo_mb" in str(caught.value)


def test_a_large_file_is_not_read_at_all(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    # No machine could hold it.
    with pytest.raises(PhotoError, match=r"huge\.jpg is larger than 1 MB"):
        read_photo(path, BYTES, PIXELS)


def refuse(path: Path) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(path, BYTES, PIXELS)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path)).strip()


def test_a_missing_file(tmp_path: Path) -> None:
    assert refuse(tmp_path / "none.jpg") == "does not exist; check the name."


def test_a_folder(tmp_path: Path) -> None:
    assert refuse(tmp_path) == "is a folder; name a JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF file."


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert refuse(tmp_path / "a.jpg") == "is empty; give another photo."


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refuse(tmp_path / "pipe.jpg").startswith("is a device or a pipe;")


def test_a_device() -> None:
    assert refuse(Path("/dev/zero")).startswith("is a device or a pipe;")


def test_a_name_that_comes_to_lead_to_a_pipe_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular = tmp_path / "a.jpg"
    regular.write_bytes(b"x")
    status = os.stat(regular)
    os.mkfifo(tmp_path / "pipe.jpg")
    monkeypatch.setattr(os, "stat", lambda _: status)
    assert refuse(tmp_path / "pipe.jpg").startswith("is a device or a pipe;")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert refuse(path) == "may not be read by this user; check its permissions."


def test_an_impossible_name() -> None:
    with pytest.raises(PhotoError, match="cannot be read"):
        read_photo(Path("a\x00b.jpg"), BYTES, PIXELS)
    with pytest.raises(PhotoError, match="cannot be read"):
        read_photo(Path("a" * 300), BYTES, PIXELS)


@pytest.mark.parametrize("kind", ["TGA", "PPM", "ICO"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(PhotoError) as caught:
        decode_photo(encoded(corners(), kind), "photo", PIXELS)
    assert str(caught.value) == f"photo is not a {photo.KINDS} picture; give one that is."


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_truncated_photo_is_damaged(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PhotoError, match=r"^photo is (damaged|not a)"):
        decode_photo(data[: len(data) // 2], "photo", PIXELS)


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


def save(path: Path, value: int) -> None:
    Image.new("RGB", (6, 4), (value, value, value)).save(path)


def test_images_come_in_natural_order_at_the_given_rate(tmp_path: Path, clock: Any) -> None:
    for value in (10, 2, 1):
        save(tmp_path / f"frame{value}.png", value)
    save(tmp_path / "frame3.JPG", 3)
    save(tmp_path / ".hidden.png", 99)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "folder.png").mkdir()
    source = ImageFolderSource(tmp_path, fps=5, fast=True)
    with Reader(source, CameraConfig(), clock=clock) as reader:
        frames = []
        while not reader.ended:
            frame = reader.next(20)
            if frame is not None:
                frames.append(frame)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 3, 10]
    assert [frame.captured for frame in frames] == pytest.approx([100, 100.2, 100.4, 100.6])


def test_it_plays_at_its_rate_or_fast(tmp_path: Path) -> None:
    assert ImageFolderSource(tmp_path, 5).live
    assert not ImageFolderSource(tmp_path, 5, fast=True).live
    assert not ImageFolderSource(tmp_path, 5).endless


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CameraError, match=r"holds no image \(\.avif, \.bmp, \.gif, \.heic, .*\.webp\)"
    ):
        ImageFolderSource(tmp_path, 5).open()


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="cannot be read"):
        ImageFolderSource(tmp_path / "gone", 5).open()


def test_a_broken_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"not a picture")
    feed = ImageFolderSource(tmp_path, 5).open()
    with pytest.raises(PhotoError, match=r"a\.png is not a"):
        feed.read()


def test_a_closed_feed_gives_nothing(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    feed = ImageFolderSource(tmp_path, 5).open()
    feed.close()
    assert feed.read() is None


def test_natural_order() -> None:
    names = ["b1", "a10", "A2", "a1b10", "a1b9", "7", "12"]
    assert sorted(names, key=natural_key) == ["7", "12", "a1b9", "a1b10", "A2", "a10", "b1"]


@given(st.lists(st.text(), max_size=20))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert len(sorted(names, key=natural_key)) == len(names)


def test_only_files_are_listed(tmp_path: Path) -> None:
    save(tmp_path / "a.bmp", 1)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    assert images_in(tmp_path) == [tmp_path / "a.bmp"]
