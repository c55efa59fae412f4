import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.errors import PhotoError, SourceError
from accessctl.evaluation import data as module
from accessctl.evaluation.photos import open_photos, people_of, person_of


def png(value: int, side: int = 4) -> bytes:
    picture = np.full((side, side, 3), value, np.uint8)
    return cv2.imencode(".png", picture)[1].tobytes()


def fill(folder: Path) -> Path:
    for name, value in (("b/2.png", 20), ("a/1.PNG", 10), ("a/sub/3.png", 30)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(value))
    (folder / "a" / "notes.txt").write_text("no picture")
    return folder


def pack(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_by_name_and_nothing_else(tmp_path: Path, packed: bool) -> None:
    folder = fill(tmp_path / "in")
    photos = open_photos(pack(folder, tmp_path / "in.zip") if packed else folder)
    assert photos.names == ("a/1.PNG", "a/sub/3.png", "b/2.png")
    assert [int(photos.read(name).mean()) for name in photos.names] == [10, 30, 20]


@pytest.mark.parametrize("packed", [False, True])
def test_the_identity_changes_with_a_picture(tmp_path: Path, packed: bool) -> None:
    folder = fill(tmp_path / "in")

    def identity() -> str:
        return open_photos(pack(folder, tmp_path / "in.zip") if packed else folder).identity

    before = identity()
    assert identity() == before
    (folder / "a" / "notes.txt").write_text("still none")
    assert identity() == before
    stat = (folder / "b" / "2.png").stat()
    (folder / "b" / "2.png").write_bytes(png(21))
    os.utime(folder / "b" / "2.png", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert identity() != before


def test_nothing_to_measure_on(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no"):
        open_photos(tmp_path)
    with pytest.raises(SourceError, match="Cannot read"):
        open_photos(tmp_path / "absent")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(SourceError, match="zip archive"):
        open_photos(tmp_path / "text")


def test_what_cannot_be_read_is_a_photo_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path / "in")
    (folder / "b" / "2.png").write_bytes(b"broken")
    photos = open_photos(pack(folder, tmp_path / "in.zip"))
    for name in ("b/2.png", "absent.png"):
        with pytest.raises(PhotoError):
            photos.read(name)
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(PhotoError, match="larger"):
        photos.read("a/1.PNG")
    with pytest.raises(PhotoError, match="larger"):
        open_photos(folder).read("a/1.PNG")


def test_whose_a_photo_is() -> None:
    assert person_of("group/ann/1.jpg") == "group/ann"
    people, person = people_of(("b/1.jpg", "a/1.jpg", "b/2.jpg"))
    assert people == ("a", "b")
    assert person.tolist() == [1, 0, 1]
