"""The cue of depth on rendered films: photographs that move, heads that turn, stills by turns."""

from collections.abc import Callable

import numpy as np
import pytest

from accessctl.demo.people import demo_enrolment_photo, hopper
from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image, Points
from accessctl.evaluation.rendered import (
    HEAD_REACH,
    Hand,
    Relief,
    as_seen,
    depth_map,
    head_pictures,
    lay_relief,
    moved_photo,
    turned_head,
)
from accessctl.liveness.cues.depth import depth
from accessctl.liveness.evidence import CueVerdict, LivenessFrame
from accessctl.liveness.examiner import Liveness, VisitCues, examine

FACES: list[Callable[[], Image]] = [demo_enrolment_photo, hopper]
HANDS = [
    Hand(yaw=26, pitch=8, shift=0.10, rate=0.3),
    Hand(yaw=22, pitch=14, shift=0.12, rate=0.3, phase=2.0),
]
SHEET_HANDS = [
    Hand(yaw=26, pitch=8, shift=0.10, rate=0.3, phase=0.6),
    Hand(yaw=30, pitch=8, shift=0.10, rate=0.4, phase=2.0),
]


FPS, LONG, SHORT = 15, 75, 45


@pytest.fixture(scope="module")
def shown_photo(eyes, backdrop) -> Callable[..., list[LivenessFrame]]:
    """What is seen in so many frames of a photograph that a hand moves; each film is played once,
    however many tests look at it."""
    played: dict[tuple[Callable[[], Image], Hand, int], list[LivenessFrame]] = {}

    def watch(
        face: Callable[[], Image], hand: Hand, seed: int = 1, frames: int = LONG
    ) -> list[LivenessFrame]:
        key = face, hand, seed
        if key not in played:
            photo = face()
            rest = Sheet(320, 200, photo.shape[1] * 140 / eyes.still_face(photo).box.w)
            length = LONG if hand == SHEET_HANDS[0] else SHORT
            film = moved_photo(photo, backdrop, rest, hand, frames=length, fps=FPS, seed=seed)
            played[key] = eyes.watch(film)
        # A frame's number would be a whole one but for the last bits.
        return [seen for seen in played[key] if round(seen.captured * FPS) < frames]

    return watch


@pytest.fixture(scope="module")
def turned_hopper(eyes, backdrop) -> list[Image]:
    """Grace Hopper's head as it turns, before any camera's noise."""
    photo = hopper()
    found = eyes.still_face(photo)
    rest = Sheet(320, 200, photo.shape[1] * 140 / found.box.w)
    places = [HANDS[0].at(index / FPS, rest) for index in range(LONG)]
    return list(head_pictures(photo, found.landmarks, backdrop, places))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("hand", SHEET_HANDS)
def test_a_moved_photograph_never_passes_for_a_head(face, hand, shown_photo) -> None:
    frames = shown_photo(face, hand, frames=SHORT)
    assert len(frames) >= 15
    result = depth(frames)
    assert result.verdict is not CueVerdict.CONFIRM
    assert not result.figure > 0.06
    assert set(examine(frames).doubts) & {"depth", "surroundings"}


@pytest.mark.parametrize("face", FACES)
def test_a_photograph_that_leans_far_shows_no_nose(face, shown_photo) -> None:
    result = depth(shown_photo(face, SHEET_HANDS[0]))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure <= 0.01
    assert result.frames >= 3
    assert result.since < result.until


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_cameras_noise_decides_nothing(seed: int, eyes, shown_photo, turned_hopper) -> None:
    assert depth(shown_photo(hopper, SHEET_HANDS[0], seed)).verdict is CueVerdict.DOUBT
    random = np.random.default_rng(seed)
    seen = (as_seen(picture, random, 0.8, 3.0) for picture in turned_hopper)
    head = eyes.watch(Frame(image, i / FPS, i) for i, image in enumerate(seen))
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
    examiner = VisitCues(window_s=3.0, every_s=0.5)
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
    examiner = VisitCues(window_s=3.0, every_s=0.5)
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
