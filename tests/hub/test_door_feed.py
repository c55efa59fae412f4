from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.errors import HubError, InputError
from accessctl.gallery.site import SitePosition
from accessctl.hub.assembly import Hub
from accessctl.hub.door_feed import DoorScope, begins_anew, keep_scope, page_of
from accessctl.hub.people import SitePeople
from accessctl.hub.tables import CHANGE, DOOR, JOINED
from accessctl.policy.consent import Withheld
from accessctl.sync.feed import check_order
from accessctl.sync.feed_wire import (
    Change,
    ChangeBatch,
    ChangeKind,
    SiteBadgeKey,
    SitePerson,
    head_of_feed,
)
from accessctl.sync.site_sealing import SealedDocument, from_base64, open_document
from tests.hub.feeding import enrol, scope, seq_of, told_of

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@pytest.fixture
def door(hub: Hub) -> Callable[[str], str]:
    """The id of a door that has joined, with nothing of the feed yet."""

    def make(name: str) -> str:
        number = name.encode().hex().ljust(32, "0")
        row = {"id": number, "name": name, "state": JOINED, "joined": 0.0}
        with hub.database.writing() as db:
            db.execute(DOOR.insert().values(row))
        return number

    return make


def opened(hub: Hub, change: Change) -> bytes:
    sealed = SealedDocument(
        change.generation, bytes.fromhex(change.wrapped), from_base64(change.sealed)
    )
    key = hub.site_keys.site_key(change.generation)
    return open_document(sealed, change.kind, change.subject, key)


def told(batch: ChangeBatch) -> dict[str, str]:
    return {change.subject: change.kind.value for change in batch.changes}


def test_a_door_gets_everybody_and_the_key_of_badges(hub: Hub, door) -> None:
    front = door("front")
    grace = enrol(hub, "Grace")
    batch = hub.door_feed.changes_after(front, 0)
    assert told(batch) == {"badge_key": "badge_key", grace: "person"}
    assert (batch.more, batch.round) == (False, None)
    key, person = batch.changes
    assert SiteBadgeKey.model_validate_json(opened(hub, key)).key == hub.site_keys.badge_key.hex()
    found = SitePerson.model_validate_json(opened(hub, person))
    assert (found.id, found.name, len(found.photos)) == (grace, "Grace", 1)
    assert list(found.photos[0].templates) == ["e1"]
    assert hub.door_feed.changes_after(front, batch.head.seq).changes == ()


def test_only_what_changed_is_told_and_once(hub: Hub, door) -> None:
    front = door("front")
    grace, ada = enrol(hub, "Grace"), enrol(hub, "Ada", 1)
    seq = hub.door_feed.changes_after(front, 0).head.seq
    hub.people.rename("Ada", "Eve")
    hub.people.rename("Eve", "Zoe")
    hub.people.remove("Grace")
    batch = hub.door_feed.changes_after(front, seq)
    assert told(batch) == {ada: "person", grace: "gone"}
    gone = batch.changes[-1]
    assert (gone.removed, gone.sealed, gone.wrapped) == (True, None, None)
    assert batch.changes[0].seq < gone.seq == batch.head.seq


def test_the_head_is_signed_by_the_key_of_the_receipts(hub: Hub, door) -> None:
    front = door("front")
    head = hub.door_feed.changes_after(front, 0).head
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(hub.authority.receipts_key))
    key.verify(bytes.fromhex(head.signature), head_of_feed(front, head.seq, head.time))


def test_of_people_of_other_groups_a_door_is_told_nothing(hub, door) -> None:
    front = door("front")
    scope(hub, front, ["staff"])
    staff = enrol(hub, "Grace", groups=("staff", "board"))
    guest = enrol(hub, "Ada", 1, ("guests",))
    nobody = enrol(hub, "Eve", 2)
    first = hub.door_feed.changes_after(front, 0)
    assert (first.changes, first.more) == ((), True)
    batch = hub.door_feed.changes_after(front, 0, first.round)
    assert told(batch)[staff] == "person"
    assert not {guest, nobody} & set(told(batch))
    # Whoever comes into the group is told of, and whoever leaves it is gone.
    hub.people.set_rules(guest, PersonRules(("staff",)))
    hub.people.set_rules(staff, PersonRules(("board",)))
    left = hub.door_feed.changes_after(front, batch.head.seq)
    assert told(left) == {guest: "person", staff: "gone"}
    hidden = next(change for change in left.changes if change.subject == staff)
    assert (hidden.sealed, hidden.wrapped, hidden.removed) == (None, None, False)


