import errno
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from accessctl.errors import StoreError
from accessctl.storage.sqlite import (
    FaultWords,
    Schema,
    connect,
    copy_database,
    keep_wal,
    migrate,
    pragma,
    private_file,
    refuse_damaged,
    refuse_foreign,
    reported,
    transaction,
)

MARK = 0x74657374


def double(db: sqlite3.Connection) -> None:
    db.execute("UPDATE item SET size = 2 * size")


FIRST = ("CREATE TABLE item (size INTEGER)",)
SECOND = ("ALTER TABLE item ADD COLUMN name TEXT", double)


def schema(*migrations: tuple[object, ...]) -> Schema:
    return Schema(
        application_id=MARK,
        migrations=migrations,  # type: ignore[arg-type]
        foreign="{path} is foreign.",
        newer="{path} has version {version} of {known}.",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "100% {sure}?.sqlite"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    private_file(path)
    connection = connect(path, 0.05)
    yield connection
    connection.close()


def test_all_its_files_are_private(path: Path, db: sqlite3.Connection) -> None:
    assert keep_wal(db, 1.0) == "wal"
    db.execute("CREATE TABLE t (x)")
    files = sorted(path.parent.iterdir())
    assert len(files) == 3
    for file in files:
        file.chmod(0o644)
    private_file(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_is_not_there_is_not_made(path: Path) -> None:
    path.parent.mkdir()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect(path, 0.05)
    assert not path.exists()


def test_what_is_written_survives_a_power_cut_and_deleted_bytes_do_not(
    db: sqlite3.Connection,
) -> None:
    keep_wal(db, 1.0)
    assert (pragma(db, "synchronous"), pragma(db, "secure_delete")) == (2, 1)
    assert pragma(db, "trusted_schema") == 0


def test_a_transaction_is_kept_as_a_whole_or_not_at_all(db: sqlite3.Connection) -> None:
    with transaction(db) as inside:
        inside.execute("CREATE TABLE t (x)")
        inside.execute("INSERT INTO t VALUES (1)")

    def fail() -> None:
        with transaction(db):
            db.execute("INSERT INTO t VALUES (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert not db.in_transaction


def test_a_transaction_waits_for_no_longer_than_it_was_told(
    path: Path, db: sqlite3.Connection
) -> None:
    with (
        transaction(connect(path, 0.0)) as holder,
        pytest.raises(sqlite3.OperationalError, match="locked"),
        transaction(db),
    ):
        pytest.fail("two at the same time")
    holder.close()


def test_a_new_file_gets_all_versions_at_once(path: Path, db: sqlite3.Connection) -> None:
    migrate(
        db, path, schema(FIRST, SECOND), lambda new: new.execute("INSERT INTO item VALUES (3, 'a')")
    )
    assert db.execute("SELECT size, name FROM item").fetchall() == [(3, "a")]
    assert (pragma(db, "user_version"), pragma(db, "application_id")) == (2, MARK)


def test_an_older_file_gets_what_it_lacks_and_nothing_is_filled_in(
    path: Path, db: sqlite3.Connection
) -> None:
    migrate(db, path, schema(FIRST))
    db.execute("INSERT INTO item VALUES (3)")
    for _ in range(2):
        migrate(db, path, schema(FIRST, SECOND), lambda _: pytest.fail("it is not new"))
    assert db.execute("SELECT size, name FROM item").fetchall() == [(6, None)]


def test_a_step_that_fails_leaves_the_version_before(path: Path, db: sqlite3.Connection) -> None:
    migrate(db, path, schema(FIRST))
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        migrate(db, path, schema(FIRST, SECOND, ("CREATE NONSENSE",)))
    assert pragma(db, "user_version") == 1
    assert db.execute("SELECT count(*) FROM pragma_table_info('item')").fetchone() == (1,)


def test_another_programs_database_is_left_alone(path: Path, db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE song (title)")
    with pytest.raises(StoreError, match=r"\{sure\}\?\.sqlite is foreign\.$"):
        migrate(db, path, schema(FIRST))
    with pytest.raises(StoreError, match=r"^no\.$"):
        refuse_foreign(db, MARK, "no.")
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("song",)]
    assert (pragma(db, "user_version"), pragma(db, "application_id")) == (0, 0)


def test_a_newer_file_is_left_alone(path: Path, db: sqlite3.Connection) -> None:
    migrate(db, path, schema(FIRST))
    db.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match=r"has version 9 of 1\.$"):
        migrate(db, path, schema(FIRST))
    assert pragma(db, "user_version") == 9


PATH = Path("state/{braces}.sqlite")
KINDS = [field.name for field in fields(FaultWords)]
WORDS = FaultWords(**{kind: f"{kind} of {{path}}: {{what}}." for kind in KINDS})


def fault(code: int | None, words: str = "raw words.") -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    if code is not None:
        error.sqlite_errorcode = code
    return error


def told(error: BaseException) -> str:
    with pytest.raises(StoreError) as caught, reported(PATH, WORDS):
        raise error
    assert caught.value.__cause__ is error
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, "busy"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "busy"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "read_only"),
        (sqlite3.SQLITE_PERM, "not_permitted"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "cannot_open"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "damaged"),
        (sqlite3.SQLITE_NOTADB, "not_a_database"),
        (sqlite3.SQLITE_MISUSE, "other"),
        (None, "other"),
    ],
)
def test_each_kind_has_its_sentence(code: int | None, kind: str) -> None:
    assert told(fault(code)) == f"{kind} of state/{{braces}}.sqlite: raw words."


def test_a_text_that_is_none_is_damage() -> None:
    error = fault(None, "Could not decode to UTF-8 column 'name'")
    assert told(error).startswith("damaged of state/{braces}.sqlite: Could not decode")
    assert told(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")).endswith("it is damaged.")
    assert told(OverflowError("too large")).startswith("damaged of")


def test_a_fault_of_the_system_is_told_in_its_words() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    assert told(error) == "system of state/{braces}.sqlite: Permission denied."


def test_others_pass() -> None:
    with pytest.raises(ZeroDivisionError), reported(PATH, WORDS):
        raise ZeroDivisionError


def test_one_sentence_may_do_for_all() -> None:
    words = FaultWords.all_alike("{path} failed ({what}).")
    assert {getattr(words, kind) for kind in KINDS} == {"{path} failed ({what})."}


def test_a_copy_is_whole_though_others_write_on(tmp_path: Path) -> None:
    source, target = tmp_path / "source.sqlite", tmp_path / "copy.sqlite"
    private_file(source)
    with closing(connect(source, 1.0)) as db:
        keep_wal(db, 1.0)
        db.execute("CREATE TABLE number (value INTEGER)")
        db.execute("INSERT INTO number VALUES (1)")
        # What a plain copy of the file would not have: it still stands in the write-ahead log.
        copy_database(source, target, 1.0)
        db.execute("INSERT INTO number VALUES (2)")
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.sqlite"]
    with closing(connect(target, 1.0)) as copy:
        assert copy.execute("SELECT value FROM number").fetchall() == [(1,)]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    private_file(path)
    with closing(connect(path, 1.0)) as db:
        db.execute("CREATE TABLE number (value TEXT)")
        db.executemany("INSERT INTO number VALUES (?)", [("x" * 1000,)] * 50)
    refuse_damaged(path)
    content = bytearray(path.read_bytes())
    content[4096 : 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        refuse_damaged(path)
