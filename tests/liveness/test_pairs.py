import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.pairs import LONGEST_S, MOST_SHIFT, choose_pairs, shift, varied


def at(captured: float, x: float, width: float = 100.0) -> LivenessFrame:
    return fake_frame(captured, box=Box(x - width / 2, 100, width, 120))


def walk(places: list[float], rate: float = 10.0) -> list[LivenessFrame]:
    return [at(i / rate, x) for i, x in enumerate(places)]


def test_each_frame_is_paired_with_the_next_that_is_far_enough() -> None:
    frames = walk([0, 5, 12, 13, 30, 31])
    pairs = choose_pairs(frames, 0.1, 9)
    assert [(a.captured, b.captured) for a, b in pairs] == [(0.0, 0.2), (0.3, 0.4)]


def test_a_jump_is_no_pair() -> None:
    assert choose_pairs(walk([0, 100 * MOST_SHIFT + 1]), 0.1, 9) == []


def test_what_is_too_long_ago_is_no_pair() -> None:
    assert choose_pairs([at(0, 0), at(LONGEST_S + 0.1, 20)], 0.1, 9) == []


def test_a_tiny_face_is_no_pair() -> None:
    assert choose_pairs([at(0, 0, 30), at(0.1, 10, 30)], 0.1, 9) == []


@given(st.lists(st.floats(0, 300), max_size=40), st.integers(1, 9))
def test_no_frame_is_in_two_pairs(places: list[float], count: int) -> None:
    pairs = choose_pairs(walk(places), 0.12, count)
    times = [frame.captured for pair in pairs for frame in pair]
    assert len(pairs) <= count
    assert len(set(times)) == len(times)
    assert times == sorted(times)
    assert all(0.12 <= shift(a, b) <= MOST_SHIFT for a, b in pairs)


def test_a_shift_and_a_growth_in_face_widths() -> None:
    # 3 and 4 pixels across and along of 100, and 20 pixels more of width.
    first, second = fake_frame(0, box=Box(0, 0, 100, 100)), fake_frame(1, box=Box(-7, -6, 120, 120))
    assert shift(first, second) == pytest.approx(0.05 + 0.1)


def test_a_shift_against_a_camera_that_moves_along() -> None:
    along = np.array([[1.0, 0, 30], [0, 1, 0], [0, 0, 1]])
    assert shift(at(0, 200), at(0.1, 230), along) == pytest.approx(0.0)
    assert shift(at(0, 200), at(0.1, 200), along) == pytest.approx(0.3)


def test_an_even_pace_is_not_varied() -> None:
    even = choose_pairs(walk([8.0 * i for i in range(12)]), 0.12, 9)
    there_and_back = choose_pairs(walk([0, 20, 40, 20, 0, 20]), 0.12, 9)
    assert len(even) >= 3
    assert not varied(even)
    assert varied(there_and_back)
