"""Badges that are read at the door: read by other threads, taken by the loop for one visit.

A badge says who stands there and proves nothing; a visitor's pass (door/passes.py) stands in the
place of one. One waits at a time, for a few seconds, and is
used up by the attempt it was read for. It is bound to nobody while several people are at the door,
for it cannot be known whose it is. What is read while somebody sets a badge goes to them.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from accessctl.audit.base import Recorder, write_down
from accessctl.domain import Event, EventKind, PersonId
from accessctl.door.passes import (
    NO_PASSES,
    PassBadge,
    PassDesk,
    PassReading,
    PassRefusal,
    claim_data,
)
from accessctl.door.second_factor import FactorReply, Handler
from accessctl.errors import InputError
from accessctl.gallery.badges import Badge, mark_of
from accessctl.sync.pass_wire import begins_as_pass

INTERVAL_S = 1.0
"""Between two badges that are looked at; most readers repeat one that is held before them."""

HELD_S = 1.0
"""A badge that is read again so soon after it was read last is still held before the reader, and
not shown for a second visitor."""

LONGEST_PAUSE_S = 30.0
"""After each unknown badge in a row the pause is twice as long, up to this."""

LEARN_S = 3.0
"""Whoever sets a badge asks more often than that whether one was read."""

_TICKET = re.compile(r"[0-9a-f]{16,64}")


class BadgeBook(Protocol):
    """What is asked of the roster, from any thread."""

    def digest_of(self, number: str) -> bytes: ...

    def badge_of(self, digest: bytes) -> Badge | None: ...

    @property
    def gallery_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class BadgeReport:
    """Whose badge waits for a visitor and for how many seconds it has, None where none does;
    `reader` says why the serial line is not read, empty while it is, None where there is none."""

    person: PersonId | None = None
    age_s: float = 0.0
    reader: str | None = None

    def told(self, names: Mapping[PersonId, str]) -> dict[str, Any]:
        """JSON values, with the name of whoever's badge waits."""
        waits = self.person is not None
        return {
            "waiting": waits,
            "person": names.get(self.person) if self.person is not None else None,
            "age_s": round(self.age_s, 1) if waits else None,
            "reader": None if self.reader is None else {"error": self.reader or None},
        }


class BadgeDesk(Protocol):
    """Where badges are read; see BadgesAtDoor."""

    def waiting(self, now: float, window_s: float) -> Badge | None: ...

    def take(self, badge: Badge) -> None: ...

    def counts(self, badge: Badge) -> bool: ...

    def offer(self, number: str, via: str) -> FactorReply: ...

    def learn(self, ticket: str) -> bytes | None: ...

    @property
    def gallery_id(self) -> str: ...

    def report(self) -> BadgeReport: ...


class NoBadgeDesk:
    """No badge is read here."""

    gallery_id = ""

    def waiting(self, now: float, window_s: float) -> None:
        del now, window_s

    def take(self, badge: Badge) -> None:
        del badge

    def counts(self, badge: Badge) -> bool:
        del badge
        return False

    def offer(self, number: str, via: str) -> FactorReply:
        del number, via
        return FactorReply(False, "This door reads no badges.")

    def learn(self, ticket: str) -> bytes | None:
        del ticket
        raise InputError("This door reads no badges.")

    def report(self) -> BadgeReport:
        return BadgeReport()


NO_BADGE_DESK = NoBadgeDesk()


@dataclass(slots=True)
class _Waiting:
    """`read` on the desk's own clock; `since` the capture time of the first frame after it."""

    badge: Badge
    read: float
    since: float | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read: `badge` is None where it names nobody here, `refused` then says so to whoever
    showed it, and `told` to the log."""

    digest: bytes
    badge: Badge | None
    refused: str
    told: Mapping[str, Any]
    person: PersonId | None = None
    is_pass: bool = False


def no_reader() -> str | None:
    """Where no serial line is read."""
    return None


def always() -> bool:
    """Where no other door may act in this one's place."""
    return True