def test_whoever_left_is_told_of_until_the_door_has_heard_it_and_then_no_more(hub, door) -> None:
    front = door("front")
    scope(hub, front, ["staff"])
    staff = enrol(hub, "Grace", groups=("staff",))
    first = hub.door_feed.changes_after(front, 0)
    has = hub.door_feed.changes_after(front, 0, first.round).head.seq
    hub.people.set_rules(staff, PersonRules(("board",)))
    heard = hub.door_feed.changes_after(front, has).head.seq
    hub.people.rename("Grace", "Ada")
    hub.people.set_rules(staff, PersonRules(("board", "guests")))
    # A door that has heard of it is told nothing, one that has not is told.
    assert hub.door_feed.changes_after(front, heard).changes == ()
    assert told(hub.door_feed.changes_after(front, has)) == {staff: "gone"}


def test_whoever_leaves_while_a_door_begins_anew_is_gone_all_the_same(hub, door) -> None:
    front = door("front")
    scope(hub, front, ["staff"])
    before, during = enrol(hub, "Grace", groups=("staff",)), enrol(hub, "Ada", 1, ("staff",))
    hub.people.set_rules(before, PersonRules(("board",)))
    round_ = hub.door_feed.changes_after(front, 0).round
    assert told(hub.door_feed.changes_after(front, 0, round_))[during] == "person"
    hub.people.set_rules(during, PersonRules(("board",)))
    batch = hub.door_feed.changes_after(front, 0, round_)
    # Who left before it is not named, and gone at its end; the other may be there by now.
    assert told(batch)[during] == "gone"
    assert before not in told(batch)


def test_whoever_is_withheld_is_gone_at_the_doors_that_had_them(hub, door) -> None:
    front, back = door("front"), door("back")
    scope(hub, front, ["staff"])
    grace = enrol(hub, "Grace", groups=("staff",))
    first = hub.door_feed.changes_after(front, 0)
    has = hub.door_feed.changes_after(front, 0, first.round).head.seq
    hub.door_feed.changes_after(back, 0)
    with hub.people.changing() as edit:
        edit.withhold(grace, Withheld.NO_CONSENT)
    for name in (front, back):
        assert told(hub.door_feed.changes_after(name, has)) == {grace: "gone"}


@pytest.mark.parametrize("group", ['a"b', "100%", "a_b", "a\\b", "Besuch äöü"])
def test_a_group_of_any_name_is_found(hub, door, group: str) -> None:
    front = door("front")
    scope(hub, front, [group])
    mine, other = enrol(hub, "Grace", groups=(group,)), enrol(hub, "Ada", 1, ("axb", "100x"))
    first = hub.door_feed.changes_after(front, 0)
    batch = told(hub.door_feed.changes_after(front, 0, first.round))
    assert mine in batch
    assert other not in batch


def test_a_change_of_groups_makes_a_door_begin_anew_once(hub, door) -> None:
    front, back = door("front"), door("back")
    grace = enrol(hub, "Grace", groups=("staff",))
    seq = hub.door_feed.changes_after(front, 0).head.seq
    hub.door_feed.changes_after(back, 0)
    scoped = scope(hub, front, ["guests"])
    asked = hub.door_feed.changes_after(front, seq)
    assert (asked.round, asked.changes, asked.more) == (scoped, (), True)
    batch = hub.door_feed.changes_after(front, 0, asked.round)
    # She is not named in the round, and gone at its end.
    assert grace not in told(batch)
    assert told(batch)["settings"] == "settings"
    assert not batch.more
    # From the last change of the round on it is where the hub is.
    after = hub.door_feed.changes_after(front, batch.changes[-1].seq)
    assert (after.round, after.changes) == (None, ())
    # Another door's settings are none of its business.
    assert hub.door_feed.changes_after(back, seq).changes == ()


