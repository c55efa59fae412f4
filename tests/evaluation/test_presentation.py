from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.camera.source import Shot
from accessctl.domain import Box, Face, Frame, Image, Quality
from accessctl.door.fake import ScriptedCues
from accessctl.encoder.base import FakeEncoder
from accessctl.errors import CameraError, InputError
from accessctl.evaluation import presentation as module
from accessctl.evaluation.presentation import (
    COLOURS,
    Conditions,
    CueCount,
    Presentation,
    apcer,
    bpcer,
    cue_counts,
    only_face,
    plot_cues,
    presentations,
    rate,
    recordings,
    shares,
    watched,
)
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import Liveness
from accessctl.liveness.fake import FakeTexture, speaking
from accessctl.vision.fake import FakeObserver, fake_face
from tests.evaluation.conftest import Parts

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
    """A face that wanders by `step` pixels a frame, to and fro, and speaks unless it is still."""
    places = [100 + step * abs(7 - i % 14) for i in range(frames)]
    faces = [fake_face(track, box=Box(x, 60, 80, 96)) for x in places]
    return [
        [replace(face, landmarks=speaking(face.landmarks, i // 3, width=80 * bool(step)))]
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


@settings(deadline=None)
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


@settings(deadline=None)
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


VETO, CONFIRM = CueVerdict.VETO, CueVerdict.CONFIRM


def counted(species: str, cue: str, **said: int) -> CueCount:
    return CueCount(species, cue, dict.fromkeys(CueVerdict, 0) | said)


def seen(accepted: bool, **cues: CueVerdict) -> Presentation:
    return Presentation("a.mp4", 1, 2.0, accepted, Liveness.UNDECIDED, cues)


def test_attacks_that_pass_are_errors() -> None:
    found = apcer([seen(True), seen(False), seen(False), seen(False)])
    assert (found.errors, found.trials, found.value) == (1, 4, 0.25)


def test_people_who_do_not_pass_are_errors() -> None:
    found = bpcer([seen(True), seen(False), seen(False), seen(False)])
    assert (found.errors, found.trials, found.value) == (3, 4, 0.75)


def test_an_attack_that_passed_for_a_moment_has_passed() -> None:
    for_a_moment = Presentation("a.mp4", 1, 2.0, True, Liveness.ATTACK, {})
    assert apcer([for_a_moment]).errors == 1


def test_the_interval_of_no_error_in_two() -> None:
    # With no error in n the upper bound is 1 - 0.025 ** (1 / n).
    found = rate(0, 2)
    assert found.low == 0
    assert found.high == pytest.approx(1 - 0.025**0.5)


def test_the_interval_of_one_error_in_two() -> None:
    # P(at least 1 of 2) = 1 - (1 - p)^2 = 0.025 and P(at most 1 of 2) = 1 - p^2 = 0.025.
    found = rate(1, 2)
    assert found.low == pytest.approx(1 - 0.975**0.5)
    assert found.high == pytest.approx(0.975**0.5)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_the_two_rates_are_each_others_rest(accepted: list[bool]) -> None:
    presentations = [seen(one) for one in accepted]
    passed, refused = apcer(presentations), bpcer(presentations)
    assert passed.errors + refused.errors == len(accepted)
    assert passed.low <= passed.value <= passed.high
    assert passed.low == pytest.approx(1 - refused.high)


@pytest.mark.parametrize(("errors", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_rate(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        rate(errors, trials)
    with pytest.raises(ValueError, match="0 trials"):
        apcer([])


def test_every_cue_is_counted_by_species() -> None:
    found = {
        "print": [seen(False, edges=VETO, depth=CONFIRM), seen(False, edges=VETO, depth=VETO)],
        "live": [seen(True, edges=CueVerdict.DOUBT, depth=CueVerdict.CLEAR)],
    }
    assert cue_counts(found) == [
        counted("print", "edges", veto=2),
        counted("print", "depth", veto=1, confirm=1),
        counted("live", "edges", doubt=1),
        counted("live", "depth", clear=1),
    ]


def test_a_cue_that_was_not_heard_is_undecided() -> None:
    found = cue_counts({"print": [seen(False), seen(False, blink=CONFIRM)], "mask": []})
    assert found == [counted("print", "blink", confirm=1, undecided=1)]


VETO_COLOUR, DOUBT, CONFIRM_COLOUR, CLEAR, UNDECIDED = (COLOURS[word] for word in CueVerdict)
NONE = dict.fromkeys(CueVerdict, 0)
COUNTS = [
    CueCount("live", "depth", NONE | {CueVerdict.CONFIRM: 3, CueVerdict.CLEAR: 1}),
    CueCount("live", "edges", NONE | {CueVerdict.DOUBT: 2, CueVerdict.UNDECIDED: 2}),
    CueCount("print", "depth", NONE | {CueVerdict.VETO: 8}),
]


def pixels(path: Path, colour: str) -> int:
    """How much of the picture has exactly that colour."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture.astype(int) - wanted).max(axis=2) <= 2).sum())


def test_shares_of_each_word() -> None:
    assert shares(COUNTS[0]) == [
        ("veto", 0, VETO_COLOUR),
        ("doubt", 0, DOUBT),
        ("confirm", 75, CONFIRM_COLOUR),
        ("clear", 25, CLEAR),
        ("undecided", 0, UNDECIDED),
    ]
    assert shares(None) == []


def test_the_bars_are_as_long_as_the_shares(tmp_path: Path) -> None:
    path = plot_cues(COUNTS, {"live": rate(1, 4)}, tmp_path / "plots")
    assert path == tmp_path / "plots" / "liveness_cues.png"
    # Vetoes fill one bar, confirmations three quarters of one, and so on; the legend has a
    # patch of each.
    bar = pixels(path, VETO_COLOUR)
    lengths = [pixels(path, colour) / bar for colour in (DOUBT, CONFIRM_COLOUR, CLEAR, UNDECIDED)]
    assert lengths == pytest.approx([0.5, 0.75, 0.25, 0.5], abs=0.08)


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plot_cues([], {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
