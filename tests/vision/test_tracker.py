from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.tracker import (
    JITTER,
    REMEMBERED_S,
    SCENERY_S,
    SETTLED_S,
    TOP_SPEED,
    Stillness,
    Tracker,
    served,
)

FPS = 15


def face(x: float, y: float = 300, size: float = 100) -> Box:
    return Box(x - size / 2, y - size / 2, size, size)


def test_a_face_that_moves_slowly_keeps_its_identity():
    tracker = Tracker(1.0)
    ids = {tracker.update([face(100 + 20 * i)], i / FPS)[0] for i in range(30)}
    assert ids == {1}


def test_two_faces_side_by_side_keep_theirs_in_whatever_order_they_come():
    tracker = Tracker(1.0)
    assert tracker.update([face(300), face(500)], 0.0) == [1, 2]
    for i in range(1, 10):
        assert tracker.update([face(501), face(299)], i / FPS) == [2, 1]


def test_a_visit_survives_missed_frames():
    tracker = Tracker(1.0)
    tracker.update([face(300)], 0.0)
    for i in range(1, 10):
        assert tracker.update([], i / FPS) == []
    assert tracker.update([face(310)], 10 / FPS) == [1]


def test_a_face_unseen_for_too_long_has_left():
    tracker = Tracker(0.5)
    tracker.update([face(300)], 0.0)
    tracker.update([], 0.4)
    assert len(tracker.missing) == 1
    assert tracker.update([face(300)], 0.6) == [2]


def test_whoever_is_seen_after_everybody_was_forgotten_is_new():
    tracker = Tracker(1.0)
    tracker.update([face(300)], 0.0)
    tracker.update([], 0.1)
    tracker.forget()
    assert tracker.missing == ()
    assert tracker.update([face(300)], 0.2) == [2]


def test_a_face_that_jumps_is_somebody_else():
    tracker = Tracker(1.0)
    tracker.update([face(300)], 0.0)
    assert tracker.update([face(600)], 1 / FPS) == [2]


def test_a_face_that_jumped_is_in_doubt_only_while_the_lost_one_may_be_walking_up():
    tracker = Tracker(1.0)
    tracker.update([face(300)], 0.0)
    ids = [tracker.update([face(500)], (1 + i) / FPS)[0] for i in range(30)]
    # From 3/15 s on somebody at 8 face sizes a second gets 2 far; after 0.4 s, the sixth
    # frame, they would have been seen.
    assert ids == [2, 2, 2, 3, 4, *[4] * 25]


def test_a_walk_with_dropped_frames_costs_one_track():
    tracker = Tracker(1.0)
    for i in range(4):
        assert tracker.update([face(100 + 30 * i)], i / FPS) == [1]
    # 610 pixels in two frames: nobody walks so fast.
    ids = [tracker.update([face(800 - max(0, 100 - 20 * i))], (5 + i) / FPS)[0] for i in range(20)]
    assert ids == [2] * 20


def lose_the_left_of_two(tracker: Tracker, frames: int) -> list[int]:
    """The one on the right stays; the tracks it is on."""
    tracker.update([face(300), face(390)], 0.0)
    return [tracker.update([face(391)], i / FPS)[0] for i in range(1, frames)]


def test_whoever_is_lost_beside_a_still_face_disturbs_it_for_a_moment():
    ids = lose_the_left_of_two(Tracker(1.0), 20)
    assert len(set(ids[5:])) == 1


@pytest.mark.parametrize(
    ("next_time", "next_face"),
    [
        pytest.param(11 / FPS, face(391, size=130), id="larger at once"),
        pytest.param(11 / FPS, face(430), id="aside at once"),
        pytest.param(12 / FPS, face(391), id="after a frame without a face"),
    ],
)
def test_a_still_face_may_have_been_replaced(next_time: float, next_face: Box):
    """By the one who was lost beside it and is remembered still."""
    tracker = Tracker(1.0)
    before = lose_the_left_of_two(tracker, 11)[-1]
    if next_time > 11 / FPS:
        tracker.update([], 11 / FPS)
    (after,) = tracker.update([next_face], next_time)
    assert after != before


def test_a_face_of_another_size_in_the_same_place_is_somebody_else():
    tracker = Tracker(1.0)
    tracker.update([face(300, size=100)], 0.0)
    assert tracker.update([face(300, size=160)], 1 / FPS) == [2]


def test_a_face_that_could_be_either_of_two_is_neither():
    tracker = Tracker(1.0)
    tracker.update([face(300), face(390)], 0.0)
    assert tracker.update([face(345)], 1 / FPS) == [3]


def test_who_comes_out_from_behind_another_is_nobody_known():
    tracker = Tracker(1.0)
    tracker.update([face(300), face(390)], 0.0)
    tracker.update([face(345)], 1 / FPS)
    assert tracker.update([face(380)], 2 / FPS) == [4], "it may be the one who was hidden"
    assert tracker.update([face(320), face(390)], 3 / FPS) == [5, 6]
    assert tracker.update([face(290), face(420)], 4 / FPS) == [5, 6], "both are in view again"


def test_whoever_is_hidden_is_forgotten_after_a_while():
    tracker = Tracker(0.5)
    tracker.update([face(300), face(390)], 0.0)
    for i in range(1, 9):
        (identity,) = tracker.update([face(345)], i / FPS)
    assert tracker.update([face(345)], 9 / FPS) == [identity]


