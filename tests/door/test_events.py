import math
from dataclasses import replace

from accessctl.actions.base import ActionResult
from accessctl.domain import Decision, Event, EventKind, Match, Outcome, PersonId, Reason
from accessctl.door.events import action_event, decision_event, service_event

ADA = PersonId("a1")
MATCH = Match(ADA, similarity=0.912345, score=5.12345, margin=2.98765, fmr=1.23456e-7, fmr_upper=1)
DECISION = Decision(
    12.5, "v1", Outcome.GRANTED, Reason.MATCHED, ADA, MATCH, frames=4, latency_ms=412.345
)


def test_a_decision_with_its_evidence_rounded() -> None:
    assert decision_event(DECISION) == Event(
        12.5,
        EventKind.DECISION,
        {
            "visit": "v1",
            "decision": "granted",
            "reason": "matched",
            "similarity": 0.9123,
            "score": 5.123,
            "margin": 2.988,
            "fmr": 1.23e-7,
            "frames": 4,
            "latency_ms": 412.3,
        },
        ADA,
    )


def test_a_lead_over_nobody_is_no_number() -> None:
    lone = replace(DECISION, match=replace(MATCH, margin=math.inf))
    assert decision_event(lone).data["margin"] is None


def test_a_decision_without_a_match() -> None:
    event = decision_event(replace(DECISION, outcome=Outcome.UNKNOWN, person=None, match=None))
    assert event.person is None
    assert {event.data[key] for key in ("similarity", "score", "margin", "fmr")} == {None}


def test_the_result_of_an_action() -> None:
    result = ActionResult(False, "unlock ended with status 3.", 12.345)
    assert action_event(DECISION, "command unlock", result, 13.0) == Event(
        13.0,
        EventKind.ACTION,
        {
            "visit": "v1",
            "decision": "granted",
            "action": "command unlock",
            "ok": False,
            "detail": "unlock ended with status 3.",
            "duration_ms": 12.3,
        },
        ADA,
    )


def test_the_service() -> None:
    assert service_event("started", 2.0, people=3) == Event(
        2.0, EventKind.SERVICE, {"state": "started", "people": 3}
    )
