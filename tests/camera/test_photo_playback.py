"""A folder of photos that is played like a camera."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accessctl.camera.photo import ImageFolderSource
from accessctl.camera.photo_folder import images_in, natural_key
from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.errors import CameraError, PhotoError


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
