"""A door's folder that is saved, lost, and put back."""

import json
import os
import shutil
import sqlite3
import stat
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accessctl.administration import backup as backups
from accessctl.administration.acceptance import (
    AcceptanceRecord,
    AcceptedCopy,
    ConfigText,
    accepted_path,
    check_known,
    read_text,
)
from accessctl.administration.backup import BackedUp, DoorKeys, back_up, read_keys, write_keys
from accessctl.administration.changes import DeferredLog, open_administration
from accessctl.administration.restore import Restored, restore
from accessctl.audit.opening import find_key, key_path, open_log, open_log_to_check
from accessctl.audit.snapshots import Snapshots
from accessctl.config import AuditConfig, Config, GalleryConfig
from accessctl.domain import Event, EventKind, PersonRules
from accessctl.door.fake import CALIBRATION
from accessctl.errors import AccessctlError, FaultError, InputError, StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.store import open_gallery
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.enrolment import Candidate
from accessctl.recognition.normalisation import Normaliser

NOW = 1_800_000_000.0
ONE_DAY = 86400.0
STRENGTHS = {"strict": "liveness: {mode: challenge}\n", "weak": "liveness: {mode: 'off'}\n"}
YARDSTICK = Yardstick(Normaliser(random_units(300, 8, seed=99), 50), CALIBRATION, 1e-3, 1e-4)


class Site:
    """A door's files, its log's head and its backups on disks of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "door"
        self.elsewhere = folder / "other disk"
        self.elsewhere.mkdir(parents=True)
        self.config = Config(
            gallery=GalleryConfig(folder=self.folder / "enrolled"),
            audit=AuditConfig(
                file=self.folder / "state" / "events.sqlite",
                head=self.elsewhere / "head",
            ),
        )
        self.config_path = self.folder / "config.yaml"
        self.file = self.elsewhere / "backup"
        self.keys = self.elsewhere / "keys"

    def enrol(self, *names: str) -> None:
        with open_administration(self.config, {}) as administration:
            for seed, name in enumerate(names):
                embedding = random_units(1, 8, seed)[0]
                photo = Candidate(embedding, "f" * 64, 0.5, b"jpeg", name, YARDSTICK)
                administration.enrol(name, [photo], anyway=True)

    def remove(self, name: str) -> None:
        with open_administration(self.config, {}) as administration:
            administration.remove(name)

    def names(self) -> list[str]:
        with open_gallery(self.config.gallery, {}) as gallery:
            return [person.name for person in gallery.people()]

    def note(self, state: str) -> None:
        with open_log(self.config.audit, {}) as log:
            log.append(Event(NOW, EventKind.SERVICE, {"state": state}))

    def states(self) -> list[str]:
        with open_log_to_check(self.config.audit, {}) as log:
            said = [
                str(event.data.get("state") or event.data.get("change")) for _, event in log.query()
            ]
        return [word for word in said if word != "gallery_seen"]

    def back_up(self, **more: bool) -> BackedUp:
        return back_up(
            self.config,
            {},
            self.file,
            NOW,
            config_path=self.config_path,
            keys=self.keys,
            **more,
        )

    def restore(self, *, keys: bool = False, **more: bool) -> Restored:
        named = self.keys if keys else None
        return restore(
            self.config,
            {},
            self.file,
            NOW + ONE_DAY,
            config_path=self.config_path,
            keys=named,
            **more,
        )

    def accept(self, strength: str) -> None:
        """The owner accepts a configuration that asks for `strength`."""
        self.config_path.write_text(STRENGTHS[strength])
        with DeferredLog(self.config.audit, {}) as audit:
            record = AcceptanceRecord(self.config_path, audit, lambda: NOW)
            record.accept(AcceptedCopy(self.config_path, {}), self.text)

    @property
    def text(self) -> ConfigText:
        """The configuration's file, but for the places of this test's files."""
        read = read_text(self.config_path)
        return ConfigText(read.content, read.config.model_copy(update={"audit": self.config.audit}))

    def accepted(self) -> bytes | None:
        """What counts, by the copy and by the log; None where there is none."""
        copy = AcceptedCopy(self.config_path, {})
        found = copy.read()
        with DeferredLog(self.config.audit, {}) as audit:
            record = AcceptanceRecord(self.config_path, audit, lambda: NOW)
            check_known(copy, found, record.known())
        return None if found is None else found.content

    def lose(self) -> None:
        """The door's disk dies; the other one does not."""
        shutil.rmtree(self.folder)

    def everything(self) -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.enrol("Ada", "Grace")
    with LockoutStore(made.config.lockout_file) as lockouts:
        lockouts.change(made.config.access.door, lambda _: Lockout(refused=3))
    return made


