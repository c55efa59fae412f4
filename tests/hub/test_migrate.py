import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from accessctl.config import HubConfig
from accessctl.hub import migrate
from accessctl.hub.database import open_database
from accessctl.hub.migrate import FOLDER, revision_of, revisions


def test_the_files_names_say_the_versions_and_their_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    newest_first = ScriptDirectory.from_config(config).walk_revisions()
    assert list(revisions()) == [script.revision for script in newest_first][::-1]


def test_tables_that_are_up_to_date_are_left_alone(
    unused_config: HubConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded: list[str] = []
    upgrade = migrate._upgrade

    def told(db, revision: str) -> None:
        upgraded.append(revision)
        upgrade(db, revision)

    monkeypatch.setattr(migrate, "_upgrade", told)
    for _ in range(2):
        database = open_database(unused_config, {})
        with database.reading() as db:
            assert revision_of(db) == revisions()[-1]
        database.close()
    assert upgraded == [revisions()[-1]]
