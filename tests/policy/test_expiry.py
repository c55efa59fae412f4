import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accessctl.config import HubConfig
from accessctl.errors import InputError
from accessctl.policy.expiry import (
    DAY_S,
    Attendance,
    ExpirySpans,
    ExpiryStep,
    Fate,
    expires_at,
    fate_of,
    heard_until,
    spans_of_days,
    step_for,
)

SPANS = ExpirySpans(disable_after=100.0, remove_after=30.0, warn_before=10.0)
TIMES = st.floats(0, 1000)


@pytest.mark.parametrize(
    ("attendance", "heard", "now", "step"),
    [
        (Attendance(0.0), 89.0, 89.0, "none"),
        (Attendance(0.0), 90.0, 90.0, "warn"),
        (Attendance(0.0, warned=90.0), 95.0, 95.0, "none"),
        (Attendance(0.0, warned=90.0), 100.0, 100.0, "disable"),
        (Attendance(0.0, granted=50.0), 100.0, 100.0, "none"),
        (Attendance(0.0, granted=50.0, warned=40.0), 145.0, 145.0, "warn"),
        (Attendance(0.0, granted=50.0), 150.0, 150.0, "disable"),
        (Attendance(0.0, kept=60.0), 150.0, 150.0, "warn"),
        # A door is away: nobody knows whether they were there.
        (Attendance(0.0), 50.0, 500.0, "none"),
        (Attendance(0.0), None, 500.0, "none"),
        (Attendance(0.0, disabled=100.0), 129.0, 129.0, "none"),
        (Attendance(0.0, disabled=100.0), 130.0, 130.0, "remove"),
        (Attendance(0.0, disabled=100.0), 50.0, 130.0, "none"),
        (Attendance(0.0, disabled=100.0), None, 130.0, "none"),
        # A log that came late says that they had been there.
        (Attendance(0.0, granted=20.0, disabled=100.0), 130.0, 130.0, "restore"),
        # The clock that disabled them was ahead.
        (Attendance(0.0, disabled=5000.0), 60.0, 60.0, "restore"),
        (Attendance(0.0, disabled=5000.0), 105.0, 105.0, "none"),
    ],
)
def test_what_is_due(attendance, heard, now, step) -> None:
    assert step_for(SPANS, attendance, heard, now) == step


@st.composite
def cases(draw: st.DrawFn):
    never = st.none() | TIMES
    attendance = Attendance(draw(TIMES), draw(never), draw(never), draw(never), draw(never))
    spans = ExpirySpans(draw(never), draw(TIMES), draw(TIMES))
    now = draw(TIMES)
    heard = draw(st.none() | st.floats(0, now))
    return spans, attendance, heard, now


@given(cases())
def test_nobody_is_disabled_before_the_span_or_by_what_is_not_known(case) -> None:
    spans, attendance, heard, _ = case
    step = step_for(*case)
    if step is ExpiryStep.DISABLE:
        assert attendance.disabled is None
        assert heard - max(attendance.enrolled, attendance.granted or 0.0) >= spans.disable_after
    if step in (ExpiryStep.DISABLE, ExpiryStep.WARN, ExpiryStep.REMOVE):
        assert heard is not None


@given(cases())
def test_nobody_is_removed_who_was_not_disabled_for_the_second_span(case) -> None:
    spans, attendance, _, now = case
    if step_for(*case) is ExpiryStep.REMOVE:
        assert attendance.disabled is not None
        assert now >= attendance.disabled + spans.remove_after


@given(cases())
def test_where_nobody_expires_nothing_is_due_but_to_restore(case) -> None:
    spans, attendance, heard, now = case
    never = ExpirySpans(None, spans.remove_after, spans.warn_before)
    assert expires_at(never, attendance) is None
    expected = ExpiryStep.NONE if attendance.disabled is None else ExpiryStep.RESTORE
    assert step_for(never, attendance, heard, now) is expected


@given(cases())
def test_a_warning_is_given_once(case) -> None:
    spans, attendance, heard, now = case
    if step_for(*case) is ExpiryStep.WARN:
        warned = Attendance(
            attendance.enrolled, attendance.granted, attendance.kept, max(now, attendance.seen)
        )
        assert step_for(spans, warned, heard, now) is ExpiryStep.NONE


@pytest.mark.parametrize(
    ("doors", "heard"),
    [
        ([], None),
        ([50.0], 50.0),
        ([50.0, 200.0], 50.0),
        ([200.0], 100.0),
        ([50.0, None], None),
        ([None], None),
    ],
)
def test_up_to_when_all_logs_are_here(doors, heard) -> None:
    assert heard_until(100.0, doors) == heard


@pytest.mark.parametrize(
    ("attendance", "fate"),
    [
        (Attendance(0.0), Fate(100.0, 130.0)),
        (Attendance(0.0, granted=50.0), Fate(150.0, 180.0)),
        # Due already: with the next judging.
        (Attendance(-80.0), Fate(60.0, 90.0)),
        (Attendance(-80.0, disabled=45.0), Fate(45.0, 75.0)),
        (Attendance(-80.0, disabled=25.0), Fate(25.0, 60.0)),
        # Disabled by shorter spans than these.
        (Attendance(0.0, disabled=40.0), Fate(100.0, 130.0, is_restored=True)),
    ],
)
def test_what_becomes_of_whoever_stays_away(attendance: Attendance, fate: Fate) -> None:
    assert fate_of(SPANS, attendance, 60.0, 60.0) == fate


def test_where_nobody_expires_whoever_is_disabled_is_enabled_again() -> None:
    never = ExpirySpans(None, 30.0, 10.0)
    assert fate_of(never, Attendance(0.0), 60.0, 60.0) == Fate(None, None)
    restored = fate_of(never, Attendance(0.0, disabled=40.0), 60.0, 60.0)
    assert restored == Fate(None, None, is_restored=True)


def test_days_are_what_the_configuration_takes() -> None:
    assert spans_of_days(180, 30, 14) == ExpirySpans(180 * DAY_S, 30 * DAY_S, 14 * DAY_S)
    assert spans_of_days(None, 1, 0).disable_after is None
    HubConfig(expire_after_days=3650, remove_after_days=3650, expire_warn_days=365)
    spans_of_days(3650, 3650, 365)


@pytest.mark.parametrize(
    "days", [(0.5, 30, 14), (3651, 30, 14), (9, 0, 1), (9, 3651, 1), (9, 30, -1), (9, 30, 366)]
)
def test_other_days_are_refused(days: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        spans_of_days(*days)
    after, remove, warn = days
    with pytest.raises(ValidationError):
        HubConfig(expire_after_days=after, remove_after_days=remove, expire_warn_days=warn)
