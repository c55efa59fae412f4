"""A photograph that is moved as a plane, and the same face as a solid head that turns."""

from collections.abc import Callable

import numpy as np
import pytest

from accessctl.camera.demo_photos import demo_enrolment_photo, hopper
from accessctl.camera.demo_sheet import Sheet
from accessctl.domain import Image
from accessctl.evaluation.moved_photo import Hand, moved_photo
from accessctl.evaluation.turned_head import turned_head
from accessctl.liveness.combine import Liveness, examine
from accessctl.liveness.depth import depth, nose_height, turn_size
from accessctl.liveness.examiner import Examiner
from accessctl.liveness.parallax import Parallax, lean
from accessctl.liveness.result import CueVerdict

FACES: list[Callable[[], Image]] = [demo_enrolment_photo, hopper]
HANDS = [
    Hand(yaw=20, pitch=6, shift=0.10, rate=0.3),
    Hand(yaw=16, pitch=12, shift=0.12, rate=0.3, phase=2.0),
]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("hand", HANDS)
def test_a_moved_photograph_never_passes_for_a_head(face, hand, eyes, backdrop) -> None:
    photo = face()
    found = eyes.still_face(photo)
    width = photo.shape[1] * 110 / found.box.w
    rest = Sheet(320, 200, width)
    frames = eyes.watch(moved_photo(photo, backdrop, rest, hand, frames=45, fps=15, seed=1))
    assert len(frames) >= 15
    result = depth(frames)
    assert result.verdict is not CueVerdict.CONFIRM
    assert not result.figure > 0.06
    assert set(examine(frames).vetoes) & {"depth", "surroundings"}


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
