import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Frame
from accessctl.errors import CameraError, InputError, SourceError, StoreError
from accessctl.training.spoof.samples import (
    ARRAYS,
    around,
    film,
    photos,
    read_samples,
    write_samples,
)


def ramp(width: int, height: int) -> np.ndarray:
    """Red is the column, green the row."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, np.zeros_like(x)], axis=2).astype(np.uint8)


def test_what_is_kept_around_a_face_by_hand() -> None:
    # The larger side is 50, 2.4 times of which is 120: from (100 - 120, 180 - 120) to the same
    # on the other side, as far as the picture goes.
    found = around(ramp(250, 400), Box(80, 155, 40, 50), "somebody", "lfw")
    assert found is not None
    assert found.image.shape == (240, 220, 3)
    assert found.image[0, 0].tolist() == [0, 60, 0]
    assert found.image[-1, -1].tolist() == [219, 299 % 256, 0]
    assert found.box == Box(80, 95, 40, 50)
    assert (found.group, found.kind, found.film) == ("somebody", "lfw", False)


def test_a_large_face_is_shrunk_with_all_that_is_around_it() -> None:
    found = around(np.full((900, 900, 3), 7, np.uint8), Box(270, 270, 360, 360), "a", "b")
    assert found is not None
    # 180 of 360: half, of the whole picture, because 2.4 x 360 reaches beyond it.
    assert found.image.shape == (450, 450, 3)
    assert found.box == Box(135, 135, 180, 180)


def test_a_face_too_small_to_learn_from_is_none() -> None:
    assert around(ramp(200, 200), Box(90, 90, 23.9, 60), "a", "b") is None
    assert around(ramp(200, 200), Box(90, 90, 24, 60), "a", "b") is not None


@pytest.fixture
def archive(tmp_path: Path):
    """A zip file of pictures of one shade each, or of anything else."""

    def make(**contents: int | bytes) -> Path:
        path = tmp_path / "photos.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name, content in contents.items():
                if isinstance(content, int):
                    shade = np.full((100, 100, 3), content, np.uint8)
                    content = cv2.imencode(".png", shade)[1].tobytes()
                file.writestr(name, content)
        return path

    return make


def one_face(image: np.ndarray) -> list[Box]:
    """A face in every picture but the black ones, and a smaller one that comes first."""
    return [Box(1, 1, 25, 25), Box(30, 30, 40, 40)] if image.any() else []


def groups(path: Path, within: str = "") -> dict[str, int]:
    """Who is found, and how bright."""
    found = list(photos(path, one_face, "kind", within))
    assert all(one.box.w == 40 for one in found)
    assert all(one.kind == "kind" and not one.film for one in found)
    return {one.group: int(one.image[50, 50, 0]) for one in found}


def test_a_photo_is_of_the_person_whose_folder_it_lies_in(archive) -> None:
    path = archive(**{"Ann/1.png": 10, "lfw/Bob/1.png": 20, "alone.png": 30, "empty/x.png": 0})
    assert groups(path) == {"Ann": 10, "Bob": 20, "alone.png": 30}


@pytest.mark.parametrize("within", ["set/live", "set/live/"])
def test_only_what_lies_within_is_taken_and_each_is_somebody_else(archive, within) -> None:
    path = archive(
        **{
            "set/live/1.png": 10,
            "set/live/2.png": 20,
            "set/live/Ann/3.png": 30,
            "set/live_attacks/1.png": 40,
            "set/spoof/1.png": 50,
        }
    )
    found = groups(path, within)
    assert found == {"set/live/1.png": 10, "set/live/2.png": 20, "Ann": 30}


def test_what_is_no_picture_is_passed_over_and_told(archive, caplog) -> None:
    path = archive(**{"a/1.png": b"", "a/2.jpg": b"no picture", "a/notes.txt": b"x", "b/1.png": 9})
    assert groups(path) == {"b": 9}
    assert "a/1.png" in caplog.text
    assert "a/2.jpg" in caplog.text


def test_what_is_no_archive_is_refused(tmp_path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK no")
    with pytest.raises(SourceError, match=r"photos\.zip"):
        list(photos(tmp_path / "photos.zip", one_face, "kind"))
    with pytest.raises(SourceError, match=r"nothing\.zip"):
        list(photos(tmp_path / "nothing.zip", one_face, "kind"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Two seconds of ten frames each, every one brighter than the one before."""
    path = tmp_path_factory.mktemp("clip") / "Q01.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 96))
    for number in range(20):
        writer.write(np.full((96, 96, 3), 10 * number, np.uint8))
    writer.release()
    return path


