"""What moves in the picture, and what is searched because of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Image
from accessctl.vision.search import (
    DOOR_SCHEDULE,
    GRID,
    RESTLESS_S,
    SWEEP_S,
    Grid,
    MotionGate,
    Patrol,
    Range,
    Schedule,
    Tile,
    cells,
    changed_cells,
    choose,
)

FPS = 15


def room(seed: int = 1, width: int = 1280, height: int = 720) -> Image:
    """Large soft shapes of every grey, as a room has."""
    blocks = np.random.default_rng(seed).integers(40, 200, (9, 16), dtype=np.uint8)
    grey = blocks.repeat(height // 9, axis=0).repeat(width // 16, axis=1)
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))


def noisy(picture: Image, deviation: float, rng: np.random.Generator) -> Image:
    grain = rng.normal(0, deviation, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def shares(gate: MotionGate, pictures: list[Image], start: float = 0.0) -> list[float]:
    return [float(gate.changed(p, start + i / FPS).mean()) for i, p in enumerate(pictures)]


def test_everything_is_new_in_the_first_frame_and_nothing_in_the_next():
    assert shares(MotionGate(), [room()] * 3) == [1, 0, 0]


@pytest.mark.parametrize("deviation", [2, 6, 10])
def test_noise_is_no_motion(deviation: float):
    rng = np.random.default_rng(3)
    seen = shares(MotionGate(), [noisy(room(), deviation, rng) for _ in range(30)])
    assert max(seen[1:]) < 0.0002


def test_a_patch_the_size_of_the_smallest_face_is_seen_at_once_where_it_is():
    rng = np.random.default_rng(4)
    gate = MotionGate()
    shares(gate, [noisy(room(), 3, rng) for _ in range(10)])
    visited = room()
    visited[400:460, 800:850] = visited[400:460, 800:850] // 2 + 100
    changed = gate.changed(noisy(visited, 3, rng), 10 / FPS)
    rows, columns = np.nonzero(changed)
    assert len(rows) >= 20
    # Cells are 8 pixels wide, and blurred over one neighbour on each side.
    assert rows.min() * 8 >= 400 - 16
    assert rows.max() * 8 <= 460 + 16
    assert columns.min() * 8 >= 800 - 16
    assert columns.max() * 8 <= 850 + 16


def test_what_came_and_stays_is_a_change_for_seconds_and_then_background():
    gate = MotionGate()
    shares(gate, [room()] * 10)
    visited = room()
    visited[300:400, 300:400] += 40
    seen = shares(gate, [visited] * 300, start=10 / FPS)
    # 40 grey levels fall below 2.5 after 4 s * ln(16), 11 s.
    assert all(seen[: 10 * FPS])
    assert not any(seen[13 * FPS :])


@pytest.mark.parametrize("factor", [0.7, 1.2])
def test_a_light_that_is_switched_changes_most_of_the_picture(factor: float):
    gate = MotionGate()
    shares(gate, [room()] * 10)
    (share,) = shares(gate, [(room() * factor).astype(np.uint8)], start=1)
    assert share > 0.9


def test_dusk_is_no_motion():
    gate = MotionGate()
    # A tenth of the light goes in ten minutes.
    pictures = [(room() * (1 - 0.1 * s / 600)).astype(np.uint8) for s in range(60)]
    assert not any([gate.changed(p, s).any() for s, p in enumerate(pictures)][1:])


def test_another_size_starts_anew():
    gate = MotionGate()
    shares(gate, [room()] * 3)
    assert shares(gate, [room(width=960)] * 2, start=1) == [1, 0]


def test_time_that_stands_still_or_goes_back_is_no_error():
    gate = MotionGate()
    assert [gate.changed(room(), now).any() for now in (5.0, 5.0, 3.0)] == [True, False, False]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((720, 1280), (90, 160)),
        ((1280, 720), (160, 90)),
        ((1, 1), (1, 1)),
        ((3, 900), (1, 150)),
        ((1080, 1920), (90, 160)),
    ],
)
def test_cells_cover_frames_of_any_shape(shape: tuple[int, int], expected: tuple[int, int]):
    found = cells(np.full((*shape, 3), 77, np.uint8))
    assert found.shape == expected
    assert max(found.shape) <= GRID
    assert found.dtype == np.float32
    assert np.all(found == 77)


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
