import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import VisionConfig
from accessctl.demo.script import (
    ACTS,
    ENTER_S,
    FAR_PX,
    LENGTH_S,
    NEAR_PX,
    VISIT_S,
    WALK_S,
    Act,
    Performer,
    act_at,
    gain_at,
    pose_at,
)


def test_a_stranger_somebody_enrolled_and_a_photograph_of_them() -> None:
    expected = [Performer.STRANGER, Performer.ENROLLED, Performer.PRINT]
    assert [act.performer for act in ACTS] == expected


def test_the_room_is_empty_long_enough_for_a_visit_to_end() -> None:
    ends = [0.0, *(act.start + VISIT_S for act in ACTS)]
    starts = [*(act.start for act in ACTS), LENGTH_S]
    pauses = [start - end for start, end in zip(starts, ends, strict=True)]
    assert pauses[0] > 0
    assert min(pauses[1:]) > VisionConfig().track_timeout_s


def test_it_is_short() -> None:
    assert 40 <= LENGTH_S <= 50


def test_who_is_on() -> None:
    acts = (Act(Performer.ENROLLED, 2.0),)
    assert act_at(1.99, acts) is None
    assert act_at(2.0, acts) == acts[0]
    assert act_at(2.0 + VISIT_S, acts) is None


def test_a_visitor_walks_up_from_the_door() -> None:
    sizes = [pose_at(ENTER_S + step * 0.1).size for step in range(41)]
    assert sizes[0] == pytest.approx(FAR_PX)
    assert sizes[-1] == pytest.approx(NEAR_PX)
    assert sizes == sorted(sizes)


def test_a_visitor_comes_from_behind_the_door_and_leaves_the_picture() -> None:
    assert pose_at(0).behind_door
    assert not pose_at(ENTER_S).behind_door
    last = pose_at(VISIT_S - 1e-6)
    assert last.x - 2 * last.size > 1280


def test_a_visitor_turns_both_ways_and_moves_fast_once() -> None:
    looking = [pose_at(ENTER_S + WALK_S + step * 0.05) for step in range(80)]
    assert max(pose.yaw for pose in looking) > 12
    assert min(pose.yaw for pose in looking) < -12
    assert max(pose.smear for pose in looking) > 10


def test_the_light_changes_while_somebody_stands_there() -> None:
    gains = [gain_at(step * 0.05) for step in range(int(LENGTH_S / 0.05))]
    assert min(gains) == pytest.approx(0.6, abs=0.02)
    assert max(gains) == pytest.approx(1.3, abs=0.02)
    assert gain_at(0) == 1.0


@given(st.floats(0, VISIT_S - 0.02))
def test_nobody_jumps(since: float) -> None:
    before, after = pose_at(since), pose_at(since + 0.01)
    assert abs(after.x - before.x) < 16
    assert abs(after.y - before.y) < 4
    assert abs(after.size - before.size) < 3
    assert abs(after.yaw - before.yaw) < 2
