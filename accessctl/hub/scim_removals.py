"""What a directory's request takes from people, as far as it can be read, whatever else it holds:
pure.

A PATCH is done whole or not at all (RFC 7644, section 3.5.2), and so is a PUT. But nobody shall
stay because of another line of the same request, which a directory sends again and again: what
takes away counts by itself then, and all else is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from accessctl.hub.scim_patch import (
    MEMBERS,
    REPLACE,
    PatchOperation,
    attributes_of,
    members_after,
    operation_of,
    operations_in,
)
from accessctl.hub.scim_resources import ScimError, flag_of, member_of, plain

ACTIVE = "active"


def left_by_put(members: frozenset[str], body: Mapping[str, Any]) -> frozenset[str]:
    """Those of a group's `members` who are in it still; all of them where it cannot be told."""
    said = _plain(body).get(MEMBERS)
    return members & _after(members, PatchOperation(REPLACE, MEMBERS, said))


def left_by_patch(members: frozenset[str], body: Mapping[str, Any]) -> frozenset[str]:
    """The same for a PATCH."""
    left = members
    for one in _operations(body):
        for part in _parts(one):
            left = _after(left, part)
    return members & left


def is_disabled_by_put(body: Mapping[str, Any]) -> bool:
    """Whether a user is not active by it."""
    return _says_disabled(_plain(body)) is True


def is_disabled_by_patch(body: Mapping[str, Any]) -> bool:
    """The same for a PATCH, of which the last word counts."""
    is_disabled = False
    for one in _operations(body):
        for part in _parts(one):
            said = _says_disabled(_attributes(part))
            is_disabled = is_disabled if said is None else said
    return is_disabled


def _operations(body: Mapping[str, Any]) -> Iterator[PatchOperation]:
    """Those that can be read, also of too many."""
    for given in operations_in(body):
        try:
            yield operation_of(given)
        except ScimError:
            continue


def _parts(one: PatchOperation) -> Iterator[PatchOperation]:
    """Each with its attribute."""
    if one.name is not None:
        yield one
        return
    for name, value in one.value.items():
        yield PatchOperation(one.op, plain(name), value)


def _after(members: frozenset[str], one: PatchOperation) -> frozenset[str]:
    if one.name != MEMBERS or (one.op == REPLACE and None in map(_readable, _listed(one.value))):
        # Whoever is named so that nobody can tell may be any of them.
        return members
    try:
        return members_after(members, one, _known)
    except ScimError:
        return members


def _known(value: object) -> frozenset[str]:
    return frozenset(found for one in _listed(value) if (found := _readable(one)) is not None)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _readable(value: object) -> str | None:
    try:
        return member_of(value)
    except ScimError:
        return None


def _attributes(one: PatchOperation) -> Mapping[str, Any]:
    try:
        return attributes_of(one)
    except ScimError:
        return {}


def _says_disabled(given: Mapping[str, Any]) -> bool | None:
    """None: nothing is said of it, or nothing that can be read."""
    try:
        return not flag_of(given[ACTIVE]) if ACTIVE in given else None
    except ScimError:
        return None


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(key): value for key, value in body.items()}
