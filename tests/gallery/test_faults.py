import sqlite3
from pathlib import Path

import pytest

from accessctl.errors import StoreError
from accessctl.gallery.faults import reported


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
