import numpy as np
import pytest

from accessctl.camera.condition import Condition, ConditionWatch, condition_of
from accessctl.domain import Image


def scene(mean: float, deviation: float, seed: int = 0) -> Image:
    """Grey noise with about this mean and deviation, 240 x 320."""
    values = np.random.default_rng(seed).normal(mean, deviation, (240, 320, 1))
    return np.clip(values, 0, 255).astype(np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize(
    ("mean", "deviation", "expected"),
    [
        (0, 0, "dark"),
        (3, 2, "dark"),
        (15, 8, "dark"),
        (128, 0, "covered"),
        (90, 3, "covered"),
        (255, 0, "covered"),
        (128, 40, None),
        (60, 15, None),
    ],
)
def test_what_a_picture_shows(mean: float, deviation: float, expected: Condition | None) -> None:
    assert condition_of(scene(mean, deviation)) == expected


def test_a_night_with_a_lamp_is_a_scene() -> None:
    night = scene(5, 2)
    night[100:150, 100:160] = 250
    assert condition_of(night) is None


def test_a_finger_on_the_lens_is_one_colour() -> None:
    finger = np.full((240, 320, 3), (180, 30, 25), np.uint8)
    assert condition_of(finger) == "covered"


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (17, 3)])
def test_tiny_pictures_are_no_error(shape: tuple[int, int]) -> None:
    assert condition_of(np.zeros((*shape, 3), np.uint8)) == "dark"


def test_only_what_lasts_is_reported_and_once() -> None:
    watch = ConditionWatch(4)
    seen: list[Condition | None] = [None, "dark", "dark", None, *["dark"] * 8, None, *[None] * 5]
    changes = [(i, watch.current) for i, one in enumerate(seen) if watch.note(one, float(i))]
    assert changes == [(8, "dark"), (16, None)]


def test_one_condition_may_follow_another() -> None:
    watch = ConditionWatch(1)
    assert [watch.note(one, t) for t, one in enumerate(["dark", "dark", "covered", "covered"])] == [
        False, True, False, True,
    ]  # fmt: skip
    assert watch.current == "covered"


def test_an_outage_does_not_count() -> None:
    watch = ConditionWatch(4)
    assert not watch.note("dark", 0.0)
    watch.reopened(10.0)
    assert not watch.note("dark", 10.0)
    assert watch.note("dark", 14.0)
