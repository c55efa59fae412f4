import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import CropGeometry
from accessctl.errors import PhotoError, SourceError
from accessctl.evaluation.data import (
    CANVAS_TEMPLATE,
    PackRow,
    clear_of_each,
    cut_canvas,
    open_canvases,
    open_photos,
    people_of,
    person_of,
    read_canvas,
    read_rows,
    unlabelled,
)


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


@pytest.mark.parametrize("packed", [False, True])
def test_a_photo_is_what_it_is_to_every_command(tmp_path: Path, packed: bool) -> None:
    """Hidden files, and those of other systems' making, are none; endings count as elsewhere."""
    names = ["Ada/1.JFIF", "Ada/2.heic", "Ada/.3.jpg", "__MACOSX/._1.jpg", "Ada/list.txt"]
    folder = tmp_path / "photos"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    place = folder
    if packed:
        place = tmp_path / "photos.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for name in names:
                archive.write(folder / name, name)
    assert open_photos(place).names == ("Ada/1.JFIF", "Ada/2.heic")


def test_nothing_to_measure_on(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no"):
        open_photos(tmp_path)
    with pytest.raises(SourceError, match="Cannot read"):
        open_photos(tmp_path / "absent")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(SourceError, match="zip archive"):
        open_photos(tmp_path / "text")


def test_what_cannot_be_read_is_a_photo_error(
    tmp_path: Path,
) -> None:
    folder = fill(tmp_path / "in")
    (folder / "b" / "2.png").write_bytes(b"broken")
    packed = pack(folder, tmp_path / "in.zip")
    photos = open_photos(packed)
    for name in ("b/2.png", "absent.png"):
        with pytest.raises(PhotoError):
            photos.read(name)
    for place in (packed, folder):
        with pytest.raises(PhotoError, match="larger"):
            open_photos(place, max_bytes=10).read("a/1.PNG")


def test_whose_a_photo_is() -> None:
    assert person_of("group/ann/1.jpg") == "group/ann"
    people, person = people_of(("b/1.jpg", "a/1.jpg", "b/2.jpg"))
    assert people == ("a", "b")
    assert person.tolist() == [1, 0, 1]


HEAD = "file,source,identity,scale,original_name\n"


def gradient() -> np.ndarray:
    ramp = np.arange(128, dtype=np.uint8)
    return np.dstack(
        [
            np.tile(ramp, (128, 1)),
            np.tile(ramp[:, None], (1, 128)),
            np.full((128, 128), 9, np.uint8),
        ]
    )


def test_rows(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(HEAD + "a.webp,web,ann,0.5,x\nb.webp,web,,1.5,\n")
    assert read_rows(tmp_path) == [
        PackRow("a.webp", "web", "ann", 0.5),
        PackRow("b.webp", "web", "", 1.5),
    ]


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", HEAD + "a,b,c,wide,\n", HEAD + "a\n"])
def test_rows_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "faces.csv").write_text(content)
    with pytest.raises(SourceError, match="name a folder that holds"):
        read_rows(tmp_path)


def test_canvas_comes_as_rgb(tmp_path: Path) -> None:
    image = gradient()
    data = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        archive.writestr("a.png", data)
        archive.writestr("bad.png", b"no picture")
        archive.writestr("small.png", cv2.imencode(".png", image[:5])[1].tobytes())
    with open_canvases(tmp_path) as archive:
        np.testing.assert_array_equal(read_canvas(archive, "a.png"), image)
        for name, complaint in (("bad.png", "128x128"), ("small.png", "128x128"), ("c", "missing")):
            with pytest.raises(PhotoError, match=complaint):
                read_canvas(archive, name)


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_no_archive(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "faces.zip").write_bytes(content)
    with pytest.raises(SourceError, match=r"faces\.zip"), open_canvases(tmp_path):
        pass


def test_a_region_of_the_canvas_is_cut_as_it_is() -> None:
    crop = cut_canvas(gradient(), CropGeometry(CANVAS_TEMPLATE, (8, 8, 120, 120), 112))
    np.testing.assert_array_equal(crop, gradient()[8:120, 8:120])


def test_a_region_is_scaled_to_the_crops_size() -> None:
    crop = cut_canvas(gradient(), CropGeometry(CANVAS_TEMPLATE, (20, 30, 60, 70), 80))
    # Pixel (x, y) of the crop is (20 + x / 2, 30 + y / 2) of the canvas.
    assert crop[0, 0, :2].tolist() == [20, 30]
    assert crop[40, 20, :2].tolist() == [30, 50]


def test_another_template_moves_the_crop() -> None:
    shifted = tuple((x - 8, y - 8) for x, y in CANVAS_TEMPLATE)
    crop = cut_canvas(gradient(), CropGeometry(shifted, (0, 0, 112, 112), 112))
    difference = crop.astype(int) - gradient()[8:120, 8:120]
    assert np.abs(difference).max() <= 1


def test_faces_without_an_identity() -> None:
    rows = [PackRow("0", "s", "ann", 1.5), PackRow("1", "s", "", 0.1), PackRow("2", "t", "", 2.0)]
    assert unlabelled(rows) == [1, 2]


def test_clear_faces_of_each_person() -> None:
    rows = [
        PackRow("0", "s", "ann", 1.5),
        PackRow("1", "s", "bob", 1.4),
        PackRow("2", "s", "", 0.1),
        PackRow("3", "s", "ann", 1.3),
        PackRow("4", "s", "ann", 0.8),
        PackRow("5", "s", "cleo", 0.7),
    ]
    found = clear_of_each(rows, 1.3, 2, np.random.default_rng(0))
    assert found == {"ann": [3, 4], "cleo": [5]}
    fewer = clear_of_each(rows, 1.3, 1, np.random.default_rng(0))
    assert {person: len(own) for person, own in fewer.items()} == {"ann": 1, "cleo": 1}
    assert fewer["ann"][0] in {3, 4}
