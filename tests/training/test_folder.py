import logging

import cv2
import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.training.folder import already_aligned, photos_of, read_folder


@pytest.fixture
def photos(tmp_path):
    """Two people, three photos, each of one grey level; and things that are no photos."""
    root = tmp_path / "people"
    for name, levels in (("zoe", (10,)), ("ann", (20, 30))):
        (root / name).mkdir(parents=True)
        for level in levels:
            cv2.imwrite(str(root / name / f"{level}.png"), np.full((64, 64, 3), level, np.uint8))
    (root / "zoe" / "notes.txt").write_text("no photo")
    (root / "stray.png").write_bytes(b"in nobody's folder")
    return root


def test_people_by_the_order_of_their_names(photos, tmp_path):
    faces = read_folder(photos, tmp_path, already_aligned)
    assert faces.person.tolist() == [0, 0, 1]
    assert [int(faces.image(i)[0, 0, 0]) for i in range(3)] == [20, 30, 10]
    assert faces.image(0).shape == (128, 128, 3)


def test_photos_are_aligned_only_once(photos, tmp_path):
    read_folder(photos, tmp_path, already_aligned)

    def not_again(_):
        raise AssertionError

    assert read_folder(photos, tmp_path, not_again).image(2)[0, 0, 0] == 10
    assert (tmp_path / "canvases.npy").stat().st_mode & 0o777 == 0o600


def test_photos_without_a_face_and_broken_ones_are_counted(photos, tmp_path, caplog):
    (photos / "zoe" / "broken.jpg").write_bytes(b"not a picture")

    def align(photo):
        return None if photo[0, 0, 0] == 20 else already_aligned(photo)

    with caplog.at_level(logging.WARNING):
        faces = read_folder(photos, tmp_path, align)
    assert faces.person.tolist() == [0, 1]
    assert "2 of 4 photos were left out" in caplog.text
    assert "broken.jpg" in caplog.text


def test_no_faces_at_all_is_told(photos, tmp_path):
    with pytest.raises(SourceError, match="None of the 3 photos"):
        read_folder(photos, tmp_path, lambda _: None)


def test_nothing_there_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no photos"):
        photos_of(tmp_path / "empty")
    with pytest.raises(SourceError, match="Cannot read"):
        photos_of(tmp_path / "missing")
