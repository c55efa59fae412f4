import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from accessctl.config import PolicyConfig
from accessctl.config.liveness import Mode
from accessctl.config.policy import AccessConfig
from accessctl.domain import (
    Event,
    EventKind,
    Match,
    Outcome,
    PersonId,
    PersonRules,
    Reason,
    Sighting,
)
from accessctl.policy.access import Crossing
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import Evidence
from accessctl.policy.evidence_record import CueWord, EvidenceRecord, LivenessRecord, to_data
from accessctl.policy.replay import Replayed, as_shown, liveness_under, replay

ADA = PersonId("ada")
GRANTED = Outcome.GRANTED, Reason.MATCHED
# 1970-01-05 was a Monday; 12:00 UTC.
MONDAY_NOON = 4 * 86400.0 + 12 * 3600


def decision(
    *,
    fmr: float = 1e-5,
    frames: int = 3,
    people: int = 1,
    widths: tuple[float, ...] = (100.0,),
    groups: tuple[str, ...] = (),
    life_by_pin: bool = False,
    before: tuple[Outcome, Reason] = GRANTED,
    **more: Any,
) -> Event:
    match = Match(ADA, 0.8, 6.0, math.inf, fmr, 2 * fmr)
    sighting = Sighting(0.0, np.zeros(1, np.float32), 0.9, match)
    more.setdefault("evidence", Evidence((sighting,) * frames, match, frames, 0.0))
    recorded = EvidenceRecord(
        now=0.5,
        last_grant=None,
        people=people,
        door="front",
        person=PersonRules(groups, life_by_pin=life_by_pin),
        widths=widths,
        **more,
    )
    data: Mapping[str, Any] = {
        "decision": before[0].value,
        "reason": before[1].value,
        "evidence": to_data(recorded),
    }
    return Event(MONDAY_NOON, EventKind.DECISION, data, ADA)


def outcome(
    event: Event, *, access: dict | None = None, mode: Mode = "off", **policy: Any
) -> Replayed | int:
    (result,) = replay(
        [(7, event)],
        PolicyConfig(**policy),
        AccessConfig.model_validate(access or {}),
        mode,
        lambda fpir, people: fpir / people,
    )
    return result


def test_the_same_configuration_changes_nothing() -> None:
    assert outcome(decision()) == Replayed(7, MONDAY_NOON, ADA, GRANTED, GRANTED)


def test_a_stricter_threshold_would_have_gone_on_looking() -> None:
    result = outcome(decision(fmr=4e-4), target_fpir=5e-4)
    assert isinstance(result, Replayed)
    assert (result.after, result.changed) == (None, True)


def test_whoever_left_without_a_badge_owed_no_proof() -> None:
    """Where one is required nobody is taken for anybody before it was read."""
    match = Match(ADA, 0.8, 6.0, math.inf, 1e-5, 2e-5)
    sighting = Sighting(0.0, np.zeros(1, np.float32), 0.9, match)
    gone = Evidence((sighting,) * 3, match, 3, 0.0, left=True)
    left = decision(evidence=gone, liveness=Proof.PENDING, cues=LivenessRecord("passive"))
    known = outcome(left, mode="passive")
    unclaimed = outcome(left, mode="passive", identify_up_to=0)
    assert isinstance(known, Replayed)
    assert isinstance(unclaimed, Replayed)
    assert known.after == (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)
    assert unclaimed.after == (Outcome.UNKNOWN, Reason.BADGE_REQUIRED)


def test_the_number_of_people_counts() -> None:
    # 2 * 4e-4 lies below 1e-3 for one person, above 1e-3 / 2 for two.
    assert outcome(decision(fmr=4e-4), attempts=1).after == GRANTED
    assert outcome(decision(fmr=4e-4, people=2), attempts=1).after is None


def test_the_number_of_attempts_counts() -> None:
    # 2 * 1.6e-4 lies below 1e-3 / 3, above 1e-3 / 4.
    assert outcome(decision(fmr=1.6e-4), attempts=3).after == GRANTED
    assert outcome(decision(fmr=1.6e-4), attempts=4).after is None


def test_hours_that_would_have_been_closed() -> None:
    access = {
        "timezone": "UTC",
        "schedules": {"s": [{"days": ["mon"], "opens": "13:00", "closes": "18:00"}]},
        "groups": {"g": {"schedule": "s"}},
    }
    result = outcome(decision(groups=("g",)), access=access)
    assert result.after == (Outcome.DENIED, Reason.OUTSIDE_SCHEDULE)


