import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.liveness.cues.expression import FaceMovement, movement
from accessctl.liveness.cues.texture import can_tell, moves, texture
from accessctl.liveness.evidence import FACE_SIZE, MOUTH, CueVerdict, FramePatch, LivenessFrame
from accessctl.liveness.fake import fake_frame

NAN = float("nan")


def visit(*values: float, gap: float = 0.25, start: float = 10.0) -> list[LivenessFrame]:
    """A frame every `gap` seconds, with these answers."""
    return [fake_frame(start + gap * n, texture=value) for n, value in enumerate(values)]


def speaking(frames: list[LivenessFrame], pixels: float = 4.0) -> list[LivenessFrame]:
    """The same face, four times as many frames, with lips that open and close, each for half a
    second."""
    face = np.random.default_rng(1).uniform(-50, 50, (468, 3)).astype(np.float32)
    between = [
        replace(one, captured=one.captured + share * (other.captured - one.captured), texture=NAN)
        for one, other in pairwise(frames)
        for share in (0.25, 0.5, 0.75)
    ]
    moved = []
    for frame in sorted([*frames, *between], key=lambda one: one.captured):
        points = face.copy()
        points[list(MOUTH), 1] += pixels * (math.floor(2 * frame.captured) % 2)
        moved.append(replace(frame, landmarks=points))
    return moved


def dark(frame: LivenessFrame, grey: int) -> LivenessFrame:
    face = FramePatch(np.full((FACE_SIZE, FACE_SIZE), grey, np.uint8), 0, 0, 1, 1)
    return replace(frame, face=face)


def test_a_mean_from_the_upper_bound_on_shows_life():
    said = texture(speaking(visit(1.0, 0.8, 0.9, 0.9, 0.95)))
    assert said.verdict is CueVerdict.CONFIRM
    assert said.figure == pytest.approx(0.91)
    assert (said.cue, said.threshold, said.frames) == ("texture", 0.9, 5)
    assert (said.since, said.until) == (10.0, 11.0)


def test_a_mean_up_to_the_lower_bound_is_a_doubt():
    said = texture(visit(0.0, 0.2, 0.1, 0.05, 0.1))
    assert said.verdict is CueVerdict.DOUBT
    assert (said.threshold, said.frames) == (0.1, 5)
    assert (said.since, said.until) == (10.0, 11.0)


def test_in_between_it_is_clear_from_three_fifths_on():
    assert texture(visit(*[0.6] * 5)).verdict is CueVerdict.CLEAR
    assert texture(visit(*[0.89] * 5)).verdict is CueVerdict.CLEAR
    assert texture(visit(*[0.59] * 5)).verdict is CueVerdict.UNDECIDED
    assert texture(visit(*[0.11] * 5)).verdict is CueVerdict.UNDECIDED


def test_one_answer_that_speaks_of_an_attack_takes_the_confirmation_back():
    said = texture(visit(*[1.0] * 9, 0.29))
    assert said.verdict is CueVerdict.CLEAR
    assert said.figure > 0.9


def test_the_bounds_are_those_of_the_network_that_answered():
    asked = [replace(frame, texture_bounds=(0.3, 0.8)) for frame in visit(*[0.85] * 5)]
    # A frame about which nobody asked knows no network.
    said = texture(speaking([*asked, fake_frame(11.25)]))
    assert (said.verdict, said.threshold, said.frames) == (CueVerdict.CONFIRM, 0.8, 5)


def test_what_is_gathered_so_far_is_told():
    said = texture(visit(0.9, 0.7))
    assert (said.verdict, said.frames) == (CueVerdict.UNDECIDED, 2)
    assert said.figure == pytest.approx(0.8)
    assert texture([]).frames == texture([fake_frame(0.0)]).frames == 0


@pytest.mark.parametrize("value", [1.0, 0.0])
def test_it_takes_four_answers(value):
    assert texture(visit(*[value] * 3, gap=1.0)).verdict is CueVerdict.UNDECIDED
    assert texture(visit(*[value] * 4, gap=1.0)).verdict is not CueVerdict.UNDECIDED


@pytest.mark.parametrize("value", [1.0, 0.0])
def test_it_takes_a_second(value):
    assert texture(visit(*[value] * 10, gap=0.1)).verdict is CueVerdict.UNDECIDED
    assert texture(visit(*[value] * 11, gap=0.1)).verdict is not CueVerdict.UNDECIDED
    # Time that ran backwards spans nothing.
    assert texture(visit(*[value] * 11, gap=-0.1)).verdict is CueVerdict.UNDECIDED


def test_frames_that_were_not_asked_about_count_for_nothing():
    said = texture(speaking(visit(NAN, 1.0, NAN, 1.0, 1.0, NAN, 1.0, NAN)))
    assert (said.verdict, said.frames) == (CueVerdict.CONFIRM, 4)
    assert (said.since, said.until) == (10.25, 11.5)
    assert math.isnan(texture(visit(*[NAN] * 9)).figure)


def test_nothing_to_go_by():
    said = texture([])
    assert said.verdict is CueVerdict.UNDECIDED
    assert (said.frames, said.threshold) == (0, 0.9)


def test_the_bounds_are_those_of_the_network():
    frames = [replace(one, texture_bounds=(0.3, 0.6)) for one in speaking(visit(*[0.65] * 11))]
    assert texture(frames).verdict is CueVerdict.CONFIRM
    low = [replace(frame, texture_bounds=(0.3, 0.6)) for frame in visit(*[0.3] * 11)]
    assert texture(low).verdict is CueVerdict.DOUBT


