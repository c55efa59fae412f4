from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.liveness.cues.infrared import infrared
from accessctl.liveness.evidence import CueVerdict, InfraredSight, LivenessFrame
from accessctl.liveness.fake import fake_frame

HERE = Box(100, 100, 100, 120)
NAN = float("nan")

FacePlace = Callable[[float], Box]


def standing(_: float) -> Box:
    return HERE


def swaying(t: float) -> Box:
    """20 px, a fifth of its width, to either side."""
    return Box(100 + 20 * np.sin(2 * np.pi * t), 100, 100, 120)


def lit(t: float, box: Box) -> InfraredSight:
    return InfraredSight(t, box, 0.5, 0.3)


def nothing(t: float, around: float = 0.3) -> InfraredSight:
    return InfraredSight(t, None, NAN, around)


def watched(
    show: Callable[[float], InfraredSight | None],
    place: FacePlace = standing,
    seconds: float = 2.0,
    fps: float = 5.0,
) -> list[LivenessFrame]:
    times = np.arange(0, seconds, 1 / fps).tolist()
    return [replace(fake_frame(t, box=place(t)), infrared=show(t)) for t in times]


def test_a_face_that_only_the_colour_camera_sees_is_doubted_after_a_second() -> None:
    frames = watched(nothing)
    # 0.0, 0.2 ... 0.8 span less than a second, the sixth sight makes it whole.
    assert infrared(frames[:5]).verdict is CueVerdict.UNDECIDED
    found = infrared(frames[:6])
    assert (found.verdict, found.figure, found.frames) == (CueVerdict.DOUBT, 0.0, 6)
    assert (found.since, found.until) == (0.0, pytest.approx(1.0))


def test_the_first_second_is_the_one_that_is_doubted() -> None:
    """So that the next look may rest on all that came after it."""
    assert infrared(watched(nothing, seconds=3.0)).until == pytest.approx(1.0)


def test_a_lit_face_in_its_place_is_clear_and_never_confirmed() -> None:
    found = infrared(watched(lambda t: lit(t, HERE)))
    assert (found.verdict, found.figure, found.frames) == (CueVerdict.CLEAR, 1.0, 6)


def test_a_look_that_fails_now_and_then_neither_refuses_nor_clears() -> None:
    def every_other(t: float) -> InfraredSight:
        return nothing(t) if round(t * 5) % 2 else lit(t, HERE)

    # Of the last six sights three show the face.
    found = infrared(watched(every_other))
    assert (found.verdict, found.figure) == (CueVerdict.UNDECIDED, 0.5)


def test_one_miss_in_a_second_does_not_matter() -> None:
    frames = watched(lambda t: nothing(t) if abs(t - 1.4) < 0.01 else lit(t, HERE))
    found = infrared(frames)
    assert (found.verdict, found.figure) == (CueVerdict.CLEAR, pytest.approx(5 / 6))


def test_without_a_lamp_no_face_says_nothing() -> None:
    assert infrared(watched(lambda t: nothing(t, 0.05))).verdict is CueVerdict.UNDECIDED
    assert infrared(watched(lambda t: nothing(t, NAN))).verdict is CueVerdict.DOUBT


@pytest.mark.parametrize(
    ("brightness", "around", "verdict"),
    [
        (0.05, 0.01, CueVerdict.UNDECIDED),  # too dark, whatever is behind
        (0.10, 0.05, CueVerdict.CLEAR),  # it outshines what is behind it
        (0.10, 0.10, CueVerdict.UNDECIDED),
        (0.25, 0.90, CueVerdict.CLEAR),  # the sun behind it
        (NAN, 0.10, CueVerdict.UNDECIDED),
    ],
)
def test_an_unlit_face_is_not_clear(brightness: float, around: float, verdict: CueVerdict) -> None:
    frames = watched(lambda t: InfraredSight(t, HERE, brightness, around))
    assert infrared(frames).verdict is verdict


def test_a_camera_that_is_not_asked_says_nothing() -> None:
    found = infrared(watched(lambda _: None))
    assert (found.verdict, found.frames) == (CueVerdict.UNDECIDED, 0)
    assert infrared([]).verdict is CueVerdict.UNDECIDED


