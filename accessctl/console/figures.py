"""What the decisions of a site come to, by door and week: counted, not judged. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from accessctl.domain import CueVerdict, EventKind, Outcome, Reason
from accessctl.door.viewing import viewed
from accessctl.evaluation.seen_here import EXPECTED, LOOSEST, NOT_FOUND, nearness
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.hub.event_search import SiteEvent
from accessctl.policy.evidence_record import from_data

LIVENESS = (Reason.NOT_LIVE, Reason.LIVENESS_UNDECIDED)
"""No set: what a door gives as its reason may be anything."""
NO_CUE = "none"
"""In place of a cue where none refused or doubted: life was only not shown."""
CAMERA_TROUBLES = ("lost", "dark", "covered", "flapping")
"""What a door writes down of its camera, without the "camera_" before it."""
RAREST = 0.01
"""No rarer level is counted at: nearer strangers may have been let in and are not among them."""


@dataclass(slots=True)
class Figures:
    """Of some decisions: `outcomes` and `cues` count them, the latter refusals for liveness by each
    cue that spoke against life; `waits_ms` are the times to a grant; `visits` counts those that
    ended as unknown, `missed` those of them that somebody named as a person who was enrolled then;
    `near` are such visits' nearnesses in [0, 1], see evaluation.seen_here; `camera` counts how
    often the camera came into each state of CAMERA_TROUBLES. `lights` are the mean brightnesses of
    pictures in [0, 1], one of each decision, `badly_lit` the shares of its frames in which the face
    was too dark or too bright, and `ages_s` how old its oldest picture was, seconds."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    cues: Counter[str] = field(default_factory=Counter)
    not_live: int = 0
    waits_ms: list[float] = field(default_factory=list)
    visits: int = 0
    missed: int = 0
    near: list[float] = field(default_factory=list)
    camera: Counter[str] = field(default_factory=Counter)
    lights: list[float] = field(default_factory=list)
    badly_lit: list[float] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)

    @property
    def decisions(self) -> int:
        return self.outcomes.total()

    def rate(self) -> "RateSeen | None":
        """None where there are too few unknown visits to say anything."""
        if not self.near or EXPECTED / len(self.near) > LOOSEST:
            return None
        level = max(RAREST, EXPECTED / len(self.near))
        return RateSeen(level, sum(one <= level for one in self.near), len(self.near))


@dataclass(frozen=True, slots=True)
class RateSeen:
    """Of `visits` by people whom the door did not know, `near` came as near to somebody enrolled as
    a share of `stated` of all strangers is said to."""

    stated: float
    near: int
    visits: int

    @property
    def seen(self) -> float:
        return self.near / self.visits

    @property
    def times(self) -> float:
        """How many times as often as stated."""
        return self.seen / self.stated

    @property
    def bounds(self) -> tuple[float, float]:
        """Of `times`, 95 % (Clopper and Pearson), a visit being the unit."""
        low, high = clopper_pearson(self.near, self.visits)
        return low / self.stated, high / self.stated


@dataclass(frozen=True, slots=True)
class WeeklyFigures:
    """By the door's name, and by the Monday of each week, all of them in between."""

    weeks: tuple[date, ...]
    by_door: Mapping[str, Mapping[date, Figures]]

    def of(self, door: str | None) -> Sequence[Figures]:
        """Week by week of one door, or, None, of all together."""
        doors = self.by_door.values() if door is None else [self.by_door.get(door, {})]
        return [together(of[week] for of in doors if week in of) for week in self.weeks]


def together(parts: Iterable[Figures]) -> Figures:
    """All of them as one."""
    whole = Figures()
    for part in parts:
        whole.outcomes.update(part.outcomes)
        whole.cues.update(part.cues)
        whole.not_live += part.not_live
        whole.waits_ms += part.waits_ms
        whole.visits += part.visits
        whole.missed += part.missed
        whole.camera.update(part.camera)
        whole.near += part.near
        whole.lights += part.lights
        whole.badly_lit += part.badly_lit
        whole.ages_s += part.ages_s
    return whole


