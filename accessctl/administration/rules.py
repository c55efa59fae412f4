"""What an owner wants of somebody's rules, in words, as a change of the rules that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.policy.schedule import beginning, ending, zone_of

NONE = "none"
"""The word for no group, no beginning and no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesWish:
    """What shall change; None leaves it as it is.

    `groups` takes the place of all present ones. `begin` and `end` are dates such as
    2026-01-31 or 2026-01-31T18:30 in the door's time zone; a day as the end is meant with all
    of it.
    """

    groups: Sequence[str] | None = None
    begin: str | None = None
    end: str | None = None
    disabled: bool | None = None
    life_by_pin: bool | None = None


def changed(kept: PersonRules, wish: RulesWish, config: AccessConfig) -> PersonRules:
    """The rules as the wish changes them; InputError for an unknown group or date."""
    zone = zone_of(config)
    if wish.groups is not None:
        kept = replace(kept, groups=_groups(wish.groups, config))
    if wish.begin is not None:
        begin = None if wish.begin == NONE else beginning(wish.begin, zone)
        kept = replace(kept, valid_from=begin)
    if wish.end is not None:
        kept = replace(kept, valid_until=None if wish.end == NONE else ending(wish.end, zone))
    if wish.life_by_pin is not None:
        kept = replace(kept, life_by_pin=wish.life_by_pin)
    return kept if wish.disabled is None else replace(kept, disabled=wish.disabled)


def _groups(named: Sequence[str], config: AccessConfig) -> tuple[str, ...]:
    groups = tuple(dict.fromkeys(named))
    if groups == (NONE,):
        return ()
    for group in groups:
        if group not in config.groups:
            known = ", ".join(sorted(config.groups)) or "there are none yet"
            raise InputError(
                f"There is no group {group!r} in access.groups of the configuration ({known})."
            )
    return groups
