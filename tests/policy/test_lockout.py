import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, Reason
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import Charge, Lockout, LockoutStanding, after, charge_of

CONFIG = LockoutConfig()
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, None)
STRANGER = Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, None)
ATTACK = Verdict(Outcome.DENIED, Reason.NOT_LIVE, None)
CLOSED = Verdict(Outcome.DENIED, Reason.OUTSIDE_SCHEDULE, None)


COUNTED = [one for one in Reason if charge_of(Verdict(Outcome.DENIED, one, None)) is not None]


def up(seconds: float, boot: str = "a") -> Uptime:
    return Uptime(boot, seconds)


def refuse(state: Lockout, times: int, at: float) -> tuple[Lockout, float]:
    """One person's row after so many refused attempts, each as soon as they count; and when the
    last was."""
    for _ in range(times):
        at += state.remaining_s(up(at))
        state = after(LockoutStanding(person=state), ATTACK, up(at), CONFIG).person
    return state, at


def strangers(state: Lockout, times: int, at: float, every_s: float) -> tuple[Lockout, float]:
    """The door's budget after so many faces that match nobody."""
    for _ in range(times):
        at += every_s
        state = after(LockoutStanding(state), STRANGER, up(at), CONFIG).door
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


def test_a_grant_ends_the_row_of_whom_it_is_for() -> None:
    person, at = refuse(Lockout(), 9, 0.0)
    door = Lockout(3.0, attacks=3, at=up(at))
    state = after(LockoutStanding(door, person), GRANT, up(at + 100), CONFIG)
    assert state.person == Lockout()
    # A third of a refused attempt has faded.
    assert state.door.refused == pytest.approx(3 - 100 / 300)


def test_an_attack_on_one_person_locks_that_person_and_not_the_door() -> None:
    state, at = LockoutStanding(), 0.0
    for _ in range(40):
        at += state.person.remaining_s(up(at)) + 1
        state = after(state, ATTACK, up(at), CONFIG)
        assert not state.door.locked(up(at))
    assert state.person.times == 8


def test_photographs_of_many_people_in_turn_lock_the_door() -> None:
    door, at = Lockout(), 0.0
    for person in range(10):
        assert not door.locked(up(at)), person
        at += 5
        door = after(LockoutStanding(door), ATTACK, up(at), CONFIG).door
    # 45 s have taken 0.15 of them off again.
    assert not door.locked(up(at))
    door = after(LockoutStanding(door), ATTACK, up(at), CONFIG).door
    assert door.remaining_s(up(at)) == 30
    at += 31
    door = after(LockoutStanding(door), ATTACK, up(at), CONFIG).door
    assert door.remaining_s(up(at)) == 60


def test_fifty_attacks_turn_the_door_off() -> None:
    door, at = Lockout(), 0.0
    for _ in range(50):
        assert not door.off
        at += door.remaining_s(up(at))
        door = after(LockoutStanding(door), ATTACK, up(at), CONFIG).door
    assert door.off


def test_a_stranger_now_and_then_locks_nothing_for_ever() -> None:
    door, at = strangers(Lockout(), 1000, 0.0, 70 * 60)
    assert door.refused <= CONFIG.stranger_weight
    assert not door.locked(up(at))


def test_four_portraits_lock_nobody_out() -> None:
    door, at = strangers(Lockout(), 6, 0.0, 0.5)
    assert not door.locked(up(at))


def test_a_crowd_of_strangers_locks_the_door_for_no_longer_than_first_s() -> None:
    door, at = strangers(Lockout(), 41, 0.0, 1.0)
    assert 0 < door.remaining_s(up(at)) <= CONFIG.first_s
    for _ in range(200):
        door, at = strangers(door, 1, at + door.remaining_s(up(at)), 1.0)
        assert door.remaining_s(up(at)) <= CONFIG.first_s
    assert not door.off


def test_a_rule_that_refuses_is_the_persons_own_matter() -> None:
    state = LockoutStanding()
    for _ in range(5):
        state = after(state, CLOSED, up(0), CONFIG)
    assert state.person.remaining_s(up(0)) == 30
    assert state.door == Lockout()


@pytest.mark.parametrize("reason", sorted(set(Reason) - set(COUNTED) - {Reason.MATCHED}))
def test_what_is_no_refused_attempt_is_not_counted(reason: Reason) -> None:
    person, _ = refuse(Lockout(), 4, 0.0)
    verdict = Verdict(Outcome.DENIED, reason, None)
    assert after(LockoutStanding(person=person), verdict, up(1), CONFIG).person == person


def test_nothing_counts_while_locked() -> None:
    person, at = refuse(Lockout(), 5, 0.0)
    state = LockoutStanding(person=person)
    for verdict in (ATTACK, GRANT):
        assert after(state, verdict, up(at + 29), CONFIG) == state
    shut = LockoutStanding(Lockout(10.0, up(0), 30.0, times=1, attacks=10, at=up(0)))
    assert after(shut, STRANGER, up(1), CONFIG).door.attacks == 10


def test_it_can_be_turned_off() -> None:
    config = LockoutConfig(attempts=0, off_after=0, door_attempts=0)
    state = LockoutStanding()
    for second in range(200):
        state = after(state, ATTACK, up(second), config)
        assert state.remaining_s(up(second)) == 0


def test_a_setting_back_of_the_boot_fades_nothing() -> None:
    door, _ = strangers(Lockout(), 8, 0.0, 1.0)
    again = door.faded(up(5.0, "b"), CONFIG.fade_s)
    assert again.refused == pytest.approx(door.refused)
    assert again.at == up(5.0, "b")


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
    state, seconds, boot = LockoutStanding(), 0.0, 0
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


OWN = [one for one in COUNTED if charge_of(Verdict(Outcome.DENIED, one, None)) != Charge.STRANGER]


@given(st.lists(st.sampled_from(OWN), max_size=60), st.floats(0, 1e9))
def test_a_row_of_refusals_always_ends_locked(reasons: list[Reason], at: float) -> None:
    state = Lockout()
    for count, reason in enumerate(reasons, 1):
        at += 1000
        verdict = Verdict(Outcome.DENIED, reason, None)
        state = after(LockoutStanding(person=state), verdict, up(at), CONFIG).person
        assert state.locked(up(at)) is (count % 5 == 0 or count >= 50)


def test_a_badge_with_another_face_is_an_attack_on_its_person_and_none_shown_is_none() -> None:
    def charged(reason: Reason, outcome: Outcome) -> Charge | None:
        return charge_of(Verdict(outcome, reason, None))

    assert charged(Reason.BADGE_MISMATCH, Outcome.DENIED) is Charge.PROOF
    assert charged(Reason.BADGE_REQUIRED, Outcome.UNKNOWN) is None
