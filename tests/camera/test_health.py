import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.health import (
    FLAPS,
    LONGEST_STEADY_S,
    RELAPSE,
    Backoff,
    Condition,
    ConditionWatch,
    Freeze,
    Outage,
    PictureHealth,
    condition_of,
    flapping,
    same_picture,
    snapshot_address,
)
from accessctl.domain import Image
from accessctl.errors import CameraError


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


def test_in_the_dark_nothing_is_frozen_and_the_dark_is_told_once() -> None:
    health = PictureHealth(frozen_after_s=4, dark_after_s=3)
    night = np.zeros((32, 32, 3), np.uint8)
    health.reopened(0.0)
    changes = [health.examine(night, now, "the camera") for now in (0.0, 2.9, 3.0, 9.0)]
    assert changes == [False, False, True, False]
    assert (health.condition, health.frozen) == ("dark", False)


def test_a_frozen_camera_is_told_by_name_until_it_sends_another_picture() -> None:
    health = PictureHealth(frozen_after_s=4, dark_after_s=3)
    still = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert not health.examine(still, 0.0, "the camera")
    assert not health.examine(still, 3.9, "the camera")
    with pytest.raises(CameraError, match=r"^the camera has sent the very same picture for 4 sec"):
        health.examine(still, 4.0, "the camera")
    assert health.frozen
    assert not health.examine(255 - still, 4.1, "the camera")
    assert not health.frozen


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(1, 30)
    waits = [backoff.wait_s(failures, chance=0) for failures in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 24, 24]


def test_chance_adds_up_to_a_quarter() -> None:
    backoff = Backoff(1, 30)
    assert backoff.wait_s(2, chance=0.5) == pytest.approx(2.25)
    assert backoff.wait_s(6, chance=1) == pytest.approx(30)


def test_the_longest_wait_wins_over_a_larger_first_one() -> None:
    assert Backoff(60, 5).wait_s(1, chance=0.9) == 5


@given(
    first=st.floats(0.01, 60),
    longest=st.floats(0.01, 600),
    failures=st.integers(1, 10**9),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_every_wait_stays_within_bounds(
    first: float, longest: float, failures: int, chance: float
) -> None:
    wait = Backoff(first, longest).wait_s(failures, chance)
    assert min(first, longest) <= wait <= longest


def test_each_outage_is_an_event_once() -> None:
    outage = Outage()
    events = [
        outage.worked(0.0),
        outage.failed("unplugged", 0.0),
        outage.failed("missing", 0.0),
        outage.worked(0.0),
        outage.worked(0.0),
        outage.failed("unplugged again", 0.0),
    ]
    assert events == [None, "lost", None, "back", None, "lost"]


def test_the_latest_reason_is_kept_until_it_works_again() -> None:
    outage = Outage()
    outage.failed("unplugged", 0.0)
    outage.failed("missing", 0.0)
    assert (outage.failures, outage.error) == (2, "missing")
    outage.worked(0.0)
    assert (outage.failures, outage.error) == (0, None)


def connection(outage: Outage, pictures: int, now: float, every_s: float = 0.1) -> list[str | None]:
    """The reports of a connection that gives so many pictures and then breaks off."""
    told: list[str | None] = [outage.worked(now + n * every_s) for n in range(pictures)]
    return [*told, outage.failed("broke off", now + pictures * every_s)]


def test_one_to_three_pictures_a_connection_are_two_reports_for_ever() -> None:
    outage = Outage(steady_s=3)
    told = [
        (number, event)
        for number in range(1000)
        for event in connection(outage, 1 + number % 3, 10.0 * number)
        if event is not None
    ]
    assert told == [(0, "lost"), (FLAPS, "flapping")]
    assert outage.tries == 1000


def test_back_after_steady_pictures_only() -> None:
    outage = Outage(steady_s=3)
    outage.failed("unplugged", 0.0)
    assert [outage.worked(10 + second) for second in (0, 1, 2, 2.9)] == [None] * 4
    assert outage.error == "unplugged"
    assert outage.worked(13) == "back"
    assert (outage.error, outage.tries) == (None, 0)


def test_a_relapse_needs_twice_the_steadiness_and_waits_longer() -> None:
    outage = Outage(steady_s=3)
    now = 0.0
    for relapse in range(20):
        assert outage.failed("broke off", now) == "lost"
        assert outage.tries == relapse + 1
        needed = min(3 * 2.0**relapse, LONGEST_STEADY_S)
        assert outage.worked(now) is None
        assert outage.worked(now + needed - 0.1) is None
        now += needed
        assert outage.worked(now) == "back"
    now += RELAPSE * LONGEST_STEADY_S
    outage.failed("broke off", now)
    assert outage.tries == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 100)), max_size=40))
def test_reports_take_turns_whatever_comes(connections: list[tuple[int, float]]) -> None:
    outage, now, told = Outage(steady_s=3), 0.0, []
    for pictures, pause in connections:
        told += [event for event in connection(outage, pictures, now) if event is not None]
        now += pictures * 0.1 + pause
    # An outage begins, is perhaps flapping, and is over before the next.
    assert "".join(event[0] for event in told).replace("f", "") == "".join(
        "lb"[n % 2] for n in range(sum(event != "flapping" for event in told))
    )
    assert "ff" not in "".join(event[0] for event in told)


def test_the_snapshot_address_is_named() -> None:
    outage = Outage(steady_s=3)
    for number in range(5):
        connection(outage, 1, 10.0 * number)
    said = flapping("network camera http://cam/snap.jpg", outage, has_address=True)
    assert said == snapshot_address("network camera http://cam/snap.jpg", 1)
    assert "snapshot" in said
    assert "snapshot" not in flapping("USB camera /dev/video0", outage, has_address=False)