def test_a_hub_that_was_put_back_has_the_door_begin_anew(hub, door) -> None:
    front = door("front")
    enrol(hub, "Grace")
    with hub.database.reading() as db:
        kept = db.execute(CHANGE.select()).all()
    hub.door_feed.changes_after(front, 0)
    enrol(hub, "Ada", 1)
    seq = hub.door_feed.changes_after(front, 0).head.seq
    # What the hub had told is as it was then, and so is the feed; then it goes on.
    with hub.database.writing() as db:
        db.execute(CHANGE.delete().where(CHANGE.c.seq > kept[-1].seq))
        keep_scope(db, front, told=kept[-1].seq)
    assert hub.door_feed.changes_after(front, seq).round == kept[-1].seq
    with hub.database.writing() as db:
        for number in range(5):
            hub.feed.put(db, f"more {number}", ChangeKind.RULES, b"{}")
        keep_scope(db, front, told=kept[-1].seq)
    assert hub.door_feed.changes_after(front, seq).round == kept[-1].seq + 5


def test_a_door_that_did_not_hear_of_its_round_is_told_again(hub, door) -> None:
    front = door("front")
    grace = enrol(hub, "Grace")
    after = hub.door_feed.changes_after(front, 0).head.seq
    # The hub is put back to before all that, and what it does then has the very same numbers.
    with hub.database.writing() as db:
        keep_scope(db, front, told=0)
    ordered = hub.door_feed.changes_after(front, after).round
    enrol(hub, "Ada", 1)
    again = hub.door_feed.changes_after(front, after)
    assert (ordered, again.round, again.more, again.changes) == (after, after + 1, True, ())
    batch = hub.door_feed.changes_after(front, 0, again.round)
    assert (batch.round, batch.more) == (after + 1, False)
    assert grace in told(batch)
    assert hub.door_feed.changes_after(front, batch.head.seq).round is None


def test_pages_are_complete_and_in_order(hub: Hub, door) -> None:
    front = door("front")
    with hub.database.writing() as db:
        for number in range(450):
            hub.feed.put(db, f"rules {number}", ChangeKind.RULES, b"{}")
    after, seen = 0, []
    while True:
        batch = hub.door_feed.changes_after(front, after)
        seen += [change.seq for change in batch.changes]
        if not batch.more:
            break
        after = batch.changes[-1].seq
    assert seen == list(range(1, 452))


@EMBEDDED
def test_one_damaged_document_keeps_nobody_from_being_removed_or_revoked(
    hub: Hub, door, caplog: pytest.LogCaptureFixture
) -> None:
    door("front")
    grace = enrol(hub, "Grace")
    enrol(hub, "Ada", 1)
    with hub.database.writing() as db:
        db.execute(CHANGE.update().where(CHANGE.c.subject == grace).values(sealed=b"\0" * 64))
    again = SitePeople(hub.feed, lambda count: b"r" * count)
    assert again.remove("Ada").name == "Ada"
    assert again.people() == []
    hub.doors.revoke("front")
    with pytest.raises(InputError):
        hub.doors.id_of("front")
    assert f"document of {grace} cannot be opened" in caplog.text


@EMBEDDED
def test_the_newest_number_that_a_door_was_told_on_any_line_is_kept(hub, door) -> None:
    front = door("front")
    enrol(hub, "Grace")
    seq = hub.door_feed.changes_after(front, 0).head.seq
    for kept, told, after in ((seq, seq + 2, seq + 2), (seq + 5, seq + 2, seq + 5)):
        with hub.database.writing() as db:
            keep_scope(db, front, told=kept)
        hub.door_feed._tell(front, seq - 1, told)
        assert told_of(hub, front) == after
    # A round that was ordered meanwhile has to be begun, whatever was told before.
    with hub.database.writing() as db:
        keep_scope(db, front, told=-seq)
    hub.door_feed._tell(front, seq, seq + 1)
    assert told_of(hub, front) == -seq


@EMBEDDED
def test_a_revoked_door_is_told_nothing_more(hub, door) -> None:
    front = door("front")
    hub.doors.revoke("front")
    with pytest.raises(HubError, match="does not count, or no more"):
        hub.door_feed.changes_after(front, 0)


def test_a_revoked_door_cannot_open_what_comes_later_and_others_get_nothing_again(
    hub, door
) -> None:
    door("front")
    back = door("back")
    grace = enrol(hub, "Grace")
    seq = hub.door_feed.changes_after(back, 0).head.seq
    hub.doors.revoke("front")
    assert hub.door_feed.changes_after(back, seq).changes == ()
    for change in hub.door_feed.changes_after(back, 0).changes:
        assert change.generation == 2
        assert opened(hub, change)
    assert hub.people.person("Grace").id == grace
    hub.people.rename("Grace", "Ada")
    (renamed,) = hub.door_feed.changes_after(back, seq).changes
    assert renamed.generation == 2
    with hub.database.reading() as db:
        assert hub.feed.generations(db) == [1, 2]


