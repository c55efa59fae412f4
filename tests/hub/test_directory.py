"""Users and groups of a directory, and the people whom they are, on either database."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.directory_tables import DIRECTORY_USER
from accessctl.hub.scim_resources import DirectoryUser, ScimError, ScimGroup
from accessctl.hub.tables import JOURNAL
from accessctl.sync.feed_wire import ProposalVerdict
from tests.hub.proposing import GRACE, ProposingDoor, joined_door
from tests.hub.test_door_feed import enrol

HOPPER = DirectoryUser("grace@corp.example", "external-7", "Grace Hopper")
LOVELACE = DirectoryUser("ada@corp.example", "x2", "Ada Lovelace")


def rules_of(hub: Hub, person: str) -> PersonRules:
    return hub.people.rules().get(person, PersonRules())


def journal(hub: Hub, kind: str) -> list[dict[str, object]]:
    with hub.database.reading() as db:
        query = select(JOURNAL.c.data).where(JOURNAL.c.kind == kind).order_by(JOURNAL.c.number)
        return [json.loads(data) for data in db.execute(query).scalars()]


def inactive(user: DirectoryUser) -> DirectoryUser:
    return replace(user, active=False)


def active(user: DirectoryUser) -> DirectoryUser:
    return replace(user, active=True)


def test_whoever_is_enrolled_later_is_whom_the_directory_expected(hub: Hub) -> None:
    user = hub.directory.add(HOPPER)
    hub.directory_groups.add(ScimGroup("board", members=frozenset({user.id})))
    assert hub.people.people() == []
    person = enrol(hub, "grace hopper")
    assert hub.directory.user(user.id).person == person
    assert rules_of(hub, person) == PersonRules(("directory", "board"))
    assert journal(hub, "directory")[-1] == {"change": "linked", "user": user.id, "person": person}


def test_whoever_is_enrolled_already_is_found_by_either_name(hub: Hub) -> None:
    grace, ada = enrol(hub, "GRACE@corp.example"), enrol(hub, "Ada Lovelace", 1)
    assert hub.directory.add(HOPPER).person == grace
    assert hub.directory.add(inactive(LOVELACE)).person == ada
    assert rules_of(hub, ada) == PersonRules(("directory",), disabled=True)


def test_whom_the_directory_has_disabled_is_enrolled_disabled_and_nobody_enables_them(
    hub: Hub,
) -> None:
    user = hub.directory.add(inactive(HOPPER))
    person = enrol(hub, "Grace Hopper")
    assert rules_of(hub, person).disabled
    hub.people.set_rules(person, PersonRules())
    assert rules_of(hub, person) == PersonRules(("directory",), disabled=True)
    hub.directory.change(user.id, active)
    assert not rules_of(hub, person).disabled


def test_whom_an_operator_disabled_no_other_change_of_the_directory_enables(hub: Hub) -> None:
    person = enrol(hub, "Grace Hopper")
    user = hub.directory.add(HOPPER)
    hub.people.set_rules(person, PersonRules(disabled=True))
    hub.directory.change(user.id, lambda one: replace(one, given_name="Grace"))
    assert rules_of(hub, person).disabled


def test_a_renamed_person_is_whom_the_directory_expects_by_the_new_name(hub: Hub) -> None:
    user = hub.directory.add(inactive(HOPPER))
    person = enrol(hub, "G. H.")
    assert not rules_of(hub, person).disabled
    hub.people.rename("G. H.", "Grace Hopper")
    assert (hub.directory.user(user.id).person, rules_of(hub, person).disabled) == (person, True)


def test_another_name_in_the_directory_is_their_name_here(hub: Hub) -> None:
    person = enrol(hub, "Grace Hopper")
    user = hub.directory.add(HOPPER)
    hub.directory.change(user.id, lambda one: replace(one, display_name="Grace Murray"))
    assert hub.people.person("Grace Murray").id == person
    enrol(hub, "Ada Lovelace", 1)
    with pytest.raises(InputError, match="enrolled already"):
        hub.directory.change(user.id, lambda one: replace(one, display_name="Ada Lovelace"))
    assert hub.directory.user(user.id).user.display_name == "Grace Murray"


def test_of_two_users_of_one_name_nobody_guesses_which_it_is(hub: Hub) -> None:
    hub.directory.add(HOPPER)
    other = hub.directory.add(replace(HOPPER, user_name="grace2@corp.example"))
    with pytest.raises(InputError, match="several people of that name"):
        enrol(hub, "Grace Hopper")
    assert hub.people.people() == []
    person = enrol(hub, "grace2@corp.example")
    assert hub.directory.user(other.id).person == person


def test_a_user_who_is_removed_is_gone_as_a_person(hub: Hub) -> None:
    person = enrol(hub, "Grace Hopper")
    user = hub.directory.add(HOPPER)
    hub.directory_groups.add(ScimGroup("board", members=frozenset({user.id})))
    hub.directory.remove(user.id)
    assert hub.people.people() == []
    assert [one.person for one in hub.removals.listed()] == [person]
    assert hub.directory.found((), 0, 9) == (0, [])
    assert journal(hub, "person")[-1] == {
        "change": "removed",
        "person": person,
        "operator": "directory",
    }


def test_a_person_who_was_removed_here_is_expected_again(hub: Hub) -> None:
    enrol(hub, "Grace Hopper")
    user = hub.directory.add(inactive(HOPPER))
    hub.people.remove("Grace Hopper")
    again = enrol(hub, "Grace Hopper")
    assert (hub.directory.user(user.id).person, rules_of(hub, again).disabled) == (again, True)


def test_groups_come_and_go_and_other_ones_stay(hub: Hub) -> None:
    person = enrol(hub, "Grace Hopper")
    hub.people.set_rules(person, PersonRules(("guests",)))
    user = hub.directory.add(HOPPER)
    board = hub.directory_groups.add(ScimGroup("board", members=frozenset({user.id})))
    hub.directory_groups.add(ScimGroup("staff", members=frozenset({user.id})))
    assert rules_of(hub, person).groups == ("directory", "board", "staff", "guests")
    hub.directory_groups.change(board.id, lambda group: replace(group, display_name="crew"))
    assert rules_of(hub, person).groups == ("directory", "crew", "staff", "guests")
    hub.directory_groups.change(board.id, lambda group: replace(group, members=frozenset()))
    assert rules_of(hub, person).groups == ("directory", "staff", "guests")
    hub.people.set_rules(person, PersonRules())
    assert rules_of(hub, person).groups == ("directory", "staff")
    (staff,) = hub.directory_groups.found((("displayname", "staff"),), 0, 9)[1]
    hub.directory_groups.remove(staff.id)
    # Never without a group: whoever has none may come always, where a door says so.
    assert rules_of(hub, person).groups == ("directory",)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda _: ScimGroup("staff"), "uniqueness"),
        (lambda _: ScimGroup("directory"), "invalidValue"),
        (lambda _: ScimGroup("board", members=frozenset({"f" * 32})), "invalidValue"),
    ],
    ids=["taken", "reserved", "stranger"],
)
def test_a_group_that_cannot_be(
    hub: Hub, change: Callable[[ScimGroup], ScimGroup], kind: str
) -> None:
    hub.directory_groups.add(ScimGroup("staff"))
    board = hub.directory_groups.add(ScimGroup("board"))
    with pytest.raises(ScimError) as refused:
        hub.directory_groups.change(board.id, change)
    assert refused.value.kind == kind
    assert hub.directory_groups.group(board.id) == board


def test_a_door_enrols_nobody_as_whom_the_directory_expects(hub: Hub) -> None:
    hub.directory.add(HOPPER)
    front = ProposingDoor(hub, joined_door(hub, "front"))
    assert front.enrol(GRACE, "Grace Hopper").verdict is ProposalVerdict.HELD
    assert front.enrol("d" * 32, "Somebody", 1).verdict is ProposalVerdict.TAKEN
    renamed = front.propose("rename", "d" * 32, name="Grace Hopper")
    assert renamed.verdict is ProposalVerdict.REFUSED
    (held,) = hub.held.listed()
    hub.held.take(held.number, "Grace Hopper", "olive")
    assert rules_of(hub, GRACE).groups == ("directory",)


def test_a_user_name_is_had_once_whatever_its_case(hub: Hub) -> None:
    hub.directory.add(HOPPER)
    with pytest.raises(ScimError) as refused:
        hub.directory.add(DirectoryUser("GRACE@corp.example"))
    assert (refused.value.status, refused.value.kind) == (409, "uniqueness")


def test_the_database_holds_no_name_of_a_user_in_clear(hub: Hub) -> None:
    hub.directory.add(HOPPER)
    with hub.database.reading() as db:
        row = db.execute(select(DIRECTORY_USER)).one()
    content = b"".join(one for one in row if isinstance(one, bytes)) + repr(row).encode()
    for part in (b"grace", b"Grace", b"Hopper", b"external-7"):
        assert part not in content
