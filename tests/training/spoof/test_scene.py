from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.training.spoof.samples import FacePicture
from accessctl.training.spoof.scene import (
    SKINS,
    Framing,
    Held,
    MediumPose,
    draw_framing,
    draw_pose,
    extents,
    living,
    presented,
)

FLAT = MediumPose(0.0, 0.0, 0.0, 0.0)
DARK_ROOM = FacePicture(np.zeros((40, 40, 3), np.uint8), Box(10, 10, 20, 20), "room", "feed")
FRAMING = Framing(50.0, 1.5, 1.4, 1.5, 1.6)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def bare(content: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """A medium that shows its content as it is."""
    return content


def rimmed(content: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """A black rim, 14 pixels left and right, 28 above and below."""
    return np.pad(content, ((28, 28), (14, 14), (0, 0)))


def picture(marks: tuple[tuple[float, float], ...] = (), shade: int = 100) -> FacePicture:
    """A face of 100 pixels in the middle of 400 x 400, and bright dots so many face widths right
    of and below its middle."""
    image = np.full((400, 400, 3), shade, np.uint8)
    for right, below in marks:
        x, y = int(200 + right * 100), int(200 + below * 100)
        image[y - 4 : y + 5, x - 4 : x + 5] = 255
    return FacePicture(image, Box(150, 140, 100, 120), "somebody", "lfw")


def spot(seen: np.ndarray) -> tuple[float, float]:
    """Where what is brightest lies, from left and from above."""
    bright = np.clip(seen.mean(axis=2) - 0.6 * seen.max(), 0, None)
    y, x = np.mgrid[: seen.shape[0], : seen.shape[1]]
    return float((x * bright).sum() / bright.sum()), float((y * bright).sum() / bright.sum())


def held(**changes: object) -> Held:
    shown = (1.0, 1.0, 1.0, 1.0)
    return replace(Held(bare, picture(), shown, FLAT, DARK_ROOM, fingers=False), **changes)


def covered(seen: np.ndarray, row: int) -> tuple[int, int]:
    """First and last column of a row where the room, which is black, is not seen."""
    columns = np.flatnonzero(seen[row].mean(axis=1) > 0.15)
    return int(columns[0]), int(columns[-1])


def test_extents_by_hand() -> None:
    # The middle of the face is (70, 40), its width 40, the picture 200 x 100.
    one = FacePicture(np.zeros((100, 200, 3), np.uint8), Box(50, 20, 40, 40), "a", "b")
    assert extents(one) == (1.75, 1.0, 3.25, 1.5)


def test_the_size_of_a_frame_by_hand() -> None:
    assert FRAMING.size == (150, 150)
    assert Framing(10.0, 1.0, 0.5, 1.0, 0.5).size == (32, 32)


@given(seed=st.integers(0, 10_000), x=st.floats(0, 150), y=st.floats(0, 100))
@settings(max_examples=60, deadline=None)
def test_a_framing_shows_no_more_than_there_is(seed, x, y) -> None:
    one = FacePicture(np.zeros((200, 260, 3), np.uint8), Box(x, y, 80, 90), "a", "b")
    framing = draw_framing(one, rng(seed))
    sides = framing.left, framing.above, framing.right, framing.below
    for side, available in zip(sides, extents(one), strict=True):
        assert side <= min(2.2, max(available, 0.62))
        assert side >= min(0.62, available)
    # Hardly larger than it was taken: 1.25 x 80.
    assert 42 <= framing.width <= 100 + 1e-9
    assert framing == draw_framing(one, rng(seed))


@given(seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_a_living_face_lies_where_it_is_said(seed) -> None:
    seen = living(picture(((0, 0),)), FRAMING, rng(seed))
    assert seen.picture.shape == (150, 150, 3)
    # 1.5 and 1.4 widths of 50 from the left and from above; 120 of 100 high.
    assert seen.box.centre == pytest.approx((75, 70))
    assert (seen.box.w, seen.box.h) == pytest.approx((50, 60))
    assert spot(seen.picture) == pytest.approx((75, 70), abs=0.6)


@pytest.mark.parametrize("medium", [bare, rimmed])
@pytest.mark.parametrize("shown", [(1.0, 1.0, 1.0, 1.0), (0.6, 1.2, 0.9, 0.7)])
def test_a_face_that_is_shown_lies_where_a_living_one_does(medium, shown) -> None:
    on = held(medium=medium, content=picture(((0, 0),)), shown=shown)
    seen = presented(on, FRAMING, rng())
    assert seen.picture.shape == (150, 150, 3)
    assert seen.box.centre == pytest.approx((75, 70), abs=0.05)
    assert (seen.box.w, seen.box.h) == pytest.approx((50, 60))
    assert spot(seen.picture) == pytest.approx((75, 70), abs=0.6)


def test_the_rims_of_a_flat_sheet_by_hand() -> None:
    # 0.6 widths of 50 left of 75 and 0.9 right of it; 0.8 above 70 and 1.0 below.
    seen = presented(held(shown=(0.6, 0.8, 0.9, 1.0)), FRAMING, rng()).picture
    assert covered(seen, 70) == pytest.approx((45, 119), abs=1)
    assert covered(seen.transpose(1, 0, 2), 75) == pytest.approx((30, 119), abs=1)


def test_the_rim_of_a_medium_lies_around_what_it_shows() -> None:
    # 14 pixels of the surface are 10 of the frame, which has 1.4 times fewer; black, as the room.
    wide = held(medium=lambda one, _: np.pad(one, ((0, 0), (14, 14), (0, 0)), constant_values=1))
    assert covered(presented(wide, FRAMING, rng()).picture, 70) == pytest.approx((15, 134), abs=1)


def test_a_turned_sheet_is_shorter_and_nearer_on_one_side() -> None:
    # The sheet is 100 pixels of the frame wide and three times that away. Turned by 30 degrees
    # its halves lie at 50 cos 30 = 43.3 and 50 sin 30 / 300 = 1/12 nearer or further:
    # 43.3 / (1 - 1/12) = 47.2 on the right, 43.3 / (1 + 1/12) = 40.0 on the left.
    seen = presented(held(pose=MediumPose(30.0, 0.0, 0.0, 0.0)), FRAMING, rng()).picture
    assert covered(seen, 70) == pytest.approx((75 - 40.0, 75 + 47.2 - 1), abs=0.9)
    # The nearer rim is higher.
    left = covered(seen.transpose(1, 0, 2), 38)
    right = covered(seen.transpose(1, 0, 2), 118)
    assert right[1] - right[0] > left[1] - left[0] + 5


def test_a_rolled_sheet_turns_about_the_face() -> None:
    on = held(content=picture(((0.8, 0),)), pose=MediumPose(0.0, 0.0, 90.0, 0.0))
    assert spot(presented(on, FRAMING, rng()).picture) == pytest.approx((75, 110), abs=0.8)


@pytest.mark.parametrize(("bend", "at"), [(0.0, 100.0), (1.6, 102.1)])
def test_a_bent_sheet_shows_its_halves_further_out(bend, at) -> None:
    # Half way to the rim, 25 pixels: sin(0.4) / sin(0.8) = 0.543 of 50 where it is bent by 1.6.
    on = held(content=picture(((0.5, 0),)), pose=MediumPose(0.0, 0.0, 0.0, bend))
    seen = presented(on, FRAMING, rng()).picture
    assert spot(seen)[0] == pytest.approx(at, abs=0.8)
    # Its rims stay where they are.
    assert covered(seen, 90) == pytest.approx((25, 124), abs=1.5)


def test_a_bent_sheet_is_darker_on_one_side() -> None:
    seen = presented(held(pose=MediumPose(0.0, 0.0, 0.0, 1.6)), FRAMING, rng()).picture
    # cos(-0.8 - 0.4) and cos(0.8 - 0.4) at the rims.
    assert seen[70, 27].mean() / seen[70, 121].mean() == pytest.approx(0.362 / 0.921, rel=0.15)


def test_a_face_that_is_cut_out_has_the_room_around_it() -> None:
    for seed in range(8):
        seen = presented(held(cut=True), FRAMING, rng(seed)).picture
        assert seen[70, 75].mean() > 0.2
        # Half the axes are at most 0.75 of 50 and 0.75 x 1.25 of 60.
        assert seen[70, : 75 - 39].max() == 0
        assert seen[: 70 - 58].max() == 0
        assert covered(seen, 70)[1] - covered(seen, 70)[0] >= 46


def test_where_eyes_are_cut_out_the_room_is_seen() -> None:
    seen = presented(held(eyes=True), FRAMING, rng()).picture
    # 0.2 of 50 to either side, 0.14 of 60 above the middle.
    for x in (65, 85):
        assert seen[62, x].max() < 0.02
    for x, y in ((75, 62), (65, 54), (65, 70), (54, 62)):
        assert seen[y, x].mean() > 0.2


def test_behind_eyes_that_are_cut_out_those_of_somebody_else_look() -> None:
    # The person behind has marks where eyes are: 0.2 of 100 to either side, 0.14 of 120 above.
    behind = picture(((-0.2, -0.168), (0.2, -0.168)), shade=30)
    seen = presented(held(eyes=True, room=behind), FRAMING, rng()).picture
    for x in (65, 85):
        assert seen[62, x].mean() > 0.3
    # Anywhere else in the room nobody is drawn out of shape.
    assert seen[5, 5].mean() < 0.3


def test_bars_move_the_face_by_what_is_above_it() -> None:
    # The content is 100 pixels of the frame high; 0.3 of it above and 0.1 below, black.
    on = held(content=picture(((0, 0),)), bars=(0.3, 0.1), room=picture(shade=120))
    seen = presented(on, FRAMING, rng(3))
    assert seen.box.centre == pytest.approx((75, 70), abs=0.05)
    assert spot(seen.picture) == pytest.approx((75, 70), abs=0.6)
    shades = seen.picture[:, 75].mean(axis=1)
    assert shades[-8:].min() > 0.1
    bars = [*shades[: 70 - 51], *shades[70 + 52 : 70 + 58]]
    assert max(bars) < 0.02 or min(bars) > 0.8


@pytest.mark.parametrize("across", [-0.5, 0.5])
def test_a_face_beside_the_middle_of_a_bent_sheet_is_narrower(across) -> None:
    # The sheet reaches 0.6 widths to one side of the face and 1.6 to the other, so that the face's
    # middle lies at 0.4545 of the half width, its edges at 0 and 0.909; bent by 1.6 those are seen
    # at 0 and at sin(0.727) / sin(0.8) = 0.9267 of 1.1 widths of 50.
    shown = (0.6, 1.0, 1.6, 1.0) if across < 0 else (1.6, 1.0, 0.6, 1.0)
    seen = presented(held(shown=shown, pose=MediumPose(0.0, 0.0, 0.0, 1.6)), FRAMING, rng())
    assert seen.box.w == pytest.approx(0.9267 * 55, abs=0.4)
    assert seen.box.h == pytest.approx(60)


def test_fingers_reach_over_the_rim_and_a_hand_is_behind() -> None:
    on = held(shown=(0.8, 0.8, 0.8, 0.8), content=picture(shade=0))
    on_sheet = behind = 0
    for seed in range(12):
        # The same draws but for the hand's, which come last before the light's.
        seen = presented(replace(on, fingers=True), FRAMING, rng(seed)).picture
        skin = seen.max(axis=2) > 0.12
        sheet = np.zeros(skin.shape, np.bool_)
        sheet[31:109, 36:114] = True
        on_sheet += bool((skin & sheet).any())
        behind += bool((skin & ~sheet).any())
    assert on_sheet >= 10
    assert behind >= 10
    assert all(red > green > blue for red, green, blue in SKINS)


def test_without_fingers_a_black_sheet_before_a_black_room_is_black() -> None:
    seen = presented(held(content=picture(shade=0)), FRAMING, rng())
    assert seen.picture.max() == 0


def test_the_room_is_seen_where_no_medium_is() -> None:
    bright = FacePicture(np.full((40, 40, 3), 200, np.uint8), Box(9, 9, 20, 20), "room", "feed")
    seen = presented(held(room=bright, shown=(0.6,) * 4), FRAMING, rng(2)).picture
    assert seen[10, 10].mean() > 0.25
    # A room may be anything, even smaller than the frame, and has no shape of its own.
    assert seen[:30].std() < 0.01


def test_a_pose_bends_only_what_bends() -> None:
    source = rng(4)
    stiff = [draw_pose(source, bendable=False) for _ in range(200)]
    soft = [draw_pose(source, bendable=True) for _ in range(400)]
    assert {one.bend for one in stiff} == {0.0}
    assert 60 < sum(one.bend > 0 for one in soft) < 140
    assert all(one.bend == 0 or 0.3 <= one.bend <= 1.6 for one in soft)
    assert np.std([one.yaw for one in soft]) == pytest.approx(9, rel=0.2)
    assert np.std([one.roll for one in soft]) == pytest.approx(5, rel=0.2)
