"""Parts of what a running door says of itself, as JSON values for `status`: decisions, lockouts,
whoever stands there, the gallery.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accessctl.domain import Decision, Outcome, PersonId
from accessctl.door.gallery_watch import GalleryState
from accessctl.door.visit import Step
from accessctl.errors import StoreError

MOST_LOCKED_TOLD = 20
MOST_VISITORS_TOLD = 8


@dataclass(frozen=True, slots=True)
class LockoutView:
    """`refused` attempts that count against the door; faces count again in `remaining_s`,
    infinite: never. `locked` are the people who are locked out besides, by their own refusals,
    and for how long."""

    refused: float = 0.0
    remaining_s: float = 0.0
    locked: Mapping[PersonId, float] = field(default_factory=dict)

    @property
    def off(self) -> bool:
        return math.isinf(self.remaining_s)


@dataclass(frozen=True, slots=True)
class VisitorSeen:
    """Whoever stands before the door: `told` is what they are told, and once the attempt is
    decided how it ended, with a person only where that is granted or denied."""

    visit: str
    told: str
    outcome: Outcome | None = None
    reason: str | None = None
    person: PersonId | None = None


def visitors_seen(step: Step) -> tuple[VisitorSeen, ...]:
    """Of the faces of one frame what is kept: no picture and no embedding."""
    seen = []
    for view in step.faces[:MOST_VISITORS_TOLD]:
        verdict = view.verdict
        if verdict is None:
            seen.append(VisitorSeen(view.visit, view.told))
            continue
        known = verdict.outcome is not Outcome.UNKNOWN and verdict.match is not None
        person = verdict.match.person if known and verdict.match is not None else None
        reason = verdict.reason.value
        seen.append(VisitorSeen(view.visit, "", verdict.outcome, reason, person))
    return tuple(seen)


def visitors_told(
    visitors: Sequence[VisitorSeen], names: Mapping[PersonId, str]
) -> list[dict[str, Any]]:
    return [
        {
            "visit": one.visit,
            "told": one.told,
            "outcome": None if one.outcome is None else one.outcome.value,
            "reason": one.reason,
            "person": None if one.person is None else names.get(one.person),
        }
        for one in visitors
    ]


def decision_told(decision: Decision, names: Mapping[PersonId, str]) -> dict[str, Any]:
    return {
        "time": decision.time,
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "visit": decision.visit,
        "person": None if decision.person is None else names.get(decision.person),
        "latency_ms": round(decision.latency_ms, 1),
    }


def lockout_told(read: Callable[[], LockoutView], names: Mapping[PersonId, str]) -> dict[str, Any]:
    """`read` may raise StoreError, which is told of in place of the lockout."""
    try:
        lockout = read()
    except StoreError as error:
        return {"error": str(error)}
    longest_first = sorted(lockout.locked.items(), key=lambda one: -one[1])
    return {
        "refused": lockout.refused,
        **_lasting(lockout.remaining_s),
        "people": len(lockout.locked),
        "locked_out": [
            {"person": names.get(person), **_lasting(remaining_s)}
            for person, remaining_s in longest_first[:MOST_LOCKED_TOLD]
        ],
    }


def _lasting(remaining_s: float) -> dict[str, Any]:
    """How long a lockout lasts, in JSON, which knows no infinity."""
    off = math.isinf(remaining_s)
    return {"remaining_s": None if off else round(remaining_s, 1), "off": off}


def gallery_told(state: GalleryState) -> dict[str, Any]:
    return {
        "counts": state.doubt is None,
        "reason": None if state.doubt is None else state.doubt.value,
        "trouble": state.trouble,
        "age_s": round(state.age_s, 1),
    }
