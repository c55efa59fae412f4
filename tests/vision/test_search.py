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
    door_schedule,
    nearby,
    part_tiles,
    placed,
    same_face,
    whole_tiles,
)


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


@pytest.mark.parametrize(("pace", "period"), [(1, 9), (2, 5), (3, 3), (9, 1)])
def test_at_another_pace_the_same_tiles_take_longer(pace: int, period: int):
    schedule = door_schedule(pace)
    assert schedule.period == period
    assert schedule.every(1280, 720) == DOOR_SCHEDULE.every(1280, 720)


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
    tiles = whole_tiles(width, height) + part_tiles(width, height, 0.0)
    assert Tile(0, 0, width, height, Range.FULL) in tiles
    assert len(tiles) <= 38
    assert all(0 <= t.left <= t.right <= width for t in tiles)
    assert all(0 <= t.top <= t.bottom <= height for t in tiles)


@pytest.mark.parametrize(
    ("size", "least", "tiles"),
    [
        # 8 % of 1280 are 102.4 pixels: the whole photo shows faces of more.
        ((1280, 720), 103.0, 0),
        ((1280, 720), 102.0, 2),
        # Half of it is 753 pixels wide, and 8 % of that are 60.2.
        ((1280, 720), 61.0, 2),
        ((720, 1280), 61.0, 2),
        ((1280, 720), 60.0, 6),
        ((1280, 720), 0.0, 6),
        # A sixth of 4000 x 3000 is 1765 pixels high (8 %: 141.2), a thirtieth is smaller.
        ((4000, 3000), 142.0, 6),
        ((4000, 3000), 141.0, 30),
        ((4000, 3000), 0.0, 36),
        # Parts of so small a photo would show no more than it does.
        ((300, 200), 10.0, 0),
    ],
)
def test_of_a_photo_no_more_parts_are_searched_than_show_faces_of_that_width(size, least, tiles):
    assert len(part_tiles(*size, least)) == tiles


@given(st.integers(400, 5000), st.integers(400, 5000), st.floats(0, 500), st.floats(0, 500))
def test_who_looks_for_larger_faces_never_searches_more(width, height, one, other):
    few, many = (part_tiles(width, height, least) for least in (max(one, other), min(one, other)))
    assert len(few) <= len(many)
