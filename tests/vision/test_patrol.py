import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Image
from accessctl.vision.patrol import RESTLESS_S, SWEEP_S, Patrol, changed_cells, choose
from accessctl.vision.search import DOOR_SCHEDULE, Grid, Range, Schedule, Tile

FPS = 15
EVERY = DOOR_SCHEDULE.every(1280, 720)
FOUR = Schedule((Grid(4, 1, 0.0, Range.SHORT),), pace=2)


def empty() -> Image:
    return np.full((720, 1280, 3), 90, np.uint8)


def visited(x: int = 900, y: int = 500, size: int = 60) -> Image:
    picture = empty()
    picture[y : y + size, x : x + size] = 170
    return picture


def walk(
    patrol: Patrol, pictures: list[Image], start: int = 0, *, following: bool = False
) -> list[list[Tile]]:
    return [
        patrol.tiles(picture, (start + i) / FPS, following=following)
        for i, picture in enumerate(pictures)
    ]


def around(tile: Tile, x: float, y: float) -> bool:
    return tile.left <= x < tile.right and tile.top <= y < tile.bottom


def test_at_first_everything_is_looked_at_in_a_round():
    seen = walk(Patrol(DOOR_SCHEDULE), [empty()] * DOOR_SCHEDULE.period)
    assert [len(tiles) for tiles in seen] == [DOOR_SCHEDULE.pace] * DOOR_SCHEDULE.period
    assert {tile for tiles in seen for tile in tiles} == set(EVERY)


def test_an_empty_room_costs_at_most_a_tile_a_frame():
    seen = walk(Patrol(DOOR_SCHEDULE), [empty()] * 300)
    assert sum(len(tiles) for tiles in seen) / 300 < 0.8


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_whoever_stands_still_is_looked_at_within_a_second(fps: int):
    patrol = Patrol(DOOR_SCHEDULE)
    last = dict.fromkeys(EVERY, 0.0)
    for i in range(10 * fps):
        for tile in patrol.tiles(empty(), i / fps, following=False):
            assert i / fps - last[tile] <= SWEEP_S + 3 / fps
            last[tile] = i / fps
    assert all(10 - seen <= SWEEP_S + 3 / fps for seen in last.values())


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1220), st.integers(0, 660), st.integers(8, 40))
def test_whoever_appears_is_looked_at_at_once_and_by_all_tiles_within_a_round(x, y, before):
    patrol = Patrol(DOOR_SCHEDULE)
    walk(patrol, [empty()] * before)
    seen = walk(patrol, [visited(x, y)] * DOOR_SCHEDULE.period, start=before)
    centre = x + 30, y + 30
    assert any(around(tile, *centre) for tile in seen[0])
    holding = {tile for tile in EVERY if around(tile, *centre)}
    assert holding <= {tile for tiles in seen for tile in tiles}


def test_where_everything_moves_all_tiles_take_turns():
    patrol = Patrol(DOOR_SCHEDULE)
    rng = np.random.default_rng(5)
    wild = [rng.integers(0, 255, (9, 16, 3), dtype=np.uint8) for _ in range(30)]
    pictures = [np.ascontiguousarray(w.repeat(80, axis=0).repeat(80, axis=1)) for w in wild]
    seen = walk(patrol, pictures)
    assert {len(tiles) for tiles in seen} == {DOOR_SCHEDULE.pace}
    for i in range(0, 30, DOOR_SCHEDULE.period):
        assert {t for tiles in seen[i : i + DOOR_SCHEDULE.period] for t in tiles} == set(EVERY)


def test_beside_a_followed_face_one_tile_a_frame_and_all_within_nine():
    patrol = Patrol(DOOR_SCHEDULE)
    walk(patrol, [empty()] * 5)
    seen = walk(patrol, [visited(x=300 + 20 * i) for i in range(18)], start=5, following=True)
    assert {len(tiles) for tiles in seen} == {1}
    assert {tile for tiles in seen[:9] for tile in tiles} == set(EVERY)
    assert {tile for tiles in seen[9:] for tile in tiles} == set(EVERY)


def test_changed_cells_are_counted_for_each_tile():
    changed = np.zeros((10, 40), np.bool_)
    changed[4:6, 9:11] = True
    tiles = sorted(FOUR.every(400, 100), key=lambda tile: tile.left)
    assert changed_cells(tiles, changed, 400, 100) == [2, 2, 0, 0]
    assert changed_cells(tiles, np.zeros((10, 40), np.bool_), 400, 100) == [0, 0, 0, 0]


NONE = [0.0, 0.0, 0.0, 0.0]
STILL = [0, 0, 0, 0]


def test_nothing_is_searched_before_it_is_due():
    assert choose(NONE, STILL, NONE, 3) == []
    assert choose([0, 0, SWEEP_S, 0], STILL, NONE, 3) == [2]


def test_news_is_searched_at_once_the_longest_unseen_first():
    assert choose([0, 0.2, 0, 0.1], [60, 60, 0, 60], NONE, 3) == [1, 3, 0]


def test_news_leaves_a_place_for_what_is_due():
    assert choose([0, 0.2, SWEEP_S, 0.1], [60, 60, 0, 60], NONE, 3) == [1, 3, 2]


def test_what_moves_as_usual_is_searched_now_and_then():
    usual = [30.0, 0, 0, 0]
    assert choose([RESTLESS_S - 0.01, 0, 0, 0], [40, 0, 0, 0], usual, 3) == []
    assert choose([RESTLESS_S, 0, 0, 0], [40, 0, 0, 0], usual, 3) == [0]
    # 1.3 * 30 + 8 = 47
    assert choose(NONE, [47, 0, 0, 0], usual, 3) == []
    assert choose(NONE, [48, 0, 0, 0], usual, 3) == [0]


def test_one_changed_cell_makes_no_tile_restless():
    assert choose([RESTLESS_S, 0, 0, 0], [1, 0, 0, 0], NONE, 3) == []


def clock(second: int) -> Image:
    """A blinking patch as large as the digits of a clock in the picture."""
    picture = empty()
    picture[20:40, 100:160] = 200 if second % 2 else 30
    return picture


def test_a_clock_in_the_picture_costs_little():
    seen = walk(Patrol(DOOR_SCHEDULE), [clock(i // FPS) for i in range(40 * FPS)])
    assert sum(len(tiles) for tiles in seen[10 * FPS :]) / (30 * FPS) < 1.5


def test_whoever_appears_beside_a_clock_is_looked_at_at_once():
    patrol = Patrol(DOOR_SCHEDULE)
    walk(patrol, [clock(i // FPS) for i in range(20 * FPS)])
    arrival = clock(20)
    arrival[50:110, 100:160] = 170
    (tiles,) = walk(patrol, [arrival], start=20 * FPS)
    assert any(around(tile, 130, 80) for tile in tiles)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (20, 20)])
def test_frames_of_odd_shapes_are_no_error(shape: tuple[int, int]):
    patrol = Patrol(DOOR_SCHEDULE)
    for i in range(5):
        picture = np.full((*shape, 3), 40 * i, np.uint8)
        assert len(patrol.tiles(picture, i / FPS, following=False)) <= DOOR_SCHEDULE.pace
