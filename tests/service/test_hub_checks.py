from pathlib import Path

import pytest

from accessctl.clock import Clocks, Uptime
from accessctl.config import AuditConfig, Config, GalleryConfig, SyncConfig
from accessctl.domain import PersonRules
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.site import AgeMark, DocumentPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import open_site_gallery
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
    return Config(
        audit=log, sync=SyncConfig(hub=URL), gallery=GalleryConfig(folder=tmp_path / "enrolled")
    )


def look(config: Config, now: float = NOW) -> list[tuple[Level, str]]:
    found: list[Finding] = list(check_hub(config, {}, lambda: now))
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


def test_a_door_that_left_its_hub_is_told_whom_it_still_knows(config: Config) -> None:
    left = config.model_copy(update={"sync": SyncConfig()})
    site = open_site_gallery(config.gallery, {})
    photo = NewPhoto(
        jpeg=b"jpeg", embedding=random_units(1, 8, 1)[0], fingerprint="e", quality=0.5, added=NOW
    )
    site.gallery.add_person("Ada", photo)
    # So far they are its own.
    assert look(left) == []
    site.begin("a" * 64, "d" * 32)
    ((level, said),) = look(left)
    assert (level, said.startswith("1 people of a hub are here")) == (Level.WARNING, True)
    site.gallery.remove("Ada")
    assert look(left) == []
    site.gallery.close()


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
    assert (level, "is damaged" in said) == (Level.WARNING, True)


def test_people_that_are_old_changes_that_wait_and_settings_that_do_not_count(
    config: Config,
) -> None:
    join(config)
    receive(config, NOW)
    site = open_site_gallery(config.gallery, {})
    position = site.begin("a" * 64, "d" * 32)
    wish = DocumentPut(1, "settings", b'{"settings": {"policy.attempts": 9}}')
    site.take(SiteBatch((wish,), SitePosition(position.hub, position.door, 1)), lambda *_: None)

    def said(ran_s: float, boot: str = "boot") -> list[str]:
        clocks = Clocks(lambda: NOW, lambda: Uptime(boot, ran_s), lambda: False)
        return [finding.sentence for finding in check_hub(config, {}, lambda: NOW, clocks)][1:]

    refused = "What it wants of this door does not count: policy.attempts: 3 -> 9 would guard less."
    assert said(100.0) == ["It has not said yet who may enter here.", refused]
    site.note_age(AgeMark(NOW, 0.0, NOW, Uptime("boot", 100.0)))
    assert said(3700.0) == [refused]
    assert said(7300.0)[0].startswith("The people are as it had them 2.0 h ago")
    assert said(1.0, "another")[0].startswith("Since the machine was off nobody knows")
    photo = NewPhoto(
        jpeg=b"jpeg", embedding=random_units(1, 8, 1)[0], fingerprint="e", quality=0.5, added=NOW
    )
    ada = site.gallery.add_person("Ada", photo).id
    site.propose_unknown()
    site.gallery.set_rules(ada, PersonRules(disabled=True))
    assert said(100.0) == ["2 changes made here wait for its answer.", refused]
    site.gallery.close()
