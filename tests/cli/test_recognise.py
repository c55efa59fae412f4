import contextlib
import io
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from accessctl.cli.recognise import line, photos_at, print_line, verify_answer, verify_sentence
from accessctl.domain import Box, Match, PersonId
from accessctl.recognition.engine import Identification
from accessctl.vision.fake import fake_face

pytestmark = pytest.mark.usefixtures("models")

IDENTIFY_KEYS = ["image", "face", "box", "person", "similarity", "fmr", "reason", "error"]


def test_every_face_of_every_image(eileen, pictures) -> None:
    said = eileen("identify", "--json", pictures("two"), pictures("collins_mirrored"))
    assert (said.code, said.err) == (0, "")
    assert [list(line) for line in said.lines] == [IDENTIFY_KEYS] * 3
    stranger, known, mirrored = said.lines
    assert [line["face"] for line in said.lines] == [0, 1, 0]
    assert stranger["image"] == known["image"] == str(pictures("two"))
    assert mirrored["image"] == str(pictures("collins_mirrored"))
    assert (stranger["person"], known["person"], mirrored["person"]) == (
        None,
        "Eileen Collins",
        "Eileen Collins",
    )
    assert known["similarity"] > 0.99
    assert known["similarity"] > stranger["similarity"]
    assert known["fmr"] < 1e-4 < stranger["fmr"] <= 1
    assert {line["error"] for line in said.lines} == {None}


def test_the_boxes_are_where_the_faces_are(eileen, pictures) -> None:
    hopper, collins = (line["box"] for line in eileen("identify", "--json", pictures("two")).lines)
    # Hopper's photo is 512 wide, her face in its middle; Collins's begins where it ends.
    assert hopper[0] < 256 < hopper[0] + hopper[2] < 512
    assert collins[0] > 512
    assert 60 < collins[2] < hopper[2] < 250


def test_the_line_that_names_somebody(eileen, pictures) -> None:
    said = eileen("identify", pictures("collins"), pictures("hopper"))
    known, stranger = said.out.splitlines()
    assert known.startswith(f"{pictures('collins')}: face 0 at ")
    assert ": Eileen Collins (similarity 1.000, false-match rate " in known
    assert ": unknown (similarity " in stranger


def test_nobody_enrolled_nobody_similar(site, pictures) -> None:
    (line,) = site("identify", "--json", pictures("hopper")).lines
    assert (line["person"], line["similarity"], line["fmr"]) == (None, None, None)
    assert site("identify", pictures("hopper")).out.endswith(": unknown\n")


def test_an_image_without_a_face_is_an_answer_not_an_error(eileen, pictures) -> None:
    said = eileen("identify", "--json", pictures("nobody"))
    assert (said.code, said.err) == (0, "")
    (line,) = said.lines
    assert line == dict.fromkeys(IDENTIFY_KEYS) | {
        "image": str(pictures("nobody")),
        "error": "no face found",
    }
    assert eileen("identify", pictures("nobody")).out == (f"{pictures('nobody')}: no face found\n")


def test_a_face_of_no_use_is_told_and_not_named(eileen, pictures) -> None:
    (line,) = eileen("identify", "--json", pictures("small")).lines
    assert line["person"] is None
    assert line["face"] == 0
    assert "too far" in line["error"]
    assert line["reason"] == "poor_quality"
    assert "[too far" in eileen("identify", pictures("small")).out


