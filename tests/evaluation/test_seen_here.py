import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.domain import Event, EventKind, Match, PersonId, PersonRules, Sighting
from accessctl.evaluation.seen_here import (
    DoorAsItIs,
    StrangerLook,
    is_enrolled,
    look_of,
    nearness,
    rate_here,
    same_face_fmr,
    sentences,
    unknown_visits,
)
from accessctl.policy.decide import Evidence
from accessctl.policy.evidence_record import EvidenceRecord, to_data
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.rate_here import StrangerSource

DOOR = DoorAsItIs(encoder="e", calibration="c", gallery="h", enrolled=10, attempt_fpir=0.001)
PHOTOS, VISITS = StrangerSource.PHOTOS, StrangerSource.VISITS
ADA = PersonId("ada")


def match(fmr: float, margin: float = math.inf) -> Match:
    return Match(ADA, 0.5, 3.0, margin, fmr / 2, fmr)


def test_nearness_is_the_stated_share_of_strangers() -> None:
    # 1 - 0.9^2
    assert nearness(0.1, 2) == pytest.approx(0.19)
    assert nearness(0.0, 5) == 0.0
    assert nearness(1.0, 5) == nearness(math.nan, 5) == 1.0


def test_whom_the_door_would_take_for_somebody_leads_as_well() -> None:
    assert look_of(match(1e-5), 10, 1e-4, 0.5).passed
    assert not look_of(match(1e-5, 0.4), 10, 1e-4, 0.5).passed
    assert not look_of(match(2e-4), 10, 1e-4, 0.5).passed


def test_a_face_is_somebody_enrolled_where_hardly_any_stranger_would_be() -> None:
    calibration = Calibration([0.0, 8.0], [0.0, -8.0], [0.0, -6.0])
    # One in a hundred of 20 x 50 comparisons.
    assert same_face_fmr(20, 50, calibration) == pytest.approx(1e-5)
    assert is_enrolled(match(1e-5), 1e-5)
    assert not is_enrolled(match(1.1e-5), 1e-5)
    # Beyond the table nobody can be found out.
    assert same_face_fmr(2000, 50_000, calibration) == 0.0
    assert not is_enrolled(match(0.0), 0.0)


def test_the_rate_is_counted_where_five_are_expected() -> None:
    near = [StrangerLook(0.01), StrangerLook(0.099), StrangerLook(0.1)]
    found = rate_here([*near, *[StrangerLook(0.5)] * 47], PHOTOS, DOOR, made=9.0, left_out=2)
    assert (found.units, found.level, found.near) == (50, pytest.approx(0.1), 3)
    assert found.ratio == pytest.approx(0.6)
    # Clopper and Pearson of 3 of 50, from a table: 1.25 to 16.5 %.
    assert found.ratio_low == pytest.approx(0.125, abs=1e-3)
    assert found.ratio_high == pytest.approx(1.655, abs=1e-3)
    assert (found.passed, found.passed_low) == (0, 0.0)
    # 1 - 0.025^(1/50)
    assert found.passed_high == pytest.approx(1 - 0.025**0.02)
    assert (found.made, found.left_out, found.enrolled) == (9.0, 2, 10)


def test_many_strangers_are_counted_at_the_doors_own_rate_and_no_rarer() -> None:
    looks = [StrangerLook(0.001, passed=True)] * 12 + [StrangerLook(0.6)] * 9988
    found = rate_here(looks, PHOTOS, DOOR, made=0.0)
    assert found.level == DOOR.attempt_fpir
    assert found.ratio == pytest.approx(1.2)
    assert "too rare" not in " ".join(sentences(found, PolicyConfig()))


def test_the_rate_that_was_wanted_is_kept_while_the_configuration_makes_up_for_it() -> None:
    looks = [StrangerLook(0.05)] * 50
    first = rate_here(looks, PHOTOS, DOOR, made=0.0)
    assert first.wanted_fpir == DOOR.attempt_fpir
    stricter = replace(DOOR, attempt_fpir=0.0002, before=first)
    again = rate_here(looks, PHOTOS, stricter, made=1.0)
    assert (again.attempt_fpir, again.wanted_fpir) == (0.0002, 0.001)
    looser = replace(DOOR, attempt_fpir=0.01, before=first)
    assert rate_here(looks, PHOTOS, looser, made=1.0).wanted_fpir == 0.01
    other = replace(stricter, encoder="f")
    assert rate_here(looks, PHOTOS, other, made=1.0).wanted_fpir == 0.0002


def test_too_few_people_say_nothing_of_the_stated_rate() -> None:
    found = rate_here([StrangerLook(0.0)] * 19, PHOTOS, DOOR, made=0.0)
    assert (found.ratio, found.level, found.near, found.passed) == (None, None, None, 0)
    assert "at least 20 are needed" in " ".join(sentences(found, PolicyConfig()))
    assert rate_here([StrangerLook(0.0)] * 20, PHOTOS, DOOR, made=0.0).ratio == 4.0
    with pytest.raises(ValueError, match="nobody"):
        rate_here([], PHOTOS, DOOR, made=0.0)


