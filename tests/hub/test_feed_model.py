"""Doors that ask for page after page while people come and go, against who is to be at each."""

import random
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from accessctl.domain import PersonId, PersonRules
from accessctl.hub.assembly import Hub
from accessctl.hub.door_feed import scope_of
from accessctl.hub.handing import Handing
from accessctl.hub.tables import PERSON
from accessctl.hub.waking import Wait
from accessctl.policy.consent import Withheld
from accessctl.sync.feed_wire import Change, ChangeBatch, ChangeKind
from tests.hub.feeding import enrol, seq_of
from tests.hub.proposing import joined_door

GROUPS = ("staff", "guests", "board")
STEPS = 120


@dataclass
class ModelDoor:
    """What a door has by what it was told, as sync.feed takes it."""

    hub: Hub
    id: str
    after: int = 0
    round: int | None = None
    people: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def ask(self) -> bool:
        """One page; whether there is more."""
        batch = self.hub.door_feed.changes_after(self.id, self.after, self.round)
        if batch.round is not None and batch.round != self.round:
            self.after, self.round, self.named = 0, batch.round, set()
            return True
        self.take(batch)
        return batch.more

    def take(self, batch: ChangeBatch) -> None:
        numbers = [self.after, *(change.seq for change in batch.changes)]
        assert numbers == sorted(set(numbers))
        assert batch.changes or not batch.more
        for change in batch.changes:
            self._take(change)
        self.after = numbers[-1] if batch.more else max(numbers[-1], batch.head.seq)
        if self.round is not None and not batch.more:
            self.people &= self.named
            self.round = None

    def _take(self, change: Change) -> None:
        if change.kind is ChangeKind.PERSON:
            self.people.add(change.subject)
            self.named.add(change.subject)
        elif change.kind is ChangeKind.GONE:
            self.people.discard(change.subject)
            self.named.discard(change.subject)

    def be_handed(self, seq: int) -> None:
        """What a wait is answered once the hub has looked at its feed up to `seq`."""
        wait = Wait(self.id, self.after)
        handed = Handing(self.hub.database).hand(seq, [wait])
        if self.round is None and wait in handed:
            head = self.hub.authority.feed_head(self.id, seq)
            self.take(ChangeBatch(changes=handed[wait], more=False, head=head))

    def expected(self) -> set[str]:
        with self.hub.database.reading() as db:
            scope = scope_of(db, self.id)
            sent = db.execute(select(PERSON.c.id).where(PERSON.c.withheld.is_(None))).scalars()
            people = set(sent)
        rules = self.hub.people.rules()
        return {one for one in people if scope.has(rules.get(PersonId(one), PersonRules()).groups)}


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(4))
def test_each_door_ends_with_just_those_who_are_its_own(
    hub: Hub, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("door_feed", "handing"):
        monkeypatch.setattr(f"accessctl.hub.{module}.MAX_CHANGES", 2)
    drawn = random.Random(seed)
    doors = [ModelDoor(hub, joined_door(hub, f"door {number}")) for number in range(3)]
    people: list[str] = []
    for number in range(STEPS):
        looked = seq_of(hub)
        _change(hub, people, number, drawn)
        door = drawn.choice(doors)
        match drawn.randrange(6):
            case 0:
                door.be_handed(drawn.choice([looked, seq_of(hub)]))
            case 1 | 2:
                door.ask()
            case 3 if drawn.random() < 0.2:
                groups = drawn.choice([None, ["staff"], ["staff", "guests"]])
                hub.site.set_scope(door.id, groups, "operator")
        if drawn.random() < 0.1:
            _all_of(door)
            assert door.people == door.expected()
    for door in doors:
        _all_of(door)
        assert door.people == door.expected()


def _all_of(door: ModelDoor) -> None:
    for _ in range(60):
        if not door.ask():
            break
    else:
        pytest.fail("The door asks for ever.")
    kinds = tuple(ChangeKind)
    assert not door.hub.door_feed.has_part_after(door.id, door.after, kinds)


def _change(hub: Hub, people: list[str], number: int, drawn: random.Random) -> None:
    if len(people) < 3 or (drawn.random() < 0.1 and len(people) < 9):
        groups = tuple(drawn.sample(GROUPS, drawn.randrange(3)))
        people.append(enrol(hub, f"Ada {number}", number % 9, groups))
        return
    person = drawn.choice(people)
    match drawn.randrange(7):
        case 0 | 1:
            groups = tuple(drawn.sample(GROUPS, drawn.randrange(3)))
            hub.people.set_rules(PersonId(person), PersonRules(groups))
        case 2 | 3:
            with hub.people.changing() as edit:
                edit.rename(person, f"Eve {number}")
        case 4:
            with hub.people.changing() as edit:
                edit.withhold(person, drawn.choice([None, Withheld.NO_CONSENT]))
        case 5 if drawn.random() < 0.3:
            with hub.people.changing() as edit:
                edit.remove(person)
            people.remove(person)