def test_a_camera_that_fell_silent_clears_nobody() -> None:
    def until_two(t: float) -> InfraredSight | None:
        return lit(t, HERE) if t < 1.99 else None

    # Its last sight is of 1.8 s: 0.4 seconds later it counts, a second later not.
    assert infrared(watched(until_two, seconds=2.3)).verdict is CueVerdict.CLEAR
    assert infrared(watched(until_two, seconds=3.0)).verdict is CueVerdict.UNDECIDED


def test_sights_that_come_too_slowly_say_nothing() -> None:
    # Two a second: a second holds three of them.
    assert infrared(watched(nothing, fps=2.0, seconds=3.0)).verdict is CueVerdict.UNDECIDED


def test_a_face_that_moves_along_is_clear() -> None:
    found = infrared(watched(lambda t: lit(t, swaying(t)), swaying))
    assert found.verdict is CueVerdict.CLEAR


def test_cameras_that_stand_apart_and_magnify_otherwise_agree() -> None:
    def zoomed(t: float) -> InfraredSight:
        box = swaying(t)
        return lit(t, Box(1.3 * box.x - 60, 1.3 * box.y + 20, 1.3 * box.w, 1.3 * box.h))

    assert infrared(watched(zoomed, swaying)).verdict is CueVerdict.CLEAR


def test_an_infrared_picture_that_is_late_is_compared_with_the_moment_it_shows() -> None:
    """0.12 s behind: compared frame by frame the two would part by 0.72 of the movement."""
    frames = watched(lambda t: lit(t - 0.12, swaying(t - 0.12)), swaying, fps=15.0)
    assert infrared(frames).verdict is CueVerdict.CLEAR


@pytest.mark.parametrize(
    ("frame", "other"),
    [(swaying, standing), (standing, swaying), (swaying, lambda t: swaying(t + 0.5))],
)
def test_a_face_that_does_not_move_along_is_doubted(frame: FacePlace, other: FacePlace) -> None:
    found = infrared(watched(lambda t: lit(t, other(t)), frame))
    assert (found.verdict, found.figure) == (CueVerdict.DOUBT, 0.0)


def test_a_face_that_does_not_grow_along_is_doubted() -> None:
    def coming(t: float) -> Box:
        # By half in a second, about one middle.
        w = 100 * 1.5**t
        return Box(150 - w / 2, 160 - 0.6 * w, w, 1.2 * w)

    assert infrared(watched(lambda t: lit(t, coming(t)), coming)).verdict is CueVerdict.CLEAR
    assert infrared(watched(lambda t: lit(t, HERE), coming)).verdict is CueVerdict.DOUBT


def test_trembling_is_no_movement() -> None:
    jitter = iter(np.random.default_rng(0).normal(0, 2, 20))
    frames = watched(lambda t: lit(t, Box(100 + next(jitter), 100, 100, 120)))
    assert infrared(frames).verdict is CueVerdict.CLEAR


sights = st.lists(
    st.none()
    | st.builds(
        InfraredSight,
        st.floats(-1, 5),
        st.none() | st.builds(Box, *[st.floats(-500, 500)] * 2, *[st.floats(0, 400)] * 2),
        st.floats(allow_infinity=False),
        st.floats(allow_infinity=False),
    ),
    max_size=20,
)


@given(sights, st.floats(0.01, 0.5))
def test_whatever_is_seen_it_neither_confirms_nor_vetoes_at_one_look(
    seen: Sequence[InfraredSight | None], step: float
) -> None:
    frames = [replace(fake_frame(index * step), infrared=sight) for index, sight in enumerate(seen)]
    found = infrared(frames)
    assert found.verdict in {CueVerdict.DOUBT, CueVerdict.CLEAR, CueVerdict.UNDECIDED}
    if found.verdict is not CueVerdict.UNDECIDED:
        assert found.frames >= 4
        assert 1.0 <= found.until - found.since <= 1.5 + 1e-9
