import base64
import logging
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.errors import AccessctlError, GalleryKeyError, StoreError
from accessctl.gallery.database import Database
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.person import PinHash
from accessctl.gallery.store import Gallery

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


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_folder_and_files_are_private(folder: Path, open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    found = modes(folder)
    assert {"gallery.sqlite", "gallery.sqlite-wal", "gallery.sqlite-shm", "gallery.key"} == set(
        found
    )
    assert set(found.values()) == {0o600}


def test_what_was_too_open_is_closed(folder: Path, open_at) -> None:
    open_at().close()
    folder.chmod(0o755)
    (folder / "gallery.sqlite").chmod(0o644)
    open_at().add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes(folder).values()) == {0o600}


def test_what_was_kept_is_there_after_opening_again(folder: Path, open_at) -> None:
    first = open_at()
    person = first.add_person(
        "Grace", NewPhoto(jpeg=b"photo", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    first.close()
    second = open_at()
    assert second.people() == [person]
    assert [photo.jpeg for photo in second.photos()] == [b"photo"]


def test_a_generated_key_is_warned_about_once(open_at, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        open_at()
        open_at()
    assert caplog.text.count("Generated the gallery's key") == 1


def test_a_named_key_generates_none(folder: Path, open_at, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(base64.b64encode(b"k" * 32))
    key.chmod(0o600)
    open_at(environment={"ACCESSCTL_KEY_FILE": str(key)})
    assert not (folder / "gallery.key").exists()


def test_the_wrong_key(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.key").write_bytes(base64.b64encode(b"w" * 32))
    before = (folder / "gallery.sqlite").read_bytes()
    with pytest.raises(GalleryKeyError, match="does not open the gallery"):
        open_at()
    assert (folder / "gallery.sqlite").read_bytes() == before


def test_a_gallery_without_its_key_never_gets_a_new_one(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.key").unlink()
    with pytest.raises(GalleryKeyError, match="its key is not; restore"):
        open_at()
    assert not (folder / "gallery.key").exists()


def test_a_damaged_file(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="damaged"):
        open_at()


def test_a_damaged_page(folder: Path, open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Grace",
        NewPhoto(jpeg=b"x" * 20_000, embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    gallery.close()
    path = folder / "gallery.sqlite"
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        open_at().templates("e")


def test_a_locked_gallery(folder: Path, open_at) -> None:
    gallery = open_at(busy_timeout_s=0.05)
    holder = sqlite3.connect(folder / "gallery.sqlite", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another process"):
            gallery.add_person(
                "Grace",
                NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
            )
        assert gallery.people() == []
    finally:
        holder.close()
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )


def test_a_folder_that_is_a_file(folder: Path, open_at) -> None:
    folder.write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be used"):
        open_at()


def test_a_schema_that_is_no_text_is_damage(folder: Path, open_at) -> None:
    open_at().close()
    path = folder / "gallery.sqlite"
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE person", b"CREATE TAB\xff\xfe person")
    )
    with pytest.raises(StoreError, match=r"is damaged; restore it from a backup"):
        open_at()


@pytest.fixture
def filled(folder: Path, open_at) -> Path:
    """A copy of the file of a gallery with somebody in it, who has a photo, rules and a PIN."""
    with open_at() as gallery:
        person = gallery.add_person(
            "Grace",
            NewPhoto(jpeg=b"photo", embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
        )
        gallery.set_rules(person.id, PersonRules(("staff",), None, 5e9, False))
        gallery.set_pin(person.id, PinHash(b"salt", bytes(32)))
    copy = folder / "as it was"
    copy.write_bytes((folder / "gallery.sqlite").read_bytes())
    return copy


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_damaged_bytes_are_read_or_refused_with_a_sentence(
    folder: Path, open_at, filled: Path, changes: list[tuple[int, int]]
) -> None:
    path = folder / "gallery.sqlite"
    # What an earlier example left beside it is not of this one.
    for former in folder.glob("gallery.sqlite-*"):
        former.unlink()
    content = bytearray(filled.read_bytes())
    # What is zero says little: most of a small database is.
    telling = [place for place, value in enumerate(content) if value]
    for place, value in changes:
        content[telling[place % len(telling)]] = value
    path.write_bytes(content)
    for use in (
        lambda gallery: [(one.name, one.photos) for one in gallery.people()],
        lambda gallery: [list(gallery.photos()), gallery.templates("e")],
        lambda gallery: [gallery.rules(), gallery.pins(), gallery.revision()],
        lambda gallery: gallery.rename("Grace", "Eileen"),
        lambda gallery: gallery.remove("Eileen"),
    ):
        try:
            with open_at() as gallery:
                use(gallery)
        except AccessctlError as error:
            assert str(error).isprintable()  # noqa: PT017 - whether it is refused is free
