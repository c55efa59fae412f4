import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Face, PersonId, Pose, Quality
from accessctl.door.fake import ScriptedCues
from accessctl.encoder.base import FakeEncoder
from accessctl.evaluation.challenge_trials import (
    VISITOR,
    Moment,
    Trial,
    attempt,
    looped,
    outcomes,
    trials,
)
from accessctl.evaluation.presentation import Conditions
from accessctl.liveness.challenge import Ask, Challenge, ChallengeStep, Failure
from accessctl.liveness.evidence import CueVerdict, LivenessFrame
from accessctl.liveness.fake import FakeTexture, fake_frame
from accessctl.policy.circumstances import Proof
from accessctl.vision.fake import FakeObserver, fake_face
from tests.evaluation.conftest import Parts

FPS = 15
LEFT = Pose(25, 0, 0)
STRANGER = PersonId("stranger")


@pytest.fixture
def turn_left() -> list[random.Random]:
    """What the door drew its challenges from."""
    return []


@pytest.fixture
def parts(parts: Parts, turn_left: list[random.Random]) -> Parts:
    """The door always asks for one turn to the left."""

    def draw(*, source: random.Random, **_: object) -> Challenge:
        turn_left.append(source)
        return Challenge((ChallengeStep(Ask.TURN_LEFT, 0.7),), limit_s=20.0, action_s=4.0)

    return partial(parts, draw=draw)


def film(*scenes: tuple[float, Pose | None], person: PersonId | None = VISITOR) -> list[Moment]:
    """Each scene for so many seconds; None is nobody."""
    poses = [pose for seconds, pose in scenes for _ in range(round(seconds * FPS))]
    return [
        Moment(i / FPS, None if pose is None else fake_frame(i / FPS, pose=pose, person=person))
        for i, pose in enumerate(poses)
    ]


def said(verdict: CueVerdict) -> ScriptedCues:
    return ScriptedCues(verdict, "depth")


def wavering(frame: LivenessFrame | None, at: int) -> LivenessFrame | None:
    """The same face a little beside where it was, as a head is that is never quite still."""
    if frame is None:
        return None
    shift = np.array([np.sin(at / 5), 0, 0], np.float32)
    return replace(frame, landmarks=frame.landmarks + shift)


STRAIGHT = Pose(0, 0, 0)
TURNS = film((1.5, STRAIGHT), (0.5, LEFT), (1.5, STRAIGHT))


def test_a_recording_that_fits_passes_and_stops_once_all_was_looked_at(parts: Parts) -> None:
    door = parts(mode="challenge")
    cues = said(CueVerdict.CLEAR)
    visit = attempt(TURNS, door.wanted, 1.0, cues)
    assert (visit.challenge, visit.liveness) == ("passed", Proof.SHOWN)
    # Straight again with the first frame after 1.5 + 0.5 s; a look at it is due within 0.5 s.
    last = cues.looks[-1].frames[-1].captured
    assert 2.0 <= last <= 2.5 + 1 / FPS


def test_a_moment_without_a_face_only_takes_time(parts: Parts) -> None:
    gap = film((1.2, STRAIGHT), (0.3, None), (0.5, LEFT), (1.5, STRAIGHT))
    visit = attempt(gap, parts(mode="challenge").wanted, 1.0, said(CueVerdict.CLEAR))
    assert visit.challenge == "passed"


def test_whoever_is_not_seen_for_longer_has_left(parts: Parts) -> None:
    gap = film((1.2, STRAIGHT), (1.5, None), (0.5, LEFT), (1.5, STRAIGHT))
    visit = attempt(gap, parts(mode="challenge").wanted, 1.0, said(CueVerdict.CLEAR))
    assert visit.challenge == "unfinished"


def test_the_visitor_must_be_seen_meanwhile(parts: Parts) -> None:
    """Three seconds without the face that was asked, which is the door's own rule."""
    door = parts(mode="challenge").wanted
    scenes = ((4.5, STRAIGHT), (0.5, LEFT), (1.0, STRAIGHT))
    own, other = film(*scenes), film(*scenes, person=STRANGER)
    begun = round(0.5 * FPS)
    visit = attempt(own[:begun] + other[begun:], door, 1.0, said(CueVerdict.CLEAR))
    assert visit.challenge == Failure.ANOTHER_PERSON


