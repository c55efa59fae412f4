"""Brings the hub's tables to the newest version, in the transaction that it is given."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from accessctl.errors import StoreError

FOLDER = Path(__file__).with_name("migrations")
NEWEST = "head"
VERSION_TABLE = "alembic_version"


def migrate(db: Connection, revision: str = NEWEST) -> None:
    """As far as `revision`; StoreError for tables that a newer release made."""
    kept = revision_of(db)
    wanted = revisions()[-1] if revision == NEWEST else revision
    for asked in (kept, wanted):
        if asked is not None and asked not in revisions():
            raise StoreError(
                f"The hub's database has version {asked}, which this accessctl does not know; "
                "install a newer accessctl."
            )
    if kept != wanted:
        _upgrade(db, wanted)


@cache
def revisions() -> tuple[str, ...]:
    """The versions that this accessctl knows, the oldest first: the files' names say them, so that
    a hub whose tables are up to date starts without the tool that would change them."""
    return tuple(sorted(file.name[1:5] for file in (FOLDER / "versions").glob("r[0-9]*_*.py")))


def revision_of(db: Connection) -> str | None:
    """The version that its tables have; None where there are none yet."""
    if not inspect(db).has_table(VERSION_TABLE):
        return None
    kept: str | None = db.exec_driver_sql(
        f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a name of this module
    ).scalar_one_or_none()
    return kept


def _upgrade(db: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, revision)