class BadgesAtDoor:
    """`offer`, `learn` and `report` belong to any thread, the rest to the loop."""

    def __init__(
        self,
        book: BadgeBook,
        audit: Recorder,
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        acting: Callable[[], bool] = always,
        passes: PassDesk = NO_PASSES,
    ) -> None:
        """`clock` gives seconds that never go back; `acting` is whether this door decides; without
        `passes` no visitor's pass counts."""
        self._book = book
        self._audit = audit
        self._wall_clock = wall_clock
        self._clock = clock
        self._acting = acting
        self._passes = passes
        self._lock = threading.Lock()
        self._waiting: _Waiting | None = None
        self._deaf_until = float("-inf")
        self._pause_s = INTERVAL_S
        self._held, self._held_until = b"", float("-inf")
        self._ticket, self._learn_until = "", float("-inf")
        self._learned: bytes | None = None
        self.reader: Callable[[], str | None] = no_reader
        """Why the serial line is not read, empty while it is; None where there is none."""

    def offer(self, number: str, via: str) -> FactorReply:
        """Somebody's badge or pass was read, `via` the control socket or a serial line; InputError
        for what is neither."""
        read, former = self._read(number), None
        with self._lock:
            now = self._clock()
            if now < self._learn_until:
                if read.is_pass:
                    return FactorReply(False, "This is a visitor's pass, and nobody's badge.")
                self._learned = read.digest
                return FactorReply(True, "Read for whoever sets a badge.")
            if not self._acting():
                return FactorReply(False, "This door watches only; another one acts.")
            if read.digest == self._held and now < self._held_until:
                self._held_until = now + HELD_S
                return FactorReply(False, "This badge was read already; take it away for a moment.")
            if now < self._deaf_until:
                return FactorReply(False, "Too fast; wait a moment and show the badge again.")
            self._pause_s = INTERVAL_S if read.badge else self._longer_pause(now)
            self._deaf_until = now + self._pause_s
            self._held, self._held_until = read.digest, now + HELD_S
            if read.badge is not None:
                former, self._waiting = self._waiting, _Waiting(read.badge, now)
        if read.badge is None:
            write_down(self._audit, refused_event(read.told, via, self._wall_clock(), read.person))
            return FactorReply(False, read.refused)
        if former is not None and former.badge != read.badge:
            self._note_unused(former.badge, "another badge was read")
        return FactorReply(True, "Look at the camera.")

    def _read(self, number: str) -> _Reading:
        if begins_as_pass(number):
            return _read_as_pass(self._passes.read(number))
        digest = self._book.digest_of(number)
        told = {"state": "unknown_badge", "badge": mark_of(digest)}
        return _Reading(digest, self._book.badge_of(digest), "This badge is nobody's here.", told)

    def _longer_pause(self, now: float) -> float:
        """After one more unknown badge; a quiet minute begins anew."""
        if now - self._deaf_until > 2 * LONGEST_PAUSE_S:
            return INTERVAL_S
        return min(2 * self._pause_s, LONGEST_PAUSE_S)

    def waiting(self, now: float, window_s: float) -> Badge | None:
        """The badge that waits for a visitor, in a frame captured at `now`."""
        with self._lock:
            waiting = self._waiting
            if waiting is None:
                return None
            if waiting.since is None:
                waiting.since = now
            # Frames may stop, or be played faster or slower than time goes: both clocks count.
            # Written as what has to hold, so that a NaN is too late.
            seen_in_time = 0 <= now - waiting.since <= window_s
            if not self.counts(waiting.badge):
                why = "it was taken away"
            elif seen_in_time and self._clock() - waiting.read <= window_s:
                return waiting.badge
            else:
                why = "nobody came"
            self._waiting = None
        self._note_unused(waiting.badge, why)
        return None

    def take(self, badge: Badge) -> None:
        """It is used for a visit, or its person was let in without it: it waits no more."""
        with self._lock:
            if self._waiting is not None and self._waiting.badge == badge:
                self._waiting = None

    def counts(self, badge: Badge) -> bool:
        """Whether it still speaks for its person: a badge that was taken away does not, nor does
        one whose person was, nor a pass that is over. Any thread."""
        if isinstance(badge, PassBadge):
            return self._passes.counts(badge)
        return self._book.badge_of(badge.digest) == badge

    def learn(self, ticket: str) -> bytes | None:
        """The digest of the badge that was read since this was first asked with that `ticket`, None
        while none was; asked several times a second. InputError while somebody else does."""
        with self._lock:
            now = self._clock()
            if now < self._learn_until and ticket != self._ticket:
                raise InputError("Somebody else sets a badge at this reader; try again later.")
            if ticket != self._ticket or now >= self._learn_until:
                self._ticket, self._learned = ticket, None
            learned = self._learned
            self._learn_until = float("-inf") if learned else now + LEARN_S
            if learned:
                # A badge that is still held before the reader is no visitor's.
                self._deaf_until = max(self._deaf_until, now + LEARN_S)
            return learned

    @property
    def gallery_id(self) -> str:
        """Which gallery the digests are of."""
        return self._book.gallery_id

    def report(self) -> BadgeReport:
        with self._lock:
            waiting = self._waiting
            if waiting is None:
                return BadgeReport(reader=self.reader())
            age_s = max(0.0, self._clock() - waiting.read)
            return BadgeReport(waiting.badge.person, age_s, self.reader())

    def _note_unused(self, badge: Badge, why: str) -> None:
        write_down(self._audit, unused_badge_event(badge, why, self._wall_clock()))


