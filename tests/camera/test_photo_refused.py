"""Files that are too large, or no photos at all."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from accessctl.camera import photo
from accessctl.camera.photo import decode_photo, read_photo
from accessctl.errors import PhotoError
from tests.camera.photo_files import BYTES, PIXELS, corners, encoded, png_of


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
