from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from accessctl.console.figures import (
    NO_CUE,
    Figures,
    mean,
    quantile,
    site_figures,
    together,
    week_of_time,
)
from accessctl.domain import Event, EventKind, Outcome
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import (
    FRONT,
    GRANTED,
    LIVING,
    SPOOF,
    STRANGER,
    SampleDecision,
    service,
)

MONDAY = 1_700_438_400.0  # 2023-11-20 00:00 UTC
WEEK_S = 7 * 86400.0


def site_event(sample: SampleDecision, time: float, number: int, **data: object) -> SiteEvent:
    event = sample.event(time)
    told = {**event.data, "visit": f"v{number}", **data}
    changed = Event(time, EventKind.DECISION, told, event.person)
    return SiteEvent(EventPlace(time, FRONT, number), "front-door", changed, bytes(32))


def test_decisions_are_counted_by_the_week_of_the_wall_clock() -> None:
    events = [
        site_event(GRANTED, MONDAY, 3),
        site_event(STRANGER, MONDAY - 1, 2),
        site_event(SPOOF, MONDAY - WEEK_S, 1),
    ]
    found = site_figures(events, MONDAY - 2 * WEEK_S, MONDAY, UTC)
    assert found.weeks == (date(2023, 11, 6), date(2023, 11, 13), date(2023, 11, 20))
    none, before, last = found.of("front-door")
    assert (none.decisions, before.decisions, last.decisions) == (0, 2, 1)
    assert last.waits_ms == [812.0]
    assert before.outcomes == {Outcome.UNKNOWN: 1, Outcome.DENIED: 1}
    assert (before.not_live, before.visits) == (1, 1)
    assert found.of("other") == [Figures()] * 3
    # A second before midnight in London is the next day in Berlin.
    assert week_of_time(MONDAY - 1, ZoneInfo("Europe/Berlin")) == date(2023, 11, 20)


def test_a_refusal_for_liveness_counts_at_what_spoke_against_it() -> None:
    doubted = SampleDecision("denied", "not_live", cues=SPOOF.cues[1:])
    silent = SampleDecision("denied", "liveness_undecided", cues=LIVING[2:])
    events = [site_event(one, MONDAY, 9 - at) for at, one in enumerate((SPOOF, doubted, silent))]
    (week,) = site_figures(events, MONDAY, MONDAY, UTC).of(None)
    assert week.cues == {"edges": 1, "texture": 1, NO_CUE: 1}
    assert week.not_live == 3


def test_a_visit_is_unknown_where_its_last_decision_was() -> None:
    events = [
        site_event(GRANTED, MONDAY + 9, 4, visit="a"),
        site_event(STRANGER, MONDAY + 8, 3, visit="a"),
        site_event(STRANGER, MONDAY + 7, 2, visit="b"),
        site_event(STRANGER, MONDAY + 6, 1, visit="b"),
    ]
    (week,) = site_figures(events, MONDAY, MONDAY, UTC).of(None)
    assert (week.visits, week.outcomes[Outcome.UNKNOWN]) == (1, 3)
    # Of 214 people at a rate of 0.003 each: 1 - 0.997^214.
    assert week.near == [pytest.approx(0.4743, abs=1e-4)]


def test_a_missed_visit_counts_once_whatever_it_decided_before() -> None:
    events = [
        site_event(STRANGER, MONDAY + 8, 3, visit="a"),
        site_event(STRANGER, MONDAY + 7, 2, visit="a"),
        site_event(STRANGER, MONDAY + 6, 1, visit="b"),
    ]
    (week,) = site_figures(
        events, MONDAY, MONDAY, UTC, lambda one: one.event.data["visit"] == "a"
    ).of(None)
    assert (week.visits, week.missed) == (2, 1)


def test_light_and_age_of_the_pictures_are_taken_as_each_decision_tells_them() -> None:
    events = [
        site_event(GRANTED, MONDAY, 4, viewing={"light": 0.4, "badly_lit": 0.1}),
        site_event(STRANGER, MONDAY, 3, viewing={"light": None, "oldest_s": 1.5}),
        site_event(SPOOF, MONDAY, 2, viewing="dark"),
        site_event(GRANTED, MONDAY, 1, viewing=None),
    ]
    (week,) = site_figures(events, MONDAY, MONDAY, UTC).of(None)
    assert (week.lights, week.badly_lit, week.ages_s) == ([0.4], [0.1], [1.5])


def test_what_became_of_the_camera_is_counted_where_it_became_worse() -> None:
    states = ("camera_dark", "camera_clear", "camera_lost", "camera_back", "camera_odd", "started")
    events = [
        SiteEvent(EventPlace(MONDAY, FRONT, at), "gate", service(state, MONDAY), bytes(32))
        for at, state in enumerate(states, 1)
    ]
    found = site_figures(events, MONDAY, MONDAY, UTC)
    (week,) = found.of("gate")
    assert week.camera == {"dark": 1, "lost": 1}
    assert week.decisions == 0


def test_a_record_that_tells_nothing_is_counted_as_far_as_it_goes() -> None:
    events = [
        site_event(SPOOF, MONDAY, 3, evidence=None),
        site_event(STRANGER, MONDAY, 2, evidence={"match": 1}),
        site_event(GRANTED, MONDAY, 1, latency_ms="soon"),
        site_event(GRANTED, MONDAY, 1, decision="perhaps"),
    ]
    (week,) = site_figures(events, MONDAY, MONDAY, UTC).of(None)
    assert week.decisions == 3
    assert week.cues == {NO_CUE: 1}
    assert (week.near, week.waits_ms) == ([], [])


def test_the_rate_is_counted_where_enough_visits_speak_for_it() -> None:
    assert Figures(near=[0.5] * 19).rate() is None
    rate = Figures(near=[0.1, 0.2, 0.25, 0.26] + [0.9] * 16).rate()
    assert rate is not None
    assert (rate.stated, rate.near, rate.seen) == (0.25, 3, 0.15)
    many = Figures(near=[0.005] * 30 + [0.9] * 970).rate()
    assert many is not None
    assert (many.stated, many.seen) == (0.01, 0.03)
    assert many.times == pytest.approx(3.0)
    # Clopper and Pearson for 30 of 1,000, by SciPy's beta quantiles: 0.020328 and 0.042557.
    assert many.bounds == pytest.approx((2.0328, 4.2557), rel=1e-3)


def test_parts_add_up() -> None:
    one = Figures(visits=1, waits_ms=[1.0], lights=[0.2], badly_lit=[0.0], ages_s=[0.1])
    other = Figures(visits=2, waits_ms=[3.0], lights=[0.5], badly_lit=[0.4], ages_s=[0.3])
    whole = together([one, other])
    assert (whole.visits, whole.waits_ms) == (3, [1.0, 3.0])
    assert (whole.lights, whole.badly_lit, whole.ages_s) == ([0.2, 0.5], [0.0, 0.4], [0.1, 0.3])


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, None), ([3.0], 0.95, 3.0), ([4, 1, 3, 2], 0.5, 2), (range(1, 101), 0.95, 95)],
    ids=["none", "one", "median", "many"],
)
def test_a_quantile_is_one_of_the_values(values, share, found) -> None:
    assert quantile(list(values), share) == found


def test_a_mean_of_nothing_is_none() -> None:
    assert mean([]) is None
    assert mean([0.1, 0.3]) == pytest.approx(0.2)
