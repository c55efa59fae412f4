"""The users of a company's directory at the hub, and what becomes of the people whom they are.

Each change is one transaction: the directory's own row, the person's rules, name or removal in the
feed, and a record in the journal for each. What the directory may do to a person says `expected`.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, false, func, select, update

from accessctl.audit.base import person_event
from accessctl.domain import PersonId, PersonRules
from accessctl.errors import InputError
from accessctl.gallery.people import Record
from accessctl.gallery.person import name_key, rules_to_bytes
from accessctl.hub import person_document as document
from accessctl.hub.directory_tables import DIRECTORY_GROUP, DIRECTORY_MEMBER, DIRECTORY_USER
from accessctl.hub.expected import directed_rules, is_known
from accessctl.hub.feed import SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people import SitePeople
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.scim_resources import DirectoryUser, ScimError, refusal
from accessctl.hub.site_edit import SiteEdit
from accessctl.sync.site_sealing import SealedDocument, open_document, seal_document

BY_DIRECTORY = "directory"
"""Who made a change, in the journal."""
DISABLED = "They are not active any more; nothing else of it was done."
_KIND = "directory user"
_USER = DIRECTORY_USER.c


@dataclass(frozen=True, slots=True)
class UserEntry:
    """A user as the hub has them: `groups` are ids and names, `person` is the id of whoever is
    enrolled as them; times are epoch seconds."""

    id: str
    user: DirectoryUser
    created: float
    modified: float
    person: str | None = None
    groups: tuple[tuple[str, str], ...] = ()


class DirectoryUsers:
    """Any thread may use it; StoreError, and ScimError where it is said."""

    def __init__(
        self, feed: SiteFeed, people: SitePeople, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._feed = feed
        self._people = people
        self._random = random_bytes
        self._journal = PeopleJournal(feed.database, people, BY_DIRECTORY)

    def found(
        self, tests: Sequence[tuple[str, str]], first: int, count: int
    ) -> tuple[int, list[UserEntry]]:
        """How many pass the tests (scim_filter), and `count` of them from the `first` (from 0) on;
        ScimError for an attribute that nobody is asked for by."""
        where = and_(True, *(self._test(*one) for one in tests))
        with self._feed.database.reading() as db:
            total = db.execute(select(func.count()).select_from(DIRECTORY_USER).where(where))
            page = select(DIRECTORY_USER).where(where).order_by(_USER.created, _USER.id)
            rows = db.execute(page.offset(first).limit(count)).all()
            return int(total.scalar_one()), [self._entry(db, row) for row in rows]

    def user(self, number: str) -> UserEntry:
        """By their id; ScimError for nobody."""
        with self._feed.database.reading() as db:
            return self._entry(db, _row(db, number))

    def of_person(self, person: str) -> UserEntry | None:
        """The user who is the person of that id; None where no directory knows them."""
        with self._feed.database.reading() as db:
            row = db.execute(select(DIRECTORY_USER).where(_USER.person == person)).first()
            return None if row is None else self._entry(db, row)

    def add(self, user: DirectoryUser) -> UserEntry:
        """Somebody new, who is whoever is enrolled by their name; ScimError for a user name that
        is taken."""
        with self._people.changing() as edit:
            self._refuse_taken(edit.db, user, None)
            number, now = self._random(16).hex(), self._feed.now()
            values = {**self._values(number, user), "created": now}
            edit.db.execute(DIRECTORY_USER.insert().values(id=number, **values))
            self._tell(edit, "user_added", number, user.active)
            self._follow(edit, number, user, user)
            return self._entry(edit.db, _row(edit.db, number))

    def change(
        self,
        number: str,
        change: Callable[[DirectoryUser], DirectoryUser],
        *,
        disables: bool = False,
    ) -> UserEntry:
        """What `change` makes of them; ScimError, and InputError for a name that cannot be the
        person's. Where it cannot be and `disables`, they are not active all the same."""
        try:
            return self._changed(number, change)
        except InputError as error:
            if not disables or not self._disable(number):
                raise
            raise refusal(error, DISABLED) from error

    def _changed(self, number: str, change: Callable[[DirectoryUser], DirectoryUser]) -> UserEntry:
        with self._people.changing() as edit:
            before = self._entry(edit.db, _row(edit.db, number))
            user = change(before.user)
            if user != before.user:
                self._refuse_taken(edit.db, user, number)
                self._put(edit, number, user)
                self._follow(edit, number, before.user, user)
            return self._entry(edit.db, _row(edit.db, number))

    def _disable(self, number: str) -> bool:
        """Whether they were active; what else they are stays."""
        with self._people.changing() as edit:
            user = self._entry(edit.db, _row(edit.db, number)).user
            if user.active:
                self._put(edit, number, replace(user, active=False))
                self.settle(edit, number)
            return user.active

    def _put(self, edit: SiteEdit, number: str, user: DirectoryUser) -> None:
        changed = update(DIRECTORY_USER).where(_USER.id == number)
        edit.db.execute(changed.values(self._values(number, user)))
        self._tell(edit, "user_changed", number, user.active)

    def remove(self, number: str) -> None:
        """Nothing is left of them here, and nothing of the person whom they are; ScimError."""
        with self._people.changing() as edit:
            person = _row(edit.db, number).person
            edit.db.execute(delete(DIRECTORY_MEMBER).where(DIRECTORY_MEMBER.c.user == number))
            edit.db.execute(delete(DIRECTORY_USER).where(_USER.id == number))
            self._tell(edit, "user_removed", number, False)
            if person in edit.everybody.people or person in edit.everybody.damaged:
                edit.remove(person, self._recording("removed"))

    def settle(
        self,
        edit: SiteEdit,
        number: str,
        *,
        enable: bool = False,
        without: Collection[str] = (),
    ) -> None:
        """Bring the rules of whoever is that user to what the directory says: `enable` where it
        has just let them count again, `without` groups that it has no more."""
        person = _row(edit.db, number).person
        found = edit.everybody.people.get(person)
        if found is None:
            return
        rules = document.rules_of(found) or PersonRules()
        kept = replace(
            rules,
            groups=tuple(group for group in rules.groups if group not in without),
            disabled=rules.disabled and not enable,
        )
        wanted = directed_rules(edit.db, person, kept)
        if wanted != rules:
            text = rules_to_bytes(wanted).decode("ascii")
            edit.set_text(person, "rules", text, self._recording("rules_changed"))

    def _follow(
        self, edit: SiteEdit, number: str, before: DirectoryUser, user: DirectoryUser
    ) -> None:
        person = edit.everybody.people.get(_row(edit.db, number).person)
        if person is None:
            self._find_enrolled(edit, user)
        elif name_key(person.name) == name_key(before.known_as) != name_key(user.known_as):
            edit.rename(person.id, user.known_as, self._recording("renamed"))
        self.settle(edit, number, enable=user.active and not before.active)

    def _find_enrolled(self, edit: SiteEdit, user: DirectoryUser) -> None:
        for name in (user.user_name, user.known_as):
            person = edit.everybody.owner_of(name)
            if person is not None and not is_known(edit.db, person):
                edit.link(person)
                return

    def _refuse_taken(self, db: Connection, user: DirectoryUser, own: str | None) -> None:
        tag = self._feed.keys.name_tag(user.user_name)
        other = db.execute(select(_USER.id).where(_USER.name_tag == tag)).scalar()
        if other not in (None, own):
            raise ScimError("Another user has that userName already.", "uniqueness", 409)

    def _test(self, attribute: str, value: str) -> ColumnElement[bool]:
        keys = self._feed.keys
        match attribute:
            case "id":
                return _USER.id == value if value.isprintable() else false()
            case "username":
                return _USER.name_tag == keys.name_tag(value)
            case "externalid":
                return _USER.external_tag == keys.external_tag(value)
            case "displayname":
                return _USER.known_tag == keys.name_tag(value)
        raise ScimError(
            "Users are found by id, userName, externalId or displayName.", "invalidFilter"
        )

    def _values(self, number: str, user: DirectoryUser) -> dict[str, Any]:
        keys = self._feed.keys
        content = json.dumps(asdict(user)).encode("ascii")
        sealed = seal_document(content, _KIND, number, (0, keys.directory), self._random)
        external = user.external_id
        return {
            "name_tag": keys.name_tag(user.user_name),
            "known_tag": keys.name_tag(user.known_as),
            "external_tag": None if external is None else keys.external_tag(external),
            "active": user.active,
            "modified": self._feed.now(),
            "wrapped": sealed.wrapped,
            "sealed": sealed.content,
        }

    def _entry(self, db: Connection, row: Row[Any]) -> UserEntry:
        sealed = SealedDocument(0, row.wrapped, row.sealed)
        content = open_document(sealed, _KIND, row.id, self._feed.keys.directory)
        groups = db.execute(
            select(DIRECTORY_GROUP.c.id, DIRECTORY_GROUP.c.name)
            .join(DIRECTORY_MEMBER, DIRECTORY_MEMBER.c.group == DIRECTORY_GROUP.c.id)
            .where(DIRECTORY_MEMBER.c.user == row.id)
            .order_by(DIRECTORY_GROUP.c.name)
        )
        return UserEntry(
            row.id,
            DirectoryUser(**json.loads(content)),
            row.created,
            row.modified,
            row.person,
            tuple((group.id, group.name) for group in groups),
        )

    def _recording(self, change: str) -> Record:
        def record(person: PersonId) -> None:
            self._journal.append(person_event(change, person, self._feed.now()))

        return record

    def _tell(self, edit: SiteEdit, change: str, number: str, active: bool) -> None:
        told = {"change": change, "user": number, "active": active}
        write_journal(self._feed.database, edit.db, JournalKind.DIRECTORY, self._feed.now(), told)


def _row(db: Connection, number: str) -> Row[Any]:
    row = None
    if number.isalnum() and number.isascii():
        row = db.execute(select(DIRECTORY_USER).where(_USER.id == number)).first()
    if row is None:
        raise ScimError("There is no user of that id.", status=404)
    return row
