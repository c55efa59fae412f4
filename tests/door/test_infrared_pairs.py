"""Drawn people and phones before a colour and an infrared camera, seen by the real eyes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.camera.fake import FakeCompanion
from accessctl.config import VisionConfig
from accessctl.domain import Frame, Image
from accessctl.door.liveness_gate import InfraredView
from accessctl.liveness.cues.infrared import infrared
from accessctl.liveness.evidence import CueVerdict, LivenessFrame, gather
from accessctl.liveness.examiner import Liveness, VisitCues
from accessctl.vision.observer import Observer
from tests.door.infrared_pairs import Pairs, standing, swaying

MODELS = Path(__file__).parents[2] / "models/cache/mediapipe"
FPS = 5

Draw = Callable[[float], Image | None]


@pytest.fixture
def observer() -> Iterator[Observer]:
    observer = Observer(VisionConfig(models=MODELS))
    yield observer
    observer.close()


@pytest.fixture(scope="module")
def sways() -> Pairs:
    return Pairs(swaying)


@pytest.fixture(scope="module")
def stands() -> Pairs:
    return Pairs(standing)


def watched(
    observer: Observer, colour: Draw, companion: FakeCompanion, seconds: float = 2.0
) -> list[LivenessFrame]:
    """The evidence of the face that is seen for longest, from 1 s on."""
    eye = InfraredView(companion, observer)
    tracks: dict[int, list[LivenessFrame]] = {}
    for index in range(round(seconds * FPS)):
        now = 1 + index / FPS
        picture = colour(now)
        assert picture is not None
        frame = Frame(picture, now, index)
        faces = observer.observe(frame)
        eye.look(frame, faces, {face.track for face in faces})
        for face in faces:
            seen = gather(frame, face, infrared=eye.hand_over(face.track))
            tracks.setdefault(face.track, []).append(seen)
    return max(tracks.values(), key=len)


@pytest.mark.parametrize("late_s", [0.0, 0.12])
def test_a_living_person_is_clear(observer: Observer, sways: Pairs, late_s: float) -> None:
    companion = FakeCompanion(sways.infrared)
    companion.late_s = late_s
    found = infrared(watched(observer, sways.colour, companion))
    assert (found.verdict, found.figure) == (CueVerdict.CLEAR, 1.0)


def test_a_phone_is_doubted_and_after_another_second_refused(
    observer: Observer, sways: Pairs
) -> None:
    frames = watched(observer, sways.phone, FakeCompanion(sways.infrared_phone), 4.0)
    assert infrared(frames).verdict is CueVerdict.DOUBT
    examiner = VisitCues(window_s=3.0, every_s=0.5)
    said = []
    for frame in frames:
        examiner.add(frame)
        words = {word.cue: word.verdict for word in examiner.verdict.results}
        said.append(words.get(INFRARED, CueVerdict.UNDECIDED))
    assert CueVerdict.DOUBT in said
    assert said[-1] is CueVerdict.VETO
    assert examiner.verdict.verdict is Liveness.ATTACK
    assert INFRARED in examiner.verdict.vetoes
    # Both seconds are whole: no veto within two of the first frame.
    vetoed = next(f.captured for f, word in zip(frames, said, strict=True) if word == "veto")
    assert vetoed - frames[0].captured >= 2.0


def test_a_face_of_somebody_who_does_not_move_along_is_doubted(
    observer: Observer, sways: Pairs, stands: Pairs
) -> None:
    found = infrared(watched(observer, sways.colour, FakeCompanion(stands.infrared)))
    assert (found.verdict, found.figure) == (CueVerdict.DOUBT, 0.0)


def test_without_the_lamp_a_face_is_not_clear(observer: Observer, stands: Pairs) -> None:
    companion = FakeCompanion(lambda t: stands.infrared(t, lamp=0.15))
    found = infrared(watched(observer, stands.colour, companion))
    assert found.verdict is CueVerdict.UNDECIDED


def test_in_the_dark_nothing_is_said(observer: Observer, stands: Pairs) -> None:
    black = FakeCompanion(lambda _: np.full((360, 640, 3), 5, np.uint8))
    assert infrared(watched(observer, stands.colour, black)).verdict is CueVerdict.UNDECIDED


def test_a_camera_that_falls_silent_clears_no_longer(observer: Observer, stands: Pairs) -> None:
    companion = FakeCompanion(lambda t: stands.infrared(t) if t < 2.3 else None)
    frames = watched(observer, stands.colour, companion, 2.4)
    assert infrared(frames[:7]).verdict is CueVerdict.CLEAR
    assert infrared(frames).verdict is CueVerdict.UNDECIDED


def test_a_picture_of_another_size_from_one_moment_to_the_next(
    observer: Observer, stands: Pairs
) -> None:
    """It is enlarged and, as a higher picture would be, has more above and below."""

    def changing(t: float) -> Image:
        picture = stands.infrared(t)
        if t < 2:
            return picture
        larger = cv2.resize(picture, (800, 450)).astype(np.uint8)
        return np.pad(larger, ((75, 75), (0, 0), (0, 0)), mode="edge")

    found = infrared(watched(observer, stands.colour, FakeCompanion(changing)))
    assert (found.verdict, found.figure) == (CueVerdict.CLEAR, 1.0)
