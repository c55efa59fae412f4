from dataclasses import replace

import numpy as np
import pytest

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.swaps import repeated, returns, shapes, steps_of


def at(places: list[float]) -> np.ndarray:
    """One point of a mesh at those places."""
    return np.array(places)[:, None] + 0j


TIMES = np.arange(6) / 5


def test_steps_by_hand() -> None:
    points = np.array([[0, 0], [0.3, 0.4j]])
    # The root mean square of 0.3 and 0.4.
    assert steps_of(points) == pytest.approx([np.sqrt(0.125)])


def test_pictures_that_come_back() -> None:
    assert returns(at([0.0, 0.1, 0.2, 0.0, 0.1, 0.2]), TIMES).all()
    assert returns(at([0.0, 0.1, 0.2, 0.3, 0.1, 0.5]), TIMES).tolist() == [
        *(False, True, False, False, True, False)
    ]


def test_what_goes_on_and_on_does_not_come_back() -> None:
    assert not returns(at([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), TIMES).any()


def test_who_rests_has_not_come_back() -> None:
    assert not returns(at([0.0, 0.0, 0.0, 0.1, 0.2, 0.3]), TIMES).any()


def test_two_jumps_are_too_few() -> None:
    assert not returns(at([0.0, 0.1, 0.0]), TIMES[:3]).any()


def turned(degrees: float, t: float, size: float = 100.0, place: float = 150.0) -> LivenessFrame:
    random = np.random.default_rng(1)
    x, y = random.uniform(-0.33, 0.33, (2, 468))
    z = np.sqrt(0.25 - x**2 - y**2)
    turn = np.radians(degrees)
    points = [place + size * (x * np.cos(turn) + z * np.sin(turn)), 160 + size * y, 0 * x]
    return replace(fake_frame(t), landmarks=np.column_stack(points).astype(np.float32))


def test_place_and_size_are_no_shape() -> None:
    shape, place = shapes([turned(5, 0.0), turned(5, 0.1, size=130.0, place=190.0)])
    assert steps_of(shape) == pytest.approx([0.0], abs=1e-5)
    assert steps_of(place)[0] > 0.3


def test_a_turn_of_four_degrees_is_a_jump() -> None:
    shape, _ = shapes([turned(0, 0.0), turned(4, 0.1)])
    assert 0.004 < steps_of(shape)[0] < 0.03


def test_a_head_that_turns_there_and_back_passes_other_places() -> None:
    there = [turned(20 * np.sin(0.33 * i + 0.2), i / 5) for i in range(15)]
    stills = [turned((-12.0, 0.0, 12.0)[i % 3], i / 5) for i in range(15)]
    assert repeated(there) < 0.4
    assert repeated(stills) == 1.0


def test_a_head_that_does_not_turn_repeats_nothing() -> None:
    assert repeated([turned(0, i / 5) for i in range(15)]) == 0.0
    assert repeated([turned(0, 0.0)]) == repeated([]) == 0.0
