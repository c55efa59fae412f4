"""Users and groups as a directory sends them (SCIM 2.0, RFC 7643), and as they are kept: pure.

Of a user there is kept what says who they are and whether they count, of a group its name and its
members; all else that a directory knows of people is not kept. Names of attributes are the same
whatever their case (RFC 7643, section 2.1).
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accessctl.errors import BadNameError, InputError, NameTakenError
from accessctl.storage.parsing import shortened

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
MAX_TEXT = 200
MAX_GROUP_NAME = 64
MAX_MEMBERS = 5_000
NAME = "name"
_TRUE, _FALSE = ("true",), ("false",)


class ScimError(InputError):
    """What a directory asked cannot be done: `kind` is the `scimType` of RFC 7644, section 3.12,
    and `status` that of HTTP."""

    def __init__(self, problem: str, kind: str | None = None, status: int = 400) -> None:
        super().__init__(problem)
        self.kind = kind
        self.status = status


def invalid(problem: str) -> ScimError:
    return ScimError(problem, "invalidValue")


def refusal(error: InputError, done: str = "") -> ScimError:
    """The error as a directory is told of it; `done` says what of its request counts all the
    same."""
    kind, status = None, 400
    if isinstance(error, ScimError):
        kind, status = error.kind, error.status
    elif isinstance(error, NameTakenError):
        kind, status = "uniqueness", 409
    elif isinstance(error, BadNameError):
        kind = "invalidValue"
    return ScimError(f"{shortened(str(error), 500)} {done}".strip(), kind, status)


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """What is kept of a user; `user_name` is theirs alone, whatever its case."""

    user_name: str
    external_id: str | None = None
    display_name: str | None = None
    formatted: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    active: bool = True

    @property
    def known_as(self) -> str:
        """The name that they are expected by."""
        parts = [part for part in (self.given_name, self.family_name) if part]
        return self.display_name or self.formatted or " ".join(parts) or self.user_name


@dataclass(frozen=True, slots=True)
class ScimGroup:
    """What is kept of a group; `members` are ids of users."""

    display_name: str
    external_id: str | None = None
    members: frozenset[str] = frozenset()


def text_of(value: object) -> str:
    """ScimError for what is no short text that can be seen."""
    if not isinstance(value, str):
        raise invalid("A name or an identifier is to be text.")
    text = unicodedata.normalize("NFC", value).strip()
    if not 0 < len(text) <= MAX_TEXT:
        raise invalid(f"A name or an identifier has 1 to {MAX_TEXT} characters.")
    if any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in text):
        raise invalid("A name or an identifier holds control characters.")
    return text


def optional_text(value: object) -> str | None:
    """None also for an empty one, by which some directories say that there is none."""
    return None if value is None or value == "" else text_of(value)


def flag_of(value: object) -> bool:
    """Also the words "True" and "False", as Entra ID sends them; ScimError."""
    if isinstance(value, bool):
        return value
    word = value.casefold() if isinstance(value, str) else None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise invalid("'active' is true or false.")


FIELDS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "username": ("user_name", text_of),
    "externalid": ("external_id", optional_text),
    "displayname": ("display_name", optional_text),
    "active": ("active", flag_of),
    "name.formatted": ("formatted", optional_text),
    "name.givenname": ("given_name", optional_text),
    "name.familyname": ("family_name", optional_text),
}
"""What is kept of a user, by the attributes' names in small letters, and how each is read."""

REQUIRED = frozenset({"username", "active"})
"""Those that nobody may be without."""


def flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """A user's attributes by their names in small letters, those of `name` as `name.givenname`;
    ScimError for a `name` that is none."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        name = plain(key)
        if name != NAME:
            found[name] = value
        elif value is not None:
            if not isinstance(value, Mapping):
                raise invalid("'name' has parts, such as givenName.")
            found |= {f"{NAME}.{part.casefold()}": one for part, one in value.items()}
    return found


def plain(attribute: str) -> str:
    """In small letters, without the schema of a user or a group before it."""
    name = attribute.casefold()
    for schema in (USER_SCHEMA, GROUP_SCHEMA):
        name = name.removeprefix(f"{schema.casefold()}:")
    return name


def with_attributes(user: DirectoryUser, given: Mapping[str, Any]) -> DirectoryUser:
    """The same with these attributes (see `flat`), others left; ScimError."""
    changes = {
        FIELDS[name][0]: FIELDS[name][1](value) for name, value in given.items() if name in FIELDS
    }
    return replace(user, **changes)


def user_from(body: Mapping[str, Any], before: DirectoryUser | None = None) -> DirectoryUser:
    """The user whom a POST or PUT describes; `before` is as they were. A PUT that says nothing of
    `active`, or null, which is the same (RFC 7643, section 2.5), leaves it: nobody comes back
    because it was left out. ScimError."""
    given = flat(body)
    if given.get("active") is None:
        given.pop("active", None)
    name = text_of(given.get("username"))
    active = True if before is None else before.active
    return with_attributes(DirectoryUser(name, active=active), given)


def group_from(body: Mapping[str, Any]) -> ScimGroup:
    """ScimError."""
    given = {plain(key): value for key, value in body.items()}
    members = given.get("members")
    return ScimGroup(
        group_name(given.get("displayname")),
        optional_text(given.get("externalid")),
        frozenset() if members is None else members_of(members),
    )


def group_name(value: object) -> str:
    """ScimError also for one that no group of the site could have."""
    name = text_of(value)
    if len(name) > MAX_GROUP_NAME:
        raise invalid(f"A group's name has at most {MAX_GROUP_NAME} characters here.")
    return name


def members_of(value: object) -> frozenset[str]:
    """The ids in `[{"value": id}, ...]`, or in one of them alone; ScimError."""
    found = value if isinstance(value, list) else [value]
    if len(found) > MAX_MEMBERS:
        raise invalid(f"A group has at most {MAX_MEMBERS} members.")
    return frozenset(map(member_of, found))


def member_of(value: object) -> str:
    """The id of one member; ScimError."""
    if isinstance(value, Mapping):
        value = {key.casefold(): one for key, one in value.items()}.get("value")
    return text_of(value)
