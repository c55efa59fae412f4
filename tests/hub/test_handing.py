"""What waiting doors are handed, against what they would be answered if they asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub
from accessctl.hub.door_feed import DoorScope, keep_scope
from accessctl.hub.handing import MAX_HANDED_CHARACTERS, Handing, handed_to
from accessctl.hub.tables import DOOR
from accessctl.hub.waking import Wait
from accessctl.sync.feed_wire import MAX_CHANGES, ChangeKind
from tests.hub.feeding import enrol, scope, seq_of, told_of
from tests.hub.proposing import joined_door

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def wait_of(hub: Hub, name: str) -> Wait:
    """That of a new door which has all there is."""
    door = joined_door(hub, name)
    after = hub.door_feed.changes_after(door, 0).head.seq
    return Wait(door, after)


def hand(hub: Hub, *waits: Wait) -> dict:
    return Handing(hub.database).hand(seq_of(hub), waits)


def test_what_is_handed_is_what_would_be_answered_and_on_the_disk_before(hub: Hub) -> None:
    enrol(hub, "Grace")
    waits = [wait_of(hub, "front"), wait_of(hub, "back")]
    enrol(hub, "Ada", 1, ("staff",))
    hub.people.remove("Grace")
    handed = hand(hub, *waits)
    for wait in waits:
        assert told_of(hub, wait.door) == seq_of(hub)
        asked = hub.door_feed.changes_after(wait.door, wait.after)
        assert (handed[wait], asked.more, asked.round) == (asked.changes, False, None)
        assert [change.kind.value for change in handed[wait]] == ["person", "gone"]
        assert handed[wait][1].removed
    assert handed[waits[0]] is handed[waits[1]]


def test_a_door_that_was_never_told_anything_is_kept_as_told(hub: Hub) -> None:
    door = joined_door(hub, "front")
    handed = hand(hub, Wait(door, 0))
    assert [change.kind for change in handed[Wait(door, 0)]] == [ChangeKind.BADGE_KEY]
    assert told_of(hub, door) == 1


def test_of_people_of_other_groups_nothing_is_handed_until_they_come_or_go(hub: Hub) -> None:
    front, back = joined_door(hub, "front"), joined_door(hub, "back")
    hub.site.set_scope(front, ["staff"], "operator")
    seq = seq_of(hub)
    for door in (front, back):
        begun = hub.door_feed.changes_after(door, 0)
        hub.door_feed.changes_after(door, 0, begun.round)
    guest = enrol(hub, "Ada", 1, ("guests",))
    handed = hand(hub, Wait(front, seq), Wait(back, seq))
    assert handed[Wait(front, seq)] == ()
    (shown,) = handed[Wait(back, seq)]
    assert shown.sealed is not None
    # Whoever comes into the group is.
    hub.people.set_rules(guest, PersonRules(("staff",)))
    (shown,) = hand(hub, Wait(front, shown.seq))[Wait(front, shown.seq)]
    assert shown.sealed is not None
    hub.people.set_rules(guest, PersonRules(("guests",)))
    (hidden,) = hand(hub, Wait(front, shown.seq))[Wait(front, shown.seq)]
    assert (hidden.subject, hidden.kind) == (guest, ChangeKind.GONE)
    assert (hidden.sealed, hidden.wrapped, hidden.removed) == (None, None, False)


def test_settings_are_handed_to_their_door_and_others_hear_that_there_is_nothing(hub) -> None:
    front, back = wait_of(hub, "front"), wait_of(hub, "back")
    hub.site.set_setting(front.door, "policy.cooldown_s", 9.0, "operator")
    handed = hand(hub, front, back)
    assert [change.subject for change in handed[front]] == ["settings"]
    assert handed[back] == ()
    assert told_of(hub, back.door) == seq_of(hub)


def test_whoever_has_to_begin_anew_is_handed_nothing_and_is_not_told(hub: Hub) -> None:
    names = ("scoped", "ordered", "ahead", "put back", "whole")
    waits = {name: wait_of(hub, name) for name in names}
    after = seq_of(hub)
    scope(hub, waits["scoped"].door, ["staff"])
    with hub.database.writing() as db:
        keep_scope(db, waits["ordered"].door, told=-after)
        keep_scope(db, waits["put back"].door, told=after - 1)
    waits["ahead"] = Wait(waits["ahead"].door, after + 9)
    before = {name: told_of(hub, wait.door) for name, wait in waits.items()}
    handed = hand(hub, *waits.values())
    assert set(handed) == {waits["whole"]}
    assert {name for name, wait in waits.items() if told_of(hub, wait.door) != before[name]} == {
        "whole"
    }


@EMBEDDED
def test_a_revoked_door_is_handed_nothing(hub: Hub) -> None:
    front, back = wait_of(hub, "front"), wait_of(hub, "back")
    hub.doors.revoke("front")
    enrol(hub, "Grace")
    assert set(hand(hub, front, back, Wait("f" * 32, 0))) == {back}
    assert told_of(hub, front.door) == front.after


@pytest.mark.parametrize("hub_config", ["postgresql"], indirect=True)
def test_nobody_waits_for_a_door_on_which_somebody_else_works(hub: Hub) -> None:
    front, back = wait_of(hub, "front"), wait_of(hub, "back")
    enrol(hub, "Grace")
    with hub.database.writing() as db:
        db.execute(select(DOOR.c.id).where(DOOR.c.id == front.door).with_for_update())
        assert set(hand(hub, front, back)) == {back}


@EMBEDDED
def test_too_much_is_asked_for(hub: Hub) -> None:
    front, back = wait_of(hub, "front"), wait_of(hub, "back")
    with hub.database.writing() as db:
        size = MAX_HANDED_CHARACTERS * 3 // 4
        for number in range(2):
            hub.feed.put(db, f"large {number}", ChangeKind.SETTINGS, bytes(size), front.door)
    assert hand(hub, front, back) == {back: ()}
    assert told_of(hub, front.door) == front.after
    seq = seq_of(hub)
    with hub.database.writing() as db:
        hub.feed.put(db, "large", ChangeKind.SETTINGS, bytes(MAX_HANDED_CHARACTERS), back.door)
    assert hand(hub, Wait(back.door, seq)) == {}
    with hub.database.writing() as db:
        for number in range(MAX_CHANGES):
            hub.feed.put(db, f"rules {number}", ChangeKind.RULES, b"{}")
    assert hand(hub, front, back) == {}


@EMBEDDED
def test_what_changes_after_the_look_is_handed_the_next_time(hub: Hub) -> None:
    front = wait_of(hub, "front")
    grace = enrol(hub, "Grace")
    seq = seq_of(hub)
    enrol(hub, "Ada", 1)
    handed = Handing(hub.database).hand(seq, [front])
    assert [change.subject for change in handed[front]] == [grace]
    assert told_of(hub, front.door) == seq


@EMBEDDED
def test_whoever_left_is_handed_as_gone_though_they_change_after_the_look(hub: Hub) -> None:
    front, back = joined_door(hub, "front"), wait_of(hub, "back")
    grace = enrol(hub, "Grace", groups=("staff",))
    hub.site.set_scope(front, ["staff"], "operator")
    begun = hub.door_feed.changes_after(front, 0)
    has = hub.door_feed.changes_after(front, 0, begun.round)
    assert grace in {change.subject for change in has.changes}
    hub.people.set_rules(grace, PersonRules(("board",)))
    seq = seq_of(hub)
    hub.people.rename("Grace", "Ada")
    waits = Wait(front, has.head.seq), back
    handed = Handing(hub.database).hand(seq, waits)
    (gone,) = handed[waits[0]]
    assert (gone.subject, gone.kind, gone.seq) == (grace, ChangeKind.GONE, seq)
    # Where they are still, their last change is told the next time.
    assert grace not in {change.subject for change in handed[back]}
    assert hub.door_feed.changes_after(front, seq).changes == ()


@EMBEDDED
def test_two_hundred_doors_cost_as_many_queries_as_one(hub: Hub) -> None:
    waits = [Wait(joined_door(hub, f"door {number}"), 0) for number in range(200)]
    statements: list[str] = []
    event.listen(
        hub.database._engine, "before_cursor_execute", lambda *what: statements.append(what[2])
    )
    assert len(hand(hub, waits[0])) == 1
    alone = len(statements)
    assert len(hand(hub, *waits)) == 200
    assert len(statements) - alone == alone


ROWS = st.lists(
    st.tuples(
        st.sampled_from([ChangeKind.PERSON, ChangeKind.GONE, ChangeKind.RULES]),
        st.sampled_from([None, "a" * 32, "b" * 32]),
        st.sets(st.sampled_from(["staff", "guests"])),
        st.booleans(),
        st.integers(0, 8),
    ),
    max_size=8,
)


class Row:
    """One of the query's, as far as it is read."""

    def __init__(self, seq: int, kind: ChangeKind, door, groups, withheld, moved: int) -> None:
        self.moved = min(moved, seq)
        self.seq, self.kind, self.subject, self.door = seq, kind, f"{seq:032x}", door
        self.groups, self.withheld = str(sorted(groups)).replace("'", '"'), withheld or None
        has = kind is not ChangeKind.GONE
        self.sealed, self.wrapped = (b"s", b"w") if has else (None, None)
        self.generation, self.removed = 1, not has


@given(
    ROWS,
    st.integers(0, 8),
    st.sampled_from([None, ("staff",), ("guests", "staff"), ()]),
    st.integers(0, 9),
)
def test_a_door_is_handed_all_that_it_has_part_in_and_no_more(rows, after, groups, until) -> None:
    made = [Row(number, *one) for number, one in enumerate(rows, 1)]
    doors = {Wait("a" * 32, after): DoorScope(groups), Wait("b" * 32, 0): DoorScope()}
    handed = handed_to(doors, made, until)
    for wait, scope_ in doors.items():
        expected = []
        for row in made:
            if row.door not in (None, wait.door):
                continue
            is_mine = scope_.groups is None or any(
                f'"{group}"' in row.groups for group in scope_.groups
            )
            is_hidden = row.kind is ChangeKind.PERSON and not (is_mine and row.withheld is None)
            number = row.moved if is_hidden else row.seq
            if wait.after < number <= until:
                has = row.kind is not ChangeKind.GONE
                expected.append((number, has and not is_hidden))
        told = [(change.seq, change.sealed is not None) for change in handed[wait]]
        assert told == sorted(expected, key=lambda one: one[0])
