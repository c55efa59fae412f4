"""A door's folder that is saved, lost, and put back."""

import json
import sqlite3
import stat
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accessctl.administration import backup as backups
from accessctl.administration.backup import DoorKeys, back_up, read_keys, write_keys
from accessctl.administration.restore import restore
from accessctl.audit.opening import find_key, key_path, open_log, open_log_to_check
from accessctl.audit.snapshots import Snapshots
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError
from accessctl.policy.lockout_store import LockoutStore
from tests.administration.backed_up import NOW, ONE_DAY, Site


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