def test_company_that_would_have_been_refused() -> None:
    event = decision(widths=(100.0, 80.0))
    assert outcome(event).after == GRANTED
    refused = outcome(event, several_faces="refuse")
    assert refused.after == (Outcome.DENIED, Reason.TWO_FACES)


def test_a_second_factor_that_nobody_was_asked_for_would_be_waited_for() -> None:
    assert outcome(decision(), second_factor="pin").after is None
    button = decision(factor="button", second_factor=Proof.SHOWN)
    assert outcome(button, second_factor="button").after == GRANTED
    assert outcome(button, second_factor="pin").after is None
    missing = (Outcome.DENIED, Reason.SECOND_FACTOR_MISSING)
    none = decision(factor="pin", second_factor=Proof.MISSING, before=missing)
    assert outcome(none, second_factor="pin").after == missing
    assert outcome(none).after == GRANTED


NOT_LIVE = Outcome.DENIED, Reason.NOT_LIVE
PRINT = LivenessRecord("passive", (CueWord("edges", "veto", 0.8, 0.5),))
HEAD = LivenessRecord("passive", (CueWord("depth", "confirm", 0.2, 0.12),))


def test_a_picture_would_have_been_let_in_where_nobody_asks_for_life() -> None:
    refused = decision(liveness=Proof.REFUTED, cues=PRINT, before=NOT_LIVE)
    assert outcome(refused, mode="passive").after == NOT_LIVE
    assert outcome(refused, mode="challenge").after == NOT_LIVE
    assert outcome(refused, mode="off").after == GRANTED


def test_life_that_nobody_asked_for_would_be_waited_for() -> None:
    assert outcome(decision(), mode="passive").after is None
    live = decision(liveness=Proof.SHOWN, cues=HEAD)
    assert outcome(live, mode="passive").after == GRANTED
    assert outcome(live, mode="challenge").after is None


def test_the_cues_were_heard_in_a_challenge_too() -> None:
    head = LivenessRecord("challenge", HEAD.cues, ("look_up",), "too_late")
    late = Outcome.DENIED, Reason.LIVENESS_UNDECIDED
    failed = decision(liveness=Proof.MISSING, cues=head, before=late)
    assert outcome(failed, mode="challenge").after == late
    assert outcome(failed, mode="passive").after == GRANTED


def test_a_gesture_of_another_kind_would_be_waited_for() -> None:
    assert outcome(decision(), intent="look_up").after is None
    shown = decision(intent=Proof.SHOWN, gesture="look_up")
    assert outcome(shown, intent="look_up").after == GRANTED
    assert outcome(shown, intent="turn_left").after is None
    assert outcome(shown).after == GRANTED


def test_a_pin_in_place_of_life_counts_as_it_did() -> None:
    by_pin: dict[str, Any] = {
        "life_by_pin": True,
        "liveness": Proof.MISSING,
        "factor": "pin",
        "second_factor": Proof.SHOWN,
        "cues": LivenessRecord("passive"),
    }
    event = decision(**by_pin)
    assert outcome(event, mode="passive").after == GRANTED
    # A PIN that is asked for anyway, or a button, is served by the same one.
    assert outcome(event, mode="passive", second_factor="pin").after == GRANTED
    assert outcome(event, mode="passive", second_factor="button").after == GRANTED
    late = Outcome.DENIED, Reason.LIVENESS_UNDECIDED
    for change in ({"life_by_pin": False}, {"doubted": True}, {"second_factor": Proof.MISSING}):
        refused = decision(**by_pin | change, before=late)
        assert outcome(refused, mode="passive").after == late
    # Nobody was asked for a gesture: the PIN is one.
    gesture = decision(**by_pin, intent=Proof.PENDING, gesture="look_up")
    assert outcome(gesture, mode="passive", intent="look_up").after == GRANTED


def test_passback_that_would_have_been_refused_or_not() -> None:
    again = decision(direction="in", crossing=Crossing("in", 3600.0))
    refused = (Outcome.DENIED, Reason.PASSBACK)
    hard = {"direction": "in", "anti_passback": "hard"}
    assert outcome(again).after == GRANTED
    assert outcome(again, access={**hard, "anti_passback": "soft"}).after == GRANTED
    assert outcome(again, access=hard).after == refused
    assert outcome(again, access={**hard, "reset_after_h": 1}).after == GRANTED
    assert outcome(again, access={**hard, "direction": "out"}).after == GRANTED
    # Of another door the record says where it leads.
    assert outcome(again, access={**hard, "direction": "out", "door": "back"}).after == refused
    out = decision(direction="out", crossing=Crossing("in", 3600.0))
    assert outcome(out, access={**hard, "door": "back"}).after == GRANTED


