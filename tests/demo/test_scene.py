import numpy as np
import pytest

from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.demo.people import Figure, cutouts
from accessctl.demo.scene import DOORWAY, DemoSource, Scene, empty_room, place, scene
from accessctl.demo.script import ACTS, ENTER_S, LENGTH_S, WALK_S, Stance, gain_at

BLOCK = Figure(
    face_px=60,
    eyes=(50, 40),
    head=(50, 40, 30, 30),
    outline=((0, 0), (99, 0), (99, 99), (0, 99)),
    clothes=(((200, 0, 0), ((0, 50), (99, 50), (99, 119), (0, 119))),),
    height=120,
)
SIZES = cutouts(np.full((100, 100, 3), 200, np.uint8), BLOCK)


def test_it_is_pure() -> None:
    t = ACTS[0].start + 6.0
    picture = scene(t)
    assert picture.shape == (720, 1280, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, scene(t))
    assert np.array_equal(picture, Scene(0).render(t))
    assert not np.array_equal(picture, scene(t, seed=1))


def test_the_empty_room_shows_noise_that_changes() -> None:
    first, second = scene(0.1).astype(int), scene(0.2).astype(int)
    still = empty_room(0).astype(int)
    difference = first - second
    assert difference.std() == pytest.approx(3 * np.sqrt(2), rel=0.1)
    assert abs((first - still).mean()) < 0.5


def test_somebody_is_there_during_an_act_and_nobody_after_it() -> None:
    still = empty_room(0).astype(int)

    def changed(t: float) -> float:
        return float((np.abs(scene(t).astype(int) - still).max(axis=2) > 25).mean())

    assert changed(ACTS[0].start + ENTER_S + WALK_S + 0.1) > 0.2
    assert changed(ACTS[1].start + ENTER_S + WALK_S + 0.1) > 0.2
    assert changed(ACTS[1].start - 0.5) < 0.001
    assert changed(LENGTH_S - 0.1) < 0.001


def test_the_light_dims_the_whole_picture() -> None:
    t = ACTS[0].start + ENTER_S + WALK_S + 1.2
    wall = (slice(100, 300), slice(1000, 1200))
    ratio = scene(t)[wall].mean() / scene(0.0)[wall].mean()
    assert ratio == pytest.approx(gain_at(t), abs=0.02)
    assert ratio < 0.7


def test_a_person_is_placed_by_the_eyes_and_scaled() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    place(picture, SIZES, Stance(size=120, x=300, y=200))
    rows, columns = np.nonzero(picture.max(axis=2) > 100)
    # At twice the size: 100 left and 98 right of the eyes, 80 above and 158 below them.
    assert columns.min() == pytest.approx(200, abs=3)
    assert columns.max() == pytest.approx(398, abs=5)
    assert rows.min() == pytest.approx(120, abs=3)
    assert rows.max() == pytest.approx(358, abs=5)


@pytest.mark.parametrize("x", [-500, 2000])
def test_a_person_out_of_the_picture_changes_nothing(x: float) -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    place(picture, SIZES, Stance(size=100, x=x, y=300, yaw=20, smear=10))
    assert not picture.any()


def test_behind_the_door_only_the_doorway_shows_the_person() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    place(picture, SIZES, Stance(size=60, x=DOORWAY[0], y=300, behind_door=True))
    assert not picture[:, : DOORWAY[0]].any()
    assert picture[:, DOORWAY[0] :].any()


def test_motion_smears_sideways() -> None:
    sharp, smeared = (np.zeros((720, 1280, 3), np.uint8) for _ in range(2))
    place(sharp, SIZES, Stance(size=60, x=640, y=300))
    place(smeared, SIZES, Stance(size=60, x=640, y=300, smear=21))

    def width(picture: np.ndarray) -> int:
        return int((picture[300].max(axis=1) > 0).sum())

    assert 15 <= width(smeared) - width(sharp) <= 23


def test_fast_plays_every_frame_with_the_demos_own_time() -> None:
    source = DemoSource(fps=2, fast=True)
    with Reader(source, CameraConfig(), clock=lambda: 100.0) as reader:
        frames = []
        while not reader.ended:
            frame = reader.next(20)
            if frame is not None:
                frames.append(frame)
    assert len(frames) == int(LENGTH_S * 2) + 1
    assert [frame.captured for frame in frames] == pytest.approx(
        [100 + number / 2 for number in range(len(frames))]
    )
    assert np.array_equal(frames[13].image, scene(6.5))


def test_in_real_time_the_newest_frame_counts_and_it_ends() -> None:
    source = DemoSource(fps=15)
    assert source.live
    assert not source.endless
    assert not DemoSource(fps=15, fast=True).live
    assert source.description == "the demo"


def test_each_opening_plays_from_the_start() -> None:
    source = DemoSource(fps=10)
    first, second = source.open(), source.open()
    first.read()
    one, two = first.read(), second.read()
    assert one is not None
    assert two is not None
    assert (one.media, two.media) == (0.1, 0.0)


def test_it_is_a_hall_with_a_brighter_room_behind() -> None:
    room = empty_room(0)
    assert room.shape == (720, 1280, 3)
    assert room.dtype == np.uint8
    left, top, right, _ = DOORWAY
    behind = room[top + 20 : top + 200, left + 20 : right - 120].mean()
    corner = room[:100, :100].mean()
    assert behind > corner + 8


def test_the_seed_moves_the_plaster_and_nothing_else() -> None:
    assert np.array_equal(empty_room(1), empty_room(1))
    one, two = empty_room(1), empty_room(2)
    assert not np.array_equal(one, two)
    left, top, right, _ = DOORWAY
    assert np.array_equal(
        one[top + 20 :, left + 10 : right - 10], two[top + 20 :, left + 10 : right - 10]
    )
