"""The groups of a company's directory: groups of the site's rules by their names.

A group that the rules do not know is kept, and gives nothing until they do. Who is in it is the
directory's to say, see `expected`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, false, func, select, update

from accessctl.errors import InputError
from accessctl.gallery.person import name_key
from accessctl.hub.directory import DirectoryUsers
from accessctl.hub.directory_tables import DIRECTORY_GROUP, DIRECTORY_MEMBER, DIRECTORY_USER
from accessctl.hub.expected import ALL_OF_THEM
from accessctl.hub.feed import SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people import SitePeople
from accessctl.hub.scim_resources import ScimError, ScimGroup, invalid, refusal
from accessctl.hub.site_edit import SiteEdit

LEFT = "Whoever it takes out of the group is out of it; nothing else of it was done."
_GROUP, _MEMBER = DIRECTORY_GROUP.c, DIRECTORY_MEMBER.c


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A group as the hub has it; times are epoch seconds."""

    id: str
    group: ScimGroup
    created: float
    modified: float


class DirectoryGroups:
    """Any thread may use it; StoreError, and ScimError where it is said."""

    def __init__(
        self,
        feed: SiteFeed,
        people: SitePeople,
        users: DirectoryUsers,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._feed = feed
        self._people = people
        self._users = users
        self._random = random_bytes

    def found(
        self, tests: Sequence[tuple[str, str]], first: int, count: int
    ) -> tuple[int, list[GroupEntry]]:
        """As DirectoryUsers.found."""
        with self._feed.database.reading() as db:
            where = and_(True, *(_test(db, *one) for one in tests))
            total = db.execute(select(func.count()).select_from(DIRECTORY_GROUP).where(where))
            page = select(DIRECTORY_GROUP).where(where).order_by(_GROUP.name)
            rows = db.execute(page.offset(first).limit(count)).all()
            return int(total.scalar_one()), [_entry(db, row) for row in rows]

    def group(self, number: str) -> GroupEntry:
        """By its id; ScimError for none."""
        with self._feed.database.reading() as db:
            return _entry(db, _row(db, number))

    def add(self, group: ScimGroup) -> GroupEntry:
        """ScimError for a name that is taken, and members who are none."""
        with self._people.changing() as edit:
            _refuse_taken(edit.db, group, None)
            number, now = self._random(16).hex(), self._feed.now()
            row = {"id": number, "created": now, **self._values(group)}
            edit.db.execute(DIRECTORY_GROUP.insert().values(row))
            self._change_members(edit, number, frozenset(), group)
            self._tell(edit, "group_added", number, group)
            return _entry(edit.db, _row(edit.db, number))

    def change(
        self,
        number: str,
        change: Callable[[ScimGroup], ScimGroup],
        left: Callable[[frozenset[str]], frozenset[str]] = lambda members: members,
    ) -> GroupEntry:
        """What `change` makes of it; ScimError. Where it cannot be, whoever is not `left` of its
        members is out of it all the same."""
        try:
            return self._changed(number, change)[0]
        except InputError as error:

            def without(group: ScimGroup) -> ScimGroup:
                return replace(group, members=left(group.members))

            if not self._changed(number, without)[1]:
                raise
            raise refusal(error, LEFT) from error

    def _changed(
        self, number: str, change: Callable[[ScimGroup], ScimGroup]
    ) -> tuple[GroupEntry, bool]:
        """The group, and whether it is another one now."""
        with self._people.changing() as edit:
            before = _entry(edit.db, _row(edit.db, number)).group
            group = change(before)
            if group != before:
                is_renamed = group.display_name != before.display_name
                if is_renamed:
                    _refuse_taken(edit.db, group, number)
                values = self._values(group)
                edit.db.execute(update(DIRECTORY_GROUP).where(_GROUP.id == number).values(values))
                self._change_members(edit, number, before.members, group)
                if is_renamed:
                    self._settle(edit, before.members | group.members, before.display_name)
                self._tell(edit, "group_changed", number, group)
            return _entry(edit.db, _row(edit.db, number)), group != before

    def remove(self, number: str) -> None:
        """Nobody is in it any more; ScimError."""
        with self._people.changing() as edit:
            group = _entry(edit.db, _row(edit.db, number)).group
            edit.db.execute(delete(DIRECTORY_MEMBER).where(_MEMBER.group == number))
            edit.db.execute(delete(DIRECTORY_GROUP).where(_GROUP.id == number))
            self._settle(edit, group.members, group.display_name)
            self._tell(edit, "group_removed", number, group)

    def _change_members(
        self, edit: SiteEdit, number: str, before: frozenset[str], group: ScimGroup
    ) -> None:
        new = sorted(group.members - before)
        known = DIRECTORY_USER.c.id
        users = set(edit.db.execute(select(known).where(known.in_(new))).scalars())
        if users != set(new):
            raise invalid("A member is a user whom this service knows, by their id.")
        gone = sorted(before - group.members)
        left = (_MEMBER.group == number) & _MEMBER.user.in_(gone)
        edit.db.execute(delete(DIRECTORY_MEMBER).where(left))
        if new:
            rows = [{"group": number, "user": user} for user in new]
            edit.db.execute(DIRECTORY_MEMBER.insert(), rows)
        self._settle(edit, [*new, *gone])

    def _settle(self, edit: SiteEdit, users: Iterable[str], *without: str) -> None:
        for user in sorted(users):
            self._users.settle(edit, user, without=without)

    def _values(self, group: ScimGroup) -> dict[str, Any]:
        now = self._feed.now()
        return {"name": group.display_name, "external_id": group.external_id, "modified": now}

    def _tell(self, edit: SiteEdit, change: str, number: str, group: ScimGroup) -> None:
        told = {
            "change": change,
            "group": number,
            "name": group.display_name,
            "members": len(group.members),
        }
        write_journal(self._feed.database, edit.db, JournalKind.DIRECTORY, self._feed.now(), told)


def _refuse_taken(db: Connection, group: ScimGroup, own: str | None) -> None:
    if group.display_name == ALL_OF_THEM:
        raise invalid(f"'{ALL_OF_THEM}' is the group of everybody here; choose another name.")
    if _called(db, group.display_name) - {own}:
        raise ScimError("Another group has that displayName already.", "uniqueness", 409)


def _called(db: Connection, name: str) -> set[str]:
    """The ids of the groups of that name, whatever its case (RFC 7643, section 4.2)."""
    rows = db.execute(select(_GROUP.id, _GROUP.name))
    return {row.id for row in rows if name_key(row.name) == name_key(name)}


def _test(db: Connection, attribute: str, value: str) -> ColumnElement[bool]:
    if not value.isprintable():
        return false()
    match attribute:
        case "id":
            return _GROUP.id == value
        case "displayname":
            return _GROUP.id.in_(_called(db, value))
        case "externalid":
            return _GROUP.external_id == value
        case "members" | "members.value":
            return _GROUP.id.in_(select(_MEMBER.group).where(_MEMBER.user == value))
    raise ScimError("Groups are found by id, displayName, externalId or members.", "invalidFilter")


def _row(db: Connection, number: str) -> Row[Any]:
    row = None
    if number.isalnum() and number.isascii():
        row = db.execute(select(DIRECTORY_GROUP).where(_GROUP.id == number)).first()
    if row is None:
        raise ScimError("There is no group of that id.", status=404)
    return row


def _entry(db: Connection, row: Row[Any]) -> GroupEntry:
    members = db.execute(select(_MEMBER.user).where(_MEMBER.group == row.id)).scalars()
    group = ScimGroup(row.name, row.external_id, frozenset(members))
    return GroupEntry(row.id, group, row.created, row.modified)