def test_a_door_whose_disk_died_is_as_it_was(site: Site) -> None:
    made = site.back_up()
    assert (made.people, made.records, made.broken) == (2, 5, None)
    site.lose()
    found = site.restore(keys=True)
    assert (found.people, found.records, found.last, found.before) == (2, 5, 5, 5)
    assert found.aside == (site.elsewhere / f"head.before-restore-{stamp(NOW + ONE_DAY)}",)
    assert site.names() == ["Ada", "Grace"]
    assert site.states() == ["enrolled", "enrolled", "audit_backed_up", "audit_restored"]
    with LockoutStore(site.config.lockout_file) as lockouts:
        assert lockouts.read(site.config.access.door).refused == 3
    with open_log_to_check(site.config.audit, {}) as log:
        report = log.verify()
    assert not report.alarm
    assert "restored from a backup that ended at record 5" in report.noticed[0].problem
    for file in (site.config.audit.file, site.folder / "enrolled" / "gallery.sqlite"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def stamp(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S}"


def test_what_came_after_the_backup_is_seen_by_the_head_kept_apart(site: Site) -> None:
    site.back_up()
    for state in ("started", "stopped"):
        site.note(state)
    site.lose()
    found = site.restore(keys=True)
    assert (found.last, found.before) == (5, 7)
    with open_log_to_check(site.config.audit, {}) as log:
        report = log.verify()
        (told,) = [e.data for _, e in log.query() if e.data.get("state") == "audit_restored"]
    assert (told["head"], told["before"]) == (5, 7)
    assert len(told["before_hash"]) == len(told["head_hash"]) == 64
    said = "ended at record 5; before that, the log had ended at record 7"
    assert said in report.noticed[0].problem


def test_a_log_put_back_by_hand_is_an_alarm(site: Site) -> None:
    site.back_up()
    kept = site.config.audit.file.read_bytes()
    site.note("started")
    for side in ("-wal", "-shm"):
        site.config.audit.file.with_name("events.sqlite" + side).unlink(missing_ok=True)
    site.config.audit.file.write_bytes(kept)
    with open_log_to_check(site.config.audit, {}) as log:
        assert log.verify().alarm


def test_somebody_removed_since_stays_removed(site: Site) -> None:
    site.back_up()
    site.remove("Grace")
    found = site.restore()
    assert found.removed_again == ("Grace",)
    assert site.names() == ["Ada"]
    assert site.states()[-2:] == ["audit_restored", "removed"]


def test_unless_that_removal_is_what_shall_be_undone(site: Site) -> None:
    site.back_up()
    site.remove("Grace")
    assert site.restore(revive=True).removed_again == ()
    assert site.names() == ["Ada", "Grace"]
    with open_log_to_check(site.config.audit, {}) as log:
        *_, (_, last) = log.query()
    assert (last.data["state"], last.data["revive"]) == ("audit_restored", True)


def test_what_was_there_is_moved_aside_whole(site: Site) -> None:
    site.back_up()
    site.note("started")
    found = site.restore()
    names = {path.name.split(".before-restore-")[0] for path in found.aside}
    assert names == {"lockout.sqlite", "gallery.sqlite", "events.sqlite", "head"}
    (log,) = [path for path in found.aside if path.name.startswith("events.sqlite.")]
    with sqlite3.connect(log) as db:
        assert db.execute("SELECT count(*) FROM event").fetchone()[0] == 6
    db.close()


def test_what_the_door_is_set_to_is_of_the_moment_and_stays_as_it_is(site: Site) -> None:
    """A backup of an evacuation must not unlock the door, nor one of before end a lockdown."""
    posture = site.config.audit.file.with_name("doorway.json")
    evacuation = b'{"version": 1, "posture": "evacuation"}'
    posture.write_bytes(evacuation)
    site.back_up()
    posture.write_bytes(b'{"version": 1, "posture": "locked_down"}')
    site.restore()
    assert b"locked_down" in posture.read_bytes()
    site.lose()
    site.restore(keys=True)
    assert not posture.exists()
    assert evacuation not in site.file.read_bytes()


def test_keys_are_not_in_the_backup_and_apart_only_when_asked(site: Site) -> None:
    site.back_up()
    keys = read_keys(site.keys)
    assert keys.audit is not None
    assert keys.gallery is not None
    assert stat.S_IMODE(site.keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.file.stat().st_mode) == 0o600
    with zipfile.ZipFile(site.file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for key in (keys.audit, keys.gallery):
        assert key not in content
        assert key.hex().encode() not in content
        assert json.dumps(str(key)).encode() not in content
    other = site.elsewhere / "other"
    back_up(site.config, {}, other, NOW, config_path=site.config_path)
    assert {path.name for path in site.elsewhere.iterdir()} == {"backup", "keys", "other", "head"}
    with pytest.raises(InputError, match="apart"):
        back_up(
            site.config,
            {},
            site.elsewhere / "x",
            NOW,
            config_path=site.config_path,
            keys=site.elsewhere / "x",
        )


def test_no_file_is_overwritten_and_none_is_left_after_a_refusal(site: Site) -> None:
    site.file.write_text("mine")
    with pytest.raises(InputError, match="name a new file"):
        site.back_up()
    assert site.file.read_text() == "mine"
    assert not site.keys.exists()
    site.file.unlink()
    site.keys.write_text("mine")
    with pytest.raises(InputError):
        site.back_up()
    assert not site.file.exists()
    assert "audit_backed_up" not in site.states()


def test_while_the_door_writes_all_the_time_the_copy_is_whole(site: Site) -> None:
    halt = threading.Event()
    written = [0]

    def write() -> None:
        with open_log(site.config.audit, {}) as log:
            while not halt.is_set():
                log.append(Event(NOW, EventKind.SERVICE, {"state": "started"}))
                written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            path = site.elsewhere / str(number)
            assert back_up(site.config, {}, path, NOW, config_path=site.config_path).broken is None
    finally:
        halt.set()
        thread.join(30)
    assert written[0] > 0
    site.lose()
    with pytest.raises(InputError, match="audit key"):
        restore(site.config, {}, path, NOW, config_path=site.config_path)
    write_keys(site.keys, DoorKeys(None, b"x" * 32))
    with pytest.raises(InputError, match="another audit key"):
        restore(site.config, {}, path, NOW, config_path=site.config_path, keys=site.keys)


def test_somebody_enrolled_in_between_is_in_both_or_in_neither(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, turns = backups.copy_database, [0]

    def copy_and_enrol(source: Path, target: Path, timeout: float) -> None:
        copy(source, target, timeout)
        if source.name == "gallery.sqlite" and turns[0] < 2:
            turns[0] += 1
            site.enrol(f"Eve {turns[0]}")

    monkeypatch.setattr(backups, "copy_database", copy_and_enrol)
    assert site.back_up().people == 4
    monkeypatch.undo()
    site.lose()
    site.restore(keys=True)
    assert site.names() == ["Ada", "Eve 1", "Eve 2", "Grace"]
    assert site.states().count("enrolled") == 4


def test_pictures_go_along_where_they_are_asked_for(site: Site) -> None:
    key = read_keys_of(site)
    folder = site.folder / "state" / "snapshots"
    kept = Snapshots(folder, key, site.config.audit.snapshots).keep("ab", NOW, b"a picture")
    assert kept is not None
    (folder / "readme.txt").write_text("mine")
    assert site.back_up(pictures=True).pictures == 1
    site.lose()
    assert site.restore(keys=True).pictures == 1
    assert [path.name for path in folder.iterdir()] == [kept.name]
    assert Snapshots(folder, key, site.config.audit.snapshots).read(kept.name) == b"a picture"


def read_keys_of(site: Site) -> bytes:
    key = find_key(key_path(site.config.audit), {})
    assert key is not None
    return key


@pytest.mark.parametrize("where", range(0, 100, 7))
def test_a_damaged_backup_is_refused_and_nothing_is_touched(site: Site, where: int) -> None:
    site.back_up()
    content = bytearray(site.file.read_bytes())
    content[len(content) * where // 100] ^= 0xFF
    site.file.write_bytes(content)
    before = site.everything()
    try:
        site.restore()
    except AccessctlError:
        assert site.everything() == before
    else:
        # A bit of the ZIP that means nothing: all that counts was as it was sealed.
        assert site.names() == ["Ada", "Grace"]


@pytest.mark.parametrize("content", [b"", b"not a backup", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_backup_is_refused(site: Site, content: bytes) -> None:
    site.file.write_bytes(content)
    with pytest.raises(InputError, match="no backup"):
        site.restore()
    site.file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        site.restore()


def test_a_changed_list_is_refused(site: Site) -> None:
    site.back_up()
    with zipfile.ZipFile(site.file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"last": 5', b'"last": 6')
    site.file.unlink()
    with zipfile.ZipFile(site.file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="was changed"):
        site.restore()


def test_the_backup_of_another_door_is_refused(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "second")
    other.enrol("Mallory")
    other.back_up()
    site.file = other.file
    with pytest.raises(InputError, match="another audit key"):
        site.restore()
    with pytest.raises(InputError, match="key in place is another"):
        restore(site.config, {}, other.file, NOW, config_path=site.config_path, keys=other.keys)


def test_where_it_cannot_be_put_in_place_all_is_put_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.back_up()
    site.note("started")
    before = site.states(), site.names()
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target == site.config.audit.head and ".restore." in str(self):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(FaultError, match="No space left"):
        site.restore()
    monkeypatch.undo()
    assert (site.states(), site.names()) == before
    assert not list(site.folder.rglob(".restore*"))


@pytest.mark.parametrize("named", ["backup", "keys"])
def test_a_disk_that_fills_up_leaves_neither_backup_nor_keys(
    site: Site, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    def is_half(name: str) -> bool:
        return Path(name).name.startswith(f".{named}.")

    real = os.fsync
    monkeypatch.setattr(
        "accessctl.storage.files.os.fsync",
        lambda fd: full(fd) if is_half(os.readlink(f"/proc/self/fd/{fd}")) else real(fd),
    )
    with pytest.raises(FaultError, match="No space left"):
        site.back_up()
    monkeypatch.undo()
    assert [path.name for path in site.elsewhere.iterdir()] == ["head"]


def test_rules_are_restored_sealed(site: Site) -> None:
    with open_administration(site.config, {}) as administration:
        administration.change_rules("Ada", lambda _: PersonRules(disabled=True))
    site.back_up()
    site.lose()
    site.restore(keys=True)
    with open_administration(site.config, {}) as administration:
        assert administration.entitlement("Ada").rules.disabled


def test_the_configuration_that_was_accepted_is_restored(site: Site) -> None:
    site.accept("strict")
    site.back_up()
    site.lose()
    assert site.restore(keys=True).weaker == ()
    site.config_path.write_text(STRENGTHS["weak"])
    assert site.accepted() == STRENGTHS["strict"].encode()
    assert stat.S_IMODE(accepted_path(site.config_path).stat().st_mode) == 0o600


def test_it_says_where_the_key_lies_now(site: Site) -> None:
    site.accept("strict")
    site.back_up()
    site.lose()
    audit = AuditConfig(
        file=site.folder / "elsewhere" / "events.sqlite", head=site.config.audit.head
    )
    site.config = site.config.model_copy(update={"audit": audit})
    site.restore(keys=True)
    assert site.accepted() == STRENGTHS["strict"].encode()


def test_a_restore_accepts_nothing_that_guards_less(site: Site) -> None:
    site.accept("weak")
    site.back_up()
    site.accept("strict")
    found = site.restore()
    assert len(found.weaker) == 1
    assert "liveness.mode" in found.weaker[0]
    assert site.accepted() == STRENGTHS["strict"].encode()
    site.accept("weak")
    assert site.accepted() == STRENGTHS["weak"].encode()


def test_one_that_was_accepted_in_between_is_the_one_the_log_knows(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.accept("strict")
    copy, turns = backups.copy_database, [0]

    def copy_and_accept(source: Path, target: Path, timeout: float) -> None:
        copy(source, target, timeout)
        if source.name == "gallery.sqlite" and turns[0] < 1:
            turns[0] += 1
            site.accept("weak")

    monkeypatch.setattr(backups, "copy_database", copy_and_accept)
    site.back_up()
    monkeypatch.undo()
    site.lose()
    site.restore(keys=True)
    assert site.accepted() == STRENGTHS["weak"].encode()


def test_a_damaged_one_is_kept_as_it_is_and_still_refused(site: Site) -> None:
    site.accept("strict")
    accepted_path(site.config_path).write_bytes(b"{}")
    site.back_up()
    site.lose()
    site.restore(keys=True)
    with pytest.raises(StoreError, match="damaged"):
        site.accepted()
