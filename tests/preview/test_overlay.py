import numpy as np
import pytest

from accessctl.domain import Box, Image, Match, Outcome, PersonId, Reason
from accessctl.door.door import FaceView
from accessctl.liveness.evidence import CueVerdict
from accessctl.policy.decide import Verdict
from accessctl.preview.label import GREEN, RED
from accessctl.preview.overlay import Panel, draw
from accessctl.vision.fake import fake_face

ADA = PersonId("a1")
MATCH = Match(ADA, 0.9, 6.0, 2.0, 1e-6, 1e-6)
PANEL = Panel("demo   15.0 fps", {"search": 9.9, "encode": 11.0}, ["granted  Ada"], "q quit")
SILENT = Panel(" ", {}, [], " ")
CONFIRM = CueVerdict.CONFIRM


@pytest.fixture
def image() -> Image:
    return np.full((480, 640, 3), 120, np.uint8)


def seen(box: Box, outcome: Outcome = Outcome.GRANTED) -> FaceView:
    verdict = Verdict(outcome, Reason.MATCHED, MATCH)
    return FaceView(fake_face(box=box), "v1", MATCH, verdict)


def overlay(image: Image, *views: FaceView, panel: Panel = SILENT) -> Image:
    return draw(image, views, {ADA: "Ada"}, 5.0, panel)


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
    bare = FaceView(fake_face(box=box), "v1", MATCH, None)
    told = FaceView(fake_face(box=box), "v1", MATCH, None, None, lines)
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