def test_frames_that_come_too_fast_are_passed_over_as_at_the_door(parts: Parts) -> None:
    fast = [Moment(i / 60, fake_frame(i / 60, pose=STRAIGHT, person=VISITOR)) for i in range(180)]
    cues = said(CueVerdict.CLEAR)
    attempt(fast, parts(mode="challenge").wanted, 1.0, cues)
    seen = sorted({frame.captured for look in cues.looks for frame in look.frames})
    assert np.diff(seen) == pytest.approx(3 / 60)


def test_each_visit_begins_somewhere_else(parts: Parts) -> None:
    """Begun in the first second it passes; later there is no time to settle and wait."""
    door = parts(mode="challenge", examine=said(CueVerdict.CLEAR))
    found = list(trials(TURNS, 2.9, 200, random.Random(5), door))
    assert len({trial.start for trial in found}) == 200
    assert all(0 <= trial.start <= 2.9 for trial in found)
    # Five frames to settle and 0.7 s of pause, and a turn no sooner than 0.25 s after it.
    for trial in found:
        if trial.start < 1.5 - 5 / FPS - 0.7 - 0.25 - 2 / FPS:
            assert trial.passed
            assert trial.asked == ("turn_left",)
        if trial.start > 1.5 - 5 / FPS - 0.7:
            assert not trial.passed
    assert {trial.outcome for trial in found} == {"passed", "too_early", "unfinished"}


def test_the_same_seed_the_same_trials(parts: Parts, turn_left: list[random.Random]) -> None:
    door = parts(mode="challenge", examine=said(CueVerdict.CLEAR))
    runs = [list(trials(TURNS, 2.9, 20, random.Random(7), door)) for _ in "ab"]
    assert runs[0] == runs[1]
    half = len(turn_left) // 2
    first, again = ([one.random() for one in run] for run in (turn_left[:half], turn_left[half:]))
    assert first == again
    assert len(set(first)) == 20


SLOW = film((1.5, STRAIGHT), (0.5, LEFT), (14.0, STRAIGHT))


@pytest.mark.parametrize(
    ("word", "vetoed"),
    [
        (CueVerdict.CLEAR, False),
        (CueVerdict.CONFIRM, False),
        (CueVerdict.VETO, True),
        (CueVerdict.DOUBT, True),
    ],
)
def test_a_cue_that_keeps_the_visitor_out_all_the_same_is_told(
    parts: Parts, word: CueVerdict, vetoed: bool
) -> None:
    door = parts(mode="challenge", examine=said(word))
    (trial,) = trials(SLOW, 0.0, 1, random.Random(1), door)
    assert (trial.passed, trial.vetoed) == (True, vetoed)


def test_a_doubt_that_is_cleared_up_in_time_keeps_nobody_out(parts: Parts) -> None:
    def examine(look):
        late = look.frames[-1].captured > 4.0
        return said(CueVerdict.CLEAR if late else CueVerdict.DOUBT)(look)[:1]

    def cue(look):
        # Stillness doubts and never refuses.
        return tuple(replace(one, cue="stillness") for one in examine(look))

    (trial,) = trials(SLOW, 0.0, 1, random.Random(1), parts(mode="challenge", examine=cue))
    assert (trial.passed, trial.vetoed) == (True, False)


def test_the_doors_own_cues_look(parts: Parts) -> None:
    """A face that is exactly as still as this one is a photograph on a stand."""
    (trial,) = trials(SLOW, 0.0, 1, random.Random(1), parts(mode="challenge", patience_s=3))
    assert (trial.passed, trial.vetoed) == (True, True)
    alive = [replace(one, seen=wavering(one.seen, at)) for at, one in enumerate(SLOW)]
    (moved,) = trials(alive, 0.0, 1, random.Random(1), parts(mode="challenge", patience_s=3))
    assert (moved.passed, moved.vetoed) == (True, False)


def test_outcomes_the_most_frequent_first() -> None:
    said = ["too_late", "passed", "too_late"]
    found = [Trial(0.0, ("look_up",), outcome) for outcome in said]
    assert list(outcomes(found).items()) == [("too_late", 2), ("passed", 1)]
    assert outcomes([]) == {}