def test_what_is_not_sure_must_hold_for_longer():
    def after(answer: float, looks: int) -> CueVerdict:
        frames = speaking(visit(*[answer] * looks))
        return texture([replace(one, texture_bounds=(0.3, 0.7)) for one in frames]).verdict

    assert after(0.85, 5) is CueVerdict.CONFIRM
    # Four answers a second: ten span 2.25 s, eleven 2.5.
    assert after(0.84, 10) is CueVerdict.CLEAR
    assert after(0.84, 11) is CueVerdict.CONFIRM


def test_mouth_and_lids_must_move():
    def said(answer: float, pixels: float) -> CueVerdict:
        frames = speaking(visit(*[answer] * 12), pixels)
        return texture([replace(one, texture_bounds=(0.3, 0.7)) for one in frames]).verdict

    # 12 of 20 points lie half of so many pixels of 100 from their median, root mean square
    # 0.6 ** 0.5 of that: 1 px comes to 0.0039, 1.1 to 0.0043.
    for answer in (0.84, 0.85):
        assert said(answer, 1.0) is CueVerdict.CLEAR
        assert said(answer, 1.1) is CueVerdict.CONFIRM


@pytest.mark.parametrize(
    ("expression", "warp", "trembling", "unsure", "sure"),
    [
        (0.004, 0.0, 1.0, True, True),
        (0.0039, 0.0, 1.0, False, False),
        (0.0056, 0.005, 1.0, True, True),
        (0.0054, 0.005, 1.0, False, False),
        # However the face is warped, twice the least is enough where the mean is sure.
        (0.008, 0.1, 1.0, False, True),
        (0.0079, 0.1, 1.0, False, False),
        (0.12, 0.1, 1.0, True, True),
        # A mesh that trembles half as much again.
        (0.0059, 0.0, 1.5, False, False),
        (0.006, 0.0, 1.5, True, True),
        (0.0119, 0.1, 1.5, False, False),
        (0.012, 0.1, 1.5, False, True),
        (NAN, NAN, 1.0, False, False),
    ],
)
def test_how_far_they_must_move_by_hand(expression, warp, trembling, unsure, sure):
    seen = FaceMovement(expression, warp, trembling)
    assert moves(seen, sure=False) is unsure
    assert moves(seen, sure=True) is sure


def test_they_must_move_further_than_the_rest_is_warped():
    def said(pixels: float, warp: float) -> CueVerdict:
        frames: list[LivenessFrame] = []
        for frame in speaking(visit(*[0.9] * 12), pixels):
            points = frame.landmarks.copy()
            # The whole face is drawn out and back each second.
            points[:, 0] *= 1 + warp * (math.floor(frame.captured) % 2)
            frames.append(replace(frame, landmarks=points))
        # Half of the stretch is left in each direction; points that are spread evenly over a
        # width deviate by 12 ** -0.5 of it: 0.5 * (2 / 12) ** 0.5.
        assert movement(frames).warp == pytest.approx(0.204 * warp, rel=0.05, abs=1e-6)
        return texture([replace(one, texture_bounds=(0.3, 0.7)) for one in frames]).verdict

    assert said(1.3, 0.0) is CueVerdict.CONFIRM
    assert said(1.3, 0.04) is CueVerdict.CLEAR
    assert said(2.2, 0.06) is CueVerdict.CONFIRM


def test_a_picture_whose_mesh_cannot_be_followed_shows_no_life():
    frames = [replace(one, texture_bounds=(0.3, 0.7)) for one in visit(*[0.95] * 12, gap=0.5)]
    assert texture(frames).verdict is CueVerdict.CLEAR


def test_where_little_surrounds_the_face_the_mean_must_be_higher():
    def said(answer: float, seen: float) -> tuple[CueVerdict, float]:
        frames = [
            replace(one, texture_bounds=(0.3, 0.7), around=replace(one.around, seen=seen))
            for one in speaking(visit(*[answer] * 12))
        ]
        found = texture(frames)
        return found.verdict, found.threshold

    assert said(0.84, 0.39) == (CueVerdict.CLEAR, 0.85)
    assert said(0.86, 0.39) == (CueVerdict.CONFIRM, 0.85)
    assert said(0.79, 0.4) == (CueVerdict.CONFIRM, 0.7)


def test_faces_that_are_too_small_or_too_dark_say_nothing():
    frames = visit(*[1.0] * 6)
    small = [replace(frame, box=Box(0, 0, 59.9, 80)) for frame in frames]
    assert texture(small).verdict is CueVerdict.UNDECIDED
    assert texture([replace(f, box=Box(0, 0, 60, 80)) for f in frames]).frames == 6
    assert texture([dark(frame, 24) for frame in frames]).frames == 0
    assert texture([dark(frame, 25) for frame in frames]).frames == 6


def test_what_can_be_told():
    frame = fake_frame(0.0)
    assert can_tell(frame)
    assert not can_tell(dark(frame, 24))
    assert not can_tell(replace(frame, box=Box(0, 0, NAN, 80)))
    assert can_tell(replace(frame, around=replace(frame.around, seen=0.19)))
    assert not can_tell(replace(frame, around=replace(frame.around, seen=0.189)))
    assert not can_tell(replace(frame, around=replace(frame.around, seen=NAN)))


# A frame is a picture, which takes a busy machine a while.
@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), max_size=30), st.floats(0.01, 0.5))
def test_it_never_refuses_and_never_says_more_than_it_saw(values, gap):
    said = texture(visit(*values, gap=gap))
    finite = [value for value in values if not math.isnan(value)]
    assert said.verdict is not CueVerdict.VETO
    assert said.frames <= len(finite)
    if said.verdict is CueVerdict.CONFIRM:
        assert min(finite) >= 0.3
    if said.verdict is not CueVerdict.UNDECIDED:
        assert said.until - said.since >= 0.95
