"""A door and a hub of different releases: kinds of changes that one of them does not know."""

import pytest

from accessctl.errors import StoreError
from accessctl.sync import feed
from accessctl.sync.feed_wire import ChangeBatch, ChangeKind
from tests.sync.conftest import SyncedDoor, site_person


def test_a_kind_of_a_newer_hub_is_passed_over_and_keeps_nobody_from_being_removed(
    door: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub.say("doorbells", b"of a later release")
    door.hub.remove(f"{1:032x}")
    said = door.hub.changes(0, None).model_dump_json()
    assert ChangeBatch.model_validate_json(said) == door.hub.changes(0, None)
    door.take()
    assert door.names == []
    assert door.site.position().after == door.hub.seq
    assert "(doorbells) is passed over: this door is older than its hub" in caplog.text


def test_what_an_earlier_release_did_not_understand_is_asked_for_once(
    door: SyncedDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(feed, "LATER_KINDS", ())
        door.feed.mend()
    door.hub.say(ChangeKind.PASSES, b'{"withdrawn": []}')
    passes = door.hub._changes.pop("passes")
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub._changes["passes"] = passes
    door.take()
    assert door.site.document("passes") is None
    door.feed.mend()
    door.take()
    assert door.site.document("passes") == b'{"withdrawn": []}'
    door.feed.mend()
    assert door.site.position().after == door.hub.seq
    assert door.told == ["hub_added"]


def test_what_cannot_be_asked_for_yet_keeps_nobody_from_being_removed(
    door: SyncedDoor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    door.hub.put(site_person(1, "Ada"))
    door.take()
    with monkeypatch.context() as full:
        full.setattr(door.site, "take", fails)
        door.feed.mend()
    assert "is not asked for yet: the disk is full" in caplog.text
    door.hub.remove(f"{1:032x}")
    door.take()
    assert door.names == []


def test_a_damaged_word_of_what_was_asked_for_is_written_anew(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.feed.mend()
    with door.site._database.noting() as db:
        db.execute("UPDATE site_document SET sealed = x'00' WHERE kind = 'known kinds'")
    door.feed.mend()
    door.take()
    position = door.site.position()
    door.feed.mend()
    assert door.site.position() == position
    assert position.after == door.hub.seq
