"""What is kept of a decision so that it can be looked at, and made, again."""

from dataclasses import replace
from typing import Any

from accessctl.config.liveness import Intent
from accessctl.domain import Decision, Outcome, Reason
from accessctl.door.visit import Visit
from accessctl.policy.admit import by_pin
from accessctl.policy.circumstances import Circumstances
from accessctl.policy.decide import Evidence, Verdict
from accessctl.policy.evidence_record import EvidenceRecord, to_data


def decision_record(
    visit: Visit,
    verdict: Verdict,
    evidence: Evidence,
    circumstances: Circumstances,
    *,
    now: float,
    last_grant: float | None,
    people: int,
    gesture: Intent,
) -> dict[str, Any]:
    """JSON values: the evidence, and what spoke against life.

    `now` and `last_grant` are capture times in seconds, `people` were enrolled.
    """
    cues = visit.life.record
    kept = EvidenceRecord(
        evidence=evidence,
        now=now,
        last_grant=last_grant,
        people=people,
        door=circumstances.plan.door,
        person=circumstances.person,
        locked_out=circumstances.locked_out,
        liveness=circumstances.liveness,
        second_factor=circumstances.second_factor,
        widths=visit.widths,
        index=visit.index,
        factor=circumstances.factor,
        direction=circumstances.plan.passback.direction,
        crossing=circumstances.last_crossing,
        cues=cues,
        intent=circumstances.intent,
        gesture=gesture,
        doubted=circumstances.liveness_doubted,
        gallery=circumstances.gallery_doubt,
    )
    record: dict[str, Any] = {
        "evidence": to_data(kept),
    }
    if cues.vetoes:
        record["vetoes"] = cues.vetoes
    if cues.doubts:
        record["doubts"] = cues.doubts
    instead = by_pin(circumstances)
    if instead and verdict.outcome is Outcome.GRANTED:
        record["by_pin"] = list(instead)
    return record


def watched_only(visit: Visit, verdict: Verdict, decision: Decision) -> tuple[Visit, Decision]:
    """What a decision comes to at a door in whose place another one acts: nobody is let in."""
    if verdict.outcome is not Outcome.GRANTED:
        return visit, decision
    decision = replace(decision, outcome=Outcome.DENIED, reason=Reason.WATCHING_ONLY)
    watched = Verdict(decision.outcome, decision.reason, decision.match)
    return replace(visit, verdict=watched), decision
