import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Face, Pose
from accessctl.evaluation.challenge_trials import Moment, Trial, attempt, looped, outcomes, trials
from accessctl.evaluation.presentation import Conditions
from accessctl.liveness.challenge import Challenge, Failure, Phase, Step
from accessctl.liveness.challenge_actions import Ask
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.vision.fake import FakeObserver, fake_face

FPS = 15
LEFT = Pose(25, 0, 0)


def turn_left(chance: random.Random) -> Challenge:
    return Challenge((Step(Ask.TURN_LEFT, 0.7),), limit_s=20.0, action_s=4.0)


def film(*scenes: tuple[float, Pose | None]) -> list[Moment]:
    """Each scene for so many seconds; None is nobody."""
    poses = [pose for seconds, pose in scenes for _ in range(round(seconds * FPS))]
    return [
        Moment(i / FPS, None if pose is None else fake_frame(i / FPS, pose=pose))
        for i, pose in enumerate(poses)
    ]


def wavering(frame: LivenessFrame | None, at: int) -> LivenessFrame | None:
    """The same face a little beside where it was, as a head is that is never quite still."""
    if frame is None:
        return None
    shift = np.array([np.sin(at / 5), 0, 0], np.float32)
    return replace(frame, landmarks=frame.landmarks + shift)


STRAIGHT = Pose(0, 0, 0)
TURNS = film((1.5, STRAIGHT), (0.5, LEFT), (1.0, STRAIGHT))


def test_a_recording_that_fits_passes_and_stops_there() -> None:
    state, used = attempt(TURNS, turn_left(random.Random(1)))
    assert state.phase is Phase.PASSED
    # Straight again with the first frame after 1.5 + 0.5 s; the film goes on for longer.
    assert used == round(1.5 * FPS) + round(0.5 * FPS) + 1


def test_a_moment_without_a_face_only_takes_time() -> None:
    gap = film((1.2, STRAIGHT), (0.3, None), (0.5, LEFT), (0.5, STRAIGHT))
    assert attempt(gap, turn_left(random.Random(1)))[0].phase is Phase.PASSED


def test_each_visit_begins_somewhere_else() -> None:
    """Begun in the first second it passes; later there is no time to settle and wait."""
    found = list(trials(TURNS, 2.9, 200, random.Random(5), turn_left, Conditions()))
    assert len({trial.start for trial in found}) == 200
    assert all(0 <= trial.start <= 2.9 for trial in found)
    # Five frames to settle and 0.7 s of pause, and a turn no sooner than 0.25 s after it.
    for trial in found:
        if trial.start < 1.5 - 5 / FPS - 0.7 - 0.25 - 2 / FPS:
            assert trial.passed
        if trial.start > 1.5 - 5 / FPS - 0.7:
            assert not trial.passed
    assert {trial.outcome for trial in found} == {"passed", "too_early", "unfinished"}
    assert {trial.asked for trial in found} == {("turn_left",)}


def test_the_same_seed_the_same_trials() -> None:
    runs = [list(trials(TURNS, 2.9, 20, random.Random(7), turn_left, Conditions())) for _ in "ab"]
    assert runs[0] == runs[1]


def test_a_cue_that_refuses_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # A face that is exactly as still as this one is a photograph on a stand.
    still = film((3.5, STRAIGHT), (0.5, LEFT), (1.0, STRAIGHT))
    slow = Challenge((Step(Ask.TURN_LEFT, 2.5),), limit_s=20.0, action_s=4.0)
    (trial,) = trials(still, 0.0, 1, random.Random(1), lambda chance: slow, Conditions())
    assert trial.passed
    assert trial.vetoed
    alive = [replace(one, seen=wavering(one.seen, at)) for at, one in enumerate(still)]
    (moved,) = trials(alive, 0.0, 1, random.Random(1), lambda chance: slow, Conditions())
    assert moved.passed
    assert not moved.vetoed


def test_outcomes_the_most_frequent_first() -> None:
    said = ["too_late", "passed", "too_late"]
    found = [Trial(0.0, ("look_up",), outcome) for outcome in said]
    assert list(outcomes(found).items()) == [("too_late", 2), ("passed", 1)]
    assert outcomes([]) == {}


def test_a_failure_is_told_by_its_own_word() -> None:
    early = film((0.6, STRAIGHT), (1.0, LEFT))
    (trial,) = trials(early, 0.0, 1, random.Random(1), turn_left, Conditions())
    assert trial.outcome == Failure.TOO_EARLY


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


def test_it_is_played_over_and_over(video: Path) -> None:
    moments, length = looped(video, FakeObserver(script(100)), Conditions(), at_least_s=2.5)
    assert length == pytest.approx(1.0)
    # One second, and 2.5 more: four rounds of fifteen frames, without a gap or a step back.
    assert len(moments) == 60
    assert np.diff([moment.time for moment in moments]) == pytest.approx(1 / FPS, abs=1e-6)
    assert moments[0].seen is None
    seen = moments[1].seen
    assert seen is not None
    assert (seen.track, seen.captured) == (1, moments[1].time)


def test_it_is_cut_down_to_the_face_when_asked(video: Path) -> None:
    whole, cut = (
        looped(video, FakeObserver(script(30)), Conditions(only_face=only), 0.0)[0][1].seen
        for only in (False, True)
    )
    assert whole is not None
    assert cut is not None
    assert cut.around.seen < whole.around.seen
