"""Pictures of decisions that doors send: sealed, for some days, and of nobody who was removed.

What lies in the database only the hub's key for photos opens. A picture is as old as its event, and
no younger than when it arrived: a door whose clock is ahead keeps none here for longer.
"""

import base64
import binascii
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import Connection, and_, delete, or_, select, update

from accessctl.audit.snapshots import DAY_S, picture_named
from accessctl.errors import HubError, InputError, StoreError
from accessctl.hub.doors import NOT_KNOWN
from accessctl.hub.feed import SiteFeed
from accessctl.hub.tables import DOOR, EVENT, EVENT_PICTURE, JOINED, REMOVAL
from accessctl.sync.picture_wire import picture_id

log = logging.getLogger(__name__)

JPEG = b"\xff\xd8\xff"


class AlteredPictureError(StoreError):
    """A picture is not as its door sealed it, or was sealed to another key."""


class EventPictures:
    """Everything raises StoreError; a door is named by its id."""

    def __init__(self, feed: SiteFeed, keep_days: float) -> None:
        """`feed` gives the database, the hub's keys and the time."""
        self._feed = feed
        self._keep_s = keep_days * DAY_S

    def take(self, door: str, number: int, sealed: str) -> bool:
        """Keep the picture of that record, once; whether it is here when this returns.

        One of somebody who was removed is not kept, nor one that is too old. InputError for a
        record that is not here or names no picture, HubError for a door that counts no more.
        """
        content = _bytes_of(sealed)
        with self._feed.database.writing() as db:
            row = db.execute(select(DOOR.c.state).where(DOOR.c.id == door).with_for_update()).one()
            if row.state != JOINED:
                raise HubError(NOT_KNOWN)
            # Or somebody could be removed between the look and the picture.
            self._feed.lock(db)
            person, time = _named_by(db, door, number)
            now = self._feed.now()
            if time < now - self._keep_s or (person is not None and _is_removed(db, person)):
                return False
            if not _is_here(db, door, number):
                picture = {"person": person, "time": min(time, now), "sealed": content}
                db.execute(EVENT_PICTURE.insert().values(door=door, number=number, **picture))
            return True

    def whose(self, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str | None]:
        """Of those doors and records that have a picture here: whom it was of, None for nobody."""
        numbers: dict[str, list[int]] = {}
        for door, number in places:
            numbers.setdefault(door, []).append(number)
        if not numbers:
            return {}
        its = (
            and_(EVENT_PICTURE.c.door == door, EVENT_PICTURE.c.number.in_(some))
            for door, some in numbers.items()
        )
        query = select(EVENT_PICTURE.c.door, EVENT_PICTURE.c.number, EVENT_PICTURE.c.person)
        with self._feed.database.reading() as db:
            return {
                (row.door, row.number): row.person for row in db.execute(query.where(or_(*its)))
            }

    def has(self, door: str, number: int) -> bool:
        """Whether the picture of that record is here."""
        with self._feed.database.reading() as db:
            return _is_here(db, door, number)

    def of(self, door: str, number: int) -> bytes | None:
        """The JPEG of that record, None where there is none; AlteredPictureError for one that this
        hub cannot open, or that is no JPEG."""
        its = (EVENT_PICTURE.c.door == door, EVENT_PICTURE.c.number == number)
        with self._feed.database.reading() as db:
            found = db.execute(select(EVENT_PICTURE.c.sealed).where(*its)).scalar_one_or_none()
        if found is None:
            return None
        sealed = base64.b64encode(found).decode("ascii")
        try:
            jpeg = self._feed.keys.open_photo(sealed, picture_id(door, number))
        except StoreError as error:
            raise AlteredPictureError(
                f"The picture of record {number} is not as its door sealed it: {error}"
            ) from error
        if not jpeg.startswith(JPEG):
            raise AlteredPictureError(f"What the door sent as picture of record {number} is none.")
        return jpeg

    def of_person(self, person: str) -> Iterator[tuple[str, int, bytes]]:
        """Door, number and JPEG of all pictures of decisions about this person (an id); one that
        cannot be opened is logged and left out."""
        its = select(EVENT_PICTURE.c.door, EVENT_PICTURE.c.number)
        ordered = its.order_by(EVENT_PICTURE.c.time, EVENT_PICTURE.c.number)
        with self._feed.database.reading() as db:
            rows = db.execute(ordered.where(EVENT_PICTURE.c.person == person)).all()
        for door, number in rows:
            try:
                jpeg = self.of(door, number)
            except StoreError as error:
                log.error("The picture of record %d of %s is left out: %s", number, door, error)
                continue
            if jpeg is not None:
                yield door, number, jpeg

    def forget_old(self) -> int:
        """Delete what is older than pictures are kept; how many those were."""
        oldest = self._feed.now() - self._keep_s
        with self._feed.database.writing() as db:
            return db.execute(delete(EVENT_PICTURE).where(EVENT_PICTURE.c.time < oldest)).rowcount


def claim_pictures(
    db: Connection, door: str, visit: Collection[int], chosen: Collection[int], person: str
) -> None:
    """The `chosen` ones of a visit's pictures (numbers of records) are that person's from now on,
    in a transaction that holds the feed's lock; HubError where one of the visit's is somebody's
    already, or a chosen one is gone."""
    its = (EVENT_PICTURE.c.door == door, EVENT_PICTURE.c.number.in_(visit))
    query = select(EVENT_PICTURE.c.number, EVENT_PICTURE.c.person).where(*its)
    found = {row.number: row.person for row in db.execute(query)}
    if any(whose is not None for whose in found.values()):
        raise HubError("Somebody has named this visit meanwhile; look at it again.")
    if not chosen or not set(chosen) <= found.keys():
        raise HubError("A picture of this visit is not kept any longer; look at it again.")
    claimed = update(EVENT_PICTURE).values(person=person)
    db.execute(claimed.where(EVENT_PICTURE.c.door == door, EVENT_PICTURE.c.number.in_(chosen)))


def forget_pictures(db: Connection, person: str) -> None:
    """Delete all pictures of decisions about this person (an id)."""
    db.execute(delete(EVENT_PICTURE).where(EVENT_PICTURE.c.person == person))


def _bytes_of(sealed: str) -> bytes:
    try:
        return base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("The picture is not base64.") from error


def _named_by(db: Connection, door: str, number: int) -> tuple[str | None, float]:
    """Person and time of a record that names a picture; InputError."""
    its = (EVENT.c.door == door, EVENT.c.number == number)
    row = db.execute(select(EVENT.c.record, EVENT.c.time).where(*its)).first()
    if row is None:
        raise InputError(f"The hub has no record {number} of this door; send the record first.")
    if picture_named(row.record) is None:
        raise InputError(f"Record {number} of this door names no picture.")
    return json.loads(row.record)[3], row.time


def _is_removed(db: Connection, person: str) -> bool:
    return db.execute(select(REMOVAL.c.seq).where(REMOVAL.c.person == person)).first() is not None


def _is_here(db: Connection, door: str, number: int) -> bool:
    its = (EVENT_PICTURE.c.door == door, EVENT_PICTURE.c.number == number)
    return db.execute(select(EVENT_PICTURE.c.number).where(*its)).first() is not None
