"""The straight rims of a device, on both sides of the face."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Image
from accessctl.liveness.cues import surroundings as module
from accessctl.liveness.cues.surroundings import edges, rim
from accessctl.liveness.evidence import CueVerdict, FramePatch, LivenessFrame
from accessctl.liveness.fake import fake_frame

# In the view the middle of the face is at (80, 80) and the face 50 pixels wide, so that a
# rim is looked for at 31 to 77.5 pixels from the middle.
FACE = Box(55, 55, 50, 50)


def wall() -> Image:
    return np.full((160, 160, 3), 200, np.uint8)


def before(image: Image, captured: float = 0.0, box: Box = FACE) -> LivenessFrame:
    frame = fake_frame(captured, box=box)
    return replace(frame, around=FramePatch(image, 0.0, 0.0, 1.0, 1.0))


def bars(left: int, right: int, top: int = 0, bottom: int = 160) -> Image:
    image = wall()
    for x in (left, right):
        image[top:bottom, x - 3 : x + 3] = 30
    return image


def leaning(degrees: float) -> Image:
    turn = cv2.getRotationMatrix2D((79.5, 79.5), degrees, 1.0)
    return cv2.warpAffine(
        bars(30, 130, -200, 400), turn, (160, 160), borderValue=(200, 200, 200)
    ).astype(np.uint8)


def test_a_bare_wall_has_no_straight_line_beside_the_face() -> None:
    assert rim(before(wall())) == 0.0


def test_a_rim_on_both_sides_is_seen_along_its_whole_length() -> None:
    assert rim(before(bars(30, 130))) > 0.97


def test_a_rim_on_one_side_is_none() -> None:
    image = wall()
    image[:, 27:33] = 30
    assert rim(before(image)) == 0.0
    assert rim(before(np.ascontiguousarray(image[:, ::-1]))) == 0.0


def test_the_shorter_side_counts() -> None:
    image = bars(30, 130)
    image[:80, 120:140] = 200
    assert rim(before(image)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("left", "right"), [(66, 94), (8, 152)])
def test_what_is_too_near_or_too_far_refuses_nobody(left: int, right: int) -> None:
    # For a face 40 pixels wide a rim is looked for at 25 to 62 pixels from the middle; only
    # a slanting line can cross a part of that and of an upright bar beyond it.
    small = Box(60, 60, 40, 40)
    assert rim(before(bars(left, right), box=small)) < 0.35
    assert rim(before(bars(40, 120), box=small)) > 0.97


@pytest.mark.parametrize("degrees", [-16, -8, 4, 12, 20])
def test_a_rim_may_lean(degrees: float) -> None:
    assert rim(before(leaning(degrees))) > 0.7


@pytest.mark.parametrize("degrees", [40, 60, 90])
def test_what_is_not_upright_is_no_rim(degrees: float) -> None:
    assert rim(before(leaning(degrees))) < 0.1


def test_only_the_pixels_that_are_asked_for_count() -> None:
    only = np.ones((160, 160), np.bool_)
    only[:120, 80:] = False
    assert rim(before(bars(30, 130)), only) == pytest.approx(0.25, abs=0.05)
    assert rim(before(bars(30, 130)), np.zeros((160, 160), np.bool_)) == 0.0


def swaying(count: int) -> list[LivenessFrame]:
    """Each face a tenth of its width from the one before, ten a second."""
    return [
        before(wall(), captured=i / 10, box=Box(55 + 5 * (i % 2), 55, 50, 50)) for i in range(count)
    ]


def told(monkeypatch: pytest.MonkeyPatch, *shares: float) -> list[LivenessFrame]:
    """Pairs of frames of which each shows a rim of the share told in its second one."""
    frames = swaying(2 * len(shares))
    seen = dict(zip([frame.captured for frame in frames[1::2]], shares, strict=True))
    monkeypatch.setattr(module, "_not_staying", lambda first, second: None)
    monkeypatch.setattr(module, "rim", lambda frame, only: seen[frame.captured])
    return frames


def test_the_best_run_of_three_counts_by_its_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.1, 0.6, 0.7, 0.56, 0.2))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure == pytest.approx(0.56)
    # The third, fourth and fifth pair: frames 4 to 9.
    assert (result.frames, result.since, result.until) == (3, 0.4, 0.9)


def test_the_earliest_run_that_suffices_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.6, 0.6, 0.6, 0.9, 0.9, 0.9))
    assert result.figure == pytest.approx(0.9)
    assert result.until == pytest.approx(0.5)


def test_a_rim_that_shows_now_and_then_is_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.9, 0.1, 0.9, 0.9, 0.3))
    assert result.verdict is CueVerdict.CLEAR
    assert result.figure == pytest.approx(0.3)


def test_the_threshold_itself_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, 0.55, 0.55, 0.55)).verdict is CueVerdict.DOUBT
    assert edges(told(monkeypatch, 0.55, 0.54, 0.55)).verdict is CueVerdict.UNDECIDED


def test_what_living_people_reach_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, *[0.46] * 9)).verdict is CueVerdict.UNDECIDED


def test_clear_takes_twice_as_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edges(told(monkeypatch, *[0.2] * 5)).verdict is CueVerdict.UNDECIDED
    assert edges(told(monkeypatch, *[0.2] * 6)).verdict is CueVerdict.CLEAR


def test_two_pairs_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    result = edges(told(monkeypatch, 0.9, 0.9))
    assert result.verdict is CueVerdict.UNDECIDED
    assert np.isnan(result.figure)


def test_a_face_that_hardly_moves_gives_no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 0.9, 0.9, 0.9)
    frames = [before(wall(), i / 10, Box(55 + 2 * (i % 2), 55, 50, 50)) for i in range(6)]
    assert np.isnan(edges(frames).figure)


def test_a_face_that_is_too_small_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 0.9, 0.9, 0.9)
    frames = [before(wall(), i / 10, Box(55 + 9 * (i % 2), 55, 45, 45)) for i in range(6)]
    assert np.isnan(edges(frames).figure)


def test_nothing_seen_says_nothing() -> None:
    assert edges([]).verdict is CueVerdict.UNDECIDED
