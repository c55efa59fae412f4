import sys
from contextlib import closing

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from accessctl.config import HubConfig
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
    open_database(unused_config, {}).close()
    # What would change them cannot be loaded any more.
    monkeypatch.setitem(sys.modules, "alembic", None)
    with closing(open_database(unused_config, {})) as database, database.reading() as db:
        assert revision_of(db) == revisions()[-1]
