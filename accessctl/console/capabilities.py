"""What an operator may do: single capabilities rather than ranks."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from accessctl.errors import InputError


class Capability(StrEnum):
    """Each lets an operator do one kind of thing; none includes another."""

    LOOK = "look"
    """See doors, events and who is enrolled."""
    ENROL = "enrol"
    """Add people and photos, change names, badges, PINs and visitors' passes."""
    RULES = "rules"
    """Say who may pass where and when."""
    COMMAND = "command"
    """Have a door open, lock down or the like, now."""
    PRIVACY = "privacy"
    """Give out and remove what is kept of a person, and see photos."""
    OPERATORS = "operators"
    """Invite operators, change what they may, and remove them."""
    SITE = "site"
    """Let doors join, revoke them, and check the records."""


ALL = frozenset(Capability)


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever is signed in; `id` stays when the name or the capabilities change."""

    id: str
    name: str
    capabilities: frozenset[Capability]

    def may(self, capability: Capability) -> bool:
        return capability in self.capabilities


def capabilities_in(words: Iterable[str]) -> frozenset[Capability]:
    """Of their names, or of the one word `all`; InputError."""
    named = {word.strip().lower() for word in words} - {""}
    if named == {"all"}:
        return ALL
    unknown = named - set(Capability)
    if unknown or not named:
        what = f"{min(unknown)!a} is no capability" if unknown else "No capability was named"
        raise InputError(f"{what}; choose among {', '.join(Capability)}, or all.")
    return frozenset(map(Capability, named))