def test_a_face_that_could_be_two_faces_ends():
    tracker = Tracker(1.0)
    tracker.update([face(345)], 0.0)
    assert tracker.update([face(310), face(380)], 1 / FPS) == [2, 3]


def test_two_faces_lost_together_may_have_changed_places():
    tracker = Tracker(1.0)
    tracker.update([face(300), face(500)], 0.0)
    for i in range(1, 5):
        tracker.update([], i / FPS)
    assert tracker.update([face(300), face(500)], 5 / FPS) == [3, 4]


def test_a_lost_face_far_from_another_is_not_confused_with_it():
    tracker = Tracker(1.0)
    tracker.update([face(200), face(900)], 0.0)
    for i in range(1, 5):
        assert tracker.update([face(900)], i / FPS) == [2]
    assert sorted(tracker.update([face(200), face(900)], 5 / FPS)) == [1, 2]


def test_velocity_says_where_a_lost_face_will_be():
    tracker = Tracker(1.0)
    for i in range(10):
        tracker.update([face(100 + 10 * i)], i / FPS)
    tracker.update([], 10 / FPS)
    (track,) = tracker.missing
    assert track.expected(11 / FPS)[0] == pytest.approx(210, abs=2)


def test_time_that_stands_still_is_no_error():
    tracker = Tracker(1.0)
    tracker.update([face(300)], 1.0)
    assert tracker.update([face(305)], 1.0) == [1]


@dataclass(frozen=True)
class Walk:
    """A straight walk with a sway, in face sizes; never faster than TOP_SPEED."""

    start: float
    speed: float
    sway: float
    phase: float
    size: float

    def at(self, t: float) -> Box:
        x = self.start + self.speed * t + self.sway * np.sin(3 * t + self.phase)
        return face(640 + 100 * x, 300, self.size)


def walks(side: int) -> st.SearchStrategy[Walk]:
    return st.builds(
        Walk,
        start=st.floats(1.5, 6).map(lambda d: side * d),
        speed=st.floats(1.5, 0.75 * TOP_SPEED).map(lambda v: -side * v),
        sway=st.floats(0, 0.2),
        phase=st.floats(0, 6.3),
        size=st.floats(80, 120),
    )


def at_most_two_misses_in_a_row(dropped: set[int]) -> set[int]:
    """Misses of person p in frame i are numbered 2 i + p; both are seen to begin with."""
    return {n for n in dropped if n > 3 and not {n - 2, n - 4} <= dropped}


def seen(one: Box, other: Box, i: int, dropped: set[int], behind: int) -> list[tuple[int, Box]]:
    """Who is detected in frame `i`: whoever stands behind is hidden by an overlap."""
    close = abs(one.centre[0] - other.centre[0]) < 0.7 * max(one.w, other.w)
    there = [(0, one), (1, other)]
    if close:
        there = [pair for pair in there if pair[0] != behind]
    return [pair for pair in there if 2 * i + pair[0] not in dropped]


@settings(max_examples=300, deadline=None)
@given(
    walks(-1), walks(1), st.sampled_from([8, 10, 15, 25, 30]), st.sets(st.integers(0, 120)),
    st.integers(0, 1), st.booleans(), st.integers(0, 1000),
)  # fmt: skip
def test_people_who_cross_never_swap(left, right, fps, dropped, behind, in_order, seed):
    """No identity is ever given to both of two people, however they pass each other.

    They pass fast enough for nobody to be hidden longer than the tracker remembers.
    """
    tracker = Tracker(1.5)
    noise = np.random.default_rng(seed)
    dropped = at_most_two_misses_in_a_row(dropped)
    owner: dict[int, int] = {}
    for i in range(60):
        visible = seen(left.at(i / fps), right.at(i / fps), i, dropped, behind)
        visible = visible if in_order else visible[::-1]
        boxes = [
            Box(*(np.array([b.x, b.y, b.w, b.h]) + noise.normal(0, 0.01 * b.w, 4)))
            for _, b in visible
        ]
        ids = tracker.update(boxes, i / fps)
        assert len(set(ids)) == len(ids)
        for (person, _), track in zip(visible, ids, strict=True):
            assert owner.setdefault(track, person) == person


@pytest.mark.parametrize("fps", [10, 15, 25, 30])
@pytest.mark.parametrize("sights", [1, 2, 5])
@pytest.mark.parametrize("apart", [0.8, 1.2, 2.0])
def test_a_photo_that_was_pushed_in_front_of_a_face_ends_its_track(
    fps: int, sights: int, apart: float
):
    """Though the photo was seen beside the face for a moment only, and covers it so well that
    what is followed never moves: nobody need prove to be there for long to cast doubt."""
    tracker = Tracker(1.0)
    for i in range(10):
        (before,) = tracker.update([face(300)], i / fps)
    for i in range(10, 10 + sights):
        tracker.update([face(300), face(300 + 100 * apart)], i / fps)
    last = (9 + sights) / fps
    for i in range(10 + sights, 30):
        (after,) = tracker.update([face(300)], i / fps)
        covered = JITTER + TOP_SPEED * (i / fps - last) > apart
        assert after != before or not covered


def test_a_face_is_in_view_until_it_is_missing():
    tracker = Tracker(1.0)
    (one,) = tracker.update([face(300)], 0.0)
    assert [track.id for track in tracker.in_view] == [one]
    tracker.update([], 0.1)
    assert tracker.in_view == ()
    assert [track.id for track in tracker.missing] == [one]
    tracker.update([face(300)], 0.2)
    tracker.forget()
    assert tracker.in_view == ()


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
