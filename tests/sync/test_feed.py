"""The hub's feed as a door takes it."""

import logging

import pytest

from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.domain import PersonRules
from accessctl.errors import HubError, StoreError
from accessctl.gallery.badges import digest_of
from accessctl.gallery.person import rules_to_bytes
from accessctl.gallery.site import SitePosition
from accessctl.sync.fake import START, FakeHub
from accessctl.sync.feed import HandedBatch, is_next
from accessctl.sync.feed_wire import ChangeBatch, ChangeKind, WaitBeside
from tests.sync.conftest import SyncedDoor, new_photo, site_person


def test_people_come_whole_and_each_is_on_record(door: SyncedDoor) -> None:
    rules = rules_to_bytes(PersonRules(groups=("staff",))).decode("ascii")
    door.hub.put(site_person(1, "Ada", rules=rules))
    door.hub.put(site_person(2, "Eve"))
    door.take()
    assert door.names == ["Ada", "Eve"]
    assert door.told == ["hub_added", "hub_added"]
    assert list(door.site.gallery.rules().values()) == [PersonRules(groups=("staff",))]
    assert len(door.site.gallery.templates("e")) == 2
    assert door.age.age_s() == 0.0


def test_the_log_knows_the_gallery_after_each_batch(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub.remove(f"{1:032x}")
    door.take()
    heads = GalleryHeads(door.site.gallery, door.log, lambda: START)
    assert heads.objection() is None
    assert heads.newest() == door.site.gallery.mark()


def test_pages_are_asked_for_until_there_are_no_more(door: SyncedDoor) -> None:
    door.hub.page = 2
    for number in range(5):
        door.hub.put(site_person(number, f"Person {number}"))
    assert [door.feed.take() for _ in range(3)] == [True, True, False]
    assert len(door.names) == 5


def test_before_the_last_page_the_hubs_word_does_not_count(door: SyncedDoor) -> None:
    door.hub.page = 1
    door.hub.put(site_person(1, "Ada"))
    door.hub.put(site_person(2, "Eve"))
    assert door.feed.take()
    assert door.age.age_s() is None
    assert not door.feed.take()
    assert door.age.age_s() == 0.0


def test_a_removal_is_answered_for_once(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.synced()
    seq = door.hub.remove(f"{1:032x}")
    door.synced()
    door.synced()
    assert door.names == []
    assert [(one.person, one.seq) for one in door.hub.receipts] == [(f"{1:032x}", seq)]


def test_whoever_is_not_this_doors_any_more_is_gone_without_an_answer(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.synced()
    door.hub.remove(f"{1:032x}", removed=False)
    door.synced()
    assert (door.names, door.hub.receipts) == ([], [])


def test_a_round_takes_out_whoever_it_does_not_name(door: SyncedDoor) -> None:
    for number, name in enumerate(["Ada", "Eve", "Grace"]):
        door.hub.put(site_person(number, name))
    door.take()
    door.hub.forget(f"{1:032x}")
    door.hub.page = 1
    door.hub.begin_anew()
    assert door.feed.take()
    assert door.feed.take()
    assert door.names == ["Ada", "Eve", "Grace"]
    door.take()
    assert door.names == ["Ada", "Grace"]
    position = door.site.position()
    assert position is not None
    assert position.round is None


def test_a_hub_that_was_put_back_takes_back_what_it_does_not_say_any_more(
    door: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    door.hub.say(ChangeKind.RULES, b'{"access": {}}')
    door.hub.say(ChangeKind.SETTINGS, b'{"settings": {"policy.cooldown_s": 60}}')
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub.forget("settings")
    door.hub.page = 1
    door.hub.begin_anew()
    assert door.feed.take()
    assert door.feed.take()
    assert door.site.document("settings") is not None
    door.take()
    assert door.site.document("settings") is None
    assert door.site.document("rules") == b'{"access": {}}'


def test_rules_that_a_round_names_and_nobody_can_read_stay(door: SyncedDoor) -> None:
    seq = door.hub.say(ChangeKind.RULES, b'{"access": {}}')
    door.hub.put(site_person(1, "Ada"))
    door.take()
    right = door.hub.changes

    def damaged(after: int, round_: int | None) -> ChangeBatch:
        batch = right(after, round_)
        changes = tuple(
            one.model_copy(update={"sealed": "AAAA"}) if one.seq == seq else one
            for one in batch.changes
        )
        return batch.model_copy(update={"changes": changes})

    door.hub.changes = damaged  # type: ignore[method-assign]
    door.hub.begin_anew()
    door.take()
    assert door.site.position() == SitePosition(door.hub.hub_id, door.hub.door, door.hub.seq)
    assert door.site.document("rules") == b'{"access": {}}'


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


def test_a_door_follows_the_hub_where_others_alone_had_part_in_what_changed(
    door: SyncedDoor,
) -> None:
    seq = door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub._seq += 3
    for batch in (None, HandedBatch(seq, door.hub.changes(seq, None))):
        door.feed.take(batch)
        position = door.site.position()
        assert position is not None
        assert position.after == door.hub.seq == seq + 3


def test_an_unknown_site_key_is_asked_for(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub.generation = 2
    door.hub.put(site_person(2, "Eve"))
    door.take()
    assert door.names == ["Ada", "Eve"]
    assert door.hub.asked_for_keys == 2
    files = {path.name: path.stat().st_mode & 0o777 for path in door.folder.iterdir()}
    assert files == {"door.box": 0o600, "site.keys": 0o600}


def test_badges_are_by_the_sites_key(door: SyncedDoor) -> None:
    door.hub.set_badge_key(b"k" * 32)
    door.take()
    assert door.site.gallery.badge_digest("12") == digest_of(b"k" * 32, "12")


def test_what_another_key_signed_is_not_taken(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    right = door.hub.head
    door.hub.head = lambda: right().model_copy(update={"seq": 99})  # type: ignore[method-assign]
    with pytest.raises(HubError, match="another key"):
        door.take()
    assert door.names == []


def test_a_feed_that_went_back_is_not_taken(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.hub._seq = 0
    with pytest.raises(HubError, match="ends before"):
        door.feed.take()
    assert door.names == ["Ada"]


def test_an_older_word_does_not_make_the_people_younger(
    door: SyncedDoor, caplog: pytest.LogCaptureFixture
) -> None:
    door.take()
    door.hub.time -= 60
    with caplog.at_level(logging.ERROR):
        door.take()
    assert "clock went back" in caplog.text


@pytest.mark.parametrize(
    "said",
    [
        {"name": "A\x00da"},
        {"rules": "[]"},
        {"pin": "{}"},
        {"photos": [{"id": "0" * 32, "quality": 0.5, "added": 1, "templates": {"e": "AAAA"}}]},
    ],
    ids=["name", "rules", "pin", "template"],
)
def test_whoever_cannot_be_is_at_no_door_and_keeps_nobody_from_being_removed(
    door: SyncedDoor, said: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    for number, name in enumerate(["Grace", "Eve", "Ada"]):
        door.hub.put(site_person(number, name))
    door.take()
    door.hub.put(site_person(2, **{"name": "Ada", **said}))
    door.hub.remove(f"{0:032x}")
    door.take()
    assert door.names == ["Eve"]
    assert "cannot be taken" in caplog.text
    door.hub.put(site_person(2, "Ada"))
    door.take()
    assert door.names == ["Ada", "Eve"]


def test_whose_document_cannot_be_opened_is_not_here_and_stops_nothing(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.hub.put(site_person(2, "Eve"))
    door.take()
    change = door.hub._changes[f"{1:032x}"]
    door.hub._seq += 1
    damaged = {"subject": f"{2:032x}", "seq": door.hub.seq}
    door.hub._changes[f"{2:032x}"] = change.model_copy(update=damaged)
    door.take()
    assert door.names == ["Ada"]
    assert door.age.age_s() == 0.0


def test_rules_that_cannot_be_opened_leave_those_that_are_here(door: SyncedDoor) -> None:
    door.hub.say(ChangeKind.RULES, b'{"access": {}}')
    door.take()
    door.hub.say(ChangeKind.RULES, b"other")
    change = door.hub._changes["rules"]
    door.hub._changes["rules"] = change.model_copy(update={"generation": 7})
    door.hub.put(site_person(1, "Ada"))
    door.take()
    assert door.site.document("rules") == b'{"access": {}}'
    assert door.names == ["Ada"]


def test_a_full_log_that_takes_nobody_in_keeps_nobody_from_being_removed(
    door: SyncedDoor,
) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.log.full = True
    door.hub.put(site_person(2, "Eve"))
    door.hub.remove(f"{1:032x}")
    with pytest.raises(StoreError, match="full"):
        door.take()
    assert door.names == []
    door.log.full = False
    door.synced()
    assert door.names == ["Eve"]
    assert len(door.hub.receipts) == 1


def test_a_full_log_takes_nobody_in_and_still_erases(door: SyncedDoor) -> None:
    door.hub.put(site_person(1, "Ada"))
    door.take()
    door.log.full = True
    door.hub.put(site_person(2, "Eve"))
    with pytest.raises(StoreError, match="full"):
        door.take()
    assert door.names == ["Ada"]
    door.hub.remove(f"{2:032x}")
    door.hub.remove(f"{1:032x}")
    door.take()
    assert door.names == []


def test_a_name_that_the_hub_gave_somebody_else_is_given_up(door: SyncedDoor) -> None:
    door.site.gallery.add_person("ada", new_photo(3))
    door.hub.put(site_person(1, "Ada"))
    door.take()
    assert door.names == ["Ada", "ada (2)"]
    assert door.told == ["hub_renamed", "hub_added"]


def test_documents_of_the_site_are_kept_for_whoever_reads_the_configuration(
    door: SyncedDoor,
) -> None:
    door.hub.say(ChangeKind.RULES, b'{"access": {}}')
    door.take()
    assert door.site.document("rules") == b'{"access": {}}'
