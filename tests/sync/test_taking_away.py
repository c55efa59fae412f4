"""What is taken from people counts at once, also where the door can keep nothing new."""

import json
import logging
from collections.abc import Sequence

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.domain import Event, PersonRules
from accessctl.errors import HubError, StoreError
from accessctl.gallery.person import rules_to_bytes
from accessctl.sync.feed_wire import ChangeKind, SitePasses
from accessctl.sync.site_config import wish_in
from tests.sync.conftest import SyncedDoor, site_person


def rules_text(**rules: object) -> str:
    return rules_to_bytes(PersonRules(**rules)).decode("ascii")  # type: ignore[arg-type]


@pytest.fixture
def full(door: SyncedDoor) -> SyncedDoor:
    """A door that knows Ada and Eve, page by page of one, and whose log is full by now."""
    for number, name in enumerate(["Ada", "Eve"]):
        door.hub.put(site_person(number, name))
    door.take()
    door.hub.page = 1
    door.log.full = True
    return door


def may_enter(door: SyncedDoor) -> set[str]:
    rules = door.site.gallery.rules()
    return {
        person.name
        for person in door.site.gallery.people()
        if not rules.get(person.id, PersonRules()).disabled
    }


def test_a_removal_on_a_later_page_does_not_wait_for_room(full: SyncedDoor) -> None:
    full.hub.put(site_person(2, "Grace"))
    full.hub.put(site_person(3, "Mary"))
    full.hub.remove(f"{0:032x}")
    before = full.site.position()
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert full.names == ["Eve"]
    assert full.site.position() == before
    full.log.full = False
    full.synced()
    assert full.names == ["Eve", "Grace", "Mary"]
    assert [one.person for one in full.hub.receipts] == [f"{0:032x}"]


def test_a_revocation_does_not_wait_for_room(full: SyncedDoor) -> None:
    full.hub.put(site_person(2, "Grace"))
    full.hub.put(site_person(1, "Eve", rules=rules_text(disabled=True)))
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert may_enter(full) == {"Ada"}
    full.log.full = False
    full.take()
    assert (may_enter(full), full.names) == ({"Ada", "Grace"}, ["Ada", "Eve", "Grace"])


def test_who_may_more_than_before_waits_and_is_kept_from_nothing(full: SyncedDoor) -> None:
    full.hub.put(site_person(1, "Eve", rules=rules_text(life_by_pin=True)))
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert may_enter(full) == {"Ada", "Eve"}
    assert full.site.gallery.rules() == {}


def test_whoever_a_round_does_not_name_is_gone_without_room(full: SyncedDoor) -> None:
    full.hub.put(site_person(2, "Grace"))
    full.hub.forget(f"{0:032x}")
    full.hub.begin_anew()
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert full.names == ["Eve"]


def test_what_is_asked_for_ahead_is_no_more_believed_than_the_rest(
    full: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    full.hub.put(site_person(2, "Grace"))
    full.hub.remove(f"{0:032x}")
    right = full.hub.changes

    def forged(after: int, round_: int | None) -> object:
        batch = right(after, round_)
        if batch.more:
            return batch
        return batch.model_copy(
            update={"head": batch.head.model_copy(update={"time": full.hub.time + 1})}
        )

    full.hub.changes = forged  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.ERROR), pytest.raises(StoreError, match="full"):
        full.take()
    assert full.names == ["Ada", "Eve"]
    assert "another key" in caplog.text


def test_a_hub_that_goes_away_meanwhile_hides_not_why_it_was_asked(full: SyncedDoor) -> None:
    full.hub.put(site_person(2, "Grace"))
    full.hub.put(site_person(3, "Mary"))
    right = full.hub.changes

    def once(after: int, round_: int | None) -> object:
        full.hub.changes = gone  # type: ignore[method-assign, assignment]
        return right(after, round_)

    def gone(after: int, round_: int | None) -> object:
        raise HubError("The hub is away.")

    full.hub.changes = once  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreError, match="full"):
        full.take()


