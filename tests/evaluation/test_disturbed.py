from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.source import Shot
from accessctl.evaluation.disturbed import (
    Change,
    Disturbed,
    at_most,
    hand_held,
    late,
    losing,
    shrunk,
    stalling,
    time_of,
    until,
)


def film(times: list[float]) -> Iterator[Shot]:
    return (Shot(np.full((4, 6, 3), i % 256, np.uint8), at) for i, at in enumerate(times))


def steady(fps: float, seconds: float) -> list[float]:
    return [i / fps for i in range(round(fps * seconds))]


def times(change: Change, given_times: list[float]) -> list[float]:
    return [time_of(shot) for shot in change(film(given_times))]


rising = st.lists(st.floats(0.002, 2), min_size=1, max_size=60).map(
    lambda steps: np.cumsum(steps).tolist()
)


def test_every_other_frame_of_a_film_that_has_twice_as_many() -> None:
    assert times(at_most(5), steady(10, 1)) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_at_three_quarters_of_the_rate_every_fourth_is_left_out() -> None:
    assert times(at_most(7.5), steady(10, 0.8)) == pytest.approx([0, 0.2, 0.3, 0.4, 0.6, 0.7])


def test_a_film_with_fewer_frames_stays_as_it_is() -> None:
    assert times(at_most(30), steady(10, 1)) == steady(10, 1)


def test_a_gap_is_not_made_up_for() -> None:
    assert times(at_most(2), [0.0, 0.5, 3.0, 3.25, 3.5, 3.75]) == [0.0, 0.5, 3.0, 3.5]


@given(rising, st.floats(1, 60))
def test_no_more_frames_than_were_asked_for(stamps: list[float], fps: float) -> None:
    kept = times(at_most(fps), stamps)
    assert kept[0] == stamps[0]
    assert set(kept) <= set(stamps)
    # Each that is kept puts the next off by one period, and may come a slack early.
    assert len(kept) <= (stamps[-1] - stamps[0] + 0.005) * fps + 1


def test_the_first_seconds_after_the_first_frame() -> None:
    assert times(until(1.0), [7.0, 7.5, 8.0, 8.001, 9.0]) == [7.0, 7.5, 8.0]


def test_a_tenth_of_the_frames_is_lost_and_with_one_seed_the_same_tenth() -> None:
    stamps = steady(25, 40)
    kept = times(losing(0.1, 3), stamps)
    # 1000 draws: 900 expected, 9.5 the standard deviation.
    assert 860 <= len(kept) <= 940
    assert times(losing(0.1, 3), stamps) == kept != times(losing(0.1, 4), stamps)
    assert times(losing(0.0, 3), stamps) == stamps
    assert times(losing(1.0, 3), stamps) == []


@given(rising, st.integers(0, 99))
def test_late_frames_are_none_lost_and_in_order(stamps: list[float], seed: int) -> None:
    stamped = times(late(0.05, seed), stamps)
    assert len(stamped) == len(stamps)
    assert all(b > a for a, b in pairwise(stamped))
    # Those before may hold one up, by a millisecond each.
    assert all(
        at <= told <= at + 0.05 + 0.001 * number
        for number, (at, told) in enumerate(zip(stamps, stamped, strict=True))
    )


def test_it_is_late_by_different_times() -> None:
    delays = np.array(times(late(0.05, 1), steady(10, 20))) - steady(10, 20)
    assert delays.min() < 0.01
    assert delays.max() > 0.04


def test_stalls_are_as_long_and_as_often_as_told() -> None:
    stamps = steady(50, 100)
    kept = times(stalling(2.0, 0.5, 5), stamps)
    gaps = np.diff(kept)
    stalls = gaps[gaps > 0.1]
    # Each round takes 2.5 s on average: 40 rounds in 100 s.
    assert 30 <= len(stalls) <= 50
    assert stalls.min() >= 0.25
    assert stalls.max() <= 0.75 + 2 / 50
    assert kept[0] == 0
    assert times(stalling(2.0, 0.5, 5), stamps) == kept


def test_pictures_of_half_the_size_are_means_of_four_pixels() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[:2, :2] = [[[0, 10, 20]] * 2, [[40, 50, 60]] * 2]
    (shot,) = shrunk(0.5)(iter([Shot(image, 1.5)]))
    assert shot.image.shape == (2, 3, 3)
    assert shot.image.dtype == np.uint8
    assert shot.image[0, 0].tolist() == [20, 30, 40]
    assert shot.image[1:].max() == 0
    assert shot.media == 1.5


def test_no_picture_grows() -> None:
    (shot,) = shrunk(3.0)(film([0.0]))
    assert shot.image.shape == (4, 6, 3)


def test_a_hand_moves_what_is_seen_by_no_more_than_told() -> None:
    # A picture whose levels say where they are: 2 a pixel across, 1 a pixel along.
    image = np.zeros((50, 100, 3), np.uint8)
    image[:, :, 0] = 2 * np.arange(100)[None, :]
    image[:, :, 1] = np.arange(50)[:, None]
    shots = [Shot(image, at) for at in steady(10, 20)]
    seen = [shot.image for shot in hand_held(0.1, 3)(iter(shots))]
    assert {picture.shape for picture in seen} == {(40, 80, 3)}
    across = np.array([picture[20, 0, 0] / 2 for picture in seen])
    along = np.array([float(picture[0, 40, 1]) for picture in seen])
    # The part begins between 0 and 20 % of 100 and of 50 pixels.
    assert across.min() >= 0
    assert across.max() <= 20.5
    assert np.ptp(across) > 15
    assert along.min() >= 0
    assert along.max() <= 10.5
    assert np.ptp(along) > 7
    # From one tenth of a second to the next it goes on, it does not jump:
    # 2 pi (0.7 x 0.7 + 2.3 x 0.3) x 10 pixels a second.
    assert np.abs(np.diff(across)).max() <= 2 * np.pi * 1.18 * 10 / 10 + 1
    again = [shot.image.tobytes() for shot in hand_held(0.1, 3)(iter(shots))]
    assert again == [picture.tobytes() for picture in seen]
    other = [shot.image.tobytes() for shot in hand_held(0.1, 4)(iter(shots))]
    assert again != other


def test_a_shot_without_a_time_is_of_no_recording() -> None:
    with pytest.raises(ValueError, match="no recording"):
        time_of(Shot(np.zeros((2, 2, 3), np.uint8)))


@dataclass
class Film:
    stamps: list[float]
    closed: int = 0
    description: str = "a film"
    live: bool = True
    endless: bool = False

    def open(self) -> "Film":
        self._shots = film(self.stamps)
        return self

    def read(self) -> Shot | None:
        return next(self._shots, None)

    def close(self) -> None:
        self.closed += 1


def test_changes_are_made_in_order_each_time_that_it_is_opened() -> None:
    inner = Film(steady(10, 2))
    disturbed = Disturbed(inner, (at_most(5), until(0.5)))
    assert (disturbed.live, disturbed.endless, disturbed.description) == (False, False, "a film")
    for number in (1, 2):
        feed = disturbed.open()
        seen = []
        while (shot := feed.read()) is not None:
            seen.append(time_of(shot))
        feed.close()
        assert seen == pytest.approx([0, 0.2, 0.4])
        assert inner.closed == number
