"""A drawn signature's numbers: what is taken, what is refused, and what is shown of it."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import InputError
from accessctl.hub.drawn_signature import (
    HEAD,
    HEIGHT,
    MOST_CHARACTERS,
    MOST_POINTS,
    MOST_STROKES,
    WIDTH,
    Drawing,
    drawing_in,
    ink,
    parse_drawing,
)

SIGNED = "10,20 40,60 90,60;100,100"


def test_a_drawing_is_kept_as_its_numbers_and_shown_as_lines() -> None:
    drawing = parse_drawing(SIGNED)
    assert drawing.strokes == (((10, 20), (40, 60), (90, 60)), ((100, 100),))
    assert ink(drawing.strokes) == 50 + 50
    assert drawing.content() == HEAD + SIGNED.encode()
    assert drawing_in(drawing.content()) == drawing
    path = ElementTree.fromstring(drawing.svg())[1]  # noqa: S314 - made by the lines above
    assert path.attrib["d"] == "M10 20L40 60L90 60M100 100"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("10,20 40,60\n", "cannot be read"),
        ("10,20  40,60", "cannot be read"),
        ("10,20;", "cannot be read"),
        ("-1,20 90,90", "cannot be read"),
        ("1e2,20 90,90", "cannot be read"),
        ("١٠,20 90,90", "cannot be read"),
        ('0,0 90,90"/><script>', "cannot be read"),
        ("0,0 " * (MOST_CHARACTERS // 4) + "0,0", "cannot be read"),
        (f"0,0 {WIDTH + 1},0", "leaves its field"),
        (f"0,0 0,{HEIGHT + 1}", "leaves its field"),
        (" ".join(["0,0", "9,9"] * (MOST_POINTS // 2) + ["0,0"]), "at most"),
        (";".join(["0,0 9,9"] * (MOST_STROKES + 1)), "at most"),
        ("50,50", "A dot"),
        ("0,0 59,0", "A dot"),
    ],
    ids=range(15),
)
def test_what_is_no_signature_is_refused_and_said(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_drawing(text)


@pytest.mark.parametrize(
    "content", [b"\x89PNG", b"<svg/>", HEAD, HEAD + b"<svg/>", HEAD + b"\xff", b" " + HEAD]
)
def test_another_file_is_no_drawing(content: bytes) -> None:
    assert drawing_in(content) is None


points = st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT))
drawings = st.lists(st.lists(points, min_size=1, max_size=30), min_size=1, max_size=20)


@given(drawings)
def test_whatever_is_taken_comes_back_as_it_was(strokes: list[list[tuple[int, int]]]) -> None:
    drawing = Drawing(tuple(map(tuple, strokes)))
    if ink(drawing.strokes) >= 60:
        assert drawing_in(drawing.content()) == drawing


@given(st.text(max_size=200) | st.from_regex(r"[0-9,; ]{0,200}", fullmatch=True))
def test_nothing_that_is_sent_does_more_than_be_refused(text: str) -> None:
    try:
        drawing = parse_drawing(text)
    except InputError:
        return
    assert drawing.content() == HEAD + ";".join(
        " ".join(f"{x},{y}" for x, y in stroke) for stroke in drawing.strokes
    ).encode("ascii")
