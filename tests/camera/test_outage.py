import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.outage import (
    FLAPS,
    LONGEST_STEADY_S,
    RELAPSE,
    Backoff,
    Outage,
    flapping,
    snapshot_address,
)


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
