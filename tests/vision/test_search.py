import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.detection import Detection
from accessctl.vision.search import (
    DOOR_SCHEDULE,
    Grid,
    Range,
    Schedule,
    Tile,
    nearby,
    placed,
    same_face,
    still_tiles,
)

sizes = st.integers(100, 4000)


@given(st.integers(320, 4000), st.floats(9 / 16, 1), st.booleans())
def test_every_small_face_lies_whole_in_some_tile(longer, shape, portrait):
    """Wherever it stands, in every usual shape of frame: 70 pixels wide of 1280."""
    width, height = (longer * shape, longer) if portrait else (longer, longer * shape)
    width, height = round(width), round(height)
    w, h = 0.055 * longer, 0.07 * longer
    tiles = DOOR_SCHEDULE.every(width, height)
    small = [t for t in tiles if t.right - t.left < width or t.bottom - t.top < height]
    for i in range(12):
        for j in range(12):
            x, y = (width - w) * i / 11, (height - h) * j / 11
            assert any(
                t.left - 1 <= x
                and x + w <= t.right + 1
                and t.top - 1 <= y
                and y + h <= t.bottom + 1
                for t in small
            )


def test_the_door_searches_everything_within_three_frames():
    """Or a face that is there for three frames could go unseen."""
    assert DOOR_SCHEDULE.period == 3


def test_tiles_share_the_stated_overlap_and_stay_inside():
    left, right = Grid(2, 1, 0.25, Range.FULL).tiles(700, 300)
    assert left == Tile(0, 0, 400, 300, Range.FULL)
    assert right == Tile(300, 0, 700, 300, Range.FULL)


def test_a_portrait_frame_is_cut_along_its_longer_side():
    tiles = Grid(3, 1, 0.0, Range.SHORT).tiles(100, 300)
    assert [(t.top, t.bottom) for t in tiles] == [(0, 100), (100, 200), (200, 300)]


def test_neighbours_do_not_follow_each_other():
    schedule = Schedule((Grid(4, 1, 0.0, Range.SHORT),), pace=1)
    assert [tile.left for tile in schedule.every(400, 100)] == [0, 200, 100, 300]


def test_placed_moves_box_and_keypoints_into_the_frame(fake_detection: Detection):
    moved = placed(fake_detection, Tile(100, 50, 400, 300, Range.SHORT))
    assert moved.box == Box(110, 70, 30, 40)
    assert moved.keypoints[0].tolist() == [115, 75]
    assert moved.score == fake_detection.score


@pytest.fixture
def fake_detection() -> Detection:
    return Detection(Box(10, 20, 30, 40), 0.7, np.full((6, 2), (15, 25), np.float32))


def test_a_part_of_a_face_is_the_same_face():
    whole = Box(100, 100, 100, 120)
    assert same_face(whole, Box(100, 100, 50, 60))
    assert same_face(Box(140, 150, 100, 120), whole)


def test_faces_cheek_by_cheek_are_two():
    assert not same_face(Box(100, 100, 100, 120), Box(190, 100, 100, 120))


def test_a_lost_face_is_looked_for_around_where_it_should_be():
    tile = nearby((640, 360), Box(590, 300, 100, 120), 1280, 720)
    assert tile == Tile(400, 120, 880, 600, Range.SHORT)


def test_a_lost_face_near_the_edge_is_looked_for_inside_the_frame():
    tile = nearby((10, 360), Box(0, 300, 100, 120), 1280, 720)
    assert tile is not None
    assert (tile.left, tile.right) == (0, 250)


def test_a_face_that_has_left_the_frame_is_not_looked_for():
    assert nearby((-300, 360), Box(0, 300, 100, 120), 1280, 720) is None


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_photos_of_every_size_are_looked_at_as_a_whole_and_in_parts(width, height):
    tiles = still_tiles(width, height)
    assert Tile(0, 0, width, height, Range.FULL) in tiles
    assert len(tiles) <= 40
    assert all(0 <= t.left <= t.right <= width for t in tiles)
    assert all(0 <= t.top <= t.bottom <= height for t in tiles)
