"""Batches that come with the answer to a wait, unasked."""

import pytest

from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.errors import HubError
from accessctl.gallery.site import SitePosition
from accessctl.sync.fake import START, FakeHub
from accessctl.sync.feed import HandedBatch, is_next
from accessctl.sync.feed_wire import ChangeBatch, WaitBeside
from tests.sync.conftest import SyncedDoor, site_person


def handed(door: SyncedDoor, after: int) -> HandedBatch:
    """What comes after that number, as the hub hands it out."""
    said = door.hub.wait(after, WaitBeside())
    assert said.handed is not None
    return HandedBatch(after, ChangeBatch(changes=said.handed, more=False, head=said.head))


def fails(*_: object) -> ChangeBatch:
    raise AssertionError("The hub was asked.")


def test_what_was_handed_is_taken_without_asking(door: SyncedDoor, monkeypatch) -> None:
    door.hub.hands = True
    door.hub.put(site_person(1, "Ada"))
    door.take()
    seq = door.hub.seq
    door.hub.put(site_person(2, "Eve"))
    removed = door.hub.remove(f"{1:032x}")
    batch = handed(door, seq)
    monkeypatch.setattr(door.hub, "changes", fails)
    assert not door.feed.take(batch)
    assert door.names == ["Eve"]
    assert door.told == ["hub_added", "hub_added", "hub_removed"]
    door.proposing.give_receipts()
    assert [one.seq for one in door.hub.receipts] == [removed]
    assert GalleryHeads(door.site.gallery, door.log, lambda: START).objection() is None
    assert door.age.age_s() == 0.0


def test_what_was_handed_for_another_place_is_asked_for(door: SyncedDoor) -> None:
    door.hub.hands = True
    seq = door.hub.put(site_person(1, "Ada"))
    batch = handed(door, seq - 1)
    door.hub.put(site_person(2, "Eve"))
    door.take()
    # It has come here by itself meanwhile.
    door.hub.forget(f"{1:032x}")
    assert not door.feed.take(batch)
    assert door.names == ["Ada", "Eve"]
    # And was then told to begin anew: only a round says who is gone.
    late = handed(door, door.hub.seq - 1)
    door.hub.begin_anew()
    assert door.feed.take()
    assert not door.feed.take(late)
    assert door.names == ["Eve"]


def test_a_batch_is_next_only_to_a_door_that_waits_for_nothing_else() -> None:
    hub = FakeHub()
    batch = HandedBatch(7, ChangeBatch(changes=(), more=False, head=hub.head()))
    assert is_next(batch, SitePosition("hub", "door", 7))
    for other in ({"seq": 8}, {"seq": 6}, {"round": 0}, {"round": 9}, {"again": 7}, {"again": 3}):
        position = SitePosition(**({"hub": "hub", "door": "door", "seq": 7} | other))
        assert not is_next(batch, position)


def test_what_was_handed_and_another_signed_is_not_taken(door: SyncedDoor) -> None:
    door.hub.hands = True
    door.take()
    door.hub.put(site_person(1, "Ada"))
    batch = handed(door, 0)
    forged = batch.batch.head.model_copy(update={"seq": 9})
    with pytest.raises(HubError, match="another key"):
        door.feed.take(HandedBatch(0, batch.batch.model_copy(update={"head": forged})))
    assert door.names == []