def shades(pictures) -> list[int]:
    """Which frame each picture is of."""
    return [round(float(one.image.mean()) / 10) for one in pictures]


class Follower:
    """Finds a face in every frame from the third on, or two."""

    def __init__(self, boxes: int = 1) -> None:
        self.frames: list[Frame] = []
        self._boxes = boxes

    def __call__(self, frame: Frame):
        self.frames.append(frame)
        face = type("Face", (), {"box": Box(30, 30, 30, 30)})
        return [face] * self._boxes if len(self.frames) > 3 else []


def test_a_film_gives_a_frame_every_so_often_but_all_are_followed(clip) -> None:
    follower = Follower()
    found = list(film(clip, follower, "film", 0.5, 60))
    # The first with a face is number 3; at 0.3 s, 0.8 s, 1.3 s and 1.8 s.
    assert shades(found) == [3, 8, 13, 18]
    assert {(one.group, one.kind, one.film) for one in found} == {("Q01", "film", True)}
    assert [frame.sequence for frame in follower.frames] == list(range(20))


def test_no_more_frames_are_taken_than_asked_for_with_everybody_in_them(clip) -> None:
    follower = Follower(boxes=2)
    assert shades(film(clip, follower, "film", 0.1, 3)) == [3, 3, 4, 4, 5, 5]
    assert len(follower.frames) < 20


def test_what_is_no_film_is_refused(tmp_path) -> None:
    path = tmp_path / "no.mp4"
    path.write_bytes(b"no film")
    with pytest.raises(CameraError, match=r"no\.mp4"):
        list(film(path, Follower(), "film", 0.5, 60))


def test_what_is_written_is_read_in_the_order_of_the_names(made_samples, tmp_path) -> None:
    first, second = made_samples(6, 0), made_samples(4, 1)
    # Longer words than in the first piece.
    second = replace(second, kind=np.array(["photo_paper"] * 4), source=np.array(["portrait"] * 4))
    folder = tmp_path / "samples"
    write_samples(folder / "fit-0002.npz", second)
    write_samples(folder / "fit-0001.npz", first)
    write_samples(folder / "check-0000.npz", made_samples(2, 2))
    read = read_samples(folder, "fit-")
    assert len(read) == 10
    for name in ARRAYS:
        one, other = getattr(first, name), getattr(second, name)
        np.testing.assert_array_equal(getattr(read, name), np.concatenate([one, other]))
        assert getattr(read, name).dtype.kind == one.dtype.kind
    assert len(read_samples(folder, "check-")) == 2


def test_a_folder_without_any_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no samples"):
        read_samples(tmp_path, "fit-")


def test_a_piece_that_was_not_finished_does_not_count(made_samples, tmp_path, monkeypatch) -> None:
    def stopped(stream, **arrays) -> None:
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_samples(tmp_path / "fit-0000.npz", made_samples(2, 0))
    assert not (tmp_path / "fit-0000.npz").exists()
    with pytest.raises(InputError, match="holds no samples"):
        read_samples(tmp_path, "fit-")


def test_pickles_are_refused(made_samples, tmp_path) -> None:
    piece = made_samples(2, 0)
    write_samples(tmp_path / "fit-0.npz", replace(piece, kind=np.array([{"a": 1}, {}], object)))
    with pytest.raises(InputError, match="damaged"):
        read_samples(tmp_path, "fit-")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_damaged_piece_is_named(tmp_path, content) -> None:
    (tmp_path / "fit-0007.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"fit-0007\.npz is damaged .* delete it"):
        read_samples(tmp_path, "fit-")


def test_a_piece_that_lacks_something_is_named(made_samples, tmp_path) -> None:
    write_samples(tmp_path / "fit-0.npz", made_samples(2, 0))
    with (
        zipfile.ZipFile(tmp_path / "fit-0.npz") as whole,
        zipfile.ZipFile(tmp_path / "fit-1.npz", "w") as less,
    ):
        for name in set(whole.namelist()) - {"film.npy"}:
            less.writestr(name, whole.read(name))
    with pytest.raises(InputError, match=r"fit-1\.npz is damaged"):
        read_samples(tmp_path, "fit-")


def test_a_folder_that_cannot_be_written_is_a_fault(made_samples, tmp_path) -> None:
    (tmp_path / "samples").write_text("a file is in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        write_samples(tmp_path / "samples" / "fit-0.npz", made_samples(2, 0))
