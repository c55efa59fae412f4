"""A hub's database that an earlier version made and filled, brought up to date.

`filled/REVISION.jsonl` are all rows of a small hub of that version, see `hub.table_rows`; the key
of its site is 32 zeros.
"""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from accessctl.config import HubConfig
from accessctl.errors import StoreError
from accessctl.hub.assembly import open_hub
from accessctl.hub.database import begin_migration, reached_database
from accessctl.hub.migrate import migrate, revision_of
from accessctl.hub.site_keys import SITE_FILE
from accessctl.hub.table_rows import read_rows
from accessctl.hub.verify import verify_site
from accessctl.storage.files import write_key

FILLED = sorted(Path(__file__).with_name("filled").glob("*.jsonl"))


def filled(config: HubConfig, file: Path) -> dict[str, int]:
    config.folder.mkdir(mode=0o700, exist_ok=True)
    write_key(config.folder / SITE_FILE, bytes(32))
    database = reached_database(config, {})
    try:
        with database.writing() as db, file.open("rb") as lines:
            begin_migration(database, db)
            migrate(db, file.stem)
            return read_rows(db, lines)
    finally:
        database.close()


@pytest.mark.parametrize("file", FILLED, ids=lambda file: file.stem)
def test_what_an_earlier_version_wrote_is_all_there(unused_config: HubConfig, file: Path) -> None:
    counts = filled(unused_config, file)
    assert counts["event"] == 15
    for _ in range(2):
        # The second time there is nothing left to do.
        with open_hub(unused_config, {}) as hub:
            report = verify_site(hub.database)
            assert (report.doors, report.records, report.is_sound) == (2, 15, True)
            assert {door.name: door.state for door in hub.doors.listed()} == {
                "front": "joined",
                "back": "revoked",
            }
            rows = [json.loads(one.record) for one in hub.records.query(name="front")]
            assert [number for number, *_ in rows] == list(range(1, 13))
            enrolled = ["Person 1", "Person 3"] if counts.get("person") else []
            assert [person.name for person in hub.people.people()] == enrolled


@pytest.mark.parametrize("unused_config", ["sqlite"], indirect=True)
def test_a_newer_database_is_left_as_it_is(unused_config: HubConfig) -> None:
    with open_hub(unused_config, {}) as hub, hub.database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with (
        pytest.raises(StoreError, match="version 9999, which this accessctl does not know"),
        open_hub(unused_config, {}),
    ):
        pytest.fail("it was opened")
    database = reached_database(unused_config, {})
    with database.reading() as db:
        assert revision_of(db) == "9999"
    database.close()
