from pathlib import Path

import pytest

from accessctl.config import AuditConfig, Config, SyncConfig
from accessctl.hub.authority import open_authority
from accessctl.service.checks import Finding, Level
from accessctl.service.hub_checks import check_hub
from accessctl.sync.identity import KnownHub, keep_membership, new_key, signing_request
from accessctl.sync.outbox import keep_receipt
from accessctl.sync.wire import LogReceipt

NOW = 1_800_000_000.0
DAY_S = 86400.0
URL = "https://hub:8443"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    log = AuditConfig(file=tmp_path / "events.sqlite")
    return Config(audit=log, sync=SyncConfig(hub=URL))


def look(config: Config, now: float = NOW) -> list[tuple[Level, str]]:
    found: list[Finding] = list(check_hub(config, lambda: now))
    return [(one.level, one.sentence) for one in found]


def join(config: Config) -> None:
    authority = open_authority(config.sync_folder.parent / "hub", {}, lambda: NOW)
    key = new_key()
    issued = authority.certify_door("ab" * 16, signing_request(key))
    known = KnownHub(name="front", authority=authority.pem, receipts=authority.receipts_key)
    keep_membership(config.sync_folder, key, issued.pem, known)


def receive(config: Config, time: float) -> None:
    receipt = LogReceipt(number=7, hash="0" * 64, time=time, signature="0" * 128)
    keep_receipt(config.sync_folder, receipt)


def test_a_door_without_a_hub_hears_nothing_of_it() -> None:
    assert look(Config()) == []


def test_a_hub_that_was_not_joined(config: Config) -> None:
    ((level, said),) = look(config)
    assert level is Level.WARNING
    assert "has not joined it, so nothing is sent; run: accessctl join" in said


def test_a_hub_that_has_the_log(config: Config) -> None:
    join(config)
    assert look(config) == [(Level.WARNING, f"{URL} has nothing of this door's log yet.")]
    receive(config, NOW - 60)
    assert look(config) == [(Level.OK, f"{URL} has the log up to record 7.")]


def test_a_hub_that_is_silent_and_a_certificate_that_ran_out(config: Config) -> None:
    join(config)
    receive(config, NOW)
    ((level, said),) = look(config, NOW + DAY_S)
    assert (level, "was last heard of at 2027-01-15 08:00 UTC" in said) == (Level.WARNING, True)
    ran_out, silent = look(config, NOW + 91 * DAY_S)
    assert "certificate ran out (2027-04-15 08:00 UTC), so nothing is sent" in ran_out[1]
    assert "was last heard of" in silent[1]


def test_damaged_files_are_told_of(config: Config) -> None:
    join(config)
    (config.sync_folder / "door.pem").write_bytes(b"")
    ((level, said),) = look(config)
    assert (level, "cannot be used (damaged)" in said) == (Level.WARNING, True)
