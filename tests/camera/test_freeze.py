import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.freeze import Freeze, same_picture
from accessctl.domain import Image


def picture(seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (50, 40, 3), dtype=np.uint8)


@given(st.integers(0, 49), st.integers(0, 39), st.integers(0, 2))
def test_one_bit_anywhere_makes_another_picture(row: int, column: int, channel: int) -> None:
    other = picture()
    other[row, column, channel] ^= 1
    assert same_picture(picture(), picture())
    assert not same_picture(picture(), other)


def test_pictures_of_two_sizes_differ() -> None:
    assert not same_picture(picture(), picture()[:, :-1])


def noted(freeze: Freeze, seeds: list[int], start: float = 0.0) -> list[bool]:
    return [freeze.note(picture(seed), start + i) for i, seed in enumerate(seeds)]


def test_the_same_picture_for_too_long_is_a_freeze() -> None:
    freeze = Freeze(3)
    assert noted(freeze, [1, 2, 2, 2]) == [False] * 4
    assert not freeze.frozen
    assert freeze.note(picture(2), 4.0)
    assert freeze.frozen


def test_one_other_picture_in_between_is_enough() -> None:
    assert not any(noted(Freeze(3), [1, 1, 1, 2, 1, 1, 1, 2]))


def test_after_reopening_it_is_frozen_until_there_is_another_picture() -> None:
    freeze = Freeze(3)
    assert noted(freeze, [1, 1, 1, 1])[-1]
    freeze.reopened(10)
    assert noted(freeze, [1, 1], start=10) == [False, False]
    assert freeze.frozen
    assert freeze.note(picture(1), 13)
    assert not freeze.note(picture(2), 14)
    assert not freeze.frozen


def test_zero_means_never() -> None:
    freeze = Freeze(0)
    assert not any(noted(freeze, [1] * 1000))
    assert not freeze.frozen


@pytest.mark.parametrize("after", [1, 3])
def test_a_thawed_one_starts_anew(after: int) -> None:
    freeze = Freeze(after)
    assert noted(freeze, [1] * (after + 1))[-1]
    freeze.thaw()
    assert not freeze.frozen
    assert not freeze.note(picture(1), after + 1)
