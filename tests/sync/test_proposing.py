"""What was changed at a door, at its hub."""

import logging

import pytest

from accessctl.domain import PersonRules
from accessctl.errors import HubError
from accessctl.gallery.person import rules_to_bytes
from accessctl.sync.feed_wire import Answered, Proposal, ProposalsAnswer, ProposalVerdict
from tests.sync.conftest import SyncedDoor, new_photo, site_person


def judged(verdict: ProposalVerdict, seq: int = 0, problem: str = ""):
    def judge(proposal: Proposal) -> Answered:
        return Answered(id=proposal.id, verdict=verdict, seq=seq, problem=problem)

    return judge


def test_somebody_enrolled_at_the_door_becomes_the_sites(door: SyncedDoor) -> None:
    ada = door.site.gallery.add_person("Ada", new_photo(1)).id
    door.site.gallery.add_photo(ada, new_photo(2))
    door.site.gallery.set_rules(ada, PersonRules(groups=("staff",)))
    door.synced()
    assert [proposal.change for proposal in door.hub.proposed] == [
        "add_person",
        "add_photo",
        "set_rules",
    ]
    known = door.hub.people[ada]
    assert (known.name, len(known.photos)) == ("Ada", 2)
    assert known.rules == rules_to_bytes(PersonRules(groups=("staff",))).decode("ascii")
    assert sorted(door.hub.pictures.values()) == [b"jpeg 1", b"jpeg 2"]
    assert {photo.jpeg for photo in door.site.gallery.photos()} == {b""}
    assert len(door.site.gallery.templates("e")) == 2
    assert door.site.waiting_count() == 0
    assert not door.proposing.send()


def test_a_change_of_the_hubs_person_is_proposed(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.synced()
    door.site.gallery.rename("Ada", "Ada L")
    door.synced()
    assert door.hub.people[f"{1:032x}"].name == "Ada L"
    assert door.names == ["Ada L"]


def test_a_removal_at_the_door_is_everybodys(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.synced()
    door.site.gallery.remove("Ada")
    door.synced()
    assert door.hub.people == {}
    assert [receipt.person for receipt in door.hub.receipts] == [f"{1:032x}"]


def test_an_answer_that_was_lost_is_asked_for_again(door: SyncedDoor) -> None:
    door.take()
    ada = door.site.gallery.add_person("Ada", new_photo(1)).id
    propose = door.hub.propose

    def lost(request: object) -> ProposalsAnswer:
        propose(request)  # type: ignore[arg-type]
        raise HubError("The hub went away.")

    door.hub.propose = lost  # type: ignore[method-assign]
    with pytest.raises(HubError):
        door.proposing.send()
    door.hub.propose = propose  # type: ignore[method-assign]
    door.synced()
    assert list(door.hub.people) == [ada]
    assert len(door.hub.proposed) == 1


def test_what_is_refused_becomes_what_the_hub_has(
    door: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    seq = door.hub.put(site_person(1, "Ada"))
    door.hub.put(site_person(2, "Eve"))
    door.synced()
    door.site.gallery.rename("Ada", "Adam")
    door.hub.judge = judged(ProposalVerdict.REFUSED, seq, "somebody has that name")
    with caplog.at_level(logging.WARNING):
        door.synced()
    assert door.names == ["Ada", "Eve"]
    assert "somebody has that name" in caplog.text
    assert door.told[-2:] == ["proposal_refused", "hub_changed"]


def test_somebody_new_who_is_held_is_nobody_until_that_is_decided(door: SyncedDoor) -> None:
    door.take()
    ada = door.site.gallery.add_person("Ada", new_photo(1)).id
    door.site.gallery.add_photo(ada, new_photo(2))
    door.hub.judge = judged(ProposalVerdict.HELD)
    door.synced()
    assert door.names == []
    assert door.told[:2] == ["proposal_held", "hub_removed"]
    assert door.site.waiting_count() == 0
    door.hub.put(site_person(1, "Ada").model_copy(update={"id": ada}))
    door.synced()
    assert door.names == ["Ada"]


def test_a_hub_that_answers_something_else_is_told_of(door: SyncedDoor) -> None:
    door.take()
    door.site.gallery.add_person("Ada", new_photo(1))
    door.hub.propose = lambda _: ProposalsAnswer(answers=())  # type: ignore[method-assign]
    with pytest.raises(HubError, match="other changes"):
        door.proposing.send()
    assert door.site.waiting_count() == 1
    assert door.names == ["Ada"]
