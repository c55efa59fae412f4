"""Other rules of the site tried on what happened: whom would they have kept out, or let in?

Each decision is made again (policy.replay.again) under the present rules and under those that are
tried, with all else as its record has it. Only where the present rules come to what the door
decided, and the others do not, the rules made the difference; a door may have had other rules at
the time, or rules of its own. What somebody's groups were then counts, not what they are now. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accessctl.config import PolicyConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Outcome, PersonId, Reason
from accessctl.hub.event_search import SiteEvent
from accessctl.policy.access import AccessPlan
from accessctl.policy.decide import DecisionRules
from accessctl.policy.evidence_record import EvidenceRecord, from_data
from accessctl.policy.replay import again


@dataclass(frozen=True, slots=True)
class TriedDecision:
    """One that would have been another; `after` None: the door would have gone on asking."""

    event: SiteEvent
    person: PersonId | None
    before: Reason
    after: Reason | None


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """`perhaps` would have been let in had they shown what was asked then. `otherwise` counts the
    decisions that the present rules do not explain, `unreadable` those without evidence."""

    kept_out: tuple[TriedDecision, ...]
    let_in: tuple[TriedDecision, ...]
    perhaps: tuple[TriedDecision, ...]
    decisions: int
    otherwise: int
    unreadable: int


def tried(events: Iterable[SiteEvent], present: AccessConfig, wanted: AccessConfig) -> RuleTrial:
    """`events` are decisions, in any order, which the lists keep."""
    plans: dict[str, tuple[AccessPlan, AccessPlan]] = {}
    kept_out: list[TriedDecision] = []
    let_in: list[TriedDecision] = []
    perhaps: list[TriedDecision] = []
    decisions = otherwise = unreadable = 0
    for one in events:
        decisions += 1
        try:
            recorded = from_data(one.event.data["evidence"])
            limits = rules_in(one.event.data["evidence"]["limits"])
            granted = Outcome(one.event.data["decision"]) is Outcome.GRANTED
            before = Reason(one.event.data["reason"])
        except (KeyError, ValueError, TypeError):
            unreadable += 1
            continue
        if recorded.door not in plans:
            door = recorded.door
            plans[door] = (AccessPlan.of(present, door), AccessPlan.of(wanted, door))
        now, then = (
            _again(recorded, one.event.time, limits, plan) for plan in plans[recorded.door]
        )
        if (now is not None and now[0] is Outcome.GRANTED) is not granted:
            otherwise += 1
            continue
        person = None if recorded.evidence.pooled is None else recorded.evidence.pooled.person
        found = TriedDecision(one, person, before, None if then is None else then[1])
        grants = then is not None and then[0] is Outcome.GRANTED
        if granted and not grants:
            kept_out.append(found)
        elif grants and not granted:
            let_in.append(found)
        elif then is None and now is not None:
            perhaps.append(found)
    return RuleTrial(
        tuple(kept_out), tuple(let_in), tuple(perhaps), decisions, otherwise, unreadable
    )


def rules_in(limits: Mapping[str, Any]) -> DecisionRules:
    """What evidence_record.limits_to_data made, and for the rest the usual; KeyError and the like
    for anything else."""
    usual = DecisionRules.of(PolicyConfig(), float(limits["fmr"]))
    return replace(
        usual,
        frame_fmr=float(limits["frame_fmr"]),
        min_margin=float(limits["margin"]),
        min_frames=int(limits["frames"]),
    )


def _again(
    recorded: EvidenceRecord, time: float, rules: DecisionRules, plan: AccessPlan
) -> tuple[Outcome, Reason] | None:
    """With whatever the door asked for at the time asked for again."""
    policy = PolicyConfig(second_factor=recorded.factor, intent=recorded.gesture)
    verdict = again(recorded, time, rules, plan, policy, recorded.cues.mode)
    return None if verdict is None else (verdict.outcome, verdict.reason)
