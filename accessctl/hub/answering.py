"""How long the hub waits for its PostgreSQL: nobody waits for ever for a server that is gone.

The kernel notices a peer that no packet reaches any more (keepalives, `tcp_user_timeout`), on
either side. It does not notice a server that is frozen, or a gateway between that goes on
acknowledging: so each answer is waited for so long and no longer, and the connection is given up.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg import Connection as DriverConnection
from psycopg import Error as DriverError
from psycopg import OperationalError
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

PING_AFTER_S = 1.0
"""A connection that was used just now is there: asking it each time costs as much as a question."""


@dataclass(frozen=True, slots=True)
class DatabasePatience:
    """For how many seconds a hub waits for its PostgreSQL."""

    silent_s: float = 30.0
    """So long nothing may come of an answer, locks that others hold included."""
    ping_s: float = 5.0
    """So long whether a connection still works, or the database at all."""
    connect_s: int = 10
    """So long a new connection."""
    free_s: float = 10.0
    """So long one of the hub's own connections to be free."""


# Else a line that nobody hung up on, as when a cable is pulled, holds those who wait for an answer
# for a quarter of an hour (libpq's connection parameters, and PostgreSQL's settings).
SOON_NOTICED: Mapping[str, int] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# The server, too: what a hub had locked that is gone others wait for.
SOON_NOTICED_THERE = (
    "SELECT set_config('tcp_keepalives_idle', '10', false), "
    "set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false), "
    "set_config('tcp_user_timeout', '30000', false), "
    "set_config('idle_in_transaction_session_timeout', '60000', false)"
)

RV = TypeVar("RV")
_until: ContextVar[float] = ContextVar("until", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What the block asks the database, on this thread, is answered by then or fails."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


class BoundedConnection(DriverConnection[Any]):
    """One that is closed, with an OperationalError, where an answer does not come in time."""

    silent_s = math.inf
    """Of all connections of an engine; see bound."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        return super().wait(self._bounded(gen), interval)

    def _bounded(self, gen: PQGen[RV]) -> PQGen[RV]:
        """The same, looked at whenever the line was silent for an interval."""
        heard, until = time.monotonic(), _until.get()
        try:
            state = next(gen)
            while True:
                ready = yield state
                now = time.monotonic()
                if ready:
                    heard = now
                elif now >= min(until, heard + self.silent_s):
                    self.pgconn.finish()
                    raise OperationalError(f"no answer for {now - heard:.0f} s")
                state = gen.send(ready)
        except StopIteration as done:
            found: RV = done.value
            return found


def bound(engine: Engine, patience: DatabasePatience) -> Callable[[float], None]:
    """Have all connections of an engine to PostgreSQL be bounded; what is given sets after how many
    seconds of silence, which is never at first."""
    connect_s = patience.connect_s

    class Bounded(BoundedConnection):
        pass

    def connect(_dialect: Any, _record: Any, cargs: Any, cparams: dict[str, Any]) -> Any:
        left_s = _until.get() - time.monotonic()
        if left_s <= 0:
            raise OperationalError("no time is left to connect")
        # The driver knows whole seconds, and takes less than two for two.
        patience_s = min(connect_s, math.ceil(left_s) if left_s < connect_s else connect_s)
        made = Bounded.connect(*cargs, **{**cparams, "connect_timeout": patience_s})
        with within(connect_s), made.cursor() as cursor:
            cursor.execute(SOON_NOTICED_THERE)
            made.commit()
        return made

    def ping(dbapi_connection: Any) -> bool:
        with within(patience.ping_s):
            return bool(driver_ping(dbapi_connection))

    driver_ping = engine.dialect.do_ping
    engine.dialect.do_ping = ping  # type: ignore[method-assign]
    event.listen(engine, "do_connect", connect)

    def set_silence(seconds: float) -> None:
        Bounded.silent_s = seconds

    return set_silence


def ping_unused(engine: Engine) -> None:
    """Ask whether a connection is there before it is used again, unless that was just now."""

    def note(_: object, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def ping(connection: Any, record: Any, _: object) -> None:
        if time.monotonic() - record.info.get("used", float("-inf")) < PING_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except DriverError as error:
            # Then it connects anew, and what is as old counts no more.
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)
