import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import GalleryConfig
from accessctl.domain import PersonRules
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    GalleryMark,
    goes_on_from,
    migrate,
    place_of,
    reported,
)
from accessctl.gallery.store import Gallery, open_gallery
from tests.gallery.conftest import SITE_TABLES

FACES = random_units(3, 16, seed=1)


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_a_new_file_gets_tables_version_and_mark(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(0, b"check")]


def test_a_second_time_changes_nothing(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    db.execute("UPDATE state SET revision = 7")
    migrate(db, b"other")
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(7, b"check")]


def tables(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_gallery_of_every_older_version_becomes_the_newest(
    db: sqlite3.Connection, version: int
) -> None:
    for statement in (line for lines in MIGRATIONS[:version] for line in lines):
        db.execute(statement)
    db.execute("INSERT INTO state (id, revision, key_check) VALUES (1, 7, ?)", (b"old check",))
    db.execute("INSERT INTO person VALUES ('ada', 'Ada', 'ada', 5.0)")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")
    migrate(db, b"check")
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrate(fresh, b"check")
    assert tables(db) == tables(fresh)
    fresh.close()
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(7, b"old check")]
    assert db.execute("SELECT name FROM person").fetchall() == [("Ada",)]


def test_another_programs_database_is_left_alone(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(StoreError, match="another program's"):
        migrate(db, b"check")
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("notes",)]


def test_a_newer_gallery_is_left_alone(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="install a newer"):
        migrate(db, b"check")
    assert not db.in_transaction


def test_a_failing_migration_leaves_nothing(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        migrate(db, b"check")
    assert not db.in_transaction
    assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def run_read_only(path: Path) -> None:
    sqlite3.connect(path).close()
    path.write_bytes(b"")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        db.execute("CREATE TABLE t (x)")
    finally:
        db.close()


def run_full(path: Path) -> None:
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA max_page_count = 2")
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")
    finally:
        db.close()


def run_not_a_database(path: Path) -> None:
    path.write_bytes(b"no database " * 100)
    db = sqlite3.connect(path)
    try:
        db.execute("SELECT * FROM sqlite_schema")
    finally:
        db.close()


def run_cannot_open(path: Path) -> None:
    sqlite3.connect(path / "below" / "a file")


def run_locked(path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
    finally:
        holder.close()
        other.close()


def run_nonsense(path: Path) -> None:
    db = sqlite3.connect(path)
    try:
        db.execute("SELECT * FROM missing")
    finally:
        db.close()


def run_os_error(path: Path) -> None:
    (path / "x").read_bytes()


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (run_read_only, "cannot be written; check its owner"),
        (run_full, "disk of .* is full; free some space"),
        (run_not_a_database, "is damaged or not a gallery"),
        (run_cannot_open, "cannot be opened"),
        (run_locked, "in use by another process"),
        (run_nonsense, "no such table: missing"),
        (run_os_error, "No such file"),
    ],
)
def test_real_errors_become_sentences(run, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "gallery.sqlite"
    with pytest.raises(StoreError, match=sentence) as caught, reported(path):
        run(path)
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is not None


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(KeyError), reported(tmp_path):
        raise KeyError


def photo(added: float = 1.0) -> NewPhoto:
    return NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e", quality=1.0, added=added)


def test_each_change_has_a_head_of_its_own(gallery: People) -> None:
    marks = [gallery.mark()]
    assert (marks[0].revision, marks[0].head) == (0, "")
    person = gallery.add_person("Ada", photo())
    marks.append(gallery.mark())
    gallery.set_rules(person.id, PersonRules(disabled=True))
    marks.append(gallery.mark())
    gallery.remove("Ada")
    marks.append(gallery.mark())
    assert [mark.revision for mark in marks] == sorted({mark.revision for mark in marks})
    assert len({mark.head for mark in marks}) == 4
    assert len({mark.gallery for mark in marks}) == 1
    assert all(goes_on_from(gallery, mark) for mark in marks)
    assert gallery.head_at(99) is None


def test_what_it_never_was_it_does_not_go_on_from(gallery: People) -> None:
    gallery.add_person("Ada", photo())
    mark = gallery.mark()
    for other in (
        GalleryMark("another", mark.revision, mark.head),
        GalleryMark(mark.gallery, mark.revision + 1, mark.head),
        GalleryMark(mark.gallery, mark.revision, "00" * 16),
    ):
        assert not goes_on_from(gallery, other)


def open_in(folder: Path) -> Gallery:
    return open_gallery(GalleryConfig(folder=folder), {})


@settings(max_examples=15)
@given(kept=st.integers(0, 3), later=st.integers(1, 3), again=st.integers(0, 5))
def test_an_older_copy_is_seen_however_much_is_changed_in_it(
    tmp_path_factory: pytest.TempPathFactory, kept: int, later: int, again: int
) -> None:
    folder = tmp_path_factory.mktemp("g")
    file, backup = folder / "gallery.sqlite", folder / "backup"
    with open_in(folder) as gallery:
        ada = gallery.add_person("Ada", photo())
        for number in range(kept):
            gallery.set_rules(ada.id, PersonRules((f"g{number}",)))
    file_before = sqlite3.connect(file)
    copy = sqlite3.connect(backup)
    file_before.backup(copy)
    file_before.close()
    copy.close()
    with open_in(folder) as gallery:
        before = gallery.mark()
        for number in range(later):
            gallery.set_rules(ada.id, PersonRules((f"h{number}",)))
        seen = gallery.mark()
        assert goes_on_from(gallery, before)
    os.replace(backup, file)
    with open_in(folder) as older:
        for number in range(again):
            older.set_rules(ada.id, PersonRules((f"i{number}",)))
        assert not goes_on_from(older, seen)
        assert goes_on_from(older, before)


def test_a_gallery_of_an_older_version_keeps_its_name_and_begins_a_history(open_at) -> None:
    gallery = open_at()
    gallery.add_person("Ada", photo())
    known = gallery.mark()
    for what in (*SITE_TABLES, "person_controller_number", "history", "badge"):
        gallery._database._db.execute(f"DROP TABLE {what}")
    gallery._database._db.execute("DROP INDEX photo_listed")
    gallery._database._db.execute("PRAGMA user_version = 4")
    gallery.close()
    newer = open_at()
    mark = newer.mark()
    assert (mark.gallery, mark.revision) == (known.gallery, 1)
    assert len(mark.head) == 32
    assert goes_on_from(newer, mark)


def test_a_place_is_where_the_file_lies_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    here = place_of(tmp_path / "gallery.sqlite")
    assert here == place_of(tmp_path / "link" / "gallery.sqlite")
    assert here != place_of(tmp_path / "other" / "gallery.sqlite")
    assert len(here) == 16
