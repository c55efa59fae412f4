import json
import os

import pytest
from sqlalchemy import select

from accessctl.domain import PersonRules
from accessctl.errors import InputError, NameTakenError, UnknownPersonError
from accessctl.gallery.person import rules_to_bytes
from accessctl.hub.assembly import Hub
from accessctl.hub.tables import HELD, JOURNAL
from accessctl.sync.feed_wire import ProposalVerdict
from tests.hub.proposing import ADA, EVE, GRACE, ProposingDoor, joined_door


@pytest.fixture
def door(hub: Hub) -> ProposingDoor:
    """Grace is enrolled; somebody else of that name waits, with a photo, rules and a badge."""
    door = ProposingDoor(hub, joined_door(hub, "front"))
    door.enrol(GRACE, "Grace")
    door.enrol(ADA, "Grace", 1)
    door.propose("add_photo", ADA, photo=door.photo(2))
    rules = rules_to_bytes(PersonRules(("staff",))).decode()
    door.propose("set_rules", ADA, rules=rules)
    door.propose("add_badge", ADA, digest="ab" * 32, added=1.0)
    return door


def decisions(hub: Hub) -> list[dict]:
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "decided")).scalars()
        return [json.loads(data) for data in told]


def assert_nothing_is_left(hub: Hub) -> None:
    assert hub.held.listed() == []
    with hub.database.reading() as db:
        rows = db.execute(select(HELD)).all()
    assert rows
    assert all(row.sealed is None and row.wrapped is None for row in rows)


def test_what_waits_is_listed(hub, door) -> None:
    held = hub.held.listed()
    assert [(one.number, one.door, one.name, one.change, one.cause) for one in held] == [
        (1, "front", "Grace", "add_person", "name"),
        (2, "front", "Grace", "add_photo", "follows"),
        (3, "front", "Grace", "set_rules", "follows"),
        (4, "front", "Grace", "add_badge", "follows"),
    ]


def test_they_are_somebody_new_with_all_that_followed(hub, door) -> None:
    with pytest.raises(NameTakenError):
        hub.held.take(1, "grace", "operator")
    assert len(hub.held.listed()) == 4
    assert hub.held.take(1, " Ada ", "operator") == "Ada"
    ada = hub.people.person("Ada")
    assert (ada.id, ada.photos) == (ADA, 2)
    assert hub.people.rules()[ada.id].groups == ("staff",)
    assert [badge.person for badge in hub.people.badges()] == [ADA]
    assert_nothing_is_left(hub)
    (told,) = decisions(hub)
    assert (told["held"], told["decision"], told["person"], told["operator"]) == (
        1,
        "take",
        ADA,
        "operator",
    )
    # What the door says of them from now on is as of everybody.
    assert door.propose("rename", ADA, name="Ada L.").verdict is ProposalVerdict.TAKEN


def test_the_photos_are_somebody_s_who_is_enrolled(hub, door) -> None:
    with pytest.raises(UnknownPersonError):
        hub.held.add_to(1, "Nobody", "operator")
    assert hub.held.add_to(2, "grace", "operator") == "Grace"
    assert [(person.id, person.photos) for person in hub.people.people()] == [(GRACE, 3)]
    assert (hub.people.rules(), hub.people.badges()) == ({}, [])
    assert_nothing_is_left(hub)
    assert door.propose("add_photo", ADA, photo=door.photo(3)).verdict is ProposalVerdict.REFUSED


def test_nothing_of_it_counts(hub, door) -> None:
    hub.held.drop(3, "operator")
    assert [(person.id, person.photos) for person in hub.people.people()] == [(GRACE, 1)]
    assert_nothing_is_left(hub)
    with pytest.raises(InputError, match="Nothing is held by the number 3; `accessctl hub held`"):
        hub.held.drop(3, "operator")
    # Numbers are not used again: nobody decides of something else than they saw.
    door.enrol(EVE, "Grace", 4)
    assert [one.number for one in hub.held.listed()] == [5]


def test_they_are_in_the_groups_that_are_named_and_nothing_else_of_their_rules_changes(
    hub, door
) -> None:
    rules = rules_to_bytes(PersonRules(("staff",), 5.0)).decode()
    door.propose("set_rules", ADA, rules=rules)
    hub.held.take(1, "Ada", "operator", ["lab", "night"])
    assert hub.people.rules()[ADA] == PersonRules(("lab", "night"), 5.0)


def test_groups_that_cannot_be_leave_all_as_it_was(hub, door) -> None:
    with pytest.raises(InputError, match="A group's name"):
        hub.held.take(1, "Ada", "operator", [""])
    assert len(hub.held.listed()) == 4
    assert [person.id for person in hub.people.people()] == [GRACE]


def test_decisions_are_counted_and_not_what_follows(hub, door) -> None:
    assert hub.held.waiting() == 1
    door.enrol(EVE, "Grace", 4)
    assert hub.held.waiting() == 2
    hub.held.drop(1, "operator")
    assert hub.held.waiting() == 1


def test_whoever_has_the_name_or_one_like_it_is_the_other_side(hub, door) -> None:
    door.enrol(EVE, "Gr\u0430ce", 4)
    held = {one.person: one.other for one in hub.held.listed() if one.change == "add_person"}
    assert held == {ADA: GRACE, EVE: GRACE}
    assert hub.held.other_picture(1, "operator") == b"jpeg"
    hub.people.remove("Grace")
    assert hub.held.listed()[0].other is None
    assert hub.held.other_picture(1, "operator") is None


def test_what_cannot_be_any_more_is_left_out(hub, door) -> None:
    door.propose("add_badge", GRACE, digest="ab" * 32, added=2.0)
    hub.held.take(1, "Ada", "operator")
    assert [badge.person for badge in hub.people.badges()] == [GRACE]
    assert hub.people.person("Ada").photos == 2


def test_the_photo_is_shown_and_that_is_on_record(hub, door) -> None:
    assert hub.held.picture(1, "operator") == b"jpeg"
    assert hub.held.picture(3, "operator") is None
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "shown")).scalars().all()
    assert [json.loads(data)["held"] for data in told] == [1, 3]


def test_a_new_site_key_does_not_lose_what_waits(hub, door) -> None:
    joined_door(hub, "back")
    hub.doors.revoke("back")
    assert hub.held.take(1, "Ada", "operator") == "Ada"


def test_of_somebody_removed_nothing_waits(hub, door) -> None:
    hub.held.drop(1, "operator")
    photo = door.photo(5)
    from accessctl.hub.judging import HeldCause, Ruling

    with hub.people.changing() as edit:
        read = hub.proposals._read(door.said("add_photo", GRACE, photo=photo))
        ruling = Ruling(ProposalVerdict.HELD, "like another", HeldCause.FACE)
        hub.proposals._hold(edit, door.door, read, ruling, None)
    assert [one.person for one in hub.held.listed()] == [GRACE]
    with pytest.raises(InputError, match="photo of somebody enrolled already; say whose"):
        hub.held.take(5, os.urandom(4).hex(), "operator")
    hub.people.remove("Grace")
    assert_nothing_is_left(hub)
