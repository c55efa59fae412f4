from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.domain import Box, Face, Frame, Pose, Quality
from accessctl.door.fake import ScriptedCues
from accessctl.evaluation.selftest import (
    GRACE_S,
    Presented,
    Result,
    SelfTestDoor,
    frames_for,
    present,
)
from accessctl.evaluation.trial_door import DoorParts
from accessctl.liveness.challenge import PROMPTS, WAIT_PROMPT, Ask, Challenge, ChallengeStep
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import FakeTexture, fake_result
from accessctl.vision.fake import FakeObserver, fake_face
from tests.evaluation.conftest import Parts

FPS = 15
CONFIRM = fake_result("depth", CueVerdict.CONFIRM)
VETO = fake_result("edges", CueVerdict.VETO)
UNSURE = fake_result("blink", CueVerdict.UNDECIDED)
NOT_USABLE = Quality(0.1, ("too blurred",))


def frames(count: int, shade: int = 120) -> list[Frame]:
    image = np.full((240, 320, 3), shade, np.uint8)
    return [Frame(image, 50 + i / FPS, i) for i in range(count)]


def saying(*words: CueResult) -> Callable[[CueWindow], tuple[CueResult, ...]]:
    return lambda look: words


def shown(
    parts: DoorParts,
    script: Sequence[Sequence[Face]],
    count: int = 60,
    told: list[str] | None = None,
) -> Presented:
    said = [] if told is None else told
    looking = SelfTestDoor(FakeObserver(script), parts)
    return present(frames(count), looking, said.append, "print", 2)


def test_whoever_the_door_lets_in_is_accepted_and_it_ends_there(parts: Parts) -> None:
    observer = FakeObserver([[fake_face()]] * 60)
    door = parts(examine=saying(CONFIRM, UNSURE))
    found = present(frames(60), SelfTestDoor(observer, door), lambda _: None, "print", 2)
    assert (found.species, found.number, found.result) == ("print", 2, Result.ACCEPTED)
    assert found.cues == {"depth": CueVerdict.CONFIRM, "blink": CueVerdict.UNDECIDED}
    assert found.challenge is None
    assert len(observer.frames) < 30


@pytest.mark.parametrize("said", [(VETO,), (VETO, CONFIRM), (UNSURE,), ()])
def test_without_a_confirmation_or_with_a_veto_it_is_refused(parts: Parts, said) -> None:
    found = shown(parts(examine=saying(*said)), [[fake_face()]] * 60)
    assert found.result is Result.REFUSED


def test_nobody_is_let_in_who_is_never_good_enough_to_recognise(parts: Parts) -> None:
    faces = [[fake_face(quality=NOT_USABLE)]] * 60
    found = shown(parts(examine=saying(CONFIRM)), faces)
    assert (found.result, found.cues) == (Result.REFUSED, {"depth": CueVerdict.CONFIRM})


@pytest.mark.parametrize(("count", "result"), [(15, Result.NO_FACE), (16, Result.REFUSED)])
def test_a_face_must_be_seen_for_a_second(parts: Parts, count: int, result: Result) -> None:
    # Sixteen frames at 15 a second span one second.
    assert shown(parts(examine=saying(UNSURE)), [[fake_face()]] * count).result is result


def test_an_empty_picture_shows_no_face(parts: Parts) -> None:
    found = shown(parts(), [])
    assert (found.result, found.cues) == (Result.NO_FACE, {})


def test_only_the_widest_face_of_a_frame_counts(parts: Parts) -> None:
    near, far = fake_face(1), fake_face(2, box=Box(0, 0, 40, 50))
    cues = ScriptedCues()
    shown(parts(examine=cues), [[far, near]] * 30)
    assert {frame.track for look in cues.looks for frame in look.frames} == {1}


def test_each_track_is_a_visit_of_its_own_and_the_longest_ones_cues_are_told(parts: Parts) -> None:
    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        return (UNSURE,) if look.frames[-1].track == 1 else (VETO,)

    # The shorter one was refused for want of time, the longer one's refusal ends it.
    late = [[fake_face(2, quality=NOT_USABLE)]] * 30
    found = shown(parts(examine=examine), [[fake_face(1)]] * 17 + late, 60)
    assert found.result is Result.REFUSED
    assert found.cues == {"edges": CueVerdict.VETO}


def test_faces_that_are_good_enough_are_recognised(parts: Parts) -> None:
    usable, blurred = fake_face(1), fake_face(1, quality=NOT_USABLE)
    cues = ScriptedCues()
    shown(parts(examine=cues), [[usable], [blurred]] * 10)
    seen = {frame.captured: frame for look in cues.looks for frame in look.frames}
    known = [frame.embedding is not None for _, frame in sorted(seen.items())]
    assert known == [index % 2 == 0 for index in range(len(known))]
    assert len(known) > 10


def test_what_the_cues_gather_is_told_whenever_it_changes(parts: Parts) -> None:
    looks: list[CueWindow] = []

    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        looks.append(look)
        said = replace(UNSURE, cue="texture", frames=len(looks), figure=0.8)
        return (said, VETO) if len(looks) == 4 else (said,)

    told: list[str] = []
    found = shown(parts(examine=examine), [[fake_face()]] * 60, 60, told)
    lines = [f"skin and light: {n} of 4 looks, looks alive so far" for n in (1, 2, 3)]
    rim = "rim: held up in a frame or a hand - refused"
    assert told[:3] == lines
    assert told[-1] == rim
    assert found.evidence[-1] == rim
    assert found.evidence[0].startswith("skin and light: 4 looks")


