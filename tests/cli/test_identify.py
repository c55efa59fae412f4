import contextlib
import io
from pathlib import Path

import pytest

from accessctl.cli.identify import line, print_line
from accessctl.domain import Box, Match, PersonId
from accessctl.recognition.engine import Identification
from accessctl.vision.fake import fake_face

pytestmark = pytest.mark.usefixtures("models")

KEYS = ["image", "face", "box", "person", "similarity", "fmr", "reason", "error"]


@pytest.fixture
def eileen(site, pictures):
    assert site("enroll", "Eileen Collins", pictures("collins")).code == 0
    return site


def test_every_face_of_every_image(eileen, pictures) -> None:
    said = eileen("identify", "--json", pictures("two"), pictures("collins_mirrored"))
    assert (said.code, said.err) == (0, "")
    assert [list(line) for line in said.lines] == [KEYS] * 3
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


def test_the_line_for_people_to_read(eileen, pictures) -> None:
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
    assert line == dict.fromkeys(KEYS) | {
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
    assert list(unreadable) == KEYS
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