def test_a_failure_is_told_by_its_own_word(parts: Parts) -> None:
    early = film((0.6, STRAIGHT), (1.0, LEFT))
    (trial,) = trials(early, 0.0, 1, random.Random(1), parts(mode="challenge"))
    assert (trial.outcome, trial.vetoed) == (Failure.TOO_EARLY, False)


def test_nothing_is_asked_where_nobody_stands(parts: Parts) -> None:
    (trial,) = trials(film((2.0, None)), 0.0, 1, random.Random(1), parts(mode="challenge"))
    assert (trial.outcome, trial.asked) == ("unfinished", ())


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of an empty wall; what is seen there is the script's business."""
    path = tmp_path_factory.mktemp("video") / "wall.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (320, 240))
    for _ in range(FPS):
        writer.write(np.full((240, 320, 3), 128, np.uint8))
    writer.release()
    return path


def script(count: int) -> Sequence[Sequence[Face]]:
    near, far = fake_face(1, box=Box(100, 60, 80, 96)), fake_face(2, box=Box(0, 0, 30, 40))
    return [[far, near] if i % 2 else [] for i in range(count)]


def test_it_is_played_over_and_over(video: Path, parts: Parts) -> None:
    observe = FakeObserver(script(100)).observe
    moments, length = looped(video, observe, parts(), Conditions(), at_least_s=2.5)
    assert length == pytest.approx(1.0)
    # One second, and 2.5 more: four rounds of fifteen frames, without a gap or a step back.
    assert len(moments) == 60
    assert np.diff([moment.time for moment in moments]) == pytest.approx(1 / FPS, abs=1e-6)
    assert moments[0].seen is None
    seen = moments[1].seen
    assert seen is not None
    assert (seen.track, seen.captured) == (1, moments[1].time)


def test_whoever_is_shown_best_is_enrolled_and_recognised_frame_by_frame(
    video: Path, parts: Parts
) -> None:
    good, blurred = fake_face(), fake_face(quality=Quality(0.1, ("too blurred",)))
    observe = FakeObserver([[good], [blurred]] * 7 + [[good]]).observe
    moments, _ = looped(video, observe, parts(), Conditions(), 0.0)
    shown = [moment.seen.person for moment in moments if moment.seen is not None]
    assert shown == [VISITOR, None] * 7 + [VISITOR]
    known = [moment.seen.embedding is not None for moment in moments if moment.seen is not None]
    assert known == [True, False] * 7 + [True]


def test_a_face_that_another_frame_shows_is_not_the_visitors(parts: Parts, video: Path) -> None:
    class Fickle(FakeEncoder):
        count = 0

        def embed(self, crops: np.ndarray) -> np.ndarray:
            self.count += 1
            units = np.eye(self.card.dimension, dtype=np.float32)
            # First the enrolment, then a frame each: the visitor five times, then another.
            return units[[0 if self.count <= 6 else 1] * len(crops)]

    observe = FakeObserver([[fake_face()]] * 15).observe
    moments, _ = looped(video, observe, parts(encoder=Fickle()), Conditions(), 0.0)
    shown = [moment.seen.person for moment in moments if moment.seen is not None]
    assert shown == [VISITOR] * 5 + [None] * 10


def test_the_texture_network_is_asked_along_the_recording(video: Path, parts: Parts) -> None:
    texture = FakeTexture()
    observe = FakeObserver([[fake_face()]] * 15).observe
    moments, _ = looped(video, observe, parts(texture=texture), Conditions(), 0.0)
    asked = [moment.seen.texture == texture.value for moment in moments if moment.seen is not None]
    assert asked == [index % 3 == 0 for index in range(15)]


def test_it_is_cut_down_to_the_face_when_asked(video: Path, parts: Parts) -> None:
    whole, cut = (
        looped(video, FakeObserver(script(30)).observe, parts(), Conditions(only_face=only), 0.0)[
            0
        ][1].seen
        for only in (False, True)
    )
    assert whole is not None
    assert cut is not None
    assert cut.around.seen < whole.around.seen
