"""One pure function decides; it knows no clock, no camera and no lock."""

from accessctl.domain import Match, Outcome, PersonId, Reason, Sighting
from accessctl.policy.evidence import Evidence, Standing, Verdict
from accessctl.policy.rules import Rules
from accessctl.policy.sure import leads, rare_enough

# Fewer usable frames are somebody passing by, or a track that was begun in doubt: no visit.
GLIMPSE_FRAMES = 2


def decide(
    evidence: Evidence, rules: Rules, last_grant: float | None, now: float
) -> Verdict | None:
    """The verdict on a visit, or None while it is too early for one.

    `last_grant` is the time the pooled match's person was last granted, on the same
    monotonic clock as `now`. Granted only when the pooled embedding scores above the
    threshold with its confidence bound, leads the second best person by the margin, at
    least `min_frames` frames agree on that person by themselves and none speaks for another.
    """
    if not evidence.sightings:
        return _late_verdict(evidence, Reason.LEFT_EARLY, rules, now) if evidence.left else None
    pooled = evidence.pooled
    if pooled is None:
        return _late_verdict(evidence, Reason.EMPTY_GALLERY, rules, now)
    doubt = find_doubt(pooled, evidence.sightings, rules)
    if doubt is None and evidence.left:
        doubt = Reason.LEFT_EARLY
    if doubt is not None:
        return _late_verdict(evidence, doubt, rules, now)
    if last_grant is not None and now - last_grant < rules.cooldown_s:
        return Verdict(Outcome.DENIED, Reason.COOLDOWN, pooled)
    return Verdict(Outcome.GRANTED, Reason.MATCHED, pooled)


def find_doubt(pooled: Match, sightings: tuple[Sighting, ...], rules: Rules) -> Reason | None:
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


def _late_verdict(evidence: Evidence, reason: Reason, rules: Rules, now: float) -> Verdict | None:
    """ "Unknown" once there was enough to go by, or when the visitor has left."""
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
    return Verdict(Outcome.UNKNOWN, reason, evidence.pooled)