@pytest.mark.parametrize(
    "data",
    [
        {"decision": "granted", "reason": "matched"},
        {"decision": "granted", "reason": "matched", "evidence": {"candidate": 3}},
        {"decision": "granted", "reason": "matched", "evidence": 3},
        {"decision": "?", "reason": "matched", "evidence": decision().data["evidence"]},
    ],
)
def test_decisions_without_evidence_are_counted(data: dict) -> None:
    assert outcome(Event(1.0, EventKind.DECISION, data)) == 7


def test_other_events_are_passed_over() -> None:
    events = [(1, Event(1.0, EventKind.SERVICE, {})), (2, decision())]
    results = list(replay(events, PolicyConfig(), AccessConfig(), "off", lambda fpir, people: fpir))
    assert [result.number for result in results if isinstance(result, Replayed)] == [2]


RIM_VETOES = CueWord("edges", "veto", 0.8, 0.5)
DEPTH_CONFIRMS = CueWord("depth", "confirm", 0.2, 0.12)
BLINK_UNDECIDED = CueWord("blink", "undecided", None, 0.4)
STILLNESS_DOUBTS = CueWord("stillness", "doubt", 0.001, 0.002)
TEXTURE_CLEAR = CueWord("texture", "clear", 0.6, 0.9)


@pytest.mark.parametrize("asked", ["passive", "challenge"])
@pytest.mark.parametrize("proof", Proof)
def test_off_needs_nothing_and_the_same_mode_takes_it_as_it_was(asked, proof: Proof) -> None:
    record = LivenessRecord(asked, (RIM_VETOES,))
    assert liveness_under("off", proof, record) is Proof.NOT_NEEDED
    assert liveness_under(asked, proof, record) is proof


@pytest.mark.parametrize(
    ("mode", "asked", "cues", "worth"),
    [
        ("passive", "off", (), Proof.PENDING),
        ("challenge", "off", (), Proof.PENDING),
        ("challenge", "passive", (DEPTH_CONFIRMS,), Proof.PENDING),
        ("challenge", "passive", (DEPTH_CONFIRMS, RIM_VETOES), Proof.REFUTED),
        ("passive", "challenge", (DEPTH_CONFIRMS, BLINK_UNDECIDED), Proof.SHOWN),
        ("passive", "challenge", (BLINK_UNDECIDED,), Proof.PENDING),
        ("passive", "challenge", (RIM_VETOES, DEPTH_CONFIRMS), Proof.REFUTED),
        ("passive", "challenge", (STILLNESS_DOUBTS, DEPTH_CONFIRMS), Proof.PENDING),
        ("passive", "challenge", (RIM_VETOES, STILLNESS_DOUBTS), Proof.REFUTED),
        ("passive", "challenge", (TEXTURE_CLEAR,), Proof.PENDING),
        ("passive", "challenge", (TEXTURE_CLEAR, DEPTH_CONFIRMS), Proof.SHOWN),
    ],
)
def test_in_another_mode_the_cues_count(mode, asked, cues, worth: Proof) -> None:
    assert liveness_under(mode, Proof.SHOWN, LivenessRecord(asked, cues)) is worth


@pytest.mark.parametrize(
    ("proof", "asked_then", "wanted", "worth"),
    [
        (Proof.SHOWN, "pin", "pin", Proof.SHOWN),
        (Proof.SHOWN, "button", "pin", Proof.PENDING),
        (Proof.REFUTED, "pin", "off", Proof.NOT_NEEDED),
        (Proof.NOT_NEEDED, "off", "off", Proof.NOT_NEEDED),
        (Proof.NOT_NEEDED, "off", "button", Proof.PENDING),
        *((proof, "look_up", "look_up", proof) for proof in Proof),
        *((proof, "look_up", "off", Proof.NOT_NEEDED) for proof in Proof),
        *((proof, "off", "look_up", Proof.PENDING) for proof in Proof),
        *((proof, "turn_left", "look_up", Proof.PENDING) for proof in Proof),
    ],
)
def test_a_proof_counts_for_what_was_asked(
    proof: Proof, asked_then: str, wanted: str, worth: Proof
) -> None:
    assert as_shown(proof, asked_then, wanted) is worth
