"""Changes in a door's own gallery and log, as they are opened for them."""

import sqlite3
import stat
from pathlib import Path

import pytest

from accessctl.administration.changes import DeferredLog, open_administration
from accessctl.audit.log import EventLog
from accessctl.config import AuditConfig, Config, GalleryConfig
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError, UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery

FACE = random_units(1, 8, 1)[0]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A gallery with Ada in it, and no event log yet."""
    config = Config(
        gallery=GalleryConfig(folder=tmp_path / "enrolled"),
        audit=AuditConfig(file=tmp_path / "state" / "events.sqlite"),
    )
    photo = NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    with open_gallery(config.gallery, {}) as gallery:
        gallery.add_person("Ada", photo)
    return config


def people(config: Config) -> list[str]:
    with open_gallery(config.gallery, {}) as gallery:
        return [person.name for person in gallery.people()]


def test_a_change_is_in_the_gallery_and_in_the_log(config: Config) -> None:
    with open_administration(config, {}, lambda: 7.0) as administration:
        ada = administration.rename("Ada", "Augusta")
    assert people(config) == ["Augusta"]
    with EventLog(config.audit.file) as log:
        told = [event for _, event in log.query()]
    assert told[0] == Event(7.0, EventKind.PERSON, {"change": "renamed"}, ada.id)
    assert [event.data["state"] for event in told[1:]] == ["gallery_seen"]
    assert stat.S_IMODE(config.audit.file.stat().st_mode) == 0o600


def test_looking_and_what_is_refused_make_no_log(config: Config) -> None:
    with open_administration(config, {}) as administration:
        administration.entitlement("Ada")
        with pytest.raises(UnknownPersonError):
            administration.rename("Eve", "Augusta")
    assert not config.audit.file.parent.exists()


@pytest.fixture(params=["damaged", "a folder"])
def broken(request: pytest.FixtureRequest, config: Config) -> Config:
    config.audit.file.parent.mkdir()
    if request.param == "damaged":
        config.audit.file.write_bytes(b"no database " * 100)
    else:
        config.audit.file.mkdir()
    return config


def test_a_log_that_cannot_be_opened_lets_nothing_be_changed(broken: Config) -> None:
    with open_administration(broken, {}) as administration:
        with pytest.raises(StoreError, match=r"^The event log "):
            administration.rename("Ada", "Augusta")
        with pytest.raises(StoreError, match=r"^The event log "):
            administration.set_pin("Ada", "270818")
        assert not administration.entitlement("Ada").has_pin
    assert people(broken) == ["Ada"]


def test_a_log_that_cannot_be_opened_keeps_nobody_from_being_removed(broken: Config) -> None:
    with (
        open_administration(broken, {}) as administration,
        pytest.raises(StoreError, match=r"^Ada is removed, but the event log does not tell of it"),
    ):
        administration.remove("Ada")
    assert people(broken) == []


def test_the_log_is_closed_after(config: Config) -> None:
    with DeferredLog(config.audit, {}) as log:
        assert log.append(Event(1.0, EventKind.SERVICE)) == 1
        assert log.append(Event(2.0, EventKind.SERVICE)) == 2
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        log._log._db.execute("SELECT 1")  # type: ignore[union-attr]
