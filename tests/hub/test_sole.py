"""One hub at a time serves a database, also when its connection to PostgreSQL was lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accessctl.errors import FaultError
from accessctl.hub.assembly import Hub
from accessctl.hub.server import serve
from accessctl.hub.sole import AnotherHubError, sole_hub

pytestmark = pytest.mark.parametrize("hub_config", ["postgresql"], indirect=True)

HOLDERS = """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def holders(hub: Hub) -> list[int]:
    """The sessions that have the lock."""
    with hub.database.connection() as db:
        return list(db.execute(text(HOLDERS)).scalars())


def end_all(hub: Hub) -> None:
    """As if the line had been cut, or PostgreSQL started anew."""
    with hub.database.connection() as db:
        for pid in holders(hub):
            db.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def refuses_another(hub: Hub, folder: Path) -> None:
    with pytest.raises(AnotherHubError, match="already"), sole_hub(folder, hub.database):
        pass


def test_a_lock_that_was_lost_is_taken_again(hub: Hub, tmp_path: Path) -> None:
    with sole_hub(hub.config.folder, hub.database) as stays_sole:
        end_all(hub)
        assert holders(hub) == []
        stays_sole()
        (session,) = holders(hub)
        refuses_another(hub, tmp_path / "second")
        # While it has it, nothing is taken anew.
        stays_sole()
        assert holders(hub) == [session]


def test_where_another_hub_was_quicker_that_is_said(hub: Hub, tmp_path: Path) -> None:
    with sole_hub(hub.config.folder, hub.database, again_s=0.2) as stays_sole:
        end_all(hub)
        with sole_hub(tmp_path / "second", hub.database) as other:
            with pytest.raises(AnotherHubError, match="already"):
                stays_sole()
            other()
        # It has gone; and so there is one again.
        stays_sole()
        assert len(holders(hub)) == 1


def test_its_own_former_connection_keeps_no_hub_from_going_on(hub: Hub, tmp_path: Path) -> None:
    """PostgreSQL does not know yet that nobody is at the other end."""
    with sole_hub(hub.config.folder, hub.database) as stays_sole:
        lock: Any = stays_sole.__self__  # type: ignore[attr-defined]
        (former,) = holders(hub)
        with lock._stack.pop_all():
            lock._db = None
            stays_sole()
        (session,) = holders(hub)
        assert session != former
        refuses_another(hub, tmp_path / "second")


def test_a_hub_ends_whose_database_another_one_serves(hub: Hub, tmp_path: Path) -> None:
    other: list[Callable[[], None]] = []
    second = sole_hub(tmp_path / "second", hub.database)

    def taken_over() -> None:
        end_all(hub)
        other.append(second.__enter__())

    try:
        with pytest.raises(FaultError, match="Another hub serves this database already"):
            serve(hub, taken_over, every_s=0.2, again_s=0.2)
    finally:
        second.__exit__(None, None, None)
    assert len(other) == 1
