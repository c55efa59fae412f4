"""Who went which way last, as the event log of all doors of an area tells, and what its owner may
do about it.

A grant counts as a crossing unless the log says that nobody could go in by it, that the door's
contact saw nobody go in, or that it was forgiven. Until then it counts: whoever is in doubt is
inside.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from accessctl.audit.base import NOT_ENTERED, Log, Recorder
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Outcome, Person, PersonId
from accessctl.gallery.people import People
from accessctl.policy.access import Crossing

# A clock that goes back by so little, seconds, was only put right.
SLEWED_S = 60.0
FORGIVEN = "passback_forgiven"
SHOWN = "inside_shown"

Way: TypeAlias = Literal["in", "out", "forgiven"]


@dataclass(frozen=True, slots=True)
class Went:
    """The last crossing of somebody and, should nobody have gone through, the one `before` it;
    or that what was before `time` was forgiven."""

    way: Way
    time: float
    visit: object = None
    before: "Went | None" = None


class OtherDoors(Protocol):
    """What the logs of an area's other doors say; any thread may ask."""

    def latest(self, person: PersonId, area: str) -> Went | None:
        """The last thing that any of them says of that person."""

    def seen(self, area: str) -> Iterable[PersonId]:
        """Everybody of whom one of them says something."""

    def silent(self, area: str) -> bool:
        """Whether more may have happened there than is known here."""


class NoOtherDoors:
    """All doors of the area write the one log."""

    def silent(self, area: str) -> bool:
        del area
        return False

    def latest(self, person: PersonId, area: str) -> None:
        del person, area

    def seen(self, area: str) -> tuple[PersonId, ...]:
        del area
        return ()


NO_OTHER_DOORS = NoOtherDoors()


class Crossings:
    """Follows the log, which is kept by this door and may be by others; outlives restarts.

    What the logs of `others` say counts as well: of all that is said of somebody, the last.
    """

    known = True

    def __init__(self, log: Log, access: AccessConfig, others: OtherDoors = NO_OTHER_DOORS) -> None:
        """Reads nothing yet."""
        self._log = log
        self._others = others
        self._area = access.area
        self._reset_after_s = access.reset_after_h * 3600
        self._last: dict[PersonId, Went] = {}
        self._read = 0
        self._since: float | None = None

    @property
    def alone(self) -> bool:
        """Whether other doors of the area are not heard of now, so that only what this one knows
        counts."""
        return self._others.silent(self._area)

    def under(self, access: AccessConfig) -> "Crossings":
        """By another configuration, whose area may be another one."""
        return Crossings(self._log, access, self._others)

    def last(self, person: PersonId, time: float) -> Crossing | None:
        """That person's last one before the epoch time `time`; StoreError.

        One that lies after it, when the clock was set back, counts as one of this moment.
        """
        self._catch_up(time)
        found = self._latest(person)
        if found is None or found.way == "forgiven":
            return None
        return Crossing(found.way, max(0.0, time - found.time))

    def inside(self, time: float) -> dict[PersonId, float]:
        """Who went in and not out since, and how many seconds ago at the epoch time `time`;
        nobody whose way in is so long ago that it counts no more. StoreError."""
        self._catch_up(time)
        people = {*self._last, *self._others.seen(self._area)}
        return inside_by(
            {person: self._latest(person) for person in people}, time, self._reset_after_s
        )

    def _latest(self, person: PersonId) -> Went | None:
        return latest_of(self._last.get(person), self._others.latest(person, self._area))

    def _catch_up(self, time: float) -> None:
        since = time - self._reset_after_s
        anew = self._since is None or since < self._since - SLEWED_S
        if anew:
            self._since, self._read = since, 0
            self._last.clear()
        # With a clock that was ahead, what counts now was passed over as too old.
        for number, event in self._log.query(since=since if anew else None, after=self._read):
            self._read = number
            if event.person is not None:
                self._take(event, event.person)

    def _take(self, event: Event, person: PersonId) -> None:
        went = went_after(self._last.get(person), event, self._area)
        if went is None:
            self._last.pop(person, None)
        else:
            self._last[person] = went


def went_after(last: Went | None, event: Event, area: str) -> Went | None:
    """What one log says of somebody after this event of theirs, having said `last`."""
    data = event.data
    passage = passage_of(event, area)
    if passage is not None:
        before = None if last is None else replace(last, before=None)
        return Went(passage, event.time, data.get("visit"), before)
    if data.get("change") == FORGIVEN and data.get("area") == area:
        return Went("forgiven", event.time)
    if last is None or last.way == "forgiven":
        return last
    failed = data.get("state") in NOT_ENTERED and last.visit == data.get("visit")
    return last.before if failed else last


def latest_of(*said: Went | None) -> Went | None:
    """The last of what several logs say of one person; of two at the same time, the way in."""
    known = [went for went in said if went is not None]
    return max(known, key=lambda went: (went.time, went.way == "in"), default=None)


def inside_by(
    latest: Mapping[PersonId, Went | None], time: float, reset_after_s: float
) -> dict[PersonId, float]:
    """Who is inside at the epoch time `time`, by the last that is said of each, and how many
    seconds since; nobody whose way in is `reset_after_s` ago."""
    ages = {
        person: max(0.0, time - went.time)
        for person, went in latest.items()
        if went is not None and went.way == "in"
    }
    return {person: age for person, age in ages.items() if age < reset_after_s}


def passage_of(event: Event, area: str) -> Literal["in", "out"] | None:
    """Which way a decision's event says that somebody went, None where it says nothing."""
    data = event.data
    if event.kind is not EventKind.DECISION or data.get("decision") != Outcome.GRANTED:
        return None
    direction = data.get("direction")
    if data.get("area") != area:
        return None
    return "in" if direction == "in" else "out" if direction == "out" else None


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody who is inside, since `age_s` seconds ago; `name` None: not enrolled any more."""

    person: PersonId
    name: str | None
    age_s: float


class InsideNow(Protocol):
    """Who is inside at an epoch time, and for how many seconds; see Crossings. StoreError."""

    def inside(self, time: float) -> Mapping[PersonId, float]: ...


def people_inside(
    crossings: InsideNow, area: str, gallery: People, audit: Recorder, now: Callable[[], float]
) -> list[Inside]:
    """Who is inside, the longest first; that it was asked is on record before it is answered.

    StoreError when gallery or log cannot be read, or the log not be written.
    """
    names = {person.id: person.name for person in gallery.people()}
    ages = crossings.inside(now())
    found = [Inside(person, names.get(person), age_s) for person, age_s in ages.items()]
    shown = {"state": SHOWN, "area": area, "people": len(found)}
    audit.append(Event(now(), EventKind.SERVICE, shown))
    return sorted(found, key=lambda one: -one.age_s)


def forgive_passback(
    name: str, area: str, gallery: People, audit: Recorder, now: Callable[[], float]
) -> Person:
    """From now on that person is taken for one who is outside; on record, and by nothing else.

    UnknownPersonError, and StoreError when gallery or log do not answer: nothing is forgiven.
    """
    person = gallery.person(name)
    forgiven = {"change": FORGIVEN, "area": area}
    audit.append(Event(now(), EventKind.PERSON, forgiven, person.id))
    return person