def test_unknown_at_full_similarity_says_why() -> None:
    """Two people are enrolled who cannot be told apart, or one person under two names."""
    match = Match(PersonId("p"), 1.0, 9.0, 0.0, 1e-9, 1e-8)
    face = fake_face(box=Box(10, 20, 30, 40))
    found = line(Path("a.jpg"), 0, Identification(face, None, match, "ambiguous"), None)
    assert (found["person"], found["reason"]) == (None, "ambiguous")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        print_line(found, False)
    assert "unknown (similarity 1.000" in said.getvalue()
    assert "as near: the two cannot be told apart]" in said.getvalue()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("text.jpg", "is not a JPEG"),
        ("cut.jpg", "is damaged"),
        ("empty.jpg", "is empty"),
        ("bomb.png", "million pixels"),
        ("missing.jpg", "does not exist"),
    ],
)
def test_an_image_that_cannot_be_read_is_told_and_the_others_are_done(
    eileen, pictures, name: str, why: str
) -> None:
    store = eileen.store()
    said = eileen("identify", "--json", pictures(name), pictures("collins"))
    assert (said.code, said.err) == (2, "")
    unreadable, read = said.lines
    assert list(unreadable) == IDENTIFY_KEYS
    assert (unreadable["image"], unreadable["face"]) == (str(pictures(name)), None)
    assert why in unreadable["error"]
    assert read["person"] == "Eileen Collins"
    assert eileen.store() == store
    text = eileen("identify", pictures(name))
    assert text.code == 2
    assert text.out.count(str(pictures(name))) == 1
    assert why in text.out


def test_identifying_leaves_no_trace(eileen, pictures) -> None:
    events = eileen.events()
    eileen("identify", pictures("hopper"))
    assert eileen.events() == events


VERIFY_KEYS = ["same", "similarity", "fmr", "threshold", "error"]


def test_the_same_person(site, pictures) -> None:
    said = site("verify", "--json", pictures("collins"), pictures("collins_mirrored"))
    assert (said.code, said.err) == (0, "")
    (line,) = said.lines
    assert list(line) == VERIFY_KEYS
    assert line["same"] is True
    assert line["threshold"] < line["similarity"] <= 1
    assert 0 < line["fmr"] <= 1e-4
    assert line["error"] is None


def test_two_people_is_an_answer_not_an_error(site, pictures) -> None:
    said = site("verify", "--json", pictures("collins"), pictures("hopper"))
    (line,) = said.lines
    assert said.code == 0
    assert line["same"] is False
    assert line["similarity"] < line["threshold"]
    assert 1e-4 < line["fmr"] <= 1


def test_the_order_is_of_no_matter(site, pictures) -> None:
    one = site("verify", "--json", pictures("collins"), pictures("hopper")).lines
    assert site("verify", "--json", pictures("hopper"), pictures("collins")).lines == one


def test_the_line_that_compares_two(site, pictures) -> None:
    said = site("verify", pictures("collins"), pictures("collins_mirrored"))
    assert said.out.startswith("same person: similarity ")
    said = site("verify", pictures("collins"), pictures("hopper"))
    assert said.out.startswith("not the same person: similarity ")
    assert " is enough for these two), false-match rate " in said.out


def test_a_stricter_rate_needs_more_similarity(site, pictures) -> None:
    thresholds = []
    for rate in (0.01, 0.0001):
        site.configure(policy={"target_fmr": rate})
        (line,) = site("verify", "--json", pictures("collins"), pictures("hopper")).lines
        thresholds.append(line["threshold"])
    assert thresholds[0] < thresholds[1]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nobody", "no face found"),
        ("two", "2 faces found"),
        ("small", "the face is too small"),
        ("blurred", "the face is blurred"),
        ("text.jpg", "is not a JPEG"),
        ("missing.jpg", "does not exist"),
    ],
)
@pytest.mark.parametrize("bad_one_first", [True, False])
def test_a_photo_that_will_not_do(site, pictures, name: str, why: str, bad_one_first: bool) -> None:
    photos = [pictures(name), pictures("hopper")]
    said = site("verify", *(photos if bad_one_first else photos[::-1]))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"accessctl: {pictures(name)}")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_a_photo_that_will_not_do_as_json(site, pictures) -> None:
    said = site("verify", "--json", pictures("nobody"), pictures("hopper"))
    assert (said.code, said.err) == (2, "")
    (line,) = said.lines
    assert list(line) == VERIFY_KEYS
    assert [line[key] for key in VERIFY_KEYS[:-1]] == [None] * 4
    assert line["error"].startswith(f"{pictures('nobody')}: no face found")


def test_nobody_is_enrolled_by_it(site, pictures) -> None:
    site("verify", pictures("collins"), pictures("hopper"))
    assert site.people() == []
    assert not (site.folder / "state").exists()


