"""Whether a visit of somebody unknown may be given a name: pure.

Where anything spoke against life nobody is enrolled from it: else whoever holds a picture before a
door has it enrolled. A visit is named once.
"""

from collections.abc import Iterable
from enum import StrEnum

from accessctl.domain import Event, EventKind, Outcome, Reason
from accessctl.policy.circumstances import Proof
from accessctl.policy.evidence_record import EvidenceRecord, from_data


class NamingObstacle(StrEnum):
    """Why a visit cannot be given a name."""

    KNOWN = "known"
    """The door recognised somebody in it, or it is no visit that was decided."""
    NOT_ALIVE = "not_alive"
    """It was taken for an attack."""
    DOUBTED = "doubted"
    """Something spoke against life, and was not cleared up."""
    NO_EVIDENCE = "no_evidence"
    """A record does not say, in a way that can be read, what spoke for or against life."""
    NAMED = "named"
    NO_PICTURE = "no_picture"
    ALTERED = "altered"
    """A picture is not as its door sealed it."""


class LifeSeen(StrEnum):
    """What the door saw of life in a visit of which nothing spoke against it."""

    SHOWN = "shown"
    UNDECIDED = "undecided"
    NOT_LOOKED = "not_looked"


def obstacle_to(
    decisions: Iterable[Event], *, is_named: bool, has_pictures: bool
) -> NamingObstacle | None:
    """The first thing that speaks against naming a visit of these decisions; None: nothing does.

    `is_named`: an operator said already whom it shows; `has_pictures`: one of them is at the hub.
    """
    against_life = [obstacle_in(one) for one in decisions]
    grave = (NamingObstacle.NOT_ALIVE, NamingObstacle.DOUBTED)
    for obstacle in (*grave, NamingObstacle.NO_EVIDENCE, NamingObstacle.KNOWN):
        if obstacle in against_life:
            return obstacle
    if is_named:
        return NamingObstacle.NAMED
    return None if has_pictures else NamingObstacle.NO_PICTURE


def obstacle_in(event: Event) -> NamingObstacle | None:
    """What one decision says against naming its visit; None: nothing."""
    if event.data.get("reason") == Reason.NOT_LIVE:
        return NamingObstacle.NOT_ALIVE
    recorded = _evidence(event)
    if recorded is None:
        return NamingObstacle.NO_EVIDENCE
    if recorded.liveness is Proof.REFUTED or recorded.cues.vetoes:
        return NamingObstacle.NOT_ALIVE
    if recorded.doubted or recorded.cues.doubts_attack or recorded.cues.failure is not None:
        return NamingObstacle.DOUBTED
    is_unknown = event.kind is EventKind.DECISION and event.data.get("decision") == Outcome.UNKNOWN
    return None if is_unknown and event.person is None else NamingObstacle.KNOWN


def life_in(events: Iterable[Event]) -> LifeSeen:
    """What was seen of life in decisions without an obstacle: shown where any of them says so."""
    found = [recorded for recorded in map(_evidence, events) if recorded is not None]
    if any(one.liveness is Proof.SHOWN for one in found):
        return LifeSeen.SHOWN
    is_off = all(one.cues.mode == "off" for one in found)
    return LifeSeen.NOT_LOOKED if is_off else LifeSeen.UNDECIDED


def _evidence(event: Event) -> EvidenceRecord | None:
    try:
        return from_data(event.data["evidence"])
    except (KeyError, ValueError):
        return None
