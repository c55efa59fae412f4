import csv
import logging
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import PhotoError, SourceError
from accessctl.training.faces import (
    UNLABELLED,
    FaceSet,
    already_aligned,
    capped,
    family_of,
    held_out,
    photos_of,
    read_folder,
    read_pack,
    some_people,
    with_exemplars,
)

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


def test_hidden_photos_and_people_are_none(tmp_path):
    for name in ("Ada/1.jpg", "Ada/.2.jpg", ".cache/3.jpg", "Eve/4.avif", "Eve/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert photos_of(tmp_path) == [
        (0, tmp_path / "Ada" / "1.jpg"),
        (1, tmp_path / "Eve" / "4.avif"),
    ]


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


def faces(person):
    person = np.array(person, np.int32)
    return FaceSet(person, np.zeros(len(person), np.int32), np.arange(len(person)), None)


@given(st.lists(st.integers(-1, 6), min_size=8, max_size=40), st.integers(1, 5), st.integers(0, 9))
def test_nobody_is_on_both_sides(person, wanted, seed):
    train, out = held_out(faces(person), wanted, seed)
    assert not set(train.person.tolist()) & set(out.person.tolist())
    assert sorted([*train.rows, *out.rows]) == list(range(len(person)))
    assert UNLABELLED not in out.person
    _, counts = np.unique(out.person, return_counts=True)
    assert (counts >= 2).all()
    assert len(counts) <= min(wanted, len(set(person) - {-1}) // 2)


def test_as_many_as_asked_for_and_the_same_each_time():
    everyone = faces(np.repeat(np.arange(10), 3))
    _, out = held_out(everyone, 4, 1)
    assert len(np.unique(out.person)) == 4
    assert held_out(everyone, 4, 1)[1].rows.tolist() == out.rows.tolist()
    assert held_out(everyone, 4, 2)[1].rows.tolist() != out.rows.tolist()


def test_some_people_keep_all_their_photos_and_nobody_else_stays():
    everyone = faces([0, 0, 0, 1, 2, 2, -1, 3, 3, -1, 4, 4])
    few, more = (some_people(everyone, people, 1) for people in (2, 3))
    photos = {0: 3, 2: 2, 3: 2, 4: 2}
    numbers, counts = np.unique(few.person, return_counts=True)
    assert len(numbers) == 2
    assert {int(n): int(c) for n, c in zip(numbers, counts, strict=True)}.items() <= photos.items()
    assert set(few.rows.tolist()) < set(more.rows.tolist())
    assert len(some_people(everyone, 9, 1)) == sum(photos.values())


def test_cap_keeps_the_order_and_the_unlabelled():
    shown = capped(faces([0, 0, -1, 0, 1, -1, 0, -1]), 2, 1)
    assert (np.diff(shown.rows) > 0).all()
    assert sorted(shown.person.tolist()) == [-1, -1, -1, 0, 0, 1]


def test_a_share_of_the_nameless_become_people_of_their_own():
    everyone = faces([3, -1, -1, 3, -1, -1, 0])
    made = with_exemplars(everyone, 0.5, seed=1)
    named = [0, 3, 6]
    assert made.person[named].tolist() == [3, 3, 0]
    new = sorted(int(p) for p in made.person if p > 3)
    assert new == [4, 5]
    assert (made.person == UNLABELLED).sum() == 2
    assert everyone.person.tolist() == [3, -1, -1, 3, -1, -1, 0]
    again = with_exemplars(everyone, 0.5, seed=1)
    assert again.person.tolist() == made.person.tolist()
    assert (with_exemplars(everyone, 1.0, seed=1).person >= 0).all()
    assert with_exemplars(everyone, 0.0, seed=1).person.tolist() == everyone.person.tolist()


def test_exemplars_compete_with_the_anonymous_family():
    everyone = faces([-1, 0, 0])
    everyone.family[:] = 1
    assert with_exemplars(everyone, 1.0, seed=1).family.tolist() == [0, 1, 1]