def never_missed(_: SiteEvent) -> bool:
    return False


def site_figures(
    events: Iterable[SiteEvent],
    since: float,
    until: float,
    zone: tzinfo | None,
    is_missed: Callable[[SiteEvent], bool] = never_missed,
) -> WeeklyFigures:
    """`events` are decisions and what doors say of their service, the latest first; `since` and
    `until` epoch seconds, which say what weeks there are. Weeks are those of the wall clock in
    `zone`, None: the system's. `is_missed`: whether an unknown visit, by its last decision, was of
    somebody enrolled."""
    by_door: dict[str, dict[date, Figures]] = {}
    met: set[tuple[str, str]] = set()
    for one in events:
        data = one.event.data
        week = week_of_time(one.event.time, zone)
        if one.event.kind is EventKind.SERVICE:
            if trouble := camera_trouble(data):
                by_door.setdefault(one.name, {}).setdefault(week, Figures()).camera[trouble] += 1
            continue
        found = by_door.setdefault(one.name, {}).setdefault(week, Figures())
        if data.get("decision") not in list(Outcome):
            continue
        outcome = Outcome(data["decision"])
        found.outcomes[outcome] += 1
        if data.get("reason") in LIVENESS:
            found.not_live += 1
            found.cues.update(cues_against(data))
        if outcome is Outcome.GRANTED and is_time(data.get("latency_ms")):
            found.waits_ms.append(float(data["latency_ms"]))
        seen = viewed(data)
        found.lights += told(seen.light)
        found.badly_lit += told(seen.badly_lit)
        found.ages_s += told(seen.oldest_s)
        # The last decision of a visit comes first: it says what the visit ended as.
        visit = (one.place.door, str(data.get("visit")))
        if visit not in met and outcome is Outcome.UNKNOWN:
            found.visits += 1
            found.missed += is_missed(one)
            found.near += nearness_in(data)
        met.add(visit)
    first, last = week_of_time(since, zone), week_of_time(until, zone)
    weeks = tuple(first + timedelta(days=at) for at in range(0, (last - first).days + 1, 7))
    return WeeklyFigures(weeks, by_door)


def week_of_time(time: float, zone: tzinfo | None) -> date:
    """The Monday of that week."""
    day = datetime.fromtimestamp(time, UTC).astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def camera_trouble(data: Mapping[str, Any]) -> str | None:
    """Which of CAMERA_TROUBLES a record of a door's service tells of."""
    part, _, word = str(data.get("state") or "").partition("_")
    return word if part == "camera" and word in CAMERA_TROUBLES else None


def cues_against(data: Mapping[str, Any]) -> Sequence[str]:
    """Of a decision's data the cues that refused; where none did, those that doubted."""
    try:
        cues = from_data(data["evidence"]).cues
    except (KeyError, ValueError, TypeError):
        return (NO_CUE,)
    for verdict in (CueVerdict.VETO, CueVerdict.DOUBT):
        if said := [word.cue for word in cues.cues if word.verdict == verdict]:
            return said
    return (NO_CUE,)


def nearness_in(data: Mapping[str, Any]) -> Sequence[float]:
    """How near an unknown visitor came to somebody enrolled, nothing where it is not told."""
    if data.get("reason") not in NOT_FOUND:
        return ()
    try:
        recorded = from_data(data["evidence"])
    except (KeyError, ValueError, TypeError):
        return ()
    pooled = recorded.evidence.pooled
    return () if pooled is None else (nearness(pooled.fmr_upper, recorded.people),)


def told(figure: float | None) -> Sequence[float]:
    return () if figure is None else (figure,)


def is_time(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least a `share` in (0, 1] of all do not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def mean(values: Sequence[float]) -> float | None:
    """None of none."""
    return math.fsum(values) / len(values) if values else None
