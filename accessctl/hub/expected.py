"""Whom a company's directory expects, and what it says of whoever is enrolled by that name.

Somebody whom the directory expects need not be enrolled. Once they are, by the name that it knows
them by or their user name, the two belong together, in the transaction in which they are enrolled
or renamed; and from then on no change of their rules undoes what the directory says: whom it has
disabled nobody enables, and its groups are in its hands.

All of its people are in the group `directory`. So nobody of them is ever without a group, which at
many a door is to be let in always: whoever loses their last group there may enter nowhere.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, or_, select, update

from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.gallery.person import MAX_GROUPS
from accessctl.hub.directory_tables import DIRECTORY_GROUP, DIRECTORY_MEMBER, DIRECTORY_USER

ALL_OF_THEM = "directory"
"""The group that everybody of the directory is in, and that no group of it may be called."""


def ruled(
    rules: PersonRules, active: bool, theirs: Iterable[str], managed: Collection[str]
) -> PersonRules:
    """The rules of somebody whom the directory knows: `theirs` are the groups that it has them in,
    `managed` all that it has. Other groups stay, as many as there may be."""
    own = sorted(set(theirs))
    others = [one for one in rules.groups if one not in managed and one not in {ALL_OF_THEM, *own}]
    groups = (ALL_OF_THEM, *own, *others)[:MAX_GROUPS]
    return replace(rules, groups=groups, disabled=rules.disabled or not active)


def directed_rules(db: Connection, person: str, rules: PersonRules) -> PersonRules:
    """The rules as they may be: the same for whom no directory knows."""
    user = DIRECTORY_USER.c
    row = db.execute(select(user.id, user.active).where(user.person == person)).first()
    if row is None:
        return rules
    managed = db.execute(select(DIRECTORY_GROUP.c.name)).scalars().all()
    return ruled(rules, row.active, group_names(db, row.id), managed)


def group_names(db: Connection, user: str) -> list[str]:
    """The groups that the directory has this user of its in."""
    joined = DIRECTORY_GROUP.join(
        DIRECTORY_MEMBER, DIRECTORY_MEMBER.c.group == DIRECTORY_GROUP.c.id
    )
    query = select(DIRECTORY_GROUP.c.name).select_from(joined)
    found = db.execute(
        query.where(DIRECTORY_MEMBER.c.user == user).order_by(DIRECTORY_GROUP.c.name)
    )
    return list(found.scalars())


def expected_user(db: Connection, tag: bytes, enrolled: Collection[str]) -> str | None:
    """The id of the user whom the directory expects by the name of that tag, and who is nobody of
    the people `enrolled` (ids); None: it expects nobody.

    A user name counts before other names; InputError where several are called so.
    """
    user = DIRECTORY_USER.c
    for known in (user.name_tag == tag, user.known_tag == tag):
        found = _waiting(db, known, enrolled)
        if len(found) > 1:
            raise InputError(
                "The directory knows several people of that name; enrol each by their user name "
                "there, or have it tell them apart."
            )
        if found:
            return found[0]
    return None


def _waiting(db: Connection, known: ColumnElement[bool], enrolled: Collection[str]) -> list[str]:
    user = DIRECTORY_USER.c
    rows = db.execute(select(user.id, user.person).where(known))
    return [row.id for row in rows if row.person is None or row.person not in enrolled]


def is_known(db: Connection, person: str) -> bool:
    """Whether that person (an id) is one of the directory's."""
    query = select(DIRECTORY_USER.c.id).where(DIRECTORY_USER.c.person == person)
    return db.execute(query).first() is not None


def attach(db: Connection, user: str, person: str) -> None:
    """From now on the directory's user is that person."""
    changed = update(DIRECTORY_USER).where(DIRECTORY_USER.c.id == user).values(person=person)
    db.execute(changed)


def tagged(tag: bytes) -> ColumnElement[bool]:
    """Users that have a name of that tag."""
    return or_(DIRECTORY_USER.c.name_tag == tag, DIRECTORY_USER.c.known_tag == tag)
