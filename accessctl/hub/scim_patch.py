"""Changes as a directory sends them (PATCH, RFC 7644, section 3.5.2), applied to a user or a group:
pure, and all of a request or nothing.

Read is what Entra ID and Okta send: `Operations` and `op` in either case, a path or an object of
attributes, dotted names within that, and members by `members[value eq "id"]`. An attribute that is
not kept here is passed over.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accessctl.hub.scim_filter import parsed_filter
from accessctl.hub.scim_resources import (
    FIELDS,
    NAME,
    REQUIRED,
    DirectoryUser,
    ScimError,
    ScimGroup,
    flat,
    group_name,
    invalid,
    members_of,
    optional_text,
    plain,
    with_attributes,
)

MAX_OPERATIONS = 1000
MAX_PATH = 1000
ADD, REPLACE, REMOVE = "add", "replace", "remove"
MEMBERS = "members"
_PATH = re.compile(
    r"(?P<name>(?:urn:[\w.:-]+:)?[a-z$][\w$-]*)(?:\[(?P<filter>[^\]]*)\])?(?:\.(?P<part>[a-z][\w-]*))?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """`op` is add, replace or remove; `name` is the attribute in small letters, with its part
    after a dot, None where `value` holds attributes; `chosen` is a filter on its values."""

    op: str
    name: str | None
    value: Any
    chosen: str | None = None


def operations_of(body: Mapping[str, Any]) -> tuple[PatchOperation, ...]:
    """ScimError for what is no PATCH."""
    listed = operations_in(body)
    if not 0 < len(listed) <= MAX_OPERATIONS:
        raise _syntax(f"'Operations' is a list of 1 to {MAX_OPERATIONS} operations.")
    return tuple(map(operation_of, listed))


def operations_in(body: Mapping[str, Any]) -> list[Any]:
    """As they were sent; none where there is no list of them."""
    listed = _lowered(body).get("operations")
    return listed if isinstance(listed, list) else []


def operation_of(given: object) -> PatchOperation:
    """One as it was sent; ScimError."""
    if not isinstance(given, Mapping):
        raise _syntax("An operation is an object.")
    parts = _lowered(given)
    op = parts.get("op")
    op = op.casefold() if isinstance(op, str) else ""
    if op not in (ADD, REPLACE, REMOVE):
        raise _syntax("'op' is add, replace or remove.")
    path, value = parts.get("path"), parts.get("value")
    if path is None or path == "":
        if op == REMOVE:
            raise ScimError("Say by 'path' what is to be removed.", "noTarget")
        if not isinstance(value, Mapping):
            raise invalid("Without a path the value is an object of attributes.")
        return PatchOperation(op, None, value)
    found = _PATH.fullmatch(path) if isinstance(path, str) and len(path) <= MAX_PATH else None
    if found is None:
        raise _path("That is no path of an attribute.")
    part = found["part"]
    name = plain(found["name"]) + (f".{part.casefold()}" if part else "")
    return PatchOperation(op, name, value, found["filter"])


def patched_user(user: DirectoryUser, operations: tuple[PatchOperation, ...]) -> DirectoryUser:
    """ScimError."""
    for one in operations:
        user = with_attributes(user, attributes_of(one))
    return user


def attributes_of(one: PatchOperation) -> Mapping[str, Any]:
    """A user's attributes that the operation sets, None: takes away; ScimError."""
    if one.name is None:
        return flat(one.value)
    is_name = one.name == NAME
    if one.chosen is not None and (is_name or one.name in FIELDS):
        raise _path("That attribute has one value, of which none is to be chosen.")
    if one.op == REMOVE:
        gone = [name for name in FIELDS if name == one.name or (is_name and name.startswith(NAME))]
        if REQUIRED & set(gone):
            raise ScimError("Nobody is without that attribute.", "mutability")
        return dict.fromkeys(gone)
    return flat({NAME: one.value}) if is_name else {one.name: _single(one.value)}


def _single(value: object) -> object:
    """Also of a list of one, and of an object around it, as older jobs of Entra ID send what has
    one value: whoever is to be disabled shall not stay because of that."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        parts = _lowered(value)
        return parts.get("value", value)
    return value


def patched_group(group: ScimGroup, operations: tuple[PatchOperation, ...]) -> ScimGroup:
    """ScimError."""
    for one in operations:
        if one.name is not None:
            group = _with_one(group, one)
            continue
        for name, value in one.value.items():
            group = _with_one(group, PatchOperation(one.op, plain(name), value))
    return group


def _with_one(group: ScimGroup, one: PatchOperation) -> ScimGroup:
    if one.name == MEMBERS:
        return replace(group, members=members_after(group.members, one))
    if one.name == "displayname":
        if one.op == REMOVE:
            raise ScimError("No group is without a name.", "mutability")
        return replace(group, display_name=group_name(one.value))
    if one.name == "externalid":
        value = None if one.op == REMOVE else optional_text(one.value)
        return replace(group, external_id=value)
    return group


def members_after(
    before: frozenset[str],
    one: PatchOperation,
    named: Callable[[object], frozenset[str]] = members_of,
) -> frozenset[str]:
    """Who is a member once the operation on them is done; `named` reads whom its value names.
    ScimError."""
    if one.chosen is not None:
        tests = parsed_filter(one.chosen)
        if one.op != REMOVE or len(tests) != 1 or tests[0][0] != "value":
            raise _path('Of members one is removed by members[value eq "ID"].')
        return before - {tests[0][1]}
    if one.op == REMOVE:
        return frozenset() if one.value is None else before - named(one.value)
    given = frozenset() if one.value is None else named(one.value)
    return before | given if one.op == ADD else given


def _lowered(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key.casefold(): value for key, value in given.items()}


def _syntax(problem: str) -> ScimError:
    return ScimError(problem, "invalidSyntax")


def _path(problem: str) -> ScimError:
    return ScimError(problem, "invalidPath")
