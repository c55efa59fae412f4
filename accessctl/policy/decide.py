"""From what a visit has shown to a verdict, by pure functions that know no clock, no camera and no
lock; and the numbers that a decision is measured against.

When a search is sure of somebody is said for one match or for many at once: those figures are
floats, or float arrays of one shape, and so is what is answered. A NaN is never sure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from accessctl.config import PolicyConfig
from accessctl.domain import Match, Outcome, PersonId, Reason, Sighting

Figures = NDArray[np.floating]
Answers = NDArray[np.bool_]

# Fewer usable frames are somebody passing by, or a track that was begun in doubt: no visit.
GLIMPSE_FRAMES = 2


class Naming(StrEnum):
    """What says who a visitor may be.

    `SEARCHED`: the face, among all who are enrolled; `CLAIMED`: a badge, and the face is compared
    with its person alone; `UNCLAIMED`: nothing, for too many are enrolled to be searched and no
    badge was read.
    """

    SEARCHED = "searched"
    CLAIMED = "claimed"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The usable frames of a visit that lie within the window, oldest first.

    `pooled` is the search with their quality-weighted mean embedding (None when there is nobody to
    compare with), by what `naming` says; `seen` counts the usable frames of the whole visit,
    `since` is the capture time of its first one, `left` is true once the face has gone. `live` says
    of each sighting whether the cues of liveness have looked at it; None where nobody asks for
    life.
    """

    sightings: tuple[Sighting, ...]
    pooled: Match | None
    seen: int
    since: float
    left: bool = False
    live: tuple[bool, ...] | None = None
    naming: Naming = Naming.SEARCHED


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


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """`max_fmr` is the false-match rate per comparison that a grant may stand for.

    It follows from `policy.target_fpir` and the number of people enrolled, or from
    `policy.target_fmr` where a badge says who it is; the other fields are those of `PolicyConfig`.
    """

    max_fmr: float
    frame_fmr: float
    min_frames: int
    min_margin: float
    unknown_after_frames: int
    unknown_after_s: float
    cooldown_s: float

    @classmethod
    def of(cls, config: PolicyConfig, max_fmr: float) -> "DecisionRules":
        return cls(
            max_fmr=max_fmr,
            frame_fmr=config.frame_fmr,
            min_frames=config.min_frames,
            min_margin=config.min_margin,
            unknown_after_frames=config.unknown_after_frames,
            unknown_after_s=config.unknown_after_s,
            cooldown_s=config.cooldown_s,
        )


_NOBODY_TO_BE = {
    Naming.SEARCHED: Reason.EMPTY_GALLERY,
    Naming.CLAIMED: Reason.BADGE_MISMATCH,
    Naming.UNCLAIMED: Reason.BADGE_REQUIRED,
}
"""What is told where there is nobody to compare with; of a badge, because its person is gone."""


@overload
def rare_enough(fmr_upper: float, max_fmr: float) -> bool: ...


@overload
def rare_enough(fmr_upper: Figures, max_fmr: float) -> Answers: ...


def rare_enough(fmr_upper: Any, max_fmr: float) -> Any:
    """Whether the upper bound of a false-match rate keeps the one that is allowed."""
    return fmr_upper <= max_fmr


@overload
def leads(margin: float, min_margin: float) -> bool: ...


@overload
def leads(margin: Figures, min_margin: float) -> Answers: ...


def leads(margin: Any, min_margin: float) -> Any:
    """Whether the best score lies far enough above that of the second best person."""
    return margin >= min_margin


@overload
def sure(fmr_upper: float, margin: float, max_fmr: float, min_margin: float) -> bool: ...


@overload
def sure(fmr_upper: Figures, margin: Figures, max_fmr: float, min_margin: float) -> Answers: ...


def sure(fmr_upper: Any, margin: Any, max_fmr: float, min_margin: float) -> Any:
    """Whether a search names the person it found: rare enough, and ahead of everybody else."""
    return rare_enough(fmr_upper, max_fmr) & leads(margin, min_margin)


class LastGrants:
    """Last grant of each person, in seconds of the door's monotonic clock."""

    def __init__(self) -> None:
        self._granted: dict[PersonId, float] = {}
        self._before: dict[PersonId, float | None] = {}

    def last(self, person: PersonId) -> float | None:
        return self._granted.get(person)

    def note(self, person: PersonId, now: float) -> None:
        self._before[person] = self._granted.get(person)
        self._granted[person] = now

    def take_back(self, person: PersonId) -> None:
        """Their last grant let nobody in: the one before it counts."""
        before = self._before.pop(person, None)
        if before is None:
            self._granted.pop(person, None)
        else:
            self._granted[person] = before


