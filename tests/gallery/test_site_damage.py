"""A row damaged on the disk of a door whose people a hub looks after."""

import logging
import sqlite3
from pathlib import Path

import pytest

from accessctl.domain import PersonId, PersonRules
from accessctl.gallery.person import rules_to_bytes
from accessctl.gallery.schema import database_file
from tests.gallery.site_batches import new_photo
from tests.sync.conftest import SyncedDoor, door, site_person

__all__ = ["door"]

GRACE, ADA, EVE = (PersonId(f"{number:032x}") for number in range(3))


@pytest.fixture
def known(door: SyncedDoor) -> SyncedDoor:
    rules = rules_to_bytes(PersonRules(groups=("staff",))).decode("ascii")
    for number, name in enumerate(["Grace", "Ada", "Eve"]):
        door.hub.put(site_person(number, name, rules=rules))
    door.take()
    return door


def damage(door: SyncedDoor, statement: str, *values: str) -> None:
    file = database_file(Path(door.site.gallery._database.path).parent)
    db = sqlite3.connect(file, isolation_level=None)
    assert db.execute(statement, values).rowcount
    db.close()


DAMAGES = {
    "template": "UPDATE template SET sealed = zeroblob(length(sealed)) WHERE photo IN "
    "(SELECT id FROM photo WHERE person = ?)",
    "rules": "UPDATE person_rules SET sealed = zeroblob(length(sealed)) WHERE person = ?",
    "enrolment": "UPDATE person SET enrolled = -1 WHERE id = ?",
}


@pytest.mark.parametrize("damaged", DAMAGES.values(), ids=DAMAGES.keys())
def test_whoever_is_damaged_is_asked_for_anew_and_whole_again(
    known: SyncedDoor, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = known.site.person(ADA)
    damage(known, damaged, ADA)
    with caplog.at_level(logging.ERROR):
        known.feed.mend()
    assert ADA in caplog.text
    assert known.names == ["Eve", "Grace"]
    known.take()
    assert known.names == ["Ada", "Eve", "Grace"]
    assert known.site.person(ADA) == before
    assert known.told[3:] == ["hub_damaged", "hub_added"]


@pytest.mark.parametrize("damaged", ["template", "rules"])
def test_a_change_of_whoever_is_damaged_keeps_nobody_from_being_removed(
    known: SyncedDoor, damaged: str
) -> None:
    damage(known, DAMAGES[damaged], ADA)
    known.hub.put(site_person(1, "Ada L"))
    known.hub.remove(EVE)
    known.take()
    assert known.names == ["Ada L", "Grace"]
    assert known.site.gallery.rules().keys() == {GRACE}
    assert len(known.site.gallery.templates("e")) == 2


def test_somebody_damaged_does_not_keep_a_full_log_from_removing(known: SyncedDoor) -> None:
    damage(known, DAMAGES["rules"], ADA)
    known.log.full = True
    known.feed.mend()
    assert known.names == ["Eve", "Grace"]


def test_whoever_was_switched_off_here_does_not_come_back_by_damage(known: SyncedDoor) -> None:
    known.site.gallery.set_rules(ADA, PersonRules(disabled=True))
    damage(known, DAMAGES["template"], ADA)
    known.feed.mend()
    known.take()
    assert known.names == ["Eve", "Grace"]
    known.synced()
    assert known.names == ["Ada", "Eve", "Grace"]
    assert known.site.gallery.rules()[ADA].disabled


def test_somebody_whom_the_hub_does_not_know_stays_and_holds_nobody_back(
    known: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    first = known.site.gallery.add_person("Mary", new_photo(0)).id
    known.site.gallery.add_person("Rosa", new_photo(1))
    damage(known, DAMAGES["template"], first)
    known.feed.mend()
    known.synced()
    assert {proposal.data.count("Rosa") for proposal in known.hub.proposed} == {1}
    assert known.names == ["Ada", "Eve", "Grace", "Mary", "Rosa"]
    assert "does not know yet" in caplog.text
    known.hub.remove(EVE)
    known.synced()
    assert "Eve" not in known.names


def test_a_damaged_proposal_holds_no_other_person_back(known: SyncedDoor) -> None:
    known.site.gallery.rename("Ada", "Adam")
    known.site.gallery.set_rules(ADA, PersonRules())
    known.site.gallery.rename("Eve", "Eva")
    damage(known, "UPDATE outbox SET sealed = x'00' WHERE person = ? AND change = 'rename'", ADA)
    known.synced()
    assert [one.person for one in known.hub.proposed] == [EVE]
    assert known.names == ["Adam", "Eva", "Grace"]
    assert known.site.waiting_count() == 2


def test_rules_of_the_site_that_are_damaged_are_asked_for_anew(known: SyncedDoor) -> None:
    known.hub.set_badge_key(b"k" * 32)
    known.take()
    before = known.site.gallery.badge_digest("12")
    damage(known, "UPDATE site_document SET sealed = x'00' WHERE kind = ?", "badge_key")
    known.feed.mend()
    known.take()
    assert known.site.gallery.badge_digest("12") == before
    assert known.told[3:] == []
