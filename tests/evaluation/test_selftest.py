import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.domain import Box, Face, Frame, Image, Pose, Quality
from accessctl.encoder.fake import FakeEncoder
from accessctl.evaluation.selftest import (
    GRACE_S,
    Looking,
    Presented,
    Result,
    frames_for,
    present,
)
from accessctl.liveness.challenge import Challenge, Step, draw_challenge
from accessctl.liveness.challenge_actions import PROMPTS, WAIT_PROMPT, Ask
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import FakeExaminer, fake_result
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.vision.fake import FakeObserver, fake_face

FPS = 15
CONFIRM = fake_result("depth", CueVerdict.CONFIRM)
VETO = fake_result("edges", CueVerdict.VETO)
UNSURE = fake_result("blink", CueVerdict.UNDECIDED)


def frames(count: int) -> list[Frame]:
    return [Frame(np.zeros((240, 320, 3), np.uint8), 50 + i / FPS, i) for i in range(count)]


def bright(count: int) -> list[Frame]:
    return [replace(one, image=np.full((240, 320, 3), 120, np.uint8)) for one in frames(count)]


def looking(
    script: Sequence[Sequence[Face]],
    *said: CueResult,
    challenge: Callable[[], Challenge] | None = None,
) -> Looking:
    return Looking(FakeObserver(script), None, lambda: FakeExaminer(*said), challenge)


def shown(looks: Looking, count: int = 30, told: list[str] | None = None) -> Presented:
    prompts = [] if told is None else told
    return present(frames(count), looks, prompts.append, "print", 2)


def test_a_confirmed_face_is_accepted() -> None:
    found = shown(looking([[fake_face()]] * 30, CONFIRM, UNSURE))
    assert (found.species, found.number, found.result) == ("print", 2, Result.ACCEPTED)
    assert found.cues == {"depth": CueVerdict.CONFIRM, "blink": CueVerdict.UNDECIDED}
    assert found.challenge is None


@pytest.mark.parametrize("said", [(VETO,), (VETO, CONFIRM), (UNSURE,), ()])
def test_without_a_confirmation_or_with_a_veto_it_is_refused(said) -> None:
    assert shown(looking([[fake_face()]] * 30, *said)).result is Result.REFUSED


@pytest.mark.parametrize(("count", "result"), [(15, Result.NO_FACE), (16, Result.ACCEPTED)])
def test_a_face_must_be_seen_for_a_second(count: int, result: Result) -> None:
    # Sixteen frames at 15 a second span one second.
    assert shown(looking([[fake_face()]] * count, CONFIRM), 60).result is result


def test_an_empty_picture_shows_no_face() -> None:
    found = shown(looking([]))
    assert (found.result, found.cues) == (Result.NO_FACE, {})


def test_only_the_widest_face_of_a_frame_counts() -> None:
    near, far = fake_face(1), fake_face(2, box=Box(0, 0, 40, 50))
    examiners: list[FakeExaminer] = []

    def examiner() -> FakeExaminer:
        examiners.append(FakeExaminer(CONFIRM))
        return examiners[-1]

    looks = Looking(FakeObserver([[far, near]] * 20), None, examiner)
    shown(looks)
    (only,) = [one for one in examiners if one.frames]
    assert {frame.track for frame in only.frames} == {1}


def test_each_track_is_a_visit_of_its_own_and_the_longest_ones_cues_are_told() -> None:
    verdicts = iter([(CONFIRM,), (VETO,)])
    made: dict[int, FakeExaminer] = {}

    def examiner() -> FakeExaminer:
        made[len(made)] = FakeExaminer(*next(verdicts))
        return made[len(made) - 1]

    script = [[fake_face(1)]] * 17 + [[fake_face(2)]] * 30
    found = shown(Looking(FakeObserver(script), None, examiner), 60)
    assert found.result is Result.ACCEPTED
    assert found.cues == {"edges": CueVerdict.VETO}


