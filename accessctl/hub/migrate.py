"""Brings the hub's tables to the newest version, in the transaction that it is given."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from accessctl.errors import StoreError

FOLDER = Path(__file__).with_name("migrations")


NEWEST = "head"


def migrate(db: Connection, revision: str = NEWEST) -> None:
    """As far as `revision`; StoreError for tables that a newer release made."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = db
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    kept = revision_of(db)
    for asked in (kept, None if revision == NEWEST else revision):
        if asked is not None and asked not in known:
            raise StoreError(
                f"The hub's database has version {asked}, which this accessctl does not know; "
                "install a newer accessctl."
            )
    if kept is None or kept not in scripts.get_heads():
        command.upgrade(config, revision)


def revision_of(db: Connection) -> str | None:
    """The version that its tables have; None where there are none yet."""
    return MigrationContext.configure(db).get_current_revision()
