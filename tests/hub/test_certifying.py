"""What a certificate of deletion is made from."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from accessctl.administration.changes import Administration
from accessctl.errors import InputError, StoreError
from accessctl.hub.backup import back_up_hub
from accessctl.hub.journal import JournalKind
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.tables import JOURNAL, REMOVAL_RECEIPT
from tests.hub.test_door_feed import enrol
from tests.hub.test_removals import receipt, taken


def test_the_doors_that_had_them_and_what_each_said(hub, joined, clock) -> None:
    front, _, side = joined("front"), joined("back"), joined("side")
    hub.doors.revoke("side")
    clock.time += 10
    late = joined("late")
    grace = enrol(hub, "Grace")
    clock.time += 10
    hub.people.remove("Grace")
    clock.time += 10
    joined("later")
    hub.doors.revoke("late")
    taken(hub, front, receipt(front, grace, hub.people.revision(), 7.0))
    doors = hub.certifier.facts(grace).doors
    # Side was revoked before, and later joined after they were removed.
    assert [(door.name, door.state) for door in doors] == [
        ("back", "owes"),
        ("front", "signed"),
        ("late", "lost"),
    ]
    assert (doors[1].id, doors[1].time) == (front.member.door, 7.0)
    assert side.member.door != late.member.door


def test_that_it_was_made_is_on_record(hub) -> None:
    grace = enrol(hub, "Grace")
    hub.people.remove("Grace")
    hub.certifier.certify(grace, "ada")
    query = select(JOURNAL.c.data).where(JOURNAL.c.kind == JournalKind.CERTIFIED)
    with hub.database.reading() as db:
        (data,) = db.execute(query).scalars()
    assert json.loads(data) == {"operator": "ada", "owed": 0, "person": grace}


def test_the_backups_from_the_time_when_they_were_enrolled(hub, clock, tmp_path: Path) -> None:
    def backup(name: str) -> float:
        clock.time += 10
        back_up_hub(hub.config, {}, tmp_path / name, clock.time)
        return clock.time

    backup("before")
    clock.time += 10
    grace = enrol(hub, "Grace")
    journal = PeopleJournal(hub.database, hub.people, "ada")
    Administration(hub.people, journal, hub.now).rename("Grace", "Ada")
    during = backup("during")
    clock.time += 10
    hub.people.remove("Ada")
    backup("after")
    (held,) = hub.certifier.facts(grace).backups
    assert (held.file, held.made) == (str(tmp_path / "during"), during)


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_of_whom_there_is_no_first_record_all_earlier_backups_are_named(
    hub, clock, tmp_path: Path
) -> None:
    back_up_hub(hub.config, {}, tmp_path / "before", clock.time)
    grace = enrol(hub, "Grace")
    clock.time += 10
    hub.people.remove("Grace")
    assert [Path(one.file).name for one in hub.certifier.facts(grace).backups] == ["before"]


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_who_was_not_removed_has_no_certificate(hub) -> None:
    grace = enrol(hub, "Grace")
    for person in (grace, "ab" * 16, "nul\x00", "%"):
        with pytest.raises(InputError, match="was removed here"):
            hub.certifier.facts(person)


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_receipt_that_was_changed_in_the_database_certifies_nothing(hub, joined) -> None:
    front = joined("front")
    grace = enrol(hub, "Grace")
    hub.people.remove("Grace")
    taken(hub, front, receipt(front, grace, hub.people.revision()))
    with hub.database.writing() as db:
        db.execute(update(REMOVAL_RECEIPT).values(time=1.0))
    with pytest.raises(StoreError, match="signed by none of its certificates"):
        hub.certifier.certify(grace, "ada")
