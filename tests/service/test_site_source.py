"""A door's configuration with what its hub wants laid over it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.config.policy import AccessConfig, GroupConfig
from accessctl.domain import EventKind
from accessctl.errors import DamagedError
from accessctl.gallery.schema import database_file
from accessctl.gallery.site import DocumentPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import open_site_gallery
from accessctl.service.config_source import UncheckedSource
from accessctl.service.site_source import SiteSource

HUB, DOOR = "a" * 64, "d" * 32


@pytest.fixture
def config(tmp_path: Path) -> Config:
    sections = {"sync": {"hub": "https://hub.example"}, "gallery": {"folder": tmp_path / "g"}}
    return Config.model_validate(sections)


@pytest.fixture
def want(config: Config) -> Callable[..., None]:
    """The hub sets the door's settings, or the site's rules."""

    def put(settings: bytes, kind: str = "settings") -> None:
        site = open_site_gallery(config.gallery, {})
        position = site.begin(HUB, DOOR)
        seq = position.seq + 1
        name = {"settings": b'{"settings": ', "rules": b'{"access": '}[kind]
        change = DocumentPut(seq, kind, name + settings + b"}")
        site.take(SiteBatch((change,), SitePosition(HUB, DOOR, seq)), lambda *_: None)
        site.gallery.close()

    return put


def told(log: MemoryLog) -> list[str]:
    events = log.query(kind=EventKind.SERVICE)
    return [event.data["detail"] for _, event in events if "hub" in event.data["state"]]


def test_the_hubs_settings_are_laid_over_at_the_start_and_at_each_reload(
    config: Config, want: Callable[..., None]
) -> None:
    source = SiteSource(UncheckedSource(lambda: config), {})
    assert source.start() == config
    want(b'{"policy.cooldown_s": 60}')
    assert source.start().policy.cooldown_s == 60
    want(b'{"policy.cooldown_s": 90}')
    assert source.reload().policy.cooldown_s == 90


def test_what_is_refused_goes_on_record_once(config: Config, want: Callable[..., None]) -> None:
    log = MemoryLog()
    source = SiteSource(UncheckedSource(lambda: config), {})
    want(b'{"policy.attempts": 9}')
    source.start()
    source.confirm(log, lambda: 1.0)
    source.reload()
    assert told(log) == ["policy.attempts: 3 -> 9 would guard less"]
    assert source.hub_refused == ("policy.attempts: 3 -> 9 would guard less",)
    want(b'{"policy.attempts": 8}')
    assert source.reload() == config
    assert told(log)[1:] == ["policy.attempts: 3 -> 8 would guard less"]
    want(b"{}")
    source.reload()
    assert source.hub_refused == ()
    assert len(told(log)) == 2


@pytest.mark.parametrize(
    ("kind", "without_group"), [("rules", "allow"), ("settings", "refuse")], ids=str
)
def test_a_door_starts_closed_where_what_the_hub_said_is_damaged(
    config: Config, want: Callable[..., None], kind: str, without_group: str
) -> None:
    """To be told anew it has to run."""
    own = config.model_copy(update={"access": AccessConfig(groups={"staff": GroupConfig()})})
    source = SiteSource(UncheckedSource(lambda: own), {})
    want(b"{}", kind)
    assert source.start().access.groups.keys() == {"staff"}
    with closing(sqlite3.connect(database_file(config.gallery.folder))) as db, db:
        db.execute("UPDATE site_document SET sealed = x'00' WHERE kind = ?", (kind,))
    started = source.start()
    assert (started.access.groups, started.access.without_group) == ({}, without_group)
    assert source.hub_refused == (f"{kind}: they cannot be read",)
    # What runs was whole.
    with pytest.raises(DamagedError):
        source.reload()
    want(b"{}", kind)
    assert source.reload() == own
