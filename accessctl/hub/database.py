"""The hub's database: PostgreSQL by its URL, or one SQLite file beside the hub's keys.

Whole transactions, brought up to the newest version when it is opened; each fault is a StoreError
of one sentence, which never holds the URL: there may be a password in it.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import Error as DriverError
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Insert,
    Select,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from accessctl.config import HubConfig
from accessctl.errors import ConfigError, StoreError
from accessctl.hub.answering import SOON_NOTICED, DatabasePatience, bound, ping_unused, within
from accessctl.hub.migrate import migrate
from accessctl.storage.files import CREDENTIALS_VARIABLE, OTHERS
from accessctl.storage.parsing import read_bounded, shortened
from accessctl.storage.sqlite import private_file

FILE_NAME = "hub.sqlite"
CREDENTIAL = "accessctl-hub-database"
BUSY_TIMEOUT_S = 10.0
SERVER_THREADS = 40
"""So many requests are answered at one time: as many threads as the server's framework has."""
CONNECTIONS, KEPT_CONNECTIONS = SERVER_THREADS + 24, SERVER_THREADS
"""Of one hub at most, and of them those that stay open: one for each request, and what the hub does
beside them; some requests read twice at one time."""
USUAL = DatabasePatience()
PAGE = 500
# Marks the file as an accessctl hub ("achb").
APPLICATION_ID = 0x61636862
READS_ONLY = "accessctl_reads_only"
JOURNAL_LOCK, MIGRATION_LOCK, CROSSING_LOCK = 0x61636801, 0x61636802, 0x61636803
FEED_LOCK, SERVING_LOCK, GUESS_LOCK, SPANS_LOCK = 0x61636804, 0x61636805, 0x61636806, 0x61636807
"""Names of advisory locks of PostgreSQL; who takes several takes a door's row first, then that of
the crossings or of the feed, then that of the journal."""


