"""A photograph that is moved as a plane, and the same face as a solid head that turns."""

from collections.abc import Callable

import numpy as np
import pytest

from accessctl.demo.photos import demo_enrolment_photo, hopper
from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image, Points, Pose
from accessctl.evaluation.rendered import (
    HEAD_REACH,
    Hand,
    Relief,
    as_seen,
    depth_map,
    lay_relief,
    moved_photo,
    turned_head,
)
from accessctl.liveness.combine import Liveness, examine
from accessctl.liveness.depth import depth, disjoint, nose_height, turn_size, turned, unbroken
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.examiner import Examiner
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.parallax import Parallax, lean
from accessctl.liveness.result import CueVerdict

FACES: list[Callable[[], Image]] = [demo_enrolment_photo, hopper]
HANDS = [
    Hand(yaw=26, pitch=8, shift=0.10, rate=0.3),
    Hand(yaw=22, pitch=14, shift=0.12, rate=0.3, phase=2.0),
]
SHEET_HANDS = [
    Hand(yaw=26, pitch=8, shift=0.10, rate=0.3, phase=0.6),
    Hand(yaw=30, pitch=8, shift=0.10, rate=0.4, phase=2.0),
]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("hand", SHEET_HANDS)
def test_a_moved_photograph_never_passes_for_a_head(face, hand, eyes, backdrop) -> None:
    photo = face()
    found = eyes.still_face(photo)
    width = photo.shape[1] * 140 / found.box.w
    rest = Sheet(320, 200, width)
    frames = eyes.watch(moved_photo(photo, backdrop, rest, hand, frames=45, fps=15, seed=1))
    assert len(frames) >= 15
    result = depth(frames)
    assert result.verdict is not CueVerdict.CONFIRM
    assert not result.figure > 0.06
    assert set(examine(frames).doubts) & {"depth", "surroundings"}


@pytest.mark.parametrize("face", FACES)
def test_a_photograph_that_leans_far_shows_no_nose(face, eyes, backdrop) -> None:
    photo = face()
    rest = Sheet(320, 200, photo.shape[1] * 140 / eyes.still_face(photo).box.w)
    film = moved_photo(photo, backdrop, rest, SHEET_HANDS[0], frames=75, fps=15, seed=1)
    result = depth(eyes.watch(film))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure <= 0.01
    assert result.frames >= 3
    assert result.since < result.until


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_cameras_noise_decides_nothing(seed: int, eyes, backdrop) -> None:
    photo = hopper()
    found = eyes.still_face(photo)
    rest = Sheet(320, 200, photo.shape[1] * 140 / found.box.w)
    count = {"frames": 75, "fps": 15, "seed": seed}
    flat = eyes.watch(moved_photo(photo, backdrop, rest, SHEET_HANDS[0], **count))
    head = eyes.watch(turned_head(photo, found.landmarks, backdrop, rest, HANDS[0], **count))
    assert depth(flat).verdict is CueVerdict.DOUBT
    assert depth(head).verdict is not CueVerdict.DOUBT


def test_a_sheet_that_is_small_in_the_picture_is_not_judged(eyes, backdrop) -> None:
    photo = hopper()
    rest = Sheet(320, 200, photo.shape[1] * 95 / eyes.still_face(photo).box.w)
    film = moved_photo(photo, backdrop, rest, SHEET_HANDS[0], frames=45, fps=15, seed=1)
    assert depth(eyes.watch(film)).verdict is CueVerdict.UNDECIDED


OTHER_HANDS = {
    "shake": Hand(0.06, closer=0.02, yaw=5, pitch=4, roll=4, rate=1.5),
    "turn": Hand(0.03, closer=0.02, yaw=38, pitch=3, roll=3, rate=0.4),
    "nod": Hand(0.03, closer=0.02, yaw=4, pitch=33, roll=3, rate=0.4),
    "approach": Hand(0.05, closer=0.4, yaw=8, pitch=6, roll=3, rate=0.4),
}


@pytest.mark.parametrize(
    ("hand", "blur", "noise"),
    [("shake", 0.8, 3.0), ("turn", 2.0, 9.0), ("nod", 0.8, 3.0), ("approach", 2.0, 9.0)],
)
def test_however_a_photograph_is_moved_and_seen_it_shows_no_life(
    hand, blur, noise, eyes, backdrop
) -> None:
    photo = hopper()
    rest = Sheet(320, 200, photo.shape[1] * 110 / eyes.still_face(photo).box.w)
    film = moved_photo(
        photo,
        backdrop,
        rest,
        OTHER_HANDS[hand],
        frames=45,
        fps=15,
        seed=2,
        blur=blur,
        noise=noise,
    )
    examiner = Examiner(window_s=3.0, every_s=0.5)
    for frame in eyes.watch(film):
        examiner.add(frame)
        assert examiner.verdict.verdict is not Liveness.LIVE
    assert examiner.verdict.results


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("hand", HANDS)
def test_a_head_that_turns_is_solid(face, hand, eyes, backdrop) -> None:
    photo = face()
    found = eyes.still_face(photo)
    width = photo.shape[1] * 110 / found.box.w
    rest = Sheet(320, 180, width)
    frames = eyes.watch(
        turned_head(photo, found.landmarks, backdrop, rest, hand, frames=45, fps=15, seed=1)
    )
    verdict = examine(frames)
    assert depth(frames).verdict is CueVerdict.CONFIRM
    assert verdict.verdict is Liveness.LIVE