def test_faces_that_are_good_enough_are_recognised() -> None:
    usable, blurred = fake_face(1), fake_face(1, quality=Quality(0.1, ("too blurred",)))
    examiner = FakeExaminer()
    looks = Looking(FakeObserver([[usable], [blurred]]), FakeEncoder(), lambda: examiner)
    shown(looks)
    assert [frame.embedding is not None for frame in examiner.frames] == [True, False]


class Gathering(FakeExaminer):
    """Has looked three times after ten, twenty and thirty frames."""

    def add(self, frame: LivenessFrame) -> bool:
        looks = (len(self.frames) + 1) // 10
        said = replace(UNSURE, cue="texture", frames=looks, figure=0.8)
        self.results = (said, VETO) if looks == 3 else (said,)
        return super().add(frame)


def test_what_the_cues_gather_is_told_whenever_it_changes() -> None:
    told: list[str] = []
    looks = Looking(FakeObserver([[fake_face()]] * 40), None, Gathering)
    found = shown(looks, 35, told)
    lines = [f"skin and light: {n} of 4 looks, looks alive so far" for n in (1, 2, 3)]
    rim = "rim: held up in a frame or a hand - refused"
    assert told == [*lines, rim]
    assert found.evidence == (lines[-1], rim)


class Network:
    """Takes everybody for living."""

    confirm, doubt = 0.8, 0.2

    def score(self, image: Image, box: Box) -> float:
        return 0.97


def test_a_texture_network_is_asked_about_the_pictures() -> None:
    examiner = FakeExaminer()
    looks = Looking(FakeObserver([[fake_face()]] * 30), None, lambda: examiner, None, Network())
    present(bright(30), looks, lambda _: None, "live", 1)
    asked = [frame for frame in examiner.frames if frame.texture == 0.97]
    # Two seconds of frames, asked no more than each 0.18 s: every third of fifteen a second.
    assert len(asked) == 10
    assert asked[0].texture_bounds == (0.2, 0.8)


def one_turn() -> Challenge:
    return Challenge((Step(Ask.TURN_LEFT, 0.7),), limit_s=20.0, action_s=4.0)


STILL, TURNED = [fake_face()], [fake_face(pose=Pose(25, 0, 0))]
OBEDIENT = [STILL] * 25 + [TURNED] * 5 + [STILL] * 60


def test_who_does_what_is_asked_is_accepted_and_it_ends_there() -> None:
    told: list[str] = []
    looks = looking(OBEDIENT, UNSURE, challenge=one_turn)
    found = shown(looks, 90, told)
    assert (found.result, found.challenge) == (Result.ACCEPTED, "passed")
    assert told == [WAIT_PROMPT, "blink: none yet", PROMPTS[Ask.TURN_LEFT]]
    assert len(looks.observer.frames) == 31


def test_a_veto_refuses_who_passes_the_challenge() -> None:
    found = shown(looking(OBEDIENT, VETO, challenge=one_turn), 90)
    assert (found.result, found.challenge) == (Result.REFUSED, "passed")


def test_a_confirmation_is_no_answer_to_a_challenge() -> None:
    found = shown(looking([STILL] * 60, CONFIRM, challenge=one_turn), 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "unfinished")


def test_a_wrong_action_ends_it_with_the_challenges_word() -> None:
    found = shown(looking([STILL] * 10 + [TURNED] * 50, challenge=one_turn), 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "too_early")


def test_each_track_is_asked_a_challenge_of_its_own() -> None:
    chance = random.Random(1)
    drawn: list[Challenge] = []

    def draw() -> Challenge:
        drawn.append(draw_challenge(source=chance))
        return drawn[-1]

    script = [[fake_face(1)]] * 5 + [[fake_face(2)]] * 5
    shown(looking(script, challenge=draw))
    assert len(drawn) == 2


def test_a_swapped_face_fails_the_challenge() -> None:
    swapped = fake_result("continuity", CueVerdict.VETO)
    found = shown(looking([STILL] * 30, swapped, challenge=one_turn))
    assert found.challenge == "another_person"


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
