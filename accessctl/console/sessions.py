"""Who is signed in: sessions on the server's side, known by 256 random bits in a cookie.

The database holds only the hash of those bits. A session ends when nothing was asked for a while,
after its longest time, by signing out, and with all others of its operator where the operator signs
out everywhere, changes what they sign in with, or is removed.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from accessctl.config import ConsoleConfig
from accessctl.console.capabilities import Capability, Operator, capabilities_in
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import OPERATOR, OPERATOR_SESSION
from accessctl.storage.parsing import shortened

TOKEN_BYTES = 32
CSRF_BYTES = 32
SEEN_EVERY_S = 30.0
SETUP_S = 900.0
"""For how long a way to sign in can be set up once an invitation was taken."""
FRESH_S = 300.0
MOST_AGENT = 120
MOST_SESSIONS = 20


class SignInWay(StrEnum):
    """How somebody showed who they are."""

    INVITATION = "invitation"
    """By a code, once: good only for setting up one of the others."""
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - the way's name
    SINGLE_SIGN_ON = "oidc"


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where a browser asks, as lists of sessions show it."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """One that counts; times are epoch seconds, `proved` when its operator last showed anew who
    they are. `token` is what the cookie holds."""

    operator: Operator
    way: SignInWay
    begun: float
    proved: float | None
    token: str = field(repr=False)

    @property
    def is_setup(self) -> bool:
        """Whether it is good only for setting up a way to sign in."""
        return self.way is SignInWay.INVITATION

    def is_fresh(self, now: float) -> bool:
        """Whether its operator showed within five minutes who they are."""
        return self.proved is not None and 0 <= now - self.proved < FRESH_S

    @property
    def csrf(self) -> str:
        """What only this session's own pages know."""
        return hashlib.sha256(b"accessctl csrf\0" + self.token.encode("ascii")).hexdigest()

    def csrf_under(self, mask: bytes) -> str:
        """The same under CSRF_BYTES random ones, as the forms of one page carry it: pages are sent
        compressed, and a text that recurs would show in their lengths (BREACH)."""
        return mask.hex() + _either(mask, bytes.fromhex(self.csrf)).hex()

    def is_csrf(self, given: str) -> bool:
        """Whether `csrf_under` made that, whatever the mask was."""
        try:
            both = bytes.fromhex(given)
        except ValueError:
            return False
        mask, masked = both[:CSRF_BYTES], both[CSRF_BYTES:]
        if len(masked) != CSRF_BYTES:
            return False
        return hmac.compare_digest(_either(mask, masked), bytes.fromhex(self.csrf))


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session as a list shows it; `id` names it to `end_one`."""

    id: str
    way: str
    begun: float
    seen: float
    address: str
    agent: str


class OperatorSessions:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(
        self,
        database: HubDatabase,
        config: ConsoleConfig,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._idle_s = config.idle_minutes * 60
        self._longest_s = config.longest_hours * 3600
        self._now = now
        self._random = random_bytes

    def begin(self, db: Connection, operator: Operator, way: SignInWay, visitor: Visitor) -> str:
        """A new session's token, in the transaction in which its operator was recognised, and on
        record there. Setting up and single sign-on prove nothing that a command asks for."""
        token = self._random(TOKEN_BYTES).hex()
        now = self._now()
        self._sweep(db, operator.id)
        is_proof = way in (SignInWay.PASSKEY, SignInWay.PASSWORD)
        db.execute(
            OPERATOR_SESSION.insert().values(
                token=_hash(token),
                operator=operator.id,
                way=way.value,
                begun=now,
                seen=now,
                proved=now if is_proof else None,
                address=shortened(visitor.address, 64),
                agent=shortened(visitor.agent, MOST_AGENT),
            )
        )
        told = {"operator": operator.name, "id": operator.id, "way": way.value}
        kept = told | {"address": shortened(visitor.address, 64)}
        write_journal(self._database, db, JournalKind.SIGNED_IN, now, kept)
        return token

    def find(self, token: str) -> OperatorSession | None:
        """The session of that token, if it counts now; it then counts as used."""
        if len(token) != 2 * TOKEN_BYTES or not token.isascii():
            return None
        now = self._now()
        query = select(OPERATOR_SESSION, OPERATOR.c.name, OPERATOR.c.capabilities).join(
            OPERATOR, OPERATOR.c.id == OPERATOR_SESSION.c.operator
        )
        with self._database.reading() as db:
            row = db.execute(query.where(OPERATOR_SESSION.c.token == _hash(token))).first()
        if row is None or not self._counts(row, now):
            return None
        if now - row.seen >= SEEN_EVERY_S:
            with self._database.writing() as db:
                db.execute(_one(_hash(token)).values(seen=now))
        operator = Operator(row.operator, row.name, kept_capabilities(row.capabilities))
        return OperatorSession(operator, SignInWay(row.way), row.begun, row.proved, token)

    def prove(self, db: Connection, session: OperatorSession, way: SignInWay) -> None:
        """Its operator showed anew who they are; on record in the same transaction."""
        now = self._now()
        db.execute(_one(_hash(session.token)).values(proved=now))
        told = {"operator": session.operator.name, "id": session.operator.id, "way": way.value}
        write_journal(self._database, db, JournalKind.PROVED, now, told)

    def end(self, session: OperatorSession) -> None:
        """Sign out here."""
        with self._database.writing() as db:
            self._signed_out(db, session.operator, everywhere=False)
            self.forget(db, session.token)

    def forget(self, db: Connection, token: str) -> bool:
        """Whatever session has that token is none from now on; whether there was one."""
        gone = OPERATOR_SESSION.delete().where(OPERATOR_SESSION.c.token == _hash(token))
        return db.execute(gone).rowcount == 1

    def end_all(self, operator: Operator) -> None:
        """Sign out everywhere."""
        with self._database.writing() as db:
            self._signed_out(db, operator, everywhere=True)
            self.forget_all(db, operator.id)

    def end_one(self, operator: Operator, which: str) -> None:
        """End that session (an id of a ShownSession) of the operator; nothing where it is gone."""
        with self._database.writing() as db:
            for row in db.execute(
                select(OPERATOR_SESSION.c.token).where(OPERATOR_SESSION.c.operator == operator.id)
            ).all():
                if row.token.hex() == which:
                    self._signed_out(db, operator, everywhere=False)
                    db.execute(
                        OPERATOR_SESSION.delete().where(OPERATOR_SESSION.c.token == row.token)
                    )

    def forget_all(self, db: Connection, operator: str, except_for: str = "") -> None:
        """No session of that operator (an id) counts from now on, but for that token's."""
        others = OPERATOR_SESSION.c.token != _hash(except_for)
        mine = OPERATOR_SESSION.c.operator == operator
        db.execute(OPERATOR_SESSION.delete().where(mine & others))

    def of(self, operator: str) -> list[ShownSession]:
        """Those that count, of the operator of that id, the last used first."""
        query = select(OPERATOR_SESSION).where(OPERATOR_SESSION.c.operator == operator)
        now = self._now()
        with self._database.reading() as db:
            rows = db.execute(query.order_by(OPERATOR_SESSION.c.seen.desc())).all()
        return [
            ShownSession(row.token.hex(), row.way, row.begun, row.seen, row.address, row.agent)
            for row in rows
            if self._counts(row, now)
        ]

    def _signed_out(self, db: Connection, operator: Operator, *, everywhere: bool) -> None:
        told = {"operator": operator.name, "id": operator.id, "everywhere": everywhere}
        write_journal(self._database, db, JournalKind.SIGNED_OUT, self._now(), told)

    def _counts(self, row: Row[Any], now: float) -> bool:
        is_setup = row.way == SignInWay.INVITATION
        longest = SETUP_S if is_setup else self._longest_s
        # A clock that was set back makes no session longer.
        age_s, idle_s = now - float(row.begun), now - float(row.seen)
        return 0 <= age_s < longest and idle_s < self._idle_s

    def _sweep(self, db: Connection, operator: str) -> None:
        """Takes out what counts no more, and the oldest where one operator has too many."""
        now = self._now()
        over = (OPERATOR_SESSION.c.seen <= now - self._idle_s) | (
            OPERATOR_SESSION.c.begun <= now - self._longest_s
        )
        db.execute(OPERATOR_SESSION.delete().where(over))
        mine = OPERATOR_SESSION.c.operator == operator
        count = db.execute(select(func.count()).select_from(OPERATOR_SESSION).where(mine)).scalar()
        if (count or 0) >= MOST_SESSIONS:
            oldest = select(OPERATOR_SESSION.c.token).where(mine).order_by(OPERATOR_SESSION.c.seen)
            surplus = db.execute(oldest.limit((count or 0) - MOST_SESSIONS + 1)).scalars().all()
            db.execute(OPERATOR_SESSION.delete().where(OPERATOR_SESSION.c.token.in_(surplus)))


def kept_capabilities(text: str) -> frozenset[Capability]:
    """As the database holds them: their names, a comma between."""
    return capabilities_in(text.split(","))


def _either(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _one(token: bytes) -> Any:
    return update(OPERATOR_SESSION).where(OPERATOR_SESSION.c.token == token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(b"accessctl session\0" + token.encode("ascii")).digest()
