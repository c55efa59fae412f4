"""The token that a company's directory shows, and who is kept from guessing it.

It has 256 random bits and is kept as its SHA-256: that is enough for what nobody can guess. While
there is none, there is no such interface. Whoever shows wrong ones waits, by the network address
that they come from: so nobody who guesses keeps the directory itself out.
"""

import base64
import hmac
import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import delete, select

from accessctl.hub.database import HubDatabase
from accessctl.hub.directory_tables import DIRECTORY_TOKEN
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people_journal import MAX_OPERATOR

TOKEN_BYTES = 32
PREFIX = "accessctl-scim-"
MAX_SHOWN = 200
WRONG_ONES = 10
WAIT_S = 60.0
MAX_ADDRESSES = 4096


class DirectoryTokens:
    """Any thread may use it; StoreError. `now` is epoch time."""

    def __init__(
        self,
        database: HubDatabase,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._now = now
        self._random = random_bytes

    def make(self, operator: str) -> str:
        """A new one, which takes the place of the one before; it can be read here alone."""
        secret = base64.urlsafe_b64encode(self._random(TOKEN_BYTES)).rstrip(b"=").decode("ascii")
        token = PREFIX + secret
        with self._database.writing() as db:
            db.execute(delete(DIRECTORY_TOKEN))
            db.execute(DIRECTORY_TOKEN.insert().values(digest=_digest(token), made=self._now()))
            told = {"change": "token_made", "operator": operator[:MAX_OPERATOR]}
            write_journal(self._database, db, JournalKind.DIRECTORY, self._now(), told)
        return token

    def forget(self, operator: str) -> bool:
        """Whether there was one, which counts no more."""
        with self._database.writing() as db:
            if not db.execute(delete(DIRECTORY_TOKEN)).rowcount:
                return False
            told = {"change": "token_removed", "operator": operator[:MAX_OPERATOR]}
            write_journal(self._database, db, JournalKind.DIRECTORY, self._now(), told)
        return True

    def made(self) -> float | None:
        """When the present one was made; None: there is none."""
        with self._database.reading() as db:
            return db.execute(select(DIRECTORY_TOKEN.c.made)).scalar()

    def counts(self, token: str) -> bool | None:
        """Whether it is the present one; None: there is none."""
        with self._database.reading() as db:
            kept = db.execute(select(DIRECTORY_TOKEN.c.digest)).scalar()
        return None if kept is None else hmac.compare_digest(bytes(kept), _digest(token))


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


@dataclass(slots=True)
class _Wrong:
    count: int = 0
    until: float = 0.0


class TokenGuessing:
    """Counts wrong tokens by address; any thread may use it. `clock` gives monotonic seconds.

    After WRONG_ONES from one address without a right one, whatever comes from there is refused for
    WAIT_S; and once more after each further wrong one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()

    def waits(self, address: str) -> float:
        """For how many seconds nothing is heard from there; 0: it is heard."""
        with self._lock:
            wrong = self._wrong.get(network_of(address))
            return 0.0 if wrong is None else max(0.0, wrong.until - self._clock())

    def wrong(self, address: str) -> None:
        with self._lock:
            network = network_of(address)
            known = self._wrong.setdefault(network, _Wrong())
            self._wrong.move_to_end(network)
            known.count += 1
            if known.count >= WRONG_ONES:
                known.until = self._clock() + WAIT_S
            if len(self._wrong) > MAX_ADDRESSES:
                self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        with self._lock:
            self._wrong.pop(network_of(address), None)


def network_of(address: str) -> str:
    """The address itself, of IPv6 its /64: so many one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