def refused_event(
    told: Mapping[str, Any], via: str, time: float, person: PersonId | None = None
) -> Event:
    """Something was read that names nobody here; `told` says what, see gallery.badges.mark_of."""
    return Event(time, EventKind.SERVICE, {**told, "via": via}, person)


def _read_as_pass(read: PassReading) -> _Reading:
    """Of a pass that this site's hub signed the log says which and whose it is."""
    told: dict[str, Any] = {"state": "pass_refused", "why": read.refusal}
    person = None
    if read.shown is not None:
        told["pass"] = mark_of(read.digest)
        # Of whoever was removed there shall be no new record.
        person = None if read.refusal is PassRefusal.NOBODY else read.shown.person
    return _Reading(read.digest, read.badge, read.sentence, told, person, is_pass=True)


def unused_badge_event(badge: Badge, why: str, time: float) -> Event:
    """A badge was read, and nobody was compared by it."""
    data = {"state": "unused_badge", **claim_data(badge), "why": why}
    return Event(time, EventKind.SERVICE, data, badge.person)


def badge_handlers(desk: BadgeDesk) -> Mapping[str, Handler]:
    """The commands of the control socket: `badge` with the field `number`, and `badge-learn` with
    the field `ticket`, 16 to 64 hex digits of the asker's own, which answers with the `digest` of
    the next badge, as the gallery of that id makes it.

    A refusal is raised as InputError.
    """

    def badge(request: Mapping[str, Any]) -> Mapping[str, Any]:
        number = request.get("number")
        if not isinstance(number, str):
            raise InputError("A badge's number is given as text, in the field 'number'.")
        reply = desk.offer(number, "control socket")
        if not reply.accepted:
            raise InputError(reply.sentence)
        return {"message": reply.sentence}

    def learn(request: Mapping[str, Any]) -> Mapping[str, Any]:
        ticket = request.get("ticket")
        if not isinstance(ticket, str) or _TICKET.fullmatch(ticket) is None:
            raise InputError("The field 'ticket' is 16 to 64 hex digits of the asker's own.")
        digest = desk.learn(ticket)
        return {"digest": None if digest is None else digest.hex(), "gallery": desk.gallery_id}

    return {"badge": badge, "badge-learn": learn}
