import csv
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.errors import PhotoError, SourceError
from accessctl.training.pack import family_of, read_pack

PACK = Path(__file__).resolve().parents[3] / "shared" / "data" / "train"


@pytest.fixture
def pack(tmp_path):
    rows = [
        ("000000.webp", "celeba_a", "celeba2", 1.0),
        ("000001.webp", "utk", "", 0.5),
        ("000002.webp", "pins", "name_b", 2.0),
        ("000003.webp", "celeba_b", "celeba2", 1.0),
    ]
    with (tmp_path / "faces.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "source", "identity", "scale", "original_name"))
        writer.writerows((*row, "") for row in rows)
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for number, (name, *_) in enumerate(rows):
            canvas = np.full((128, 128, 3), (0, 0, 40 * number), np.uint8)
            archive.writestr(name, cv2.imencode(".webp", canvas)[1].tobytes())
    return tmp_path


def test_people_families_and_canvases(pack):
    faces = read_pack(pack)
    assert faces.person.tolist() == [0, -1, 1, 0]
    assert faces.family.tolist() == [0, 1, 1, 0]
    # Stored as BGR red: comes back as RGB red.
    assert abs(int(faces.image(3)[5, 5, 0]) - 120) < 6
    assert faces.image(3)[5, 5, 1:].max() < 12


def test_a_selection_still_finds_its_canvases(pack):
    chosen = read_pack(pack).select(np.array([2, 0]))
    assert chosen.person.tolist() == [1, 0]
    assert abs(int(chosen.image(0)[0, 0, 0]) - 80) < 6


def test_a_missing_face_is_told(pack):
    with zipfile.ZipFile(pack / "faces.zip", "w"):
        pass
    with pytest.raises(PhotoError, match=r"000000\.webp"):
        read_pack(pack).image(0)


def test_no_pack_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"faces\.csv"):
        read_pack(tmp_path)


def test_no_archive_is_told(pack):
    (pack / "faces.zip").unlink()
    with pytest.raises(SourceError, match=r"faces\.zip"):
        read_pack(pack)


def test_celeba_is_a_family_of_its_own():
    assert family_of("celeba_wild_matush_crop") == 0
    assert family_of("celeb20_jahed") == 1


@pytest.mark.shared_data
@pytest.mark.skipif(not PACK.exists(), reason="the faces in ../shared/data are not here")
def test_the_shared_pack():
    faces = read_pack(PACK)
    assert len(faces) == 68_650
    assert (faces.person < 0).sum() == 23_303
    people = np.unique(faces.person[faces.person >= 0])
    assert len(people) == 3_940
    assert faces.image(68_649).shape == (128, 128, 3)
    # Nobody is in both families: named people are not CelebA's numbers.
    in_family = [set(faces.person[faces.family == f].tolist()) - {-1} for f in (0, 1)]
    assert not in_family[0] & in_family[1]
