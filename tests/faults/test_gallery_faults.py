"""What happens to a running door's people when the gallery's file goes wrong under it."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accessctl.config import GalleryConfig
from accessctl.door.fake import CALIBRATION
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.roster import Roster

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
    return Roster(gallery, "e", NORMALISER, CALIBRATION, target_fpir=1e-3)


def names(roster: Roster) -> list[str]:
    return sorted(roster.names.values())


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


def test_a_gallery_replaced_under_the_door_is_reported(
    gallery: Gallery, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roster = roster_of(gallery)
    other = file.with_name("restored")
    other.write_bytes(file.read_bytes())
    os.replace(other, file)
    assert roster.refresh() is False
    assert names(roster) == ["Ada"]
    assert len(errors(caplog)) == 1


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