def test_of_visits_those_who_passed_are_not_there() -> None:
    """A level ten times the door's own: 1 %, of which the nearest 0.1 % were let in."""
    looks = [StrangerLook(0.005)] * 9 + [StrangerLook(0.5)] * 991
    found = rate_here(looks, VISITS, DOOR, made=0.0)
    assert found.level == pytest.approx(0.01)
    assert found.ratio == pytest.approx(0.009 / (0.01 - 0.001))
    assert found.passed is None
    assert "at most how often" in " ".join(sentences(found, PolicyConfig()))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), people=st.integers(20, 400))
def test_strangers_who_are_as_stated_seldom_look_worse(seed: int, people: int) -> None:
    """The exact interval lies above 1 in at most 2.5 % of draws."""
    random = np.random.default_rng(seed)
    worse = sum(
        rate_here(
            [StrangerLook(float(p)) for p in random.random(people)], PHOTOS, DOOR, made=0.0
        ).is_worse_than_stated
        for _ in range(10)
    )
    # Five or more of ten at 2.5 % each: 3e-6.
    assert worse < 5


def started(encoder: str = "e", calibration: str = "c", **more: Any) -> Event:
    data = {"state": "started", "encoder": encoder, "calibration": calibration, **more}
    return Event(1.0, EventKind.SERVICE, data)


def decision(
    visit: str,
    fmr: float | None = 0.05,
    *,
    decided: str = "unknown",
    reason: str = "no_match",
    door: str = "front",
    time: float = 5.0,
) -> Event:
    pooled = None if fmr is None else match(fmr)
    sighting = Sighting(0.0, np.zeros(1, np.float32), 0.9, pooled)
    kept = EvidenceRecord(
        evidence=Evidence((sighting,) * 3, pooled, 3, 0.0),
        now=0.5,
        last_grant=None,
        people=2,
        door=door,
        person=PersonRules(),
    )
    data = {"visit": visit, "decision": decided, "reason": reason, "evidence": to_data(kept)}
    return Event(time, EventKind.DECISION, data, ADA if decided == "granted" else None)


def visits(*events: Event, since: float = 0.0) -> Any:
    return unknown_visits(enumerate(events, 1), "front", "e", "c", since)


def test_each_unknown_visit_counts_once_by_its_first_attempt() -> None:
    found = visits(started(), decision("v1", 0.1), decision("v1", 0.001), decision("v2", 0.2))
    assert [look.nearness for look in found.looks] == pytest.approx([0.19, 0.36])
    assert not any(look.passed for look in found.looks)


def test_whoever_was_named_in_the_visit_is_no_stranger() -> None:
    named = decision("v1", decided="granted", reason="matched")
    denied = decision("v2", decided="denied", reason="not_live")
    found = visits(started(), decision("v1"), named, denied, decision("v2"), decision("v3"))
    assert len(found.looks) == 1


def test_another_s_badge_names_no_stranger() -> None:
    refused = decision("v1", decided="denied", reason="badge_mismatch")
    assert len(visits(started(), decision("v1"), refused).looks) == 1


@pytest.mark.parametrize("reason", ["left_early", "empty_gallery", "no_record", None])
def test_what_showed_too_little_does_not_count(reason: Any) -> None:
    assert visits(started(), decision("v1", reason=reason)).looks == []
    assert visits(started(), decision("v1", None)).looks == []
    assert visits(started(), decision("v1", door="back")).looks == []


def test_only_what_this_encoder_saw_counts() -> None:
    before = visits(decision("v1"), decision("v1"))
    assert (before.looks, before.of_another_encoder) == ([], 1)
    for other in (
        started("f"),
        started(calibration="d"),
        Event(1.0, EventKind.SERVICE, {"state": "started"}),
    ):
        found = visits(started(), decision("v1"), other, decision("v2"), started(), decision("v3"))
        assert (len(found.looks), found.of_another_encoder) == (2, 1)
    beside = started("f", door="back")
    assert len(visits(started(door="front"), beside, decision("v1")).looks) == 1


def test_the_log_is_read_from_its_beginning_and_counted_since() -> None:
    found = visits(started(), decision("v1", time=5.0), decision("v2", time=7.0), since=6.0)
    assert len(found.looks) == 1


def test_a_record_without_evidence_is_counted_apart() -> None:
    bare = Event(
        5.0, EventKind.DECISION, {"visit": "v", "decision": "unknown", "reason": "no_match"}
    )
    broken = Event(5.0, EventKind.DECISION, {**bare.data, "evidence": {"people": "many"}})
    found = visits(started(), bare, broken)
    assert (found.looks, found.unreadable) == ([], 2)
