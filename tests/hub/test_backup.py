"""A hub that is saved and put back, into either database."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from accessctl.config import HubConfig
from accessctl.errors import FaultError, InputError, StoreError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.backup import KEY_FILE, KEYS, back_up_hub, restore_hub
from accessctl.hub.journal import JournalKind
from accessctl.hub.sole import sole_hub
from accessctl.hub.tables import JOURNAL, METADATA
from accessctl.hub.verify import verify_site
from tests.hub.conftest import free_port
from tests.hub.made_tables import new_schema, url_file

MADE = 1_800_000_000.0
EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@pytest.fixture(params=["into sqlite", "into postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> HubConfig:
    """A folder and a database that nobody has used."""
    file = None
    if request.param == "into postgresql":
        url = new_schema(request.getfixturevalue("postgresql"))
        file = url_file(tmp_path / "other-database", url)
    folder = tmp_path / "elsewhere"
    return HubConfig(folder=folder, host="127.0.0.1", port=free_port(), database_file=file)


def all_rows(hub: Hub) -> dict[str, list[tuple[object, ...]]]:
    with hub.database.reading() as db:
        return {
            table.name: sorted(map(tuple, db.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


def filled(hub: Hub, joined) -> dict[str, list[tuple[object, ...]]]:
    front, back = joined("front"), joined("back")
    front.write(230)
    front.send_all()
    back.write(3)
    back.send_all()
    hub.doors.invite("side")
    hub.doors.revoke("back")
    return all_rows(hub)


def test_all_of_it_comes_back_in_either_database(hub, joined, elsewhere, tmp_path: Path) -> None:
    before = filled(hub, joined)
    file = tmp_path / "hub.backup"
    made = back_up_hub(hub.config, {}, file, MADE)
    assert made.key == hub.config.folder / KEY_FILE
    before["journal"] = all_rows(hub)["journal"]
    assert made.contents.rows == {name: len(rows) for name, rows in before.items()}
    found = restore_hub(elsewhere, {}, file, MADE + 60, key_file=made.key)
    assert (found.made, found.rows) == (MADE, made.contents.rows)
    with open_hub(elsewhere, {}) as other:
        after = all_rows(other)
        (last,) = [row for row in after["journal"] if row not in before["journal"]]
        assert last[2] == JournalKind.RESTORED
        after["journal"].remove(last)
        assert after == before
        assert other.authority.fingerprint == hub.authority.fingerprint
        assert other.authority.receipts_key == hub.authority.receipts_key
        assert verify_site(other.database).is_sound
        assert other.doors.invite("later").name == "later"


def test_a_hub_moves_to_another_database_and_keeps_its_keys(
    hub, joined, elsewhere, tmp_path: Path
) -> None:
    before = filled(hub, joined)
    file = tmp_path / "hub.backup"
    back_up_hub(hub.config, {}, file, MADE)
    keys = {one: (hub.config.folder / one).read_bytes() for one in ("authority.pem", KEY_FILE)}
    moved = hub.config.model_copy(update={"database_file": elsewhere.database_file})
    # Its owner moves the former one aside, as docs/site.md says.
    for former in hub.config.folder.glob("hub.sqlite*"):
        former.unlink()
    restore_hub(moved, {}, file, MADE)
    assert {one: (moved.folder / one).read_bytes() for one in keys} == keys
    with open_hub(moved, {}) as other:
        assert all_rows(other)["event"] == before["event"]


@EMBEDDED
def test_nothing_that_is_secret_can_be_read_in_it(hub, joined, tmp_path: Path) -> None:
    filled(hub, joined)
    file = tmp_path / "hub.backup"
    back_up_hub(hub.config, {}, file, MADE)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"PRIVATE KEY" not in content
    assert b"front" not in content
    assert (hub.config.folder / KEY_FILE).read_bytes().strip() not in content
    with pytest.raises(InputError, match="is never overwritten"):
        back_up_hub(hub.config, {}, file, MADE)


def test_a_hub_that_runs_or_has_something_is_not_restored_over(hub, joined, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    back_up_hub(hub.config, {}, file, MADE)
    with (
        sole_hub(hub.config.folder, hub.database),
        pytest.raises(FaultError, match="A hub runs on"),
    ):
        restore_hub(hub.config, {}, file, MADE)
    before = all_rows(hub)
    with pytest.raises(InputError, match="database is not empty"):
        restore_hub(hub.config, {}, file, MADE)
    assert all_rows(hub) == before


@EMBEDDED
def test_another_hubs_folder_is_left_alone(hub, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    made = back_up_hub(hub.config, {}, file, MADE)
    other = hub.config.model_copy(update={"folder": tmp_path / "other"})
    with open_hub(other, {}) as opened:
        fingerprint = opened.authority.fingerprint
    (other.folder / "hub.sqlite").unlink()
    with pytest.raises(InputError, match="There is another hub in"):
        restore_hub(other, {}, file, MADE, key_file=made.key)
    with open_hub(other, {}) as opened:
        assert opened.authority.fingerprint == fingerprint


@EMBEDDED
def test_a_backup_that_was_changed_or_whose_key_is_another(hub, elsewhere, tmp_path) -> None:
    file = tmp_path / "hub.backup"
    made = back_up_hub(hub.config, {}, file, MADE)
    with pytest.raises(InputError, match="The key of the hub's backups is not here"):
        restore_hub(elsewhere, {}, file, MADE)
    wrong = tmp_path / "wrong.key"
    wrong.touch(0o600)
    wrong.write_bytes(bytes(32))
    with pytest.raises(InputError, match="made with another key of a hub's backups"):
        restore_hub(elsewhere, {}, file, MADE, key_file=wrong)
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        keys = archive.getinfo(KEYS).header_offset
    content[keys + 200] ^= 1
    file.write_bytes(content)
    with pytest.raises((InputError, StoreError, FaultError)):
        restore_hub(elsewhere, {}, file, MADE, key_file=made.key)
    assert not (elsewhere.folder / "authority.pem").exists()


def test_a_restore_that_fails_in_the_middle_leaves_the_database_empty(
    hub, joined, elsewhere, tmp_path, monkeypatch
) -> None:
    filled(hub, joined)
    file = tmp_path / "hub.backup"
    made = back_up_hub(hub.config, {}, file, MADE)

    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("accessctl.hub.backup.write_journal", full)
        with pytest.raises(StoreError, match="The disk is full"):
            restore_hub(elsewhere, {}, file, MADE, key_file=made.key)
    assert restore_hub(elsewhere, {}, file, MADE, key_file=made.key).rows["event"] == 233


def test_two_hubs_do_not_serve_one_database(hub, tmp_path: Path) -> None:
    second = replace(hub, config=hub.config.model_copy(update={"folder": tmp_path / "second"}))
    folder = hub.config.folder if hub.database.is_embedded else second.config.folder
    with sole_hub(hub.config.folder, hub.database) as stays_sole:
        stays_sole()
        with pytest.raises(FaultError, match="already"), sole_hub(folder, second.database):
            pass
        stays_sole()
    with sole_hub(folder, second.database):
        pass


def test_the_journals_tell_of_it(hub, elsewhere, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    made = back_up_hub(hub.config, {}, file, MADE)
    restore_hub(elsewhere, {}, file, MADE + 60, key_file=made.key)
    with open_hub(elsewhere, {}) as other, other.database.reading() as db:
        rows = db.execute(select(JOURNAL.c.kind, JOURNAL.c.time).order_by(JOURNAL.c.number)).all()
        data = db.execute(select(JOURNAL.c.data).order_by(JOURNAL.c.number)).scalars().first()
    # That it was begun is in the backup itself, and at the hub that it is of.
    assert [tuple(row) for row in rows] == [("backed_up", MADE), ("restored", MADE + 60)]
    assert json.loads(data) == {"file": str(file)}
    with hub.database.reading() as db:
        assert db.execute(select(JOURNAL.c.kind)).scalars().all() == ["backed_up"]
