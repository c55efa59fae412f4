import numpy as np

from accessctl.demo.room import DOORWAY, empty_room


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