@pytest.mark.parametrize(
    ("scope", "seq", "after", "round_", "anew"),
    [
        (DoorScope(None, 0, 0), 0, 0, None, False),
        (DoorScope(None, 0, 0), 9, 0, None, False),
        (DoorScope(None, 0, 9), 9, 9, None, False),
        (DoorScope(None, 0, 5), 9, 7, None, True),
        (DoorScope(None, 0, 9), 5, 7, None, True),
        (DoorScope(("a",), 8, 9), 9, 7, None, True),
        (DoorScope(("a",), 8, 9), 9, 8, None, False),
        (DoorScope(("a",), 8, 9), 9, 0, 9, False),
        (DoorScope(("a",), 8, 9), 9, 0, 7, True),
        (DoorScope(("a",), 8, 9), 9, 4, 10, True),
        (DoorScope(("a",), 8, 8), 9, 0, 9, True),
        (DoorScope(None, 0, -7), 9, 7, None, True),
        (DoorScope(None, 0, -7), 9, 0, None, True),
        (DoorScope(None, 0, -7), 9, 0, 6, True),
        (DoorScope(None, 0, -7), 9, 5, 7, True),
        (DoorScope(None, 0, -7), 9, 0, 7, False),
        (DoorScope(None, 0, -7), 6, 0, 7, True),
        (DoorScope(("a",), 8, -7), 9, 0, 7, True),
    ],
)
def test_when_a_door_begins_anew(scope, seq, after, round_, anew) -> None:
    assert begins_anew(scope, seq, after, round_) is anew


@given(
    st.lists(st.integers(0, 1000), max_size=420),
    st.integers(1, 3000),
)
def test_a_page_is_bounded_and_never_empty(sizes: list[int], most: int) -> None:
    changes = [
        Change(seq=number, subject="x", kind=ChangeKind.RULES, wrapped="00", sealed="a" * size)
        for number, size in enumerate(sizes)
    ]
    page, more = page_of(changes, most)
    assert list(page) == changes[: len(page)]
    assert more is (len(page) < len(changes))
    assert bool(page) is bool(changes)
    assert len(page) <= 200
    if len(page) > 1:
        assert sum(len(change.sealed) for change in page) <= most


@EMBEDDED
def test_whoever_left_is_told_of_however_many_pages_come_before_their_last_change(
    hub, door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.hub.door_feed.MAX_CHANGES", 2)
    front = door("front")
    scope(hub, front, ["staff"])
    grace = enrol(hub, "Grace", groups=("staff",))
    after = begun(hub, front)
    hub.people.set_rules(grace, PersonRules(("board",)))
    for number in range(1, 4):
        enrol(hub, f"Ada {number}", number, ("staff",))
    # The hub's other changes of whoever left give them later numbers, on a later page.
    hub.people.rename("Grace", "Eve")
    assert told_in_pages(hub, front, after)[grace] == "gone"


@EMBEDDED
def test_people_who_are_sent_nowhere_end_no_page_before_the_others(
    hub, door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.hub.door_feed.MAX_CHANGES", 2)
    front = door("front")
    withheld = [enrol(hub, f"Ada {number}", number) for number in range(1, 4)]
    grace = enrol(hub, "Grace")
    after = begun(hub, front)
    with hub.people.changing() as edit:
        for person in withheld:
            edit.withhold(person, Withheld.NO_CONSENT)
    after = hub.door_feed.changes_after(front, after).head.seq
    for number in range(1, 4):
        hub.people.rename(f"Ada {number}", f"Eve {number}")
    hub.people.remove("Grace")
    assert hub.door_feed.has_part_after(front, after, tuple(ChangeKind))
    assert told_in_pages(hub, front, after) == {grace: "gone"}


def begun(hub: Hub, door: str) -> int:
    """After which change that door is, which takes all there is."""
    told_in_pages(hub, door, 0, hub.door_feed.changes_after(door, 0).round)
    return seq_of(hub)


def told_in_pages(hub: Hub, door: str, after: int, round_: int | None = None) -> dict[str, str]:
    """All that it is told from there on, as the door asks for it."""
    found: dict[str, str] = {}
    while True:
        batch = hub.door_feed.changes_after(door, after, round_)
        check_order(batch, SitePosition("hub", door, after))
        found |= told(batch)
        if not batch.more:
            return found
        after = batch.changes[-1].seq
