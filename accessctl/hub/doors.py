"""Which doors there are: invited by a code, joined with a certificate, revoked for good.

A door that joins is a new one, also under a name that another had: its log begins anew at the hub,
and what the one before sent stays as it is. Codes have 100 random bits and are kept hashed.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
    update,
)

from accessctl.errors import HubError, InputError
from accessctl.hub.authority import Authority, IssuedCertificate, key_in, key_requested
from accessctl.hub.codes import code_hash, new_code
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import ALARM, CERTIFICATE, DOOR, INVITATION, JOINED, REVOKED
from accessctl.hub.waking import notify

NAME = re.compile(r"[\w.-]{1,64}")
PURPOSE = "invitation"
INVITED_S = 900.0
SEEN_EVERY_S = 30.0

NOT_TAKEN = (
    "This code is not valid: it was used, it ran out after 15 minutes, or it was mistyped; make "
    "another one with `accessctl hub invite`."
)
NO_DOOR = "No door called {name} has joined; see `accessctl hub doors`."
NOT_KNOWN = (
    "This door's certificate does not count, or no more; have it joined again with `accessctl hub "
    "invite`."
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """`code` as it is typed at the door, once, before `expires` (epoch seconds)."""

    name: str
    code: str
    expires: float


@dataclass(frozen=True, slots=True)
class JoinedDoor:
    """A door as it has just joined."""

    id: str
    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class KnownDoor:
    """A door as a list shows it; times are epoch seconds, `records` is up to which one its log is
    here, `alarms` how many were raised of it."""

    id: str
    name: str
    state: str
    joined: float
    seen: float | None
    expires: float | None
    records: int
    alarms: int


class Doors:
    """The hub's doors; everything raises StoreError. `now` is epoch time."""

    def __init__(
        self,
        database: HubDatabase,
        authority: Authority,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        on_revoked: Callable[[Connection], object] = lambda _: None,
    ) -> None:
        """`on_revoked` is called in the transaction in which a door is revoked."""
        self._on_revoked = on_revoked
        self._database = database
        self._authority = authority
        self._now = now
        self._random = random_bytes
        # Asked at each request of each door: made once.
        self._shown = _certificate_shown()

    def invite(self, name: str) -> Invitation:
        """A code for a door of that name, in place of one that was not used; InputError for a name
        that a joined door has, or that can be none."""
        if NAME.fullmatch(name) is None:
            raise InputError(
                f"{name!a} cannot be a door's name; use 1 to 64 letters, digits, '.', '_' or '-'."
            )
        code = new_code(self._random)
        expires = self._now() + INVITED_S
        with self._database.writing() as db:
            if self._joined(db, name) is not None:
                raise InputError(
                    f"A door called {name!r} has joined already; name another one, or revoke it "
                    f"first: accessctl hub revoke {name}"
                )
            gone = (INVITATION.c.name == name) | (INVITATION.c.expires <= self._now())
            db.execute(INVITATION.delete().where(gone))
            kept = code_hash(code, PURPOSE)
            db.execute(INVITATION.insert().values(code=kept, name=name, expires=expires))
            self._journal(db, JournalKind.INVITED, name=name)
        return Invitation(name, code, expires)

    def join(self, code: str, csr: str) -> JoinedDoor:
        """The door that was invited by this code, from now on; the same again for whoever asks
        again with the same key. HubError for a code that does not count, InputError for a request
        that is no door's."""
        key = key_requested(csr)
        with self._database.writing() as db:
            invited = db.execute(
                select(INVITATION)
                .where(INVITATION.c.code == code_hash(code, PURPOSE))
                .with_for_update()
            ).first()
            if invited is None or invited.expires <= self._now():
                raise HubError(NOT_TAKEN)
            if invited.serial is not None:
                return self._joined_before(db, invited.serial, key.public_bytes_raw())
            door = self._random(16).hex()
            now = self._now()
            db.execute(DOOR.insert().values(id=door, name=invited.name, state=JOINED, joined=now))
            issued = self._authority.certify_door(door, csr)
            self._keep(db, door, issued)
            db.execute(
                update(INVITATION)
                .where(INVITATION.c.code == invited.code)
                .values(serial=issued.serial)
            )
            self._journal(
                db, JournalKind.JOINED, door=door, name=invited.name, serial=issued.serial
            )
        return JoinedDoor(door, invited.name, issued.pem)

    def renew(self, door: str, csr: str) -> str:
        """The door's next certificate (PEM); those before it count until it is used. InputError."""
        issued = self._authority.certify_door(door, csr)
        with self._database.writing() as db:
            lock_joined(db, door)
            self._keep(db, door, issued)
            self._journal(db, JournalKind.RENEWED, door=door, serial=issued.serial)
        return issued.pem

    def admit(self, serial: str) -> str:
        """The id of the door whose certificate this is, if it counts now; HubError if it does not.

        Its first use makes those before it count no more.
        """
        door = self.admit_all([serial]).get(serial)
        if door is None:
            raise HubError(NOT_KNOWN)
        return door

    def admit_all(self, serials: Collection[str]) -> dict[str, str]:
        """The ids of the doors whose certificates count now, by those of these serials; as
        `admit`, of many at the cost of one."""
        now = self._now()
        with self._database.glancing() as db:
            shown = db.execute(self._shown, {"serials": list(serials)}).all()
        counting = [
            row for row in shown if row.state == JOINED and not row.superseded and now < row.expires
        ]
        seen_anew = [
            row.door for row in counting if row.seen is None or abs(now - row.seen) >= SEEN_EVERY_S
        ]
        used_first = [row for row in counting if row.has_older]
        if seen_anew or used_first:
            with self._database.writing() as db:
                self._see(db, seen_anew, now)
                for row in used_first:
                    older = update(CERTIFICATE).where(_is_older(row.door, row.issued))
                    db.execute(older.values(superseded=True))
        return {row.serial: str(row.door) for row in counting}

    def _see(self, db: Connection, doors: Collection[str], now: float) -> None:
        """Whoever changes one of them just now may take long, and nobody waits for that: it is
        seen the next time."""
        free = select(DOOR.c.id).where(DOOR.c.id.in_(doors)).with_for_update(skip_locked=True)
        db.execute(update(DOOR).where(DOOR.c.id.in_(free)).values(seen=now))

    def id_of(self, name: str) -> str:
        """Of the door that has joined by that name; InputError where there is none."""
        query = select(DOOR.c.id).where(DOOR.c.name == name, DOOR.c.state == JOINED)
        with self._database.reading() as db:
            found = db.execute(query).scalar_one_or_none()
        if found is None:
            raise InputError(NO_DOOR.format(name=ascii(name)))
        return str(found)

    def revoke(self, name: str) -> str:
        """The id of the door of that name, which counts no more from now on; InputError where no
        joined door has it, and none is invited by it."""
        with self._database.writing() as db:
            withdrawn = db.execute(INVITATION.delete().where(INVITATION.c.name == name)).rowcount
            door = self._joined(db, name)
            if door is None:
                if withdrawn:
                    return ""
                raise InputError(NO_DOOR.format(name=ascii(name)))
            db.execute(
                update(DOOR).where(DOOR.c.id == door).values(state=REVOKED, revoked=self._now())
            )
            self._on_revoked(db)
            self._journal(db, JournalKind.REVOKED, door=door, name=name)
            notify(self._database, db, door)
        return door

    def listed(self) -> list[KnownDoor]:
        """All that ever joined, by name and then by when they did."""
        expires = (
            select(func.max(CERTIFICATE.c.expires))
            .where(CERTIFICATE.c.door == DOOR.c.id)
            .scalar_subquery()
        )
        alarms = (
            select(func.count()).where(ALARM.c.door == DOOR.c.id).select_from(ALARM)
        ).scalar_subquery()
        with self._database.reading() as db:
            rows = db.execute(
                select(DOOR, expires.label("expires"), alarms.label("alarms")).order_by(
                    DOOR.c.name, DOOR.c.joined
                )
            ).all()
        return [
            KnownDoor(
                row.id,
                row.name,
                row.state,
                row.joined,
                row.seen,
                row.expires,
                row.mark_number or 0,
                row.alarms,
            )
            for row in rows
        ]

    def _joined_before(self, db: Connection, serial: str, key: bytes) -> JoinedDoor:
        found = db.execute(
            select(CERTIFICATE.c.pem, DOOR.c.id, DOOR.c.name, DOOR.c.state)
            .join(DOOR, DOOR.c.id == CERTIFICATE.c.door)
            .where(CERTIFICATE.c.serial == serial)
        ).one()
        if found.state != JOINED or key_in(found.pem) != key:
            raise HubError(NOT_TAKEN)
        return JoinedDoor(found.id, found.name, found.pem)

    def _joined(self, db: Connection, name: str) -> str | None:
        query = select(DOOR.c.id).where(DOOR.c.name == name, DOOR.c.state == JOINED)
        found = db.execute(query.with_for_update()).scalar_one_or_none()
        return None if found is None else str(found)

    def _keep(self, db: Connection, door: str, issued: IssuedCertificate) -> None:
        db.execute(
            CERTIFICATE.insert().values(
                serial=issued.serial,
                door=door,
                issued=issued.issued,
                expires=issued.expires,
                superseded=False,
                pem=issued.pem,
            )
        )

    def _journal(self, db: Connection, kind: JournalKind, **data: str) -> None:
        write_journal(self._database, db, kind, self._now(), data)


def lock_joined(db: Connection, door: str) -> None:
    """Nobody revokes that door until the transaction ends; HubError where it counts no more."""
    query = select(DOOR.c.state).where(DOOR.c.id == door).with_for_update()
    if db.execute(query).scalar_one() != JOINED:
        raise HubError(NOT_KNOWN)


def _certificate_shown() -> Select[Any]:
    """The certificates of `serials`, their doors, and whether others of a door count still that
    were issued before."""
    shown = CERTIFICATE.alias("shown")
    columns = shown.c
    older = exists().where(_is_older(columns.door, columns.issued))
    return (
        select(
            columns.serial,
            columns.door,
            columns.issued,
            columns.expires,
            columns.superseded,
            DOOR.c.state,
            DOOR.c.seen,
            older.label("has_older"),
        )
        .join(DOOR, DOOR.c.id == columns.door)
        .where(columns.serial.in_(bindparam("serials", expanding=True)))
    )


def _is_older(door: Any, issued: Any) -> ColumnElement[bool]:
    """Whether a certificate of that door was issued before that and still counts."""
    return and_(
        CERTIFICATE.c.door == door,
        CERTIFICATE.c.issued < issued,
        CERTIFICATE.c.superseded.is_(False),
    )
