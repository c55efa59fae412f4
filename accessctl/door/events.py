"""What goes into the audit log: pure functions from values to events, without names."""

import math
from collections.abc import Mapping
from typing import Any

from accessctl.actions.base import ActionResult
from accessctl.audit.views import as_json
from accessctl.domain import Decision, Event, EventKind, PersonId


def decision_event(decision: Decision, more: Mapping[str, Any] | None = None) -> Event:
    """`more` is what the log keeps beside the decision: its evidence, its picture."""
    match = decision.match
    return Event(
        decision.time,
        EventKind.DECISION,
        {
            "visit": decision.visit,
            "decision": decision.outcome.value,
            "reason": decision.reason.value,
            "similarity": None if match is None else round(match.similarity, 4),
            "score": None if match is None else round(match.score, 3),
            "margin": None if match is None or math.isinf(match.margin) else round(match.margin, 3),
            "fmr": None if match is None else float(f"{match.fmr:.3g}"),
            "frames": decision.frames,
            "latency_ms": round(decision.latency_ms, 1),
            **(more or {}),
        },
        decision.person,
    )


def prompt_payload(
    visit: str, text: str, ask: str, step: int, steps: int, time: float
) -> dict[str, Any]:
    """What the actions that ask a visitor for something are given; it names nobody."""
    event = Event(time, EventKind.SERVICE, {"visit": visit})
    asked = {"kind": "prompt", "prompt": text, "ask": ask, "step": step, "steps": steps}
    return as_json(event, lambda _: None) | asked


def action_event(decision: Decision, action: str, result: ActionResult, time: float) -> Event:
    return Event(
        time,
        EventKind.ACTION,
        {
            "visit": decision.visit,
            "decision": decision.outcome.value,
            "action": action,
            "ok": result.ok,
            "detail": result.detail,
            "duration_ms": round(result.duration_ms, 1),
        },
        decision.person,
    )


def service_event(state: str, time: float, **data: str | int | float | None) -> Event:
    """`state` is one of started, stopped, camera_lost, camera_back, camera_dark, camera_covered,
    camera_clear, the same five of infrared_, fault, face_unlocked, reloaded, reload_refused."""
    return Event(time, EventKind.SERVICE, {"state": state, **data})


def wrong_pin_event(visit: str, person: PersonId, time: float) -> Event:
    """`person` is whose PIN it was not."""
    return Event(time, EventKind.SERVICE, {"state": "wrong_pin", "visit": visit}, person)
