import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Image, Match, Outcome, PersonId, Quality, Reason
from accessctl.door.visit import FaceView
from accessctl.door.visit_liveness import Prompt
from accessctl.liveness.evidence import CueVerdict
from accessctl.policy.decide import Verdict
from accessctl.preview.drawing import text_size
from accessctl.preview.overlay import (
    AMBER,
    BLUE,
    GATHERED_SIZE,
    GATHERED_WIDTHS,
    GREEN,
    MARGIN,
    MARK,
    RED,
    VERDICT_COLOURS,
    Panel,
    Thresholds,
    bar_share,
    draw,
    draw_beside,
    free_place,
    label_of,
    overlap,
    wrap,
)
from accessctl.vision.fake import fake_face

ADA = PersonId("a1")
NAMES = {ADA: "Ada"}
MATCH = Match(ADA, similarity=0.876, score=5.0, margin=2.0, fmr=1e-5, fmr_upper=1e-5)


def view(match: Match | None = MATCH, verdict: Verdict | None = None, *reasons: str) -> FaceView:
    return FaceView(fake_face(quality=Quality(0.5, reasons)), "v1", match, verdict)


def test_before_the_verdict_nobody_is_named() -> None:
    label = label_of(view(), NAMES, threshold=5.0)
    assert (label.title, label.detail, label.colour) == ("looking ...", "similarity 0.88", BLUE)
    assert "Ada" not in label.title + label.detail


def test_what_the_visitor_is_asked_for_comes_first() -> None:
    asked = replace(view(MATCH, None, "turned away"), prompt=Prompt("Look up.", "look_up", 2, 3))
    label = label_of(asked, NAMES, 5.0)
    assert (label.title, label.detail, label.colour) == ("Look up.", "2 of 3", AMBER)
    hint = label_of(replace(view(), prompt=Prompt("Turn your head.")), NAMES, 5.0)
    assert (hint.title, hint.detail) == ("Turn your head.", "similarity 0.88")


def test_what_is_wrong_with_the_face_is_told() -> None:
    label = label_of(view(None, None, "too far", "too dark"), NAMES, 5.0)
    assert (label.title, label.detail, label.share) == ("too far", "", None)


@pytest.mark.parametrize(
    ("outcome", "reason", "title", "detail", "colour"),
    [
        (Outcome.GRANTED, Reason.MATCHED, "Ada", "matched  similarity 0.88", GREEN),
        (Outcome.DENIED, Reason.COOLDOWN, "Ada", "cooldown  similarity 0.88", AMBER),
        (Outcome.UNKNOWN, Reason.NO_MATCH, "unknown", "no match  similarity 0.88", RED),
        (Outcome.UNKNOWN, Reason.LEFT_EARLY, "unknown", "left early  similarity 0.88", RED),
    ],
)
def test_the_verdict(
    outcome: Outcome, reason: Reason, title: str, detail: str, colour: tuple[int, int, int]
) -> None:
    label = label_of(view(MATCH, Verdict(outcome, reason, MATCH)), NAMES, 5.0)
    assert (label.title, label.detail, label.colour) == (title, detail, colour)


def test_a_verdict_without_a_match() -> None:
    verdict = Verdict(Outcome.UNKNOWN, Reason.EMPTY_GALLERY, None)
    label = label_of(view(None, verdict), {}, math.inf)
    assert (label.title, label.detail, label.share) == ("unknown", "empty gallery", None)


def test_somebody_removed_since_has_no_name() -> None:
    verdict = Verdict(Outcome.GRANTED, Reason.MATCHED, MATCH)
    assert label_of(view(MATCH, verdict), {}, 5.0).title == "(removed)"


@pytest.mark.parametrize(
    ("score", "threshold", "share"),
    [
        (5.0, 5.0, MARK),
        (2.5, 5.0, MARK / 2),
        (0.0, 5.0, 0.0),
        (-3.0, 5.0, 0.0),
        (50.0, 5.0, 1.0),
        (9.0, math.inf, 0.0),
        (9.0, 0.0, 0.0),
        (9.0, -1.0, 0.0),
    ],
)
def test_the_bar(score: float, threshold: float, share: float) -> None:
    assert bar_share(score, threshold) == pytest.approx(share)


def test_the_label_has_the_bar_of_its_match() -> None:
    assert label_of(view(), NAMES, threshold=10.0).share == pytest.approx(MARK / 2)


SURE_MATCH = Match(ADA, 0.9, 6.0, 2.0, 1e-6, 1e-6)
PANEL = Panel("demo   15.0 fps", {"search": 9.9, "encode": 11.0}, ["granted  Ada"], "q quit")
SILENT = Panel(" ", {}, [], " ")
CONFIRM = CueVerdict.CONFIRM


@pytest.fixture
def image() -> Image:
    return np.full((480, 640, 3), 120, np.uint8)


def seen(box: Box, outcome: Outcome = Outcome.GRANTED) -> FaceView:
    verdict = Verdict(outcome, Reason.MATCHED, SURE_MATCH)
    return FaceView(fake_face(box=box), "v1", SURE_MATCH, verdict)


