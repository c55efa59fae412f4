from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.source import Shot
from accessctl.domain import Box, Face, Frame, Image, Quality
from accessctl.door.fake import ScriptedCues
from accessctl.encoder.fake import FakeEncoder
from accessctl.errors import CameraError, InputError
from accessctl.evaluation import presentation as module
from accessctl.evaluation.presentation import (
    Conditions,
    only_face,
    presentations,
    recordings,
    watched,
)
from accessctl.evaluation.trial_door import DoorParts
from accessctl.liveness.combine import Liveness
from accessctl.liveness.fake import FakeTexture, speaking
from accessctl.liveness.result import CueVerdict
from accessctl.vision.fake import FakeObserver, fake_face

Parts = Callable[..., DoorParts]
SECONDS, FPS = 3, 15


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of an empty wall; what is seen there is the script's business."""
    path = tmp_path_factory.mktemp("video") / "wall.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (320, 240))
    for _ in range(SECONDS * FPS):
        writer.write(np.full((240, 320, 3), 128, np.uint8))
    writer.release()
    return path


def seen_for(frames: int, track: int = 1, step: float = 1.0) -> list[list[Face]]:
    """A face that wanders by `step` pixels a frame, to and fro, and speaks."""
    places = [100 + step * abs(7 - i % 14) for i in range(frames)]
    faces = [fake_face(track, box=Box(x, 60, 80, 96)) for x in places]
    return [
        [replace(face, landmarks=speaking(face.landmarks, i // 3, width=80))]
        for i, face in enumerate(faces)
    ]


def test_videos_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.MP4", "a.mov", "notes.txt", "photos.zip", "c.webm"):
        (tmp_path / name).touch()
    assert [path.name for path in recordings(tmp_path)] == ["a.mov", "b.MP4", "c.webm"]
    assert recordings(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]


def test_no_video_is_said_in_one_sentence(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing.mp4"):
        with pytest.raises(InputError, match=r"name a video or a folder of videos\.$"):
            recordings(place)


def test_a_file_that_is_no_video(tmp_path: Path, parts: Parts) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("no video")
    with pytest.raises(CameraError, match=r"a\.mp4"):
        presentations(path, FakeObserver().observe, parts(), Conditions())


def test_a_photograph_on_a_stand_is_doubted(video: Path, parts: Parts) -> None:
    observer = FakeObserver(seen_for(45, step=0.0))
    (found,) = presentations(video, observer.observe, parts(), Conditions())
    assert (found.recording, found.track) == ("wall.avi", 1)
    assert found.seconds == pytest.approx(44 / FPS, abs=0.02)
    assert found.cues["stillness"] is CueVerdict.DOUBT
    assert found.verdict is Liveness.UNDECIDED
    assert not found.accepted


def test_each_face_is_a_presentation_and_a_glimpse_is_none(video: Path, parts: Parts) -> None:
    glimpse = [[fake_face(9)] for _ in range(10)]
    script = glimpse + seen_for(16, track=2) + seen_for(15, track=3)
    found = presentations(video, FakeObserver(script).observe, parts(), Conditions())
    # Sixteen frames span 15 intervals, which is 1 s; fifteen do not.
    assert [(one.track, one.accepted) for one in found] == [(2, False)]
    assert found[0].verdict is Liveness.UNDECIDED


def test_faces_side_by_side_are_judged_each_by_itself(video: Path, parts: Parts) -> None:
    """The second face stands still, which is none of the first one's business."""
    cues = ScriptedCues(CueVerdict.CONFIRM, "depth")
    still = fake_face(2, box=Box(220, 60, 60, 72), quality=Quality(0.1, ("too far",)))
    script = [[*faces, still] for faces in seen_for(45)]
    observe = FakeObserver(script).observe
    found = presentations(video, observe, parts(examine=cues), Conditions())
    assert [(one.track, one.accepted) for one in found] == [(1, True), (2, False)]


def test_whoever_is_let_in_is_accepted_and_what_follows_counts_no_more(
    video: Path, parts: Parts
) -> None:
    cues = ScriptedCues(CueVerdict.CONFIRM, "depth")
    (found,) = presentations(
        video, FakeObserver(seen_for(45)).observe, parts(examine=cues), Conditions()
    )
    assert (found.accepted, found.verdict) == (True, Liveness.LIVE)
    assert found.cues == {"depth": CueVerdict.CONFIRM}
    assert found.seconds == pytest.approx(44 / FPS, abs=0.02)
    assert max(look.frames[-1].captured for look in cues.looks) < 1.0


def test_the_texture_network_is_asked_as_the_door_asks_it(video: Path, parts: Parts) -> None:
    texture = FakeTexture(0.5)
    found = presentations(
        video, FakeObserver(seen_for(45, step=2.0)).observe, parts(texture=texture), Conditions()
    )
    # Every third of 45 frames at 15 a second.
    assert len(texture.boxes) == 15
    assert "texture" in found[0].cues


def test_the_texture_network_lets_somebody_in(video: Path, parts: Parts) -> None:
    texture = FakeTexture(0.97)
    (found,) = presentations(
        video, FakeObserver(seen_for(45, step=2.0)).observe, parts(texture=texture), Conditions()
    )
    assert found.accepted
    assert found.cues["texture"] is CueVerdict.CONFIRM
    # Nobody asks any more once the door has decided.
    assert len(texture.boxes) < 15


def test_the_texture_network_is_not_asked_where_nothing_but_the_face_is_left(
    video: Path, parts: Parts
) -> None:
    texture = FakeTexture()
    observe = FakeObserver(seen_for(20, step=0.0)).observe
    presentations(video, observe, parts(texture=texture), Conditions(only_face=True))
    # A square of 1.35 face sizes is 0.18 of the wide view, which is one of 3.2.
    assert texture.boxes == []


def test_an_empty_recording_shows_nobody(video: Path, parts: Parts) -> None:
    assert presentations(video, FakeObserver().observe, parts(), Conditions()) == []


def test_the_best_usable_frame_of_each_face_is_kept() -> None:
    good, better = (fake_face(1, quality=Quality(score, ())) for score in (0.6, 0.9))
    sharpest = fake_face(1, quality=Quality(1.0, ("turned away",)))
    other = fake_face(2, quality=Quality(0.2, ("too far",)))
    images = [np.full((4, 4, 3), shade, np.uint8) for shade in range(4)]
    frames = [Frame(image, index / FPS, index) for index, image in enumerate(images)]
    seen = watched(frames, FakeObserver([[good], [better, other], [sharpest], [good]]).observe)
    assert [len(faces) for faces in seen.faces] == [1, 2, 1, 1]
    assert seen.best.keys() == {1}
    assert seen.best[1].image is images[1]
    assert seen.best[1].face is better


class CountingEncoder(FakeEncoder):
    count = 0

    def embed(self, crops: Image) -> np.ndarray:
        self.count += len(crops)
        return super().embed(crops)


def test_only_usable_faces_are_recognised(video: Path, parts: Parts) -> None:
    far = fake_face(1, quality=Quality(0.1, ("too far",)))
    encoder = CountingEncoder()
    observe = FakeObserver([[far], *seen_for(3)]).observe
    presentations(video, observe, parts(encoder=encoder), Conditions())
    # Three frames, and the best of them once more to be enrolled.
    assert encoder.count == 4


class Recording:
    """A source whose shots are taken at the times given."""

    def __init__(self, times: Sequence[float | None]) -> None:
        self.shots = [Shot(np.zeros((2, 2, 3), np.uint8), time) for time in times]
        self.closed = False

    def open(self) -> "Recording":
        return self

    def read(self) -> Shot | None:
        return self.shots.pop(0) if self.shots else None

    def close(self) -> None:
        self.closed = True


def test_frames_come_at_the_doors_rate() -> None:
    source = Recording([i / 30 for i in range(31)])
    frames = list(module.frames_at(source, 15))
    assert [frame.captured for frame in frames] == pytest.approx([i / 15 for i in range(16)])
    assert [frame.sequence for frame in frames] == list(range(16))
    assert source.closed


def test_a_slower_recording_is_taken_whole() -> None:
    assert len(list(module.frames_at(Recording([i / 8 for i in range(9)]), 15))) == 9


def test_a_recording_is_given_back_when_the_looking_fails() -> None:
    source = Recording([0.0, 0.1])
    frames = module.frames_at(source, 15)
    next(frames)
    frames.close()
    assert source.closed


@given(st.lists(st.floats(0.001, 0.5), max_size=60), st.floats(2, 30))
def test_no_second_has_many_more_frames_than_the_rate(steps: list[float], fps: float) -> None:
    times = np.cumsum(steps).tolist()
    found = [frame.captured for frame in module.frames_at(Recording(times), fps)]
    assert set(found) <= set(times)
    assert found[:1] == times[:1]
    for since in found:
        assert sum(since <= time < since + 1 for time in found) <= fps + 2.1


def test_the_picture_is_cut_down_to_the_face() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    face = fake_face(box=Box(110, 70, 80, 100))
    frame, cut = only_face(Frame(picture, 1.5, 7), face)
    # A square of 135 around (150, 120): 82.5 to 217.5 and 52.5 to 187.5.
    assert np.array_equal(frame.image, picture[52:187, 82:217])
    assert (frame.captured, frame.sequence) == (1.5, 7)
    assert cut.box == Box(28, 18, 80, 100)
    assert cut.landmarks == pytest.approx(face.landmarks - (82, 52, 0))
    assert cut.track == face.track


@given(st.floats(-400, 700), st.floats(-400, 700), st.floats(1, 900), st.floats(1, 900))
def test_a_face_anywhere_leaves_some_picture(x: float, y: float, w: float, h: float) -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    face = fake_face(box=Box(x, y, w, h))
    frame, cut = only_face(Frame(picture, 0.0, 0), face)
    height, width = frame.image.shape[:2]
    assert 2 <= height <= min(240, 1.35 * max(w, h) + 3)
    assert 2 <= width <= min(320, 1.35 * max(w, h) + 3)
    # Both moved by the same whole pixels.
    moved = face.landmarks[0] - cut.landmarks[0]
    assert moved[:2] == pytest.approx((x - cut.box.x, y - cut.box.y), abs=1e-3)
    assert moved[2] == 0
