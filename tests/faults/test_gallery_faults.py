"""What happens to a running door's people when the gallery's file goes wrong under it."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accessctl.config import GalleryConfig, PolicyConfig
from accessctl.door.fake import CALIBRATION
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.matcher import Roster
from accessctl.recognition.normalisation import Normaliser

FACES = random_units(3, 16, seed=1)
NORMALISER = Normaliser(random_units(300, 16, seed=2), 50)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "enrolled" / "gallery.sqlite"


@pytest.fixture
def gallery(file: Path) -> Iterator[Gallery]:
    with open_at(file) as opened:
        opened.add_person(
            "Ada", NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e", quality=1.0, added=1.0)
        )
        yield opened


def open_at(file: Path) -> Gallery:
    return open_gallery(GalleryConfig(folder=file.parent), {}, busy_timeout_s=0.05)


def roster_of(gallery: Gallery) -> Roster:
    return Roster(gallery, "e", NORMALISER, CALIBRATION, PolicyConfig(attempts=1))


def names(roster: Roster) -> list[str]:
    return sorted(roster.names.values())


def add(gallery: Gallery, name: str, face: int) -> None:
    gallery.add_person(
        name,
        NewPhoto(jpeg=b"x", embedding=FACES[face], fingerprint="e", quality=1.0, added=1.0),
    )


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_a_gallery_locked_by_a_writer_keeps_the_door_working_and_loses_nothing(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    holder = sqlite3.connect(file, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("UPDATE state SET revision = revision + 1")
        assert roster.refresh() is False
        with pytest.raises(StoreError, match="in use by another process"):
            gallery.add_person(
                "Bea",
                NewPhoto(jpeg=b"x", embedding=FACES[1], fingerprint="e", quality=1.0, added=1.0),
            )
    finally:
        holder.close()
    assert names(roster) == ["Ada"]
    gallery.add_person(
        "Bea", NewPhoto(jpeg=b"x", embedding=FACES[1], fingerprint="e", quality=1.0, added=1.0)
    )
    assert roster.refresh() is True
    assert names(roster) == ["Ada", "Bea"]
    assert errors(caplog) == []


def test_a_gallery_deleted_under_the_door_keeps_the_last_copy_and_takes_nobody_new(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    for name in ("gallery.sqlite", "gallery.sqlite-wal", "gallery.sqlite-shm"):
        file.with_name(name).unlink(missing_ok=True)
    assert [roster.refresh() for _ in range(3)] == [False] * 3
    assert names(roster) == ["Ada"]
    assert len(errors(caplog)) == 1
    assert "was removed or replaced" in errors(caplog)[0]
    # Whoever is told that somebody is enrolled must find that person after a restart.
    with pytest.raises(StoreError, match="was removed or replaced"):
        gallery.add_person(
            "Bea", NewPhoto(jpeg=b"x", embedding=FACES[1], fingerprint="e", quality=1.0, added=1.0)
        )


def backup_of(gallery: Gallery, file: Path, to: Path) -> Path:
    """A whole copy, as SQLite makes it, of a gallery in use."""
    source, copy = sqlite3.connect(file), sqlite3.connect(to)
    source.backup(copy)
    source.close()
    copy.close()
    return to


def test_a_gallery_put_back_under_the_door_is_opened_anew(gallery: Gallery, file: Path) -> None:
    roster = roster_of(gallery)
    backup = backup_of(gallery, file, file.with_name("backup"))
    add(gallery, "Bea", 1)
    assert roster.refresh() is True
    os.replace(backup, file)
    assert roster.refresh() is True
    assert (names(roster), roster.trouble) == (["Ada"], None)
    # Changes go where the door looks.
    with open_at(file) as beside:
        add(beside, "Cleo", 2)
    assert roster.refresh() is True
    assert names(roster) == ["Ada", "Cleo"]
    add(gallery, "Dora", 1)
    with open_at(file) as beside:
        assert [person.name for person in beside.people()] == ["Ada", "Cleo", "Dora"]


def test_a_whole_folder_put_back_under_the_door_is_opened_anew(
    gallery: Gallery, file: Path
) -> None:
    roster = roster_of(gallery)
    other = file.parent.with_name("other")
    other.mkdir()
    backup_of(gallery, file, other / file.name)
    (other / "gallery.key").write_bytes(file.with_name("gallery.key").read_bytes())
    gallery.remove("Ada")
    assert roster.refresh() is True
    file.parent.rename(file.parent.with_name("away"))
    other.rename(file.parent)
    assert roster.refresh() is True
    assert names(roster) == ["Ada"]


def test_a_file_that_is_no_gallery_is_none(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    for content in (b"", b"no database at all" * 99):
        (other := file.with_name("other")).write_bytes(content)
        os.replace(other, file)
        assert [roster.refresh() for _ in range(3)] == [False] * 3
        assert roster.trouble is not None
        assert names(roster) == ["Ada"]
        # Nothing was made of it.
        assert file.read_bytes() == content
    assert len(errors(caplog)) == 1


def test_a_gallery_of_another_key_is_not_taken(gallery: Gallery, file: Path) -> None:
    roster = roster_of(gallery)
    with open_at(file.parent.with_name("theirs") / file.name) as theirs:
        add(theirs, "Mallory", 2)
    os.replace(file.parent.with_name("theirs") / file.name, file)
    assert roster.refresh() is False
    assert roster.trouble is not None
    assert "another key" in roster.trouble
    assert names(roster) == ["Ada"]


def test_a_journal_of_another_gallery_is_never_played_into_the_new_one(
    gallery: Gallery, file: Path
) -> None:
    roster = roster_of(gallery)
    backup = backup_of(gallery, file, file.with_name("backup"))
    with open_at(file) as beside:
        add(beside, "Bea", 1)
        os.replace(backup, file)
        # The other program still holds the old file, and its journal lies beside the new one.
        roster.refresh()
        assert (names(roster), roster.trouble) == (["Ada"], None)
        add(gallery, "Cleo", 2)
        # It finds the new file, too, and leaves the new journal alone.
        assert [person.name for person in beside.people()] == ["Ada", "Cleo"]
        add(beside, "Dora", 1)
    assert roster.refresh() is True
    assert names(roster) == ["Ada", "Cleo", "Dora"]


def test_a_gallery_that_comes_back_is_used_again(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    away = file.rename(file.with_name("away"))
    assert roster.refresh() is False
    away.rename(file)
    gallery.add_person(
        "Bea", NewPhoto(jpeg=b"x", embedding=FACES[1], fingerprint="e", quality=1.0, added=1.0)
    )
    assert roster.refresh() is True
    assert names(roster) == ["Ada", "Bea"]
    assert len(errors(caplog)) == 1


def test_a_template_damaged_under_the_door_keeps_the_last_copy(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    matcher = roster.matcher
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("UPDATE template SET sealed = zeroblob(length(sealed))")
    db.execute("UPDATE state SET revision = revision + 1")
    db.close()
    assert [roster.refresh() for _ in range(3)] == [False] * 3
    assert roster.matcher is matcher
    assert names(roster) == ["Ada"]
    assert len(errors(caplog)) == 1
    assert "\n" not in errors(caplog)[0]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda size: b"\xff" * size, id="overwritten"),
        pytest.param(lambda size: b"", id="emptied"),
    ],
)
def test_a_file_damaged_under_the_door_keeps_the_last_copy(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[int], bytes]
) -> None:
    roster = roster_of(gallery)
    # What is not in the write-ahead log any more is read from the file.
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("UPDATE state SET revision = revision + 1")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    content = damage(file.stat().st_size)
    with file.open("r+b") as opened:
        opened.truncate(len(content))
        opened.write(content)
    assert [roster.refresh() for _ in range(3)] == [False] * 3
    assert names(roster) == ["Ada"]
    assert len(errors(caplog)) == 1
    with pytest.raises(StoreError):
        gallery.add_person(
            "Bea", NewPhoto(jpeg=b"x", embedding=FACES[1], fingerprint="e", quality=1.0, added=1.0)
        )