def overlay(image: Image, *views: FaceView, panel: Panel = SILENT) -> Image:
    return draw(image, views, {ADA: "Ada"}, Thresholds(5.0, 5.0), panel)


def has(image: Image, colour: tuple[int, int, int]) -> bool:
    return bool((image == np.array(colour)).all(axis=2).any())


def test_the_cameras_picture_is_left_alone(image: Image) -> None:
    before = image.copy()
    drawn = overlay(image, seen(Box(200, 100, 150, 180)), panel=PANEL)
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8


def test_each_face_is_marked_in_the_colour_of_its_verdict(image: Image) -> None:
    drawn = overlay(
        image,
        seen(Box(50, 100, 100, 120)),
        seen(Box(400, 100, 100, 120), Outcome.UNKNOWN),
    )
    left, right = drawn[:, :320], drawn[:, 320:]
    assert (has(left, GREEN), has(left, RED)) == (True, False)
    assert (has(right, GREEN), has(right, RED)) == (False, True)


def test_the_label_stands_below_the_face(image: Image) -> None:
    bare, drawn = overlay(image), overlay(image, seen(Box(200, 100, 150, 180)))
    ys, xs = np.nonzero((bare != drawn).any(axis=2))
    # A line three pixels wide, and its soft edge.
    assert ys.min() >= 96
    # Box down to 280, then a label of three lines.
    assert 320 < ys.max() < 380
    assert xs.min() >= 196


@pytest.mark.parametrize(
    "box",
    [Box(-60, -60, 120, 120), Box(600, 440, 120, 120), Box(0, 0, 640, 480), Box(-900, 0, 50, 50)],
)
def test_a_label_stays_in_the_picture(image: Image, box: Box) -> None:
    bare, drawn = overlay(image), overlay(image, seen(box))
    # The shaded label is wider than any bracket's line: some of it is to be seen.
    assert (bare != drawn).any(axis=2).sum() > 1000


def test_what_the_cues_gather_stands_beside_the_face_and_hides_no_words(image: Image) -> None:
    box = Box(230, 120, 170, 200)
    lines = (("skin and light: 2 of 4 looks", CueVerdict.UNDECIDED), ("blink: seen", CONFIRM))
    bare = FaceView(fake_face(box=box), "v1", SURE_MATCH, None)
    told = FaceView(fake_face(box=box), "v1", SURE_MATCH, None, None, lines)
    without, with_lines = overlay(image, bare, panel=PANEL), overlay(image, told, panel=PANEL)
    changed = without != with_lines
    assert has(with_lines, GREEN)
    # Nothing that was written before is touched: not the face, its label, nor the panel.
    assert (without[changed.any(axis=2)] == 120).all()


def test_the_panel_tells_stages_and_decisions(image: Image) -> None:
    drawn = overlay(image, panel=PANEL)
    changed = (drawn != image).any(axis=2)
    assert changed[12:80, 12:120].mean() > 0.9
    assert changed[-70:-12, 12:120].mean() > 0.9
    assert not changed[120:380].any()


def test_other_words_other_picture(image: Image) -> None:
    panel = Panel("demo   15.0 fps", {"search": 9.9, "encode": 11.0}, ["denied  Ada"], "q quit")
    assert not np.array_equal(overlay(image, panel=PANEL), overlay(image, panel=panel))


@pytest.mark.parametrize("shape", [(40, 30), (1, 1), (480, 20)])
def test_a_tiny_picture_does_not_stop_it(shape: tuple[int, int]) -> None:
    tiny = np.full((*shape, 3), 120, np.uint8)
    drawn = overlay(tiny, seen(Box(2, 2, 10, 10)), panel=PANEL)
    assert drawn.shape == tiny.shape


LINES = (
    ("skin and light: 3 of 4 looks, looks alive so far", CueVerdict.UNDECIDED),
    ("surroundings: nothing speaks against you", CueVerdict.CLEAR),
    ("at rest: very still - turn your head a little", CueVerdict.DOUBT),
    ("blink: seen", CueVerdict.CONFIRM),
)
FACE = Box(230, 120, 170, 200)


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
        assert (inside == np.array(VERDICT_COLOURS[word])).all(axis=2).any()


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


@pytest.mark.parametrize("widest", GATHERED_WIDTHS)
def test_rows_are_no_wider_than_they_may_be_and_lose_nothing(widest: int) -> None:
    for text, _ in LINES:
        rows = wrap(text, widest)
        assert " ".join(" ".join(rows).split()) == text
        assert all(text_size(row, GATHERED_SIZE)[0] <= widest + 12 for row in rows)


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


def test_of_a_badge_its_person_is_named_before_the_verdict() -> None:
    label = label_of(replace(view(), claimed=ADA), NAMES, 5.0)
    assert (label.title, label.detail) == ("looking ...", "badge of Ada  similarity 0.88")
    assert label_of(replace(view(None), claimed=ADA), {}, 5.0).detail == "badge of (removed)"


def test_the_bar_of_a_claimed_face_ends_at_its_own_threshold() -> None:
    both = Thresholds(searched=10.0, claimed=5.0)
    assert (both.of(view()), both.of(replace(view(), claimed=ADA))) == (10.0, 5.0)
