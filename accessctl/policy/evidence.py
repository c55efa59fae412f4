"""What a visit has shown so far, as the policy sees it."""

from dataclasses import dataclass
from enum import StrEnum

from accessctl.domain import Match, Outcome, Reason, Sighting


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The usable frames of a visit that lie within the window, oldest first.

    `pooled` is the search with their quality-weighted mean embedding (None when nobody is
    enrolled), `seen` counts the usable frames of the whole visit, `since` is the capture time
    of its first one, `left` is true once the face has gone. `live` says of each sighting
    whether the cues of liveness have looked at it; None where nobody asks for life.
    """

    sightings: tuple[Sighting, ...]
    pooled: Match | None
    seen: int
    since: float
    left: bool = False
    live: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reason: Reason
    match: Match | None


class Standing(StrEnum):
    """How one frame stands to the pooled match."""

    AGREES = "agrees"
    SILENT = "silent"
    CONFLICTS = "conflicts"
