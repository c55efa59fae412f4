import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, Reason
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import COUNTED, Lockout, after

CONFIG = LockoutConfig()
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, None)
STRANGER = Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, None)


def up(seconds: float, boot: str = "a") -> Uptime:
    return Uptime(boot, seconds)


def refuse(state: Lockout, times: int, at: float) -> tuple[Lockout, float]:
    """So many refused attempts, each as soon as the door takes it; and when the last was."""
    for _ in range(times):
        at += state.remaining_s(up(at))
        state = after(state, STRANGER, up(at), CONFIG)
    return state, at


def test_four_refused_attempts_lock_nothing_the_fifth_does() -> None:
    state, at = refuse(Lockout(), 4, 0.0)
    assert not state.locked(up(at))
    state, at = refuse(state, 1, at)
    assert state.remaining_s(up(at)) == 30
    assert state.remaining_s(up(at + 29.5)) == 0.5
    assert not state.locked(up(at + 30))


def test_lockouts_double_up_to_a_quarter_of_an_hour_and_end_in_off() -> None:
    state, at, lengths = Lockout(), 0.0, []
    for _ in range(9):
        state, at = refuse(state, 5, at)
        lengths.append(state.remaining_s(up(at)))
    assert lengths == [30, 60, 120, 240, 480, 900, 900, 900, 900]
    state, at = refuse(state, 5, at)
    assert state.refused == 50
    assert state.off
    assert state.remaining_s(up(1e12)) == math.inf


def test_a_grant_ends_the_row() -> None:
    state, at = refuse(Lockout(), 9, 0.0)
    at += 100
    assert after(state, GRANT, up(at), CONFIG) == Lockout()


@pytest.mark.parametrize("reason", sorted(set(Reason) - COUNTED - {Reason.MATCHED}))
def test_what_is_no_refused_attempt_is_not_counted(reason: Reason) -> None:
    state, _ = refuse(Lockout(), 4, 0.0)
    verdict = Verdict(Outcome.DENIED, reason, None)
    assert after(state, verdict, up(1), CONFIG) == state


def test_nothing_counts_while_locked() -> None:
    state, at = refuse(Lockout(), 5, 0.0)
    assert after(state, STRANGER, up(at + 29), CONFIG) == state
    assert after(state, GRANT, up(at + 29), CONFIG) == state


def test_it_can_be_turned_off() -> None:
    config = LockoutConfig(attempts=0, off_after=0)
    state = Lockout()
    for second in range(200):
        state = after(state, STRANGER, up(float(second)), config)
    assert (state.refused, state.remaining_s(up(0))) == (200, 0)


def test_a_restart_of_the_machine_begins_the_lockout_anew() -> None:
    state, at = refuse(Lockout(), 10, 0.0)
    assert state.remaining_s(up(at + 50)) == 10
    woken = state.settled(up(3.0, "b"))
    assert woken.remaining_s(up(3.0, "b")) == 60
    assert woken.remaining_s(up(63.0, "b")) == 0
    # Also when the machine has been up for longer by now than it was then.
    assert state.remaining_s(up(at + 1000, "b")) == 60
    assert woken.refused == 10


steps = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.sampled_from([*Reason]),
        st.booleans(),
    ),
    max_size=120,
)


@given(steps)
def test_no_order_of_events_shortens_a_lockout(steps: list[tuple[float, Reason, bool]]) -> None:
    """However verdicts, waiting and reboots follow each other, within a lockout no second
    of it goes but by waiting."""
    state, seconds, boot = Lockout(), 0.0, 0
    for wait, reason, reboots in steps:
        before = state.remaining_s(Uptime(str(boot), seconds))
        if reboots:
            boot, seconds = boot + 1, wait * 50
            wait = 0.0
        seconds += wait
        now = Uptime(str(boot), seconds)
        outcome = Outcome.GRANTED if reason is Reason.MATCHED else Outcome.DENIED
        state = after(state, Verdict(outcome, reason, None), now, CONFIG)
        assert state.remaining_s(now) >= before - wait - 1e-6


@given(st.lists(st.sampled_from([*COUNTED]), max_size=60), st.floats(0, 1e9))
def test_a_row_of_refusals_always_ends_locked(reasons: list[Reason], at: float) -> None:
    state = Lockout()
    for count, reason in enumerate(reasons, 1):
        at += 1000
        state = after(state, Verdict(Outcome.DENIED, reason, None), up(at), CONFIG)
        assert state.locked(up(at)) is (count % 5 == 0 or count >= 50)