def test_a_photograph_that_is_only_shifted_says_nothing_about_depth(eyes, backdrop) -> None:
    photo = demo_enrolment_photo()
    hand = Hand(shift=0.2, closer=0.0, yaw=0, pitch=0, roll=0)
    rest = Sheet(320, 200, 450)
    frames = eyes.watch(moved_photo(photo, backdrop, rest, hand, frames=30, fps=15, seed=1))
    assert depth(frames).verdict is CueVerdict.UNDECIDED


def test_a_plane_that_leans_by_thirty_degrees() -> None:
    plane = np.diag([np.cos(np.radians(30)), 1.0, 1.0])
    assert lean(plane, np.zeros(2, np.float32)) == pytest.approx(0.5, abs=1e-4)


def test_a_picture_that_only_moves_grows_and_rolls_does_not_lean() -> None:
    plane = np.array([[0.0, -1.4, 30.0], [1.4, 0.0, -12.0], [0.0, 0.0, 1.0]])
    assert lean(plane, np.ones(2, np.float32)) == pytest.approx(0.0, abs=2e-3)


def test_the_noses_height_is_its_shift_by_the_turn() -> None:
    pairs = [
        Parallax(nose=(0.05, 0.0), rest=0.0, turn=(0.25, 0.0), tilt=0.2),
        Parallax(nose=(0.0, -0.08), rest=0.0, turn=(0.0, -0.4), tilt=0.2),
    ]
    assert nose_height(pairs) == pytest.approx(0.2)
    assert turn_size(pairs) == pytest.approx(np.sqrt((0.0625 + 0.16) / 2))


def test_a_shift_across_the_turn_is_no_depth() -> None:
    pairs = [Parallax(nose=(0.0, 0.1), rest=0.0, turn=(0.3, 0.0), tilt=0.2)]
    assert nose_height(pairs) == pytest.approx(0.0)


YAWS = (-12.0, 0.0, 12.0)


@pytest.mark.parametrize("fps", [5, 7.5, 10, 15, 30])
@pytest.mark.parametrize("hold", [0.2, 0.5])
def test_stills_of_a_head_that_are_swapped_are_no_turning_head(fps, hold, eyes, backdrop) -> None:
    photo = hopper()
    found = eyes.still_face(photo)
    random = np.random.default_rng(1)
    relief = head_of(photo, found.landmarks)
    width = photo.shape[1] * 140 / found.box.w
    stills = [lay_relief(backdrop, relief, Sheet(320, 180, width, yaw=yaw)) for yaw in YAWS]
    film = [
        Frame(as_seen(stills[int(i / fps / hold) % 3], random, 0.8, 3.0), i / fps, i)
        for i in range(round(4 * fps))
    ]
    examiner = Examiner(window_s=3.0, every_s=0.5)
    for frame in eyes.watch(film):
        examiner.add(frame)
        assert examiner.verdict.verdict is not Liveness.LIVE
    words = {result.cue: result.verdict for result in examiner.verdict.results}
    assert words["depth"] is not CueVerdict.CONFIRM


def head_of(photo: Image, landmarks: Points) -> Relief:
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    middle = (low + high) / 2
    y, x = np.mgrid[0 : photo.shape[0], 0 : photo.shape[1]]
    half = (high - low) * HEAD_REACH
    inside = np.hypot((x - middle[0]) / half[0], (y - middle[1]) / half[1]) < 1
    mask = np.where(inside, 255, 0).astype(np.uint8)
    return Relief(photo, depth_map(photo.shape[:2], landmarks), mask, middle)


def turning(yaws: list[float], rate: float = 15) -> list[LivenessFrame]:
    return [fake_frame(i / rate, pose=Pose(yaw, 0, 0)) for i, yaw in enumerate(yaws)]


def test_a_smooth_turn_is_unbroken() -> None:
    frames = turning([12 * np.sin(i / 5) for i in range(30)])
    assert unbroken(frames) == [frames]


@pytest.mark.parametrize("swap", [3.0, 12.0])
def test_a_turn_out_of_nothing_breaks_it(swap: float) -> None:
    frames = turning([0, 0.1, 0, swap, swap, swap + 0.1])
    assert [len(run) for run in unbroken(frames)] == [3, 3]


def test_a_gap_in_time_breaks_it() -> None:
    frames = [fake_frame(t) for t in (0.0, 0.2, 0.4, 1.0, 1.2)]
    assert [len(run) for run in unbroken(frames)] == [3, 2]
    assert unbroken([]) == []


def test_pairs_share_no_frame_and_the_furthest_come_first() -> None:
    # Sines of 0, 10, 20 and 25 degrees: 0, 0.174, 0.342 and 0.423.
    frames = turning([0, 10, 20, 25])
    pairs = disjoint(frames, turned, 0.07)
    assert [[frames.index(f) for f in pair] for pair in pairs] == [[0, 3], [1, 2]]
    assert disjoint(frames, turned, 0.2)[0] == (frames[0], frames[3])
    assert len(disjoint(frames, turned, 0.2)) == 1
