from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.stillness import REMEMBERED_S, SCENERY_S, SETTLED_S, Stillness, served

WALL = Box(100, 100, 100, 120)


def moved(box: Box, share: float) -> Box:
    """So many of its widths to the right."""
    return Box(box.x + share * box.w, box.y, box.w, box.h)


def stand(still: Stillness, box: Box, start: float, seconds: float) -> float:
    """Ten frames a second; how long it has stood still by the last one."""
    known = 0.0
    for frame in range(round(seconds * 10) + 1):
        (known,) = still.update([box], start + frame / 10)
    return known


def test_a_face_that_does_not_move_is_still_for_as_long_as_it_is_seen() -> None:
    assert stand(Stillness(), WALL, 0.0, 60.0) == 60.0


def test_within_two_percent_of_its_width_it_has_not_moved() -> None:
    still = Stillness()
    stand(still, WALL, 0.0, 10.0)
    assert still.update([moved(WALL, 0.019)], 10.1) == [10.1]
    assert still.update([moved(WALL, 0.021)], 10.2) == [0.0]


def test_who_comes_nearer_has_moved() -> None:
    still = Stillness()
    stand(still, WALL, 0.0, 10.0)
    nearer = Box(WALL.x - 1.5, WALL.y - 1.5, WALL.w + 3, WALL.h + 3)
    assert still.update([nearer], 10.1) == [0.0]


def test_a_slow_drift_is_movement() -> None:
    still = Stillness()
    known = [still.update([moved(WALL, frame / 1000)], frame / 10)[0] for frame in range(600)]
    # The twentieth step leads out of the tolerance.
    assert max(known) <= 2.1


def test_any_movement_ends_it_also_for_who_comes_back() -> None:
    still = Stillness()
    stand(still, WALL, 0.0, 70.0)
    still.update([moved(WALL, 0.1)], 70.1)
    assert still.update([WALL], 70.2) == [0.0]


def test_a_picture_that_somebody_walks_past_is_still_the_same() -> None:
    still = Stillness()
    stand(still, WALL, 0.0, 61.0)
    passing = Box(140, 60, 200, 240)
    for frame in range(30):
        still.update([passing], 61.1 + frame / 10)
    assert still.update([WALL], 64.2)[0] > SCENERY_S


def test_a_place_is_forgotten_in_time() -> None:
    still = Stillness()
    stand(still, WALL, 0.0, 61.0)
    assert still.update([WALL], 61.0 + REMEMBERED_S + 1) == [0.0]
    fresh = Stillness()
    stand(fresh, WALL, 0.0, 10.0)
    assert fresh.update([WALL], 12.0) == [0.0]


def test_four_larger_portraits_leave_a_place_to_a_resident() -> None:
    portraits = [Box(200 * i, 0, 180, 200) for i in range(4)]
    resident = Box(300, 300, 80, 100)
    chosen = served([*portraits, resident], [SETTLED_S + 1] * 4 + [0.2], 4)
    assert chosen[0] == 4
    assert len(chosen) == 4


def test_scenery_comes_last_and_of_movers_the_largest_first() -> None:
    boxes = [Box(0, 0, 200, 200), Box(0, 0, 50, 50), Box(0, 0, 90, 90), Box(0, 0, 70, 70)]
    assert served(boxes, [90.0, 0.0, 0.0, 5.0], 4) == [2, 1, 3, 0]


@given(st.lists(st.tuples(st.floats(1, 500), st.floats(0, 200)), max_size=8), st.integers(1, 4))
def test_nobody_is_served_twice_or_left_out_for_nothing(
    faces: list[tuple[float, float]], places: int
) -> None:
    boxes = [Box(0, 0, width, width) for width, _ in faces]
    chosen = served(boxes, [still for _, still in faces], places)
    assert len(set(chosen)) == len(chosen) == min(places, len(faces))
