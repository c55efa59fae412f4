"""Somebody whose document at the hub is damaged: known as that, and removable."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from accessctl.administration.changes import Administration
from accessctl.domain import PersonId
from accessctl.errors import NameTakenError, UnknownPersonError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.tables import CHANGE, JOURNAL, PERSON, PHOTO, REMOVAL
from accessctl.sync.feed_wire import ChangeKind, ProposalVerdict, SitePerson
from tests.hub.proposing import ADA, ProposingDoor, joined_door
from tests.hub.test_directory import HOPPER
from tests.hub.test_door_feed import enrol


def damage(hub: Hub, person: str) -> None:
    with hub.database.writing() as db:
        db.execute(CHANGE.update().where(CHANGE.c.subject == person).values(sealed=b"\0" * 64))


@pytest.fixture
def reopened(hub: Hub, hub_config, clock) -> Iterator[Callable[[], Hub]]:
    """The hub as another process sees it, which has opened no document yet."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_hub(hub_config, {}, now=clock))


@pytest.fixture
def site(hub: Hub, reopened: Callable[[], Hub]) -> tuple[Hub, PersonId]:
    """Grace is damaged, and Ada is not."""
    grace = enrol(hub, "Grace")
    enrol(hub, "Ada", 1)
    damage(hub, grace)
    return reopened(), PersonId(grace)


def rows_of(hub: Hub, person: str) -> list[int]:
    """How many rows tell of somebody: themselves, their photos, their removal."""
    with hub.database.reading() as db:
        queries = (
            select(PERSON).where(PERSON.c.id == person),
            select(PHOTO).where(PHOTO.c.person == person),
            select(REMOVAL).where(REMOVAL.c.person == person),
        )
        return [len(db.execute(query).all()) for query in queries]


@pytest.mark.parametrize("called", ["by id", "Grace", "grace"])
def test_whoever_is_damaged_is_removed_by_id_and_by_name(site, called: str) -> None:
    hub, grace = site
    assert hub.people.damaged() == [grace]
    assert rows_of(hub, grace) == [1, 1, 0]
    journal = PeopleJournal(hub.database, hub.people, "ada")
    removed = Administration(hub.people, journal, hub.now).remove(
        grace if called == "by id" else called
    )
    assert removed.id == grace
    assert (rows_of(hub, grace), hub.people.damaged()) == ([0, 0, 1], [])
    with hub.database.reading() as db:
        last = db.execute(select(JOURNAL).where(JOURNAL.c.kind == "person")).all()[-1]
    assert json.loads(last.data)["change"] == "removed"
    assert [one.person for one in hub.removals.listed()] == [grace]
    assert [person.name for person in hub.people.people()] == ["Ada"]


def test_by_id_also_somebody_who_is_whole_is_removed(hub: Hub) -> None:
    grace = enrol(hub, "Grace")
    assert hub.people.remove(grace).name == "Grace"
    assert rows_of(hub, grace) == [0, 0, 1]


@pytest.mark.parametrize("ask", ["person", "remove"])
def test_who_is_not_found_may_be_damaged_and_the_message_says_how_they_are_removed(
    site, ask: str
) -> None:
    hub, grace = site
    with pytest.raises(UnknownPersonError, match=f"damaged.*{grace}.*hub people remove"):
        getattr(hub.people, ask)("Mary")


def test_what_else_is_asked_of_them_by_name_says_that_they_are_damaged(site) -> None:
    hub, grace = site
    with pytest.raises(UnknownPersonError, match=re.escape(grace)):
        hub.people.rename("Grace", "Mary")


def test_their_name_is_free_once_they_are_removed(site) -> None:
    hub, grace = site
    with pytest.raises(NameTakenError, match=f"damaged.*hub people remove {grace}"):
        enrol(hub, "Grace", 2)
    with pytest.raises(NameTakenError, match="damaged"):
        hub.people.rename("Ada", "Grace")
    hub.people.remove(grace)
    assert enrol(hub, "Grace", 2) != grace


def test_who_is_damaged_keeps_nobody_else_from_being_withheld(site, hub_config, clock) -> None:
    assert site[0].people.damaged() == [site[1]]
    required = hub_config.model_copy(update={"consent": "required"})
    with open_hub(required, {}, now=clock) as strict:
        assert strict.withholding.settle() == 2
        with strict.database.reading() as db:
            kept = set(db.execute(select(PERSON.c.withheld)).scalars())
    assert kept == {"no_consent"}


def test_whom_the_directory_deletes_is_removed_though_damaged(hub: Hub, reopened) -> None:
    user = hub.directory.add(HOPPER)
    person = enrol(hub, "Grace Hopper")
    damage(hub, person)
    reopened().directory.remove(user.id)
    assert rows_of(hub, person) == [0, 0, 1]


def test_whoever_is_whole_again_is_not_damaged(site) -> None:
    hub, grace = site
    assert hub.people.damaged() == [grace]
    with hub.people.changing() as edit:
        whole = SitePerson(id=grace, name="Grace", enrolled=100, photos=())
        hub.feed.put(edit.db, grace, ChangeKind.PERSON, whole.model_dump_json().encode())
    assert hub.people.damaged() == []
    assert hub.people.person("Grace").id == grace


def test_a_door_removes_whoever_is_damaged_and_changes_nothing_else_of_them(site) -> None:
    hub, grace = site
    door = ProposingDoor(hub, joined_door(hub, "front"))
    refused = door.propose("rename", grace, name="Mary")
    assert refused.verdict is ProposalVerdict.REFUSED
    assert "damaged" in refused.problem
    assert refused.seq > 0
    held = door.propose("add_person", ADA, name="Grace", photo=door.photo(3))
    assert (held.verdict, hub.people.damaged()) == (ProposalVerdict.HELD, [grace])
    assert door.propose("remove", grace).verdict is ProposalVerdict.TAKEN
    assert rows_of(hub, grace) == [0, 0, 1]


def test_a_door_of_other_groups_removes_nobody_who_is_damaged(hub: Hub, reopened) -> None:
    grace = enrol(hub, "Grace", groups=("board",))
    damage(hub, grace)
    again = reopened()
    front = joined_door(again, "front")
    again.site.set_scope(front, ["staff"], "operator")
    answer = ProposingDoor(again, front).propose("remove", grace)
    assert (answer.verdict, rows_of(again, grace)) == (ProposalVerdict.REFUSED, [1, 1, 0])
