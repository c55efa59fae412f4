"""Who went which way last, as the event log of all doors of an area tells, and what its owner may
do about it.

A grant counts as a crossing unless the log says that nobody could go in by it, that the door's
contact saw nobody go in, or that it was forgiven. Until then it counts: whoever is in doubt is
inside.
"""

from collections.abc import Callable
from dataclasses import dataclass

from accessctl.audit.base import NOT_ENTERED, Log, Recorder
from accessctl.config.policy import AccessConfig, Passage
from accessctl.domain import Event, EventKind, Outcome, Person, PersonId
from accessctl.gallery.people import People
from accessctl.policy.access import Crossing

# A clock that goes back by so little, seconds, was only put right.
SLEWED_S = 60.0
FORGIVEN = "passback_forgiven"
SHOWN = "inside_shown"


@dataclass(frozen=True, slots=True)
class _Went:
    """The last crossing of somebody and, should nobody have gone through, the one `before` it."""

    passage: Passage
    time: float
    visit: object
    before: "_Went | None" = None


class Crossings:
    """Follows the log, which is kept by this door and may be by others; outlives restarts."""

    known = True

    def __init__(self, log: Log, access: AccessConfig) -> None:
        """Reads nothing yet."""
        self._log = log
        self._area = access.area
        self._reset_after_s = access.reset_after_h * 3600
        self._last: dict[PersonId, _Went] = {}
        self._read = 0
        self._since: float | None = None

    def under(self, access: AccessConfig) -> "Crossings":
        """By another configuration, whose area may be another one."""
        return Crossings(self._log, access)

    def last(self, person: PersonId, time: float) -> Crossing | None:
        """That person's last one before the epoch time `time`; StoreError.

        One that lies after it, when the clock was set back, counts as one of this moment.
        """
        self._catch_up(time)
        found = self._last.get(person)
        return None if found is None else Crossing(found.passage, max(0.0, time - found.time))

    def inside(self, time: float) -> dict[PersonId, float]:
        """Who went in and not out since, and how many seconds ago at the epoch time `time`;
        nobody whose way in is so long ago that it counts no more. StoreError."""
        self._catch_up(time)
        ages = {
            person: max(0.0, time - went.time)
            for person, went in self._last.items()
            if went.passage == "in"
        }
        return {person: age for person, age in ages.items() if age < self._reset_after_s}

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
        last, data = self._last.get(person), event.data
        passage = passage_of(event, self._area)
        if passage is not None:
            before = last if last is None else _Went(last.passage, last.time, last.visit)
            self._last[person] = _Went(passage, event.time, data.get("visit"), before)
            return
        failed = data.get("state") in NOT_ENTERED and last and last.visit == data.get("visit")
        forgiven = data.get("change") == FORGIVEN and data.get("area") == self._area
        before = last.before if failed and last else None
        if before is not None:
            self._last[person] = before
        elif failed or forgiven:
            self._last.pop(person, None)


def passage_of(event: Event, area: str) -> Passage | None:
    """Which way a decision's event says that somebody went, None where it says nothing."""
    data = event.data
    if event.kind is not EventKind.DECISION or data.get("decision") != Outcome.GRANTED:
        return None
    direction = data.get("direction")
    return direction if data.get("area") == area and direction in ("in", "out") else None


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody who is inside, since `age_s` seconds ago; `name` None: not enrolled any more."""

    person: PersonId
    name: str | None
    age_s: float


def people_inside(
    crossings: Crossings, area: str, gallery: People, audit: Recorder, now: Callable[[], float]
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
