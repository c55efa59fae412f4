"""A person's rules as bytes to be sealed, and back."""

import json
import math

from accessctl.domain import PersonRules
from accessctl.errors import InputError, StoreError

MAX_GROUPS = 64
MAX_GROUP_CHARACTERS = 64


def to_bytes(rules: PersonRules) -> bytes:
    """JSON in ASCII; InputError for rules that cannot be kept."""
    return json.dumps(
        {
            "groups": list(checked(rules).groups),
            "valid_from": rules.valid_from,
            "valid_until": rules.valid_until,
            "disabled": rules.disabled,
            "life_by_pin": rules.life_by_pin,
        },
        allow_nan=False,
    ).encode("ascii")


def from_bytes(content: bytes) -> PersonRules:
    """StoreError for what to_bytes did not make.

    Rules that an older version kept say nothing of PINs in place of life: none counts.
    """
    try:
        found = json.loads(content)
        rules = PersonRules(
            tuple(found["groups"]),
            found["valid_from"],
            found["valid_until"],
            found["disabled"],
            found.get("life_by_pin", False),
        )
        return checked(rules)
    except (
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        InputError,
    ) as error:
        raise StoreError(
            "A person's rules were written by another accessctl; set them again: accessctl rules"
        ) from error


def checked(rules: PersonRules) -> PersonRules:
    """The same rules; InputError where they are not usable."""
    for moment in (rules.valid_from, rules.valid_until):
        if moment is not None and not (isinstance(moment, int | float) and math.isfinite(moment)):
            raise InputError(f"{moment!r} is no moment; write a date such as 2026-01-31.")
    if (
        rules.valid_from is not None
        and rules.valid_until is not None
        and rules.valid_until <= rules.valid_from
    ):
        raise InputError("The rules would end before they begin; give a later end.")
    if not isinstance(rules.disabled, bool):
        raise InputError("A person is disabled or not; say true or false.")
    if not isinstance(rules.life_by_pin, bool):
        raise InputError("A PIN may stand in for life or not; say true or false.")
    if len(rules.groups) > MAX_GROUPS:
        raise InputError(f"A person can be in {MAX_GROUPS} groups, not {len(rules.groups)}.")
    for group in rules.groups:
        if not isinstance(group, str) or not 0 < len(group) <= MAX_GROUP_CHARACTERS:
            raise InputError(
                f"A group's name has 1 to {MAX_GROUP_CHARACTERS} characters, not {group!a}."
            )
    return rules