def test_what_is_taken_away_is_on_record_where_there_is_room_for_that(
    door: SyncedDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(["Ada", "Eve"]):
        door.hub.put(site_person(number, name))
    door.take()
    door.hub.page = 1
    door.hub.put(site_person(2, "Grace"))
    door.hub.remove(f"{0:032x}")
    door.hub.put(site_person(1, "Eve", rules=rules_text(groups=("guests",))))
    append_all = MemoryLog.append_all

    def nobody_new(log: MemoryLog, events: Sequence[Event]) -> None:
        if any(event.data["change"] == "hub_added" for event in events):
            raise StoreError("The disk is full.")
        append_all(log, events)

    monkeypatch.setattr(MemoryLog, "append_all", nobody_new)
    with pytest.raises(StoreError, match="full"):
        door.take()
    assert door.told[2:] == ["hub_removed", "hub_restrained"]


def test_a_pass_that_was_withdrawn_does_not_wait_for_room(full: SyncedDoor) -> None:
    revision = full.site.gallery.revision()
    withdrawn = SitePasses(withdrawn=("ab" * 8,)).model_dump_json().encode("ascii")
    full.hub.put(site_person(2, "Grace"))
    full.hub.put(site_person(3, "Mary"))
    full.hub.say(ChangeKind.RULES, b'{"access": {}}')
    full.hub.say(ChangeKind.PASSES, withdrawn)
    before = full.site.position()
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert full.site.document("passes") == withdrawn
    assert full.site.document("rules") is None
    assert full.site.position() == before
    # Whoever goes by it looks again where the gallery has changed.
    assert full.site.gallery.revision() == revision + 1
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert full.site.gallery.revision() == revision + 1
    full.log.full = False
    full.take()
    assert full.names == ["Ada", "Eve", "Grace", "Mary"]


def site_rules(**groups: object) -> bytes:
    access = {"timezone": None, "schedules": {}, "groups": groups, "holidays": []}
    return json.dumps({"access": access}).encode("ascii")


def test_rules_and_settings_make_the_door_stricter_without_room(door: SyncedDoor) -> None:
    door.hub.put(site_person(0, "Ada"))
    door.hub.say(ChangeKind.RULES, site_rules(staff={}, guests={"doors": ["front"]}))
    door.hub.say(ChangeKind.SETTINGS, b'{"settings": {"policy.cooldown_s": 60}}')
    door.take()
    door.log.full = True
    door.hub.page = 1
    before, revision = door.site.position(), door.site.gallery.revision()
    for number in (1, 2):
        door.hub.put(site_person(number, f"Eve {number}"))
    said = site_rules(staff={"doors": ["back"]}, new={}, guests={})
    settings = b'{"settings": {"policy.cooldown_s": 30, "policy.attempts": 1}}'
    door.hub.say(ChangeKind.RULES, said)
    door.hub.say(ChangeKind.SETTINGS, settings)
    for _ in range(2):
        with pytest.raises(StoreError, match="full"):
            door.take()
        # The second time there is nothing left to do.
        assert door.site.gallery.revision() == revision + 2
    wish = wish_in(door.site.document("rules"), door.site.document("settings"))
    doors = {name: group["doors"] for name, group in wish.access["groups"].items()}
    assert doors == {"staff": ["back"], "guests": ["front"]}
    assert wish.settings == {"policy.cooldown_s": 60, "policy.attempts": 1}
    assert (door.names, door.site.position()) == (["Ada"], before)
    door.log.full = False
    door.take()
    assert door.site.document("rules") == said
    assert door.site.document("settings") == settings


def test_passes_that_cannot_be_kept_keep_nobody_from_being_removed(
    full: SyncedDoor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(full.site, "take", fails)
    full.hub.say(ChangeKind.PASSES, b"{}")
    full.hub.remove(f"{0:032x}")
    with pytest.raises(StoreError, match="full"):
        full.take()
    assert full.names == ["Eve"]
    assert "What the hub took from somebody is not done here yet: the disk is full" in caplog.text
