import os
import sqlite3
from pathlib import Path

import pytest

from accessctl.errors import StoreError
from accessctl.gallery.database import Database
from accessctl.gallery.fake import random_units
from accessctl.gallery.store import Gallery
from accessctl.gallery.values import NewPhoto

FACE = random_units(1, 16, seed=1)[0]
NOISE = os.urandom(60_000)


def connect(folder: Path, timeout: float = 0.05) -> tuple[sqlite3.Connection, Gallery]:
    folder.mkdir(exist_ok=True)
    path = folder / "gallery.sqlite"
    db = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    return db, Gallery(Database(db, path, bytes(32), os.urandom))


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def sealed_values(db: sqlite3.Connection) -> list[bytes]:
    rows = db.execute("SELECT sealed FROM photo UNION ALL SELECT sealed FROM template")
    return [row[0] for row in rows]


def test_a_full_disk_leaves_nothing_half_written(folder: Path) -> None:
    db, gallery = connect(folder)
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="is full; free some space"):
        gallery.add_person(
            "Eileen", NewPhoto(jpeg=NOISE, embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
        )
    assert [person.name for person in gallery.people()] == ["Grace"]
    assert gallery.revision() == 1
    db.execute("PRAGMA max_page_count = 100000")
    gallery.add_person(
        "Eileen", NewPhoto(jpeg=NOISE, embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    gallery.close()


def test_durability_is_asked_for(folder: Path) -> None:
    db, gallery = connect(folder)
    settings = {
        name: db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
    }
    gallery.close()


def test_remove_leaves_nothing_in_any_file(folder: Path) -> None:
    db, gallery = connect(folder)
    for number in range(40):
        gallery.add_person(
            f"Other {number}",
            NewPhoto(jpeg=NOISE[:3000], embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
        )
    known = set(sealed_values(db))
    person = gallery.add_person(
        "Unforgettable Name",
        NewPhoto(jpeg=NOISE, embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    gallery.add_photo(
        person.id,
        NewPhoto(jpeg=NOISE[:500], embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    own = [value for value in sealed_values(db) if value not in known]
    assert len(own) == 4
    traces = [b"Unforgettable", b"unforgettable", person.id.encode()]
    # Any sixteen bytes of ciphertext would be a trace: take some from each stretch of a page.
    traces += [value[at : at + 16] for value in own for at in range(0, len(value) - 16, 400)]
    assert all(trace in every_byte(folder) for trace in traces[:3])

    gallery.remove("Unforgettable Name")

    left = every_byte(folder)
    assert [trace for trace in traces if trace in left] == []
    assert b"Other 7" in left
    gallery.close()
    assert [trace for trace in traces if trace in every_byte(folder)] == []


def test_rename_leaves_nothing_of_the_old_name(folder: Path) -> None:
    _, gallery = connect(folder)
    gallery.add_person(
        "Unforgettable",
        NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    gallery.rename("Unforgettable", "Grace")
    left = every_byte(folder)
    assert b"nforgettable" not in left
    assert b"Grace" in left
    gallery.close()


def test_erasing_is_finished_by_whoever_opens_next(folder: Path) -> None:
    _, gallery = connect(folder)
    gallery.add_person(
        "Unforgettable",
        NewPhoto(jpeg=NOISE, embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    reader = sqlite3.connect(folder / "gallery.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM person").fetchall()

    with pytest.raises(StoreError, match="change is made, but traces"):
        gallery.remove("Unforgettable")
    assert gallery.people() == []
    assert b"nforgettable" in every_byte(folder)
    # Somebody who opens the gallery while it is still held gets in all the same.
    _, second = connect(folder)
    assert second.people() == []
    second.close()

    reader.close()
    gallery.close()
    _, third = connect(folder)
    assert b"nforgettable" not in every_byte(folder)
    third.close()


def test_what_another_process_removes_meanwhile_stays_pending(folder: Path) -> None:
    _, gallery = connect(folder)
    gallery.add_person(
        "Ann", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    other = sqlite3.connect(folder / "gallery.sqlite", isolation_level=None)

    class Interrupting(sqlite3.Connection):
        """Another process commits a removal, and dies, right after the log was emptied."""

        def execute(self, sql: str, *arguments):
            result = super().execute(sql, *arguments)
            if sql.startswith("PRAGMA wal_checkpoint"):
                other.execute("UPDATE state SET erase_pending = erase_pending + 1")
            return result

    path = folder / "gallery.sqlite"
    db = sqlite3.connect(path, isolation_level=None, factory=Interrupting)
    Gallery(Database(db, path, bytes(32), os.urandom)).remove("Ann")
    assert other.execute("SELECT erase_pending FROM state").fetchone()[0] > 0
    for connection in (other, db):
        connection.close()
    gallery.close()
    again, gallery = connect(folder)
    assert again.execute("SELECT erase_pending FROM state").fetchone() == (0,)
    gallery.close()


def test_a_template_moved_to_another_person_does_not_open(folder: Path) -> None:
    db, gallery = connect(folder)
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    gallery.add_person(
        "Eileen", NewPhoto(jpeg=b"y", embedding=FACE, fingerprint="e", quality=1.0, added=2.0)
    )
    one, two = (row[0] for row in db.execute("SELECT photo FROM template"))
    db.execute(
        "UPDATE template SET sealed = (SELECT sealed FROM template WHERE photo = ?) "
        "WHERE photo = ?",
        (one, two),
    )
    with pytest.raises(StoreError, match="damaged or altered"):
        gallery.templates("e")
    gallery.close()


def test_nothing_sealed_stands_in_clear(folder: Path) -> None:
    _, gallery = connect(folder)
    gallery.add_person(
        "Grace", NewPhoto(jpeg=NOISE, embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    content = every_byte(folder)
    assert NOISE[:16] not in content
    assert FACE.tobytes()[:16] not in content
    gallery.close()
