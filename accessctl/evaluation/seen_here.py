"""What strangers of one place come to at a door's own gallery: from searches, one of each stranger,
to the rate here against the stated one.

A search whose best candidate's score is stated for a false-match rate f among N people has the
nearness p = 1 - (1 - f)^N: of strangers a share of p is stated to come as near. Where the statement
holds, p is spread evenly over [0, 1], so the share at or below any level is that level. It is
counted at the rarest level that so many searches can speak for; what is rarer is told of only by
who passed, and nothing is extrapolated. Intervals are exact (Clopper and Pearson), a person or a
visit being the unit.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from accessctl.config import PolicyConfig
from accessctl.domain import Event, EventKind, Match, Outcome, Reason
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.policy.decide import rare_enough, sure
from accessctl.policy.evidence_record import from_data
from accessctl.recognition.calibration import Calibration, search_fpir
from accessctl.recognition.rate_here import RateHere, StrangerSource, percent, times

EXPECTED = 5
"""Strangers who must be expected at a level for their count to say something of it."""

LOOSEST = 0.25
"""Nothing is counted at a looser level: there hardly anybody could exceed it."""

RARER = 10.0
"""Of visits on record the level is this many times the door's own at least: nearer ones were let
in, and are not there."""

DOUBTFUL = 0.01
"""False matches expected of all comparisons together at the rate at which a face is taken for that
of somebody enrolled."""

NOT_FOUND = (Reason.NO_MATCH, Reason.AMBIGUOUS, Reason.DISAGREEMENT)
"""Why an attempt that showed enough of a face ends as unknown."""


@dataclass(frozen=True, slots=True)
class StrangerLook:
    """One search by a stranger: its nearness in [0, 1], and whether the door would have taken them
    for the best candidate."""

    nearness: float
    passed: bool = False


def nearness(fmr_upper: float, people: int) -> float:
    """The share of strangers that is stated to come as near; a NaN is as far as can be."""
    return search_fpir(fmr_upper, people) if 0 <= fmr_upper < 1 else 1.0


def look_of(match: Match, people: int, max_fmr: float, min_margin: float) -> StrangerLook:
    """`max_fmr` is what a comparison of one attempt may have among so many people."""
    passed = sure(match.fmr_upper, match.margin, max_fmr, min_margin)
    return StrangerLook(nearness(match.fmr_upper, people), bool(passed))


def same_face_fmr(searches: int, people: int, calibration: Calibration) -> float:
    """The rate at which a face is that of the enrolled person it matches, and no stranger's: so
    rare that of all comparisons DOUBTFUL are expected; 0 where the calibration does not reach."""
    wanted = DOUBTFUL / max(1, searches * people)
    return wanted if wanted >= calibration.smallest_fmr else 0.0


def is_enrolled(match: Match, fmr: float) -> bool:
    """Whether this is somebody enrolled, by `same_face_fmr`."""
    return fmr > 0 and rare_enough(match.fmr_upper, fmr)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAsItIs:
    """The door that the strangers came to; see RateHere for the fields."""

    encoder: str
    calibration: str
    gallery: str
    enrolled: int
    attempt_fpir: float
    before: RateHere | None = None
    """What was counted here last."""

    @property
    def wanted_fpir(self) -> float:
        """The rate that was stated when strangers were first counted, if that still tells of this
        encoder, and was not stricter."""
        before = self.before
        if before is None or before.stale(self.encoder, self.calibration) is not None:
            return self.attempt_fpir
        return max(self.attempt_fpir, before.wanted_fpir)


def rate_here(
    looks: Sequence[StrangerLook],
    source: StrangerSource,
    door: DoorAsItIs,
    *,
    made: float,
    left_out: int = 0,
) -> RateHere:
    """What at least one look says; ValueError for none."""
    if not looks:
        raise ValueError("nobody was looked at")
    units = len(looks)
    photos = source is StrangerSource.PHOTOS
    passed = sum(look.passed for look in looks) if photos else None
    low, high = (None, None) if passed is None else clopper_pearson(passed, units)
    # Of visits those nearer than the door's own threshold are missing.
    hidden = 0.0 if photos else door.attempt_fpir
    rarest = door.attempt_fpir if photos else RARER * door.attempt_fpir
    level = max(rarest, EXPECTED / units)
    told = level <= LOOSEST
    near = sum(look.nearness <= level for look in looks)
    share = clopper_pearson(near, units)
    stated = level - hidden
    return RateHere(
        source=source,
        made=made,
        encoder=door.encoder,
        calibration=door.calibration,
        gallery=door.gallery,
        enrolled=door.enrolled,
        units=units,
        left_out=left_out,
        attempt_fpir=door.attempt_fpir,
        wanted_fpir=door.wanted_fpir,
        level=level if told else None,
        near=near if told else None,
        ratio=near / units / stated if told else None,
        ratio_low=share[0] / stated if told else None,
        ratio_high=share[1] / stated if told else None,
        passed=passed,
        passed_low=low,
        passed_high=high,
    )


@dataclass(slots=True)
class UnknownVisits:
    """What the log holds of visits that ended as unknown: a look of each at its first attempt.

    `of_another_encoder` were looked at by another encoder or calibration, or nobody wrote down by
    which; `unreadable` hold no evidence. Neither counts.
    """

    looks: list[StrangerLook]
    of_another_encoder: int = 0
    unreadable: int = 0


def unknown_visits(
    events: Iterable[tuple[int, Event]],
    door: str,
    encoder: str,
    calibration: str,
    since: float = 0.0,
) -> UnknownVisits:
    """Of the visits at `door` from the epoch time `since` on, as far as the log, all of it, tells
    that this encoder, calibrated so, saw them.

    A visit in which anybody was named, granted or denied, is that of somebody enrolled; one who
    showed another's badge was not named by it.
    """
    first: dict[str, StrangerLook] = {}
    named: set[str] = set()
    others: set[str] = set()
    found = UnknownVisits([])
    ours = False
    for _, event in events:
        data = event.data
        if data.get("state") == "started" and data.get("door", door) == door:
            ours = (data.get("encoder"), data.get("calibration")) == (encoder, calibration)
        if event.kind is not EventKind.DECISION or event.time < since:
            continue
        visit = str(data.get("visit"))
        if data.get("reason") == Reason.BADGE_MISMATCH:
            continue
        if data.get("decision") != Outcome.UNKNOWN:
            named.add(visit)
        elif data.get("reason") in NOT_FOUND and visit not in first:
            try:
                recorded = from_data(data["evidence"])
            except (KeyError, ValueError):
                found.unreadable += 1
                continue
            pooled = recorded.evidence.pooled
            if recorded.door != door or pooled is None:
                continue
            if ours:
                first[visit] = StrangerLook(nearness(pooled.fmr_upper, recorded.people))
            else:
                others.add(visit)
    found.looks = [look for visit, look in first.items() if visit not in named]
    found.of_another_encoder = len(others - named)
    return found


def sentences(found: RateHere, policy: PolicyConfig) -> Iterator[str]:
    """What was seen, for whoever counted it."""
    people = found.source is StrangerSource.PHOTOS
    one, many = ("person", "people") if people else ("unknown visit", "unknown visits")
    who = one if found.units == 1 else many
    yield f"Looked at: {found.units:,} {who}; enrolled: {found.enrolled:,}."
    if found.passed is not None and found.passed_low is not None and found.passed_high is not None:
        least = f"between {percent(found.passed_low)} and" if found.passed else "at most"
        yield (
            f"The door states {percent(found.attempt_fpir)} for an attempt, "
            f"{percent(policy.target_fpir)} for a visit of {policy.attempts}. Of them "
            f"{found.passed} would have been let in at one attempt: {least} "
            f"{percent(found.passed_high)} (95 %)."
        )
    if found.level is None or found.ratio is None:
        yield (
            f"They are too few to say how the stated rate holds here: at least "
            f"{math.ceil(EXPECTED / LOOSEST)} are needed."
        )
        return
    rarer = " What is rarer cannot be counted among so few." * (found.level > found.attempt_fpir)
    yield (
        f"{found.near} of {found.units:,} came as near to somebody enrolled as "
        f"{percent(found.level)} of strangers are stated to: {times(found.ratio)} times as many "
        f"({times(found.ratio_low or 0.0)} to {times(found.ratio_high or 0.0)}, 95 %).{rarer}"
    )
    if not people:
        yield (
            "That is at most how often: enrolled people whom the door missed are among them, and "
            "who came often counts each time. Strangers who were let in are not among them."
        )