def test_a_texture_network_is_asked_about_the_pictures(parts: Parts) -> None:
    texture, cues = FakeTexture(0.97), ScriptedCues()
    shown(parts(texture=texture, examine=cues), [[fake_face()]] * 30, 30)
    seen = {frame.captured: frame for look in cues.looks for frame in look.frames}
    asked = [frame for frame in seen.values() if frame.texture == 0.97]
    # Two seconds of frames, asked no more than each 0.18 s: every third of fifteen a second.
    assert len(texture.boxes) == 10
    assert len(asked) >= 8
    assert asked[0].texture_bounds == (0.1, 0.9)


@pytest.fixture
def one_turn(parts: Parts) -> Parts:
    """A door that asks for one turn to the left; `drawn` hears of each challenge posed."""

    def make(*, drawn: list[Challenge] | None = None, **given: object) -> DoorParts:
        def draw(**_: object) -> Challenge:
            posed = Challenge((ChallengeStep(Ask.TURN_LEFT, 0.7),), limit_s=20.0, action_s=4.0)
            if drawn is not None:
                drawn.append(posed)
            return posed

        return parts(mode="challenge", draw=draw, **given)

    return make


STILL, TURNED = [fake_face()], [fake_face(pose=Pose(25, 0, 0))]
OBEDIENT = [STILL] * 28 + [TURNED] * 5 + [STILL] * 60


def test_who_does_what_is_asked_is_accepted_and_it_ends_there(one_turn: Parts) -> None:
    told: list[str] = []
    found = shown(one_turn(examine=saying(UNSURE)), OBEDIENT, 90, told)
    assert (found.result, found.challenge) == (Result.ACCEPTED, "passed")
    assert [line for line in told if not line.startswith("blink")] == [
        WAIT_PROMPT,
        PROMPTS[Ask.TURN_LEFT],
    ]


def test_a_veto_refuses_who_answers_the_challenge(one_turn: Parts) -> None:
    looks: list[CueWindow] = []

    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        looks.append(look)
        return (VETO if look.frames[-1].captured > 52.0 else UNSURE,)

    found = shown(one_turn(examine=examine), OBEDIENT, 90)
    assert (found.result, found.challenge) == (Result.REFUSED, "passed")


def test_a_confirmation_is_no_answer_to_a_challenge(one_turn: Parts) -> None:
    found = shown(one_turn(examine=saying(CONFIRM)), [STILL] * 60, 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "unfinished")


def test_a_wrong_action_ends_it_with_the_challenges_word(one_turn: Parts) -> None:
    script = [STILL] * 13 + [TURNED] * 50
    found = shown(one_turn(examine=saying(UNSURE)), script, 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "too_early")


def test_each_track_is_asked_a_challenge_of_its_own(one_turn: Parts) -> None:
    script = [[fake_face(1)]] * 8 + [[fake_face(2)]] * 8
    drawn: list[Challenge] = []
    shown(one_turn(examine=saying(UNSURE), drawn=drawn), script)
    assert len(drawn) == 2


def test_somebody_elses_actions_do_not_count(one_turn: Parts) -> None:
    """Another face answers: the door sees a stranger, long before all is done."""
    door = one_turn(examine=saying(UNSURE))
    other = np.full((240, 320, 3), (255, 0, 0), np.uint8)
    film = frames(8) + [Frame(other, 50 + i / FPS, i) for i in range(8, 90)]
    looking = SelfTestDoor(FakeObserver(OBEDIENT), door)
    found = present(film, looking, lambda _: None, "print", 1)
    assert (found.result, found.challenge) == (Result.REFUSED, "unfinished")


def test_what_is_kept_of_a_presentation() -> None:
    one = Presented("mask", 3, Result.REFUSED, {"edges": CueVerdict.VETO}, "too_late")
    assert one.content() == {
        "species": "mask",
        "number": 3,
        "result": "refused",
        "cues": {"edges": "veto"},
        "challenge": "too_late",
        "evidence": [],
    }


def test_as_many_frames_as_the_time_holds() -> None:
    source = FakeSource([flat_shots(range(40), fps=10)])
    with Reader(source, CameraConfig()) as reader:
        first = list(frames_for(reader, 1.0, lambda: 0.0))
        second = list(frames_for(reader, 2.0, lambda: 0.0))
    # A second of ten pictures a second, both ends counted; the next goes on from there.
    assert [frame.sequence for frame in first] == list(range(11))
    assert [frame.sequence for frame in second] == list(range(11, 32))


def test_a_recording_that_ends_gives_what_it_has() -> None:
    source = FakeSource([flat_shots(range(5), fps=10)])
    with Reader(source, CameraConfig()) as reader:
        assert len(list(frames_for(reader, 10.0, lambda: 0.0))) == 5
        assert list(frames_for(reader, 10.0, lambda: 0.0)) == []


class Silent:
    """A camera that never gives a frame; each wait takes half a second of the clock."""

    ended = False
    now = 0.0

    def next(self, timeout_s: float) -> None:
        self.now += timeout_s


def test_a_dead_camera_is_not_waited_for_for_ever() -> None:
    silent = Silent()
    assert list(frames_for(silent, 3.0, lambda: silent.now)) == []
    assert silent.now == pytest.approx(3.0 + GRACE_S)
