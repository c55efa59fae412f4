"""When somebody was let in last, by what doors send, honest or not."""

import json

import pytest
from sqlalchemy import select, text

from accessctl.audit.log import EventLog
from accessctl.audit.schema import GENESIS, record_bytes
from accessctl.domain import Event, EventKind, PersonId
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.database import begin_migration, reached_database
from accessctl.hub.intake import TakenRecord
from accessctl.hub.last_grants import forget_removed, grants_in, take_grants
from accessctl.hub.migrate import migrate
from accessctl.hub.tables import DOOR, EVENT, JOINED, LAST_GRANT
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import enrol

NOW = 2000.0


def taken(time: float, person: str | None, decision: object = "granted", kind: str = "decision"):
    data = json.dumps({"decision": decision, "visit": "v1"})
    record = record_bytes(1, time, kind, person, data)
    return TakenRecord(1, GENESIS, GENESIS, record, time, kind)


def kept(hub: Hub) -> dict[str, tuple[float, str]]:
    with hub.database.reading() as db:
        return {row.person: (row.time, row.door) for row in db.execute(select(LAST_GRANT))}


def take(hub: Hub, door: str, *records: TakenRecord) -> None:
    with hub.database.writing() as db:
        take_grants(hub.database, db, door, records, NOW)


def test_the_last_grant_over_all_doors_is_kept(hub: Hub) -> None:
    front, back = joined_door(hub, "front"), joined_door(hub, "back")
    grace, ada = enrol(hub, "Grace"), enrol(hub, "Ada", 1)
    take(hub, front, taken(100.0, grace), taken(300.0, grace), taken(200.0, ada))
    assert kept(hub) == {grace: (300.0, front), ada: (200.0, front)}
    # What comes late does not put it back.
    take(hub, back, taken(250.0, grace), taken(400.0, ada))
    assert kept(hub) == {grace: (300.0, front), ada: (400.0, back)}
    # A clock that is ahead makes nobody present for ever.
    take(hub, front, taken(9e9, grace))
    assert kept(hub)[grace] == (NOW, front)


def test_of_somebody_who_is_not_enrolled_nothing_is_kept(hub: Hub) -> None:
    front = joined_door(hub, "front")
    grace = enrol(hub, "Grace")
    take(hub, front, taken(100.0, "ab" * 16), taken(100.0, grace))
    assert set(kept(hub)) == {grace}
    hub.people.remove("Grace")
    with hub.database.writing() as db:
        assert forget_removed(db) == 1
    assert kept(hub) == {}


@pytest.mark.parametrize(
    "record",
    [
        taken(1.0, None),
        taken(1.0, "nul\x00"),
        taken(1.0, "AB" * 16),
        taken(1.0, "ab" * 16, "denied"),
        taken(1.0, "ab" * 16, ["granted"]),
        taken(1.0, "ab" * 16, None),
        taken(1.0, "ab" * 16, "granted", "service"),
    ],
    ids=["nobody", "nul", "capitals", "denied", "list", "none", "kind"],
)
def test_what_is_no_grant_of_a_person_says_nothing(record: TakenRecord) -> None:
    assert grants_in([record], NOW) == {}


def test_a_door_s_log_brings_it(hub: Hub, joined) -> None:
    grace = enrol(hub, "Grace")
    front = joined("front")
    with EventLog(front.log_file) as log:
        log.append(Event(150.0, EventKind.DECISION, {"decision": "granted"}, PersonId(grace)))
    front.send_all()
    assert kept(hub) == {grace: (150.0, front.member.door)}


def test_what_was_sent_before_is_counted_when_the_tables_are_brought_up_to_date(
    unused_config,
) -> None:
    grace, front = "ab" * 16, "cd" * 16
    records = [
        taken(100.0, grace),
        taken(5000.0, grace),
        taken(300.0, "ef" * 16),
        taken(400.0, grace, "denied"),
        taken(400.0, None),
    ]
    database = reached_database(unused_config, {})
    try:
        with database.writing() as db:
            begin_migration(database, db)
            migrate(db, "0004")
            row = {"id": front, "name": "front", "state": JOINED, "joined": 0.0}
            db.execute(DOOR.insert().values(row))
            person = text("INSERT INTO person (id, name_tag, groups) VALUES (:id, :tag, '[]')")
            db.execute(person, {"id": grace, "tag": b"tag"})
            for number, one in enumerate(records, 1):
                row = {name: getattr(one, name) for name in ("record", "time", "kind")}
                row |= {"door": front, "number": number, "previous": GENESIS, "hash": GENESIS}
                db.execute(EVENT.insert().values(row | {"received": NOW}))
    finally:
        database.close()
    with open_hub(unused_config, {}) as opened:
        # The clock was ahead of when the hub got it.
        assert kept(opened) == {grace: (NOW, front)}
