"""Against guessing: whoever fails waits, longer each time, by the name given and by the address.

A name that nobody has waits as one that somebody has. The count is raised before anything is
checked, so that many at once gain nothing, and it is in the database, so that a restart gains
nothing either.
"""

import hashlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from accessctl.console.operators import folded
from accessctl.hub.database import GUESS_LOCK, HubDatabase
from accessctl.hub.tables import OPERATOR_GUESS
from accessctl.policy.guessing import (
    FORGET_S,
    FREE_BY_ADDRESS,
    FREE_BY_NAME,
    counted,
    wait_left,
)

MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class GuessSubject:
    """What is counted: a name, what an operator proves, or an address; `free` failures cost no
    wait."""

    key: bytes
    free: int


class MustWaitError(Exception):
    """Whoever tries has to wait `seconds` first."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


def by_name(name: str) -> GuessSubject:
    return GuessSubject(_hash("name", folded(name)), FREE_BY_NAME)


def by_proof(operator: str) -> GuessSubject:
    """Of the codes by which the operator of that id, who is signed in, shows anew who they are: no
    stranger raises it, so none can keep an operator from it."""
    return GuessSubject(_hash("proof", operator), FREE_BY_NAME)


def by_address(address: str) -> GuessSubject:
    """Of IPv6 a whole /64: so much one household has to choose from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return GuessSubject(_hash("address", address), FREE_BY_ADDRESS)
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        network = ipaddress.ip_network((found, 64), strict=False)
        address = str(network if mapped is None else mapped)
    return GuessSubject(_hash("address", address), FREE_BY_ADDRESS)


class Guesses:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(self, database: HubDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def begin(self, *subjects: GuessSubject) -> None:
        """One more try of each, which counts as failed until `succeeded`; MustWaitError, which
        counts nothing."""
        now = self._now()
        with self._database.writing() as db:
            self._database.lock(db, GUESS_LOCK)
            counts = {one.key: self._count(db, one, now) for one in subjects}
            for one in subjects:
                values = {"failures": counts[one.key] + 1, "last": now}
                db.execute(OPERATOR_GUESS.delete().where(OPERATOR_GUESS.c.subject == one.key))
                db.execute(OPERATOR_GUESS.insert().values(subject=one.key, **values))
            self._sweep(db, now)

    def succeeded(self, db: Connection, subject: GuessSubject) -> None:
        """Its failures are forgotten, in the transaction that signs in."""
        db.execute(OPERATOR_GUESS.delete().where(OPERATOR_GUESS.c.subject == subject.key))

    def given_back(self, db: Connection, address: GuessSubject) -> None:
        """The try that succeeded was no failure of its address; what others failed from there
        stays."""
        mine = (OPERATOR_GUESS.c.subject == address.key) & (OPERATOR_GUESS.c.failures > 0)
        one_less = {"failures": OPERATOR_GUESS.c.failures - 1}
        db.execute(update(OPERATOR_GUESS).where(mine).values(**one_less))

    def _count(self, db: Connection, one: GuessSubject, now: float) -> int:
        """Its failures so far; MustWaitError."""
        row = db.execute(select(OPERATOR_GUESS).where(OPERATOR_GUESS.c.subject == one.key)).first()
        if row is None:
            return 0
        left = wait_left(row.failures, row.last, one.free, now)
        if left > 0:
            raise MustWaitError(left)
        return counted(row.failures, row.last, now)

    def _sweep(self, db: Connection, now: float) -> None:
        db.execute(OPERATOR_GUESS.delete().where(OPERATOR_GUESS.c.last <= now - FORGET_S))
        count = db.execute(select(func.count()).select_from(OPERATOR_GUESS)).scalar() or 0
        if count > MOST_KEPT:
            oldest = select(OPERATOR_GUESS.c.subject).order_by(OPERATOR_GUESS.c.last)
            surplus = oldest.limit(count - MOST_KEPT)
            db.execute(OPERATOR_GUESS.delete().where(OPERATOR_GUESS.c.subject.in_(surplus)))


def _hash(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"accessctl guess {kind}\0{text}".encode("utf-8", "replace")).digest()
