"""Visitors' passes: made and signed here, checked by doors that may not reach the hub then.

A pass names somebody who is enrolled, and nobody else: at a door it is worth a badge, and their
face has to fit. What its QR code says is not kept: the same pass is signed to the same text again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, update

from accessctl.domain import PersonId
from accessctl.errors import InputError
from accessctl.hub import person_document as document
from accessctl.hub.authority import Authority
from accessctl.hub.door_feed import scope_of
from accessctl.hub.doors import Doors
from accessctl.hub.feed import SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.pass_rows import (
    KeptPass,
    count_passes,
    forget,
    keep_pass,
    over_in,
    pass_in,
    passes_in,
    tell_doors,
)
from accessctl.hub.people import SitePeople
from accessctl.hub.people_journal import MAX_OPERATOR
from accessctl.hub.tables import PASS
from accessctl.sync.feed_wire import MOST_PASSES, SitePerson
from accessctl.sync.pass_wire import (
    MINUTE_S,
    MOST_TAGS,
    PassScope,
    VisitorPass,
    door_tag,
    group_tag,
    hub_tag,
    in_order,
)

ID_BYTES = 8
MOST_DAYS = 366
MOST_OF_ONE = 20
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class PassWish:
    """What somebody wants a pass to say; `doors` and `groups` by their names."""

    begins: float
    ends: float
    doors: Sequence[str] = ()
    groups: Sequence[str] = ()


class Passes:
    """Everything raises StoreError; any thread."""

    def __init__(
        self,
        feed: SiteFeed,
        people: SitePeople,
        doors: Doors,
        authority: Authority,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._feed = feed
        self._people = people
        self._doors = doors
        self._authority = authority
        self._random = random_bytes

    def make(self, name: str, wish: PassWish, operator: str) -> KeptPass:
        """One more pass of somebody who is enrolled. UnknownPersonError, and InputError for dates,
        doors or groups at which it could never count, and for one too many."""
        begins, ends = checked_span(wish, self._feed.now())
        doors = tuple(dict.fromkeys(map(self._doors.id_of, wish.doors)))
        groups = tuple(dict.fromkeys(wish.groups))
        if (doors and groups) or len(doors) > MOST_TAGS or len(groups) > MOST_TAGS:
            raise InputError(
                f"A pass is for up to {MOST_TAGS} doors, or for up to {MOST_TAGS} groups, or for "
                "every door; not for doors and groups at once."
            )
        with self._people.changing() as edit:
            person = edit.everybody.named(name)
            _refuse_useless(edit.db, person, doors, groups)
            _refuse_too_many(edit.db, person)
            number, made = self._random(ID_BYTES).hex(), self._feed.now()
            kept = KeptPass(number, person.id, begins, ends, doors, groups, made)
            self._tell(edit.db, "made", kept, operator)
            keep_pass(edit.db, kept)
        return kept

    def listed(self, person: str | None = None) -> list[KeptPass]:
        """Of that person (an id), or all that there are; those that end first come first."""
        with self._feed.database.reading() as db:
            return passes_in(db, person)

    def find(self, mark: str) -> KeptPass:
        """By its id, or by as many of its first digits as lists show; InputError for none."""
        found = [one for one in self.listed() if mark in (one.id, one.mark)]
        if len(found) != 1:
            raise _no_pass(mark)
        return found[0]

    def text_of(self, kept: KeptPass) -> str:
        """What the QR code of that pass says; InputError for one that counts no more."""
        if kept.withdrawn is not None or kept.ends <= self._feed.now():
            raise InputError("This pass counts no more; make a new one.")
        return self._authority.sign_pass(self._shown(kept)).text

    def withdraw(self, number: str, operator: str) -> KeptPass:
        """It counts no more, at each door as soon as it hears of it. InputError for no pass of that
        id, and for one that was withdrawn already."""
        with self._people.changing() as edit:
            kept = pass_in(edit.db, number)
            if kept is None:
                raise _no_pass(number)
            if kept.withdrawn is not None:
                raise InputError("This pass was withdrawn already.")
            now = self._feed.now()
            self._tell(edit.db, "withdrawn", kept, operator)
            withdrawn = update(PASS).where(PASS.c.id == number).values(withdrawn=now)
            edit.db.execute(withdrawn)
            tell_doors(edit.db, self._feed)
        return replace(kept, withdrawn=now)

    def forget_over(self) -> int:
        """Keep none whose time was over a day ago; how many these were."""
        now = self._feed.now()
        with self._feed.database.reading() as db:
            if not over_in(db, now):
                return 0
        with self._feed.database.writing() as db:
            # Before any row: whoever else changes passes holds it first, too.
            self._feed.lock(db)
            over = over_in(db, now)
            forget(db, over)
            if any(one.withdrawn is not None for one in over):
                tell_doors(db, self._feed)
        return len(over)

    def _shown(self, kept: KeptPass) -> VisitorPass:
        tags = in_order([*map(door_tag, kept.doors), *map(group_tag, kept.groups)])
        scope = PassScope.DOORS if kept.doors else PassScope.GROUPS
        return VisitorPass(
            hub_tag(self._authority.receipts_key),
            kept.id,
            PersonId(kept.person),
            kept.begins,
            kept.ends,
            scope if tags else PassScope.EVERYWHERE,
            tags,
        )

    def _tell(self, db: Connection, change: str, kept: KeptPass, operator: str) -> None:
        told = {
            "change": change,
            "person": kept.person,
            "pass": kept.id,
            "from": kept.begins,
            "until": kept.ends,
            "doors": kept.doors,
            "groups": kept.groups,
            "operator": operator[:MAX_OPERATOR],
        }
        write_journal(self._feed.database, db, JournalKind.VISITOR_PASS, self._feed.now(), told)


def checked_span(wish: PassWish, now: float) -> tuple[int, int]:
    """From when to when it counts, in whole minutes; InputError for what is no time to come, or
    too long a one."""
    begins, ends = (int(moment) // MINUTE_S * MINUTE_S for moment in (wish.begins, wish.ends))
    if not 0 <= begins < ends:
        raise InputError("The pass ends before it begins; change one of its dates.")
    if ends <= now:
        raise InputError("The pass would be over already; give it a later end.")
    if ends - begins > MOST_DAYS * DAY_S:
        raise InputError(f"A pass counts for at most {MOST_DAYS} days; give it an earlier end.")
    return begins, ends


def _refuse_useless(
    db: Connection, person: SitePerson, doors: Sequence[str], groups: Sequence[str]
) -> None:
    own = document.groups_of(person)
    if groups and not set(groups) & set(own):
        raise InputError(
            f"{person.name} is in none of these groups, so the pass would count nowhere; it counts "
            "only while its person is in one of them."
        )
    if any(not scope_of(db, door).has(own) for door in doors):
        raise InputError(
            f"One of these doors has no part in {person.name}, and knows nothing of them; see "
            "accessctl hub scope."
        )


def _refuse_too_many(db: Connection, person: SitePerson) -> None:
    if count_passes(db, person.id) >= MOST_OF_ONE:
        raise InputError(
            f"{person.name} has {MOST_OF_ONE} passes already; those that are over are gone a day "
            "after their end."
        )
    if count_passes(db) >= MOST_PASSES:
        raise InputError(f"This site has {MOST_PASSES} passes already, which are all it may have.")


def _no_pass(mark: str) -> InputError:
    return InputError(f"There is no pass {mark[:20]!a}; `accessctl hub passes` lists them.")
