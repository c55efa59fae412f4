"""A door's configuration with what its hub wants laid over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import EventKind
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
def want(config: Config) -> Callable[[bytes], None]:
    """The hub sets the door's settings."""

    def put(settings: bytes) -> None:
        site = open_site_gallery(config.gallery, {})
        position = site.begin(HUB, DOOR)
        seq = position.seq + 1
        change = DocumentPut(seq, "settings", b'{"settings": ' + settings + b"}")
        site.take(SiteBatch((change,), SitePosition(HUB, DOOR, seq)), lambda *_: None)
        site.gallery.close()

    return put


def told(log: MemoryLog) -> list[str]:
    events = log.query(kind=EventKind.SERVICE)
    return [event.data["detail"] for _, event in events if "hub" in event.data["state"]]


def test_the_hubs_settings_are_laid_over_at_the_start_and_at_each_reload(
    config: Config, want: Callable[[bytes], None]
) -> None:
    source = SiteSource(UncheckedSource(lambda: config), {})
    assert source.start() == config
    want(b'{"policy.cooldown_s": 60}')
    assert source.start().policy.cooldown_s == 60
    want(b'{"policy.cooldown_s": 90}')
    assert source.reload().policy.cooldown_s == 90


def test_what_is_refused_goes_on_record_once(config: Config, want: Callable[[bytes], None]) -> None:
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
