import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Image
from accessctl.liveness.evidence import CueVerdict
from accessctl.preview.beside import (
    COLOURS,
    MARGIN,
    SIZE,
    WIDTHS,
    draw_beside,
    free_place,
    overlap,
    wrap,
)
from accessctl.preview.text import text_size

LINES = (
    ("skin and light: 3 of 4 looks, looks alive so far", CueVerdict.UNDECIDED),
    ("surroundings: nothing speaks against you", CueVerdict.CLEAR),
    ("at rest: very still - turn your head a little", CueVerdict.DOUBT),
    ("blink: seen", CueVerdict.CONFIRM),
)
FACE = Box(230, 120, 170, 200)


@pytest.fixture
def image() -> Image:
    return np.full((480, 640, 3), 120, np.uint8)


def part(image: Image, box: Box) -> Image:
    return image[round(box.y) : round(box.y + box.h), round(box.x) : round(box.x + box.w)]


def test_the_face_is_not_hidden_and_doubts_and_life_have_their_colours(image: Image) -> None:
    before = image.copy()
    place = draw_beside(image, FACE, LINES, [])
    assert place is not None
    assert np.array_equal(part(image, FACE), part(before, FACE))
    inside = part(image, place).copy()
    part(image, place)[:] = 120
    assert np.array_equal(image, before)
    for word in (CueVerdict.DOUBT, CueVerdict.CONFIRM):
        assert (inside == np.array(COLOURS[word])).all(axis=2).any()


def test_where_there_is_no_room_nothing_is_drawn(image: Image) -> None:
    before = image.copy()
    assert draw_beside(image, Box(60, 0, 540, 480), LINES, []) is None
    assert draw_beside(image, FACE, (), []) is None
    assert draw_beside(image, FACE, LINES, [Box(0, 0, 640, 480)]) is None
    assert np.array_equal(image, before)


def test_narrow_room_breaks_the_lines(image: Image) -> None:
    right = Box(420, 100, 200, 250)
    wide = draw_beside(image, right, LINES, [])
    narrow = draw_beside(image, Box(200, 0, 400, 480), LINES, [])
    assert wide is not None
    assert narrow is not None
    assert narrow.w < wide.w
    assert narrow.h > wide.h
    # To the left of the face, where the room is.
    assert wide.x + wide.w < right.x


@pytest.mark.parametrize("widest", WIDTHS)
def test_rows_are_no_wider_than_they_may_be_and_lose_nothing(widest: int) -> None:
    for text, _ in LINES:
        rows = wrap(text, widest)
        assert " ".join(" ".join(rows).split()) == text
        assert all(text_size(row, SIZE)[0] <= widest + 12 for row in rows)


def test_a_word_that_is_too_wide_stands_alone() -> None:
    assert wrap("a " + "w" * 60 + " b", 100) == ["a", "   " + "w" * 60, "   b"]


def test_beside_is_to_the_right_then_to_the_left() -> None:
    assert free_place((100, 50), Box(200, 100, 80, 80), [], (640, 480)) == Box(290, 100, 100, 50)
    blocked = [Box(300, 0, 340, 480)]
    left = free_place((100, 50), Box(200, 100, 80, 80), blocked, (640, 480))
    assert left == Box(90, 100, 100, 50)


boxes = st.builds(
    Box, st.floats(-50, 640), st.floats(-50, 480), st.floats(1, 400), st.floats(1, 400)
)


@given(st.tuples(st.integers(1, 300), st.integers(1, 300)), boxes, st.lists(boxes, max_size=3))
def test_wherever_it_stands_it_hides_nothing(extent, box: Box, others: list[Box]) -> None:
    place = free_place(extent, box, others, (640, 480))
    if place is None:
        return
    assert (place.w, place.h) == extent
    assert place.x >= 0
    assert place.y >= 0
    assert place.x + place.w <= 640
    assert place.y + place.h <= 480
    for one in (box, *others):
        beside = place.x >= one.x + one.w or one.x >= place.x + place.w
        assert beside or place.y >= one.y + one.h or one.y >= place.y + place.h


def test_what_comes_too_near_overlaps() -> None:
    assert overlap(Box(0, 0, 10, 10), Box(10 + MARGIN - 1, 0, 10, 10))
    assert not overlap(Box(0, 0, 10, 10), Box(10 + MARGIN, 0, 10, 10))
    assert not overlap(Box(0, 0, 10, 10), Box(0, 10 + MARGIN, 10, 10))
