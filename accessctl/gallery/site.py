"""What a gallery keeps of the hub that looks after its people, as values.

A gallery knows nothing of how a hub is reached: it is told what to keep, and asked what to send.
"""

import base64
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from accessctl.clock import Uptime
from accessctl.domain import PersonId
from accessctl.errors import DamagedError
from accessctl.gallery.database import Database
from accessctl.gallery.rows import text_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SitePosition:
    """How far this gallery has come with the feed of `hub` for `door` (both by their ids).

    `seq` is the number of the last change that is here, `round` the hub's number of the round that
    is in progress, 0 for one that was begun here. `again` is after which change all have to be
    asked for once more, behind `seq`.
    """

    hub: str
    door: str
    seq: int = 0
    round: int | None = None
    again: int | None = None

    @property
    def after(self) -> int:
        """What the next changes come after."""
        return self.seq if self.again is None else self.again


@dataclass(frozen=True, slots=True)
class AgeMark:
    """How old the hub's last word is, as of a moment.

    `head` is the hub's time of that word, epoch seconds; the word was at least `age_s` seconds old
    when the clocks showed `wall` (epoch seconds) and `uptime`. `is_lost`: the machine was off since
    then, and nobody knows for how long.
    """

    head: float
    age_s: float
    wall: float
    uptime: Uptime
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class PutPhoto:
    """A photo without its picture: its templates (float32 bytes) by the encoders' fingerprints."""

    id: str
    quality: float
    added: float
    templates: dict[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PutBadge:
    digest: bytes = field(repr=False)
    added: float


@dataclass(frozen=True, slots=True)
class PutPerson:
    """All that is known of somebody; rules, PIN and controller number as `gallery.person` makes
    them. Photos are ordered by their ids, badges by their digests."""

    id: PersonId
    name: str
    enrolled: float
    photos: tuple[PutPhoto, ...]
    rules: bytes | None = None
    pin: bytes | None = field(default=None, repr=False)
    controller_number: bytes | None = field(default=None, repr=False)
    badges: tuple[PutBadge, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonPut:
    seq: int
    person: PutPerson


@dataclass(frozen=True, slots=True)
class PersonGone:
    """`removed`: the hub wants to be told that nothing of them is left here."""

    seq: int
    person: PersonId
    removed: bool = False


@dataclass(frozen=True, slots=True)
class DocumentPut:
    """What counts for the whole site, or for this door; None: nothing any more."""

    seq: int
    kind: str
    content: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteBatch:
    """Changes in their order, and the `position` after them. `ends_round`: whoever, and whatever
    document, was not among the changes since it began is gone. `named` are the kinds of documents
    among them, those that could not be read included."""

    changes: tuple[PersonPut | PersonGone | DocumentPut, ...]
    position: SitePosition
    ends_round: bool = False
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """A change of `person` that was made here and that the hub has not answered yet: the method of
    `people.People` that made it, and its arguments as JSON values."""

    id: str
    person: PersonId
    change: str
    data: dict[str, Any] = field(repr=False)
    time: float


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """A removal that the hub has to be told of."""

    person: PersonId
    seq: int


class ChangeOutbox:
    """The changes made here that the hub has to hear of, in the order in which they were made.

    Of somebody whom the hub was not told of yet there are none: they are proposed as they are then.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._told: set[str] = set()

    def put(self, db: sqlite3.Connection, person: PersonId, change: str, **data: Any) -> None:
        """One more, in the transaction of the change itself; a removal takes the place of all."""
        told = "SELECT 1 FROM site_person WHERE person = ?"
        if db.execute(told, (person,)).fetchone() is None:
            return
        if change == "remove":
            db.execute("DELETE FROM outbox WHERE person = ?", (person,))
        self._insert(db, person, change, data)

    def put_removal(self, db: sqlite3.Connection, person: PersonId) -> bool:
        """That somebody who is not here is to be removed; whether that does not wait already."""
        waits = "SELECT 1 FROM outbox WHERE person = ? AND change = 'remove'"
        if db.execute(waits, (person,)).fetchone() is not None:
            return False
        self._insert(db, person, "remove", {})
        return True

    def _insert(
        self, db: sqlite3.Connection, person: PersonId, change: str, data: dict[str, Any]
    ) -> None:
        number = self._database.new_id()
        content = json.dumps(data, allow_nan=False).encode("ascii")
        db.execute(
            "INSERT INTO outbox (id, person, change, sealed, time) VALUES (?, ?, ?, ?, ?)",
            (
                number,
                person,
                change,
                self._database.seal(content, "proposal", person, number),
                self._now(),
            ),
        )

    def put_whole(self, db: sqlite3.Connection, person: PutPerson) -> None:
        """Somebody new to the hub, of whom one photo at least has a template."""
        photos = [photo for photo in person.photos if photo.templates]
        first, *others = sorted(photos, key=lambda photo: (photo.added, photo.id))

        def put(change: str, **data: Any) -> None:
            self.put(db, person.id, change, **data)

        put("add_person", name=person.name, photo=_told(first))
        for photo in others:
            put("add_photo", photo=_told(photo))
        if person.rules is not None:
            put("set_rules", rules=text_of(person.rules))
        if person.pin is not None:
            put("set_pin", pin=text_of(person.pin))
        if person.controller_number is not None:
            put("set_controller_number", number=text_of(person.controller_number))
        for badge in person.badges:
            put("add_badge", digest=badge.digest.hex(), added=badge.added)

    def waiting(self, limit: int) -> list[WaitingProposal]:
        """The first of them; StoreError.

        One that is damaged here stays, as do later ones of that person, and counts at this door;
        it keeps no other person's from the hub.
        """
        rows = self._database.select(
            "SELECT id, person, change, sealed, time FROM outbox ORDER BY number"
        )
        return list(islice(self._readable(rows), limit))

    def _readable(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[WaitingProposal]:
        stuck: set[str] = set()
        for number, person, change, sealed, time in rows:
            if person in stuck:
                continue
            try:
                content = self._database.unseal(sealed, "proposal", person, number)
            except DamagedError as error:
                stuck.add(person)
                if number not in self._told:
                    self._told.add(number)
                    log.error(
                        "A change of %s is never told to the hub (%s). %s", person, change, error
                    )
                continue
            yield WaitingProposal(number, PersonId(person), change, json.loads(content), time)

    def count(self) -> int:
        return int(self._database.select("SELECT count(*) FROM outbox")[0][0])


def _told(photo: PutPhoto) -> dict[str, Any]:
    fingerprint, embedding = next(iter(photo.templates.items()))
    return {
        "photo": photo.id,
        "quality": photo.quality,
        "added": photo.added,
        "fingerprint": fingerprint,
        "embedding": base64.b64encode(embedding).decode("ascii"),
    }