def test_where_no_similarity_will_do() -> None:
    line = verify_answer(same=False, similarity=0.5, fmr=0.01, threshold=None)
    assert verify_sentence(line) == (
        "not the same person: similarity 0.500 (no similarity is enough for these two), "
        "false-match rate 1.0e-02"
    )


@pytest.fixture
def folder(tmp_path: Path, pictures) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    shutil.copy(pictures("hopper"), folder / "b.png")
    shutil.copy(pictures("collins"), folder / "a.PNG")
    shutil.copy(pictures("nobody"), folder / "more" / "c.png")
    (folder / "notes.txt").write_text("not a photo")
    return folder


def test_a_row_for_every_photo(site, folder: Path, pictures, loaded) -> None:
    out = site.folder / "faces.npz"
    said = site("embed", pictures("collins"), folder, "--out", out)
    assert said.code == 0
    assert said.out == f"3 of 4 photos embedded into {out}.\n"
    assert said.err == (
        f"accessctl: {folder / 'more' / 'c.png'}: no face found; "
        "use a photo that shows one face from the front.\n"
    )
    with np.load(out, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["embeddings", "fingerprint", "paths"]
        paths, rows, fingerprint = (arrays[name] for name in ("paths", "embeddings", "fingerprint"))
    assert list(paths) == [
        str(path)
        for path in (
            pictures("collins"),
            folder / "a.PNG",
            folder / "b.png",
            folder / "more" / "c.png",
        )
    ]
    assert str(fingerprint) == loaded.recogniser.fingerprint
    assert (rows.shape, rows.dtype) == ((4, 128), np.float32)
    assert np.linalg.norm(rows[:3], axis=1) == pytest.approx(1, abs=1e-5)
    assert np.isnan(rows[3]).all()
    assert rows[0] @ rows[1] == pytest.approx(1)
    assert rows[1] @ rows[2] < 0.95


@pytest.mark.parametrize("name", ["text.jpg", "missing.jpg", "bomb.png", "two", "small"])
def test_what_cannot_be_used_is_told_and_is_a_row_of_nan(site, pictures, name: str) -> None:
    out = site.folder / "faces.npz"
    said = site("embed", pictures(name), "--out", out)
    assert said.code == 0
    assert said.err.startswith(f"accessctl: {pictures(name)}")
    assert said.err.count("\n") == 1
    with np.load(out) as arrays:
        assert np.isnan(arrays["embeddings"]).all()
        assert arrays["embeddings"].shape == (1, 128)


def test_the_file_is_the_one_named_and_private(site, pictures) -> None:
    out = site.folder / "faces"
    said = site("embed", pictures("nobody"), "--out", out)
    assert str(out) in said.out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not out.with_suffix(".npz").exists()


def test_a_file_that_cannot_be_written(site, pictures) -> None:
    out = site.folder / "missing" / "faces.npz"
    said = site("embed", pictures("nobody"), "--out", out)
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        f"accessctl: Cannot write {out} (No such file or directory); "
        "name a file in a writable folder."
    )


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_what_was_there(site, pictures) -> None:
    out = site.folder / "faces.npz"
    out.write_bytes(b"of yesterday")
    before = sorted(site.folder.iterdir())
    said = site("embed", pictures("nobody"), "--out", out)
    assert said.code == 1
    assert "No space left on device" in said.err
    assert out.read_bytes() == b"of yesterday"
    assert sorted(site.folder.iterdir()) == before


def test_a_folder_without_photos(site) -> None:
    (site.folder / "bare").mkdir()
    said = site("embed", site.folder / "bare", "--out", site.folder / "faces.npz")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"accessctl: {site.folder / 'bare'} holds no photos; name a folder that does.\n"
    )
    assert not (site.folder / "faces.npz").exists()


def test_files_as_they_are_folders_in_order(folder: Path) -> None:
    given = [folder / "z.jpg", folder, folder / "notes.txt"]
    assert list(photos_at(given)) == [
        folder / "z.jpg",
        folder / "a.PNG",
        folder / "b.png",
        folder / "more" / "c.png",
        folder / "notes.txt",
    ]