class HubDatabase:
    """Transactions on one database, from any thread."""

    def __init__(
        self,
        engine: Engine,
        place: str,
        patience: DatabasePatience,
        set_silence: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`place` is how its faults speak of it; for `set_silence` see answering.bound."""
        self._engine = engine
        self._place = place
        self.patience = patience
        self.set_silence = set_silence

    @property
    def is_embedded(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk at the end, or nothing where it raises."""
        with self._reported(), self._engine.begin() as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of the database as it is at one moment."""
        with (
            self._reported(),
            self._engine.connect() as db,
            db.execution_options(**self._snapshot).begin(),
        ):
            yield db

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """For one statement that only reads, which costs PostgreSQL no transaction of its own."""
        with self.reading() if self.is_embedded else self.connection() as db:
            yield db

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for as long as the block runs, of which each statement counts at once."""
        with (
            self._reported(),
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db,
        ):
            yield db

    def lock(self, db: Connection, name: int) -> None:
        """Until the transaction ends nobody else gets this lock; SQLite has one writer anyway."""
        if not self.is_embedded:
            db.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": name})

    @contextmanager
    def announcements(
        self, channel: str, pause: Callable[[float], object]
    ) -> Iterator[Callable[[float], set[str]]]:
        """What hears of others' transactions: called with seconds, it gives what was said on
        `channel` (pg_notify), at once or when they are over.

        Of the embedded database it gives "" where anybody wrote, in whichever process; `pause`
        waits between two looks.
        """
        with self._reported(), self._engine.connect() as db:
            if self.is_embedded:
                yield _WrittenByOthers(db, pause)
                return
            db = db.execution_options(isolation_level="AUTOCOMMIT")
            db.execute(text(f"LISTEN {channel}"))
            driver: Any = db.connection.driver_connection
            try:
                yield lambda seconds: {
                    said.payload for said in driver.notifies(timeout=seconds, stop_after=1)
                }
            except DriverError as error:
                raise StoreError(self._fault(error)) from error
            finally:
                # It goes back to the others, who have no use for what it would hear.
                db.invalidate()

    def check(self) -> None:
        """StoreError unless it answers, and soon."""
        with within(self.patience.ping_s), self.reading() as db:
            db.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()

    @property
    def _snapshot(self) -> dict[str, Any]:
        if self.is_embedded:
            return {READS_ONLY: True}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(self._fault(getattr(error, "orig", None) or error)) from error

    def _fault(self, error: BaseException) -> str:
        why = shortened(str(error), 200).rstrip(".")
        return (
            f"The hub's database {self._place} cannot be used ({why}); check that it runs, and "
            "its disk."
        )


class _WrittenByOthers:
    """Whether anybody else has written since the last time: asks SQLite's own counter, which lies
    in memory that all processes share (https://sqlite.org/pragma.html#pragma_data_version)."""

    def __init__(self, db: Connection, pause: Callable[[float], object]) -> None:
        self._db = db
        self._pause = pause
        self._version = self._asked()

    def __call__(self, seconds: float) -> set[str]:
        self._pause(seconds)
        before, self._version = self._version, self._asked()
        return set() if before == self._version else {""}

    def _asked(self) -> int:
        driver: Any = self._db.connection.driver_connection
        return int(driver.execute("PRAGMA data_version").fetchone()[0])


def insert_all(db: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """One alone as one: psycopg sends a list as a pipeline, which costs several times as much."""
    if rows:
        db.execute(statement, rows[0] if len(rows) == 1 else rows)


def in_pages(query: Select[Any]) -> Select[Any]:
    """The same query, whose rows are not all in memory at once."""
    return query.execution_options(yield_per=PAGE)


def open_database(
    config: HubConfig, environment: Mapping[str, str], patience: DatabasePatience = USUAL
) -> HubDatabase:
    """Made and brought up to date where need be; StoreError, and ConfigError for no URL."""
    return _ready(reached_database(config, environment, patience))


def reached_database(
    config: HubConfig, environment: Mapping[str, str], patience: DatabasePatience = USUAL
) -> HubDatabase:
    """The database as it is, perhaps without any tables; StoreError, ConfigError."""
    url = database_url(config, environment)
    if url is None:
        return _embedded(config.folder / FILE_NAME, patience)
    place = f"{url.database or '?'} at {url.host or 'this machine'}"
    engine = create_engine(
        url,
        # The one that was used last: those that are left over are not asked whether they are there.
        pool_use_lifo=True,
        # As many stay open as there are threads that answer requests: what is beyond that is
        # connected and left again each time, which costs more than what is asked.
        pool_size=KEPT_CONNECTIONS,
        max_overflow=CONNECTIONS - KEPT_CONNECTIONS,
        pool_timeout=patience.free_s,
        connect_args=dict(SOON_NOTICED),
        # What an error shows must not be a record, or a key.
        hide_parameters=True,
    )
    ping_unused(engine)
    return HubDatabase(engine, place, patience, bound(engine, patience))


def database_url(config: HubConfig, environment: Mapping[str, str]) -> URL | None:
    """Of PostgreSQL, by psycopg 3; None where none is named. ConfigError."""
    credentials = environment.get(CREDENTIALS_VARIABLE)
    if credentials and (credential := Path(credentials) / CREDENTIAL).exists():
        return _url_in(credential, private=False)
    return None if config.database_file is None else _url_in(config.database_file, private=True)


def _url_in(path: Path, *, private: bool) -> URL:
    try:
        if private and path.stat().st_mode & OTHERS:
            raise ConfigError(f"{path} can be read by other users; run: chmod 600 {path}")
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(f"{path} is not a file; name the file with the database's URL.")
        url = make_url(read_bounded(path).decode("utf-8").strip())
    except OSError as error:
        raise ConfigError(
            f"The file with the hub's database {path} cannot be read ({error.strerror}); name it "
            "in hub.database_file."
        ) from error
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            f"{path} holds no URL of a database; write postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    if url.get_backend_name() != "postgresql":
        raise ConfigError(
            f"{path} names a database of {url.get_backend_name()}; the hub works on PostgreSQL, or "
            "on its embedded database where none is named."
        )
    return url.set(drivername="postgresql+psycopg")


def _embedded(path: Path, patience: DatabasePatience) -> HubDatabase:
    try:
        private_file(path)
        os.chmod(path.parent, 0o700)
    except OSError as error:
        raise StoreError(
            f"The hub's database {path} cannot be made ({error.strerror}); check its folder and "
            "who may write there."
        ) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=KEPT_CONNECTIONS,
        max_overflow=CONNECTIONS - KEPT_CONNECTIONS,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return HubDatabase(engine, str(path), patience)


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver begins no transaction of its own: `_begin_sqlite` does.
    connection.isolation_level = None
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA trusted_schema = OFF",
        # Who was removed shall not be found between the rows of those who are left.
        "PRAGMA secure_delete = ON",
    ):
        connection.execute(statement)


def _begin_sqlite(db: Connection) -> None:
    # A transaction that will write has to say so first: one that has read cannot wait for a lock.
    reads_only = db.get_execution_options().get(READS_ONLY, False)
    db.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _ready(database: HubDatabase) -> HubDatabase:
    try:
        with database.writing() as db:
            begin_migration(database, db)
            migrate(db)
    except BaseException:
        database.close()
        raise
    # From now on: to bring its tables up to date may take as long as it takes.
    database.set_silence(database.patience.silent_s)
    return database


def begin_migration(database: HubDatabase, db: Connection) -> None:
    """Nobody else migrates until the transaction ends; StoreError for another program's file."""
    if database.is_embedded:
        _claim_file(db)
    database.lock(db, MIGRATION_LOCK)


def _claim_file(db: Connection) -> None:
    """Refuse another program's database; StoreError."""
    mark = db.exec_driver_sql("PRAGMA application_id").scalar_one()
    tables = db.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
    if mark != APPLICATION_ID and tables:
        raise StoreError(
            f"The file {FILE_NAME} in the hub's folder is another program's database; name another "
            "folder in hub.folder."
        )
    db.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