def decide(
    evidence: Evidence, rules: DecisionRules, last_grant: float | None, now: float
) -> Verdict | None:
    """The verdict on a visit, or None while it is too early for one.

    `last_grant` is the time the pooled match's person was last granted, on the same
    monotonic clock as `now`: until the cooldown is over they wait, and are denied only once they
    have left meanwhile. Granted only when the pooled embedding scores above the
    threshold with its confidence bound, leads the second best person by the margin, at
    least `min_frames` frames agree on that person by themselves, the last one among them, and
    none speaks for another.
    """
    if not evidence.sightings:
        return _late_verdict(evidence, Reason.LEFT_EARLY, rules, now) if evidence.left else None
    pooled = evidence.pooled
    if pooled is None or evidence.naming is Naming.UNCLAIMED:
        return _late_verdict(evidence, _NOBODY_TO_BE[evidence.naming], rules, now)
    doubt = find_doubt(pooled, evidence.sightings, rules)
    if doubt is None and last_grant is not None and now - last_grant < rules.cooldown_s:
        return Verdict(Outcome.DENIED, Reason.COOLDOWN, pooled) if evidence.left else None
    if doubt is None and evidence.left:
        doubt = Reason.LEFT_EARLY
    if doubt is not None:
        return _late_verdict(evidence, doubt, rules, now)
    if standing(evidence.sightings[-1], pooled, rules.frame_fmr) is not Standing.AGREES:
        # Whoever is in view at this moment may be somebody else: the next frame will tell.
        return None
    return Verdict(Outcome.GRANTED, Reason.MATCHED, pooled)


def find_doubt(
    pooled: Match, sightings: tuple[Sighting, ...], rules: DecisionRules
) -> Reason | None:
    """Why `pooled` may not be granted, or None when nothing speaks against it."""
    # Written as "not" of what must hold, so that a NaN is a doubt.
    if not rare_enough(pooled.fmr_upper, rules.max_fmr):
        return Reason.NO_MATCH
    if not leads(pooled.margin, rules.min_margin):
        return Reason.AMBIGUOUS
    standings = [standing(sighting, pooled, rules.frame_fmr) for sighting in sightings]
    if Standing.CONFLICTS in standings:
        return Reason.DISAGREEMENT
    if standings.count(Standing.AGREES) < rules.min_frames:
        return Reason.DISAGREEMENT
    return None


def live_frames(evidence: Evidence, frame_fmr: float) -> int:
    """How many frames speak for the pooled person and were looked at by the cues of liveness;
    all that speak, where nobody asks for life."""
    pooled = evidence.pooled
    if pooled is None:
        return 0
    live = evidence.live
    if live is None:
        live = (True,) * len(evidence.sightings)
    return sum(
        seen and standing(sighting, pooled, frame_fmr) is Standing.AGREES
        for sighting, seen in zip(evidence.sightings, live, strict=True)
    )


def shown_by(match: Match | None, frame_fmr: float) -> PersonId | None:
    """Whom a single frame shows by itself: nobody unless its own match reaches `frame_fmr`."""
    return match.person if match is not None and match.fmr <= frame_fmr else None


def standing(sighting: Sighting, pooled: Match, frame_fmr: float) -> Standing:
    """How a frame that shows somebody by itself stands to the pooled person."""
    shown = shown_by(sighting.match, frame_fmr)
    if shown is None:
        return Standing.SILENT
    return Standing.AGREES if shown == pooled.person else Standing.CONFLICTS


def _late_verdict(
    evidence: Evidence, reason: Reason, rules: DecisionRules, now: float
) -> Verdict | None:
    """ "Unknown" once there was enough to go by, or when the visitor has left; refused to whoever
    a badge said it was, where the face does not show them."""
    if evidence.seen < GLIMPSE_FRAMES:
        return None
    # The last condition is for whoever looked away for longer than the window: as few
    # frames as they begin again with could not have been granted.
    enough = (
        evidence.seen >= rules.unknown_after_frames
        and now - evidence.since >= rules.unknown_after_s
        and len(evidence.sightings) >= rules.min_frames
    )
    if not (enough or evidence.left):
        return None
    if evidence.seen < rules.min_frames:
        reason = Reason.LEFT_EARLY
    if evidence.naming is Naming.CLAIMED and reason is not Reason.LEFT_EARLY:
        return Verdict(Outcome.DENIED, Reason.BADGE_MISMATCH, evidence.pooled)
    return Verdict(Outcome.UNKNOWN, reason, evidence.pooled)
