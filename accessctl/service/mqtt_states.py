"""What is told over MQTT of a door: its states by the name of their component, its events. Pure.

Nothing here names a person unless a name is given, and nothing tells of duress.
"""

import json
from collections.abc import Mapping
from typing import Any

from accessctl.domain import Decision
from accessctl.mqtt.discovery import COUNTED, Fittings
from accessctl.service.metrics import Totals

# Home Assistant's word for "not known".
UNKNOWN = "None"
MOST_EXACT_S = 10
COARSE_S = 10


def doorway_states(report: Mapping[str, Any], fittings: Fittings) -> dict[str, str]:
    """Of the report of a doorway, see `Doorway.report`, what can be seen with these fittings; all
    unknown while its lines are not taken."""
    names = ["posture", "face_entry", "alarm"]
    names += ["contact"] if fittings.contact else []
    names += ["lock"] if fittings.contact and fittings.lock else []
    names += ["tamper"] if fittings.tamper else []
    if report["state"] == "not_taken":
        return dict.fromkeys(names, UNKNOWN)
    alarms = report["alarms"]
    states = {
        "contact": {"open": "ON", "shut": "OFF"}.get(report["leaf"], UNKNOWN),
        "lock": _lock(report),
        "posture": report["posture"],
        "face_entry": _on(report["face_entry"]),
        "alarm": _on(alarms),
        "tamper": _on("tamper" in alarms),
    }
    return {name: states[name] for name in names}


def _lock(report: Mapping[str, Any]) -> str:
    """Locked only where the door is known to be shut: a bolt in the air holds nobody."""
    if "output" in report["alarms"]:
        return "JAMMED"
    locked = not report["unlocked"] and report["leaf"] == "shut"
    return "LOCKED" if locked else "UNLOCKED"


def alarm_attributes(report: Mapping[str, Any]) -> str:
    return _json({"state": report["state"], "alarms": report.get("alarms", [])})


def counts(totals: Totals) -> str:
    """Decisions since the start, by what they came to."""
    told = dict.fromkeys(COUNTED, 0)
    for (outcome, _), number in totals.decisions.items():
        told[outcome] += number
    return _json(told)


def picture_age(totals: Totals) -> str:
    """Whole seconds, and by tens above ten, so that a still number is not sent again."""
    age = totals.frame_age_s
    if age is None:
        return UNKNOWN
    if age < MOST_EXACT_S:
        return str(int(age))
    return str(int(age) // COARSE_S * COARSE_S)


def problems(totals: Totals) -> list[str]:
    """What is wrong with the door, in single words."""
    doorway = totals.doorway or {}
    wrong = {
        "camera": not totals.watching,
        "infrared": totals.infrared_up is False,
        "gallery": totals.gallery_up is False,
        "clock": totals.clock_doubt_s > 0,
        "config": totals.config_refused,
        "doorway": bool(
            doorway.get("state") == "not_taken" or doorway.get("lost") or doorway.get("failed")
        ),
        "event_log": bool(doorway.get("unrecorded")),
    }
    return [name for name, holds in wrong.items() if holds]


def problem_states(totals: Totals) -> tuple[str, str]:
    """The state and the attributes of `problem`."""
    wrong = problems(totals)
    return _on(wrong), _json({"problems": wrong})


def decision_facts(decision: Decision, name: str | None) -> dict[str, Any]:
    facts = {
        "reason": decision.reason.value,
        "visit": decision.visit,
        "attempt": decision.attempt,
        "attempts_left": decision.attempts_left,
        "time": round(decision.time, 3),
    }
    return facts if name is None else {**facts, "name": name}


def event(kind: str, facts: Mapping[str, Any]) -> bytes:
    """As Home Assistant's event entities read it."""
    return _json({"event_type": kind, **facts}).encode()


def version_state(installed: str, latest: str | None) -> str:
    told = {"installed_version": installed}
    return _json(told if latest is None else {**told, "latest_version": latest})


def _on(holds: object) -> str:
    return "ON" if holds else "OFF"


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
