"""What a gallery keeps of the hub that looks after its people, as values.

A gallery knows nothing of how a hub is reached: it is told what to keep, and asked what to send.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accessctl.clock import Uptime
from accessctl.domain import PersonId
from accessctl.gallery.database import Database


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
    """Changes in their order, and the `position` after them. `ends_round`: whoever was not among
    the changes since it began is gone."""

    changes: tuple[PersonPut | PersonGone | DocumentPut, ...]
    position: SitePosition
    ends_round: bool = False


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

    def put(self, db: sqlite3.Connection, person: PersonId, change: str, **data: Any) -> None:
        """One more, in the transaction of the change itself; a removal takes the place of all."""
        told = "SELECT 1 FROM site_person WHERE person = ?"
        if db.execute(told, (person,)).fetchone() is None:
            return
        if change == "remove":
            db.execute("DELETE FROM outbox WHERE person = ?", (person,))
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

    def waiting(self, limit: int) -> list[WaitingProposal]:
        """The first of them; StoreError."""
        rows = self._database.select(
            "SELECT id, person, change, sealed, time FROM outbox ORDER BY number LIMIT ?", limit
        )
        return [
            WaitingProposal(
                number,
                PersonId(person),
                change,
                json.loads(self._database.unseal(sealed, "proposal", person, number)),
                time,
            )
            for number, person, change, sealed, time in rows
        ]

    def count(self) -> int:
        return int(self._database.select("SELECT count(*) FROM outbox")[0][0])
