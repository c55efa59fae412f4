"""What somebody with the database's password may change, and how it is found."""

import pytest

from accessctl.audit.schema import GENESIS, link, record_bytes
from accessctl.hub.journal import chain_heads
from accessctl.hub.tables import DOOR, EVENT
from accessctl.hub.verify import verify_site


@pytest.fixture
def site(hub, joined):
    door = joined("front")
    door.write(6)
    door.send_all()
    assert chain_heads(hub.database, {}, hub.now()) == 1
    assert verify_site(hub.database).is_sound
    return hub


def changed(hub, *statements: str) -> list[tuple[str, int, str]]:
    with hub.database.writing() as db:
        for statement in statements:
            db.exec_driver_sql(statement)
    return [(one.door, one.number, one.problem) for one in verify_site(hub.database).findings]


def test_each_change_of_a_doors_records_is_named(site) -> None:
    with site.database.reading() as db:
        before = db.exec_driver_sql("SELECT record FROM event WHERE number = 3").scalar_one()
    with site.database.writing() as db:
        db.execute(EVENT.update().where(EVENT.c.number == 3).values(record=before + b" "))
    found = changed(site)
    assert found == [("front", 3, "it is not what was written, or not where it was written")]
    with site.database.writing() as db:
        db.execute(EVENT.update().where(EVENT.c.number == 3).values(record=before))
    assert changed(site) == []


def test_records_that_were_taken_away_are_named(site) -> None:
    told = ("front", 6, "it is missing; there were 6 records")
    journal = changed(site, "DELETE FROM event WHERE number = 6")
    assert journal[0] == told
    assert journal[1][0] == ""
    assert "record 6 of door" in journal[1][2]
    assert changed(site, "DELETE FROM event WHERE number = 2")[0] == ("front", 2, "it is missing")


def test_a_chain_that_was_written_anew_does_not_fit_the_doors_signature(site) -> None:
    """The forger makes a whole new chain and the mark that fits it, but holds no door's key."""

    digest = GENESIS
    with site.database.writing() as db:
        for number in range(1, 7):
            record = record_bytes(number, 0.0, "service", None, "{}")
            before, digest = digest, link(digest, record)
            values = {"previous": before, "record": record, "hash": digest}
            db.execute(EVENT.update().where(EVENT.c.number == number).values(**values))
        db.execute(DOOR.update().values(mark_hash=digest))
    assert changed(site)[0] == ("front", 6, "it is not what the door signed")
    with site.database.writing() as db:
        db.execute(DOOR.update().values(head_hash=digest))
    assert changed(site)[0] == ("front", 6, "it is not what the door signed")


def test_the_journal_is_a_chain_of_its_own(site) -> None:
    assert changed(site, "UPDATE journal SET data = '{}' WHERE number = 1") == [
        ("", 1, "it is not what the hub wrote")
    ]
    assert changed(site, "DELETE FROM journal WHERE number = 1") == [("", 1, "it is missing")]


def test_heads_are_written_down_when_they_moved(hub, joined) -> None:
    door = joined("front")
    door.write(1)
    door.send_all()
    known: dict[str, int] = {}
    assert [chain_heads(hub.database, known, hub.now()) for _ in range(2)] == [1, 0]
    door.write(1)
    door.send_all()
    assert chain_heads(hub.database, known, hub.now()) == 1
    with hub.database.reading() as db:
        kinds = db.exec_driver_sql("SELECT kind FROM journal ORDER BY number").scalars().all()
    assert kinds == ["invited", "joined", "heads", "heads"]
