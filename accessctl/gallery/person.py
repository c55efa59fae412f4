"""One enrolled person as a gallery keeps them: the name, the row, the rules and the PIN.

Names are kept as they are written, are the same where only case or composition differs, and may
not look like another one's (`storage.seen`). A person's row stands in the gallery's file in clear,
so whoever can write the file chose it; rules and PINs become bytes to be sealed. Of a PIN only a
salted hash is kept (scrypt, RFC 7914). Against a stolen gallery a PIN of a few digits is protected
by the gallery's encryption; the hash keeps whoever opens it from reading the PINs at once.
"""

import difflib
import hashlib
import hmac
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from accessctl.domain import Person, PersonId, PersonRules
from accessctl.errors import BadNameError, DamagedError, InputError, NameTakenError, StoreError
from accessctl.storage.seen import first_look_alike, hidden_in

MAX_NAME_CHARACTERS = 100
# Control characters, lone surrogates, line and paragraph separators.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the reading direction: a name could be shown as somebody else's.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
MAX_GROUPS = 64
MAX_GROUP_CHARACTERS = 64
SALT_BYTES = 16
MIN_DIGITS, MAX_DIGITS = 4, 12
# 16 MiB and some tens of milliseconds each time; kept with each hash, so that they can grow.
COST, BLOCK_SIZE, PARALLEL = 1 << 14, 8, 1
_MAX_MEMORY = 1 << 28
MAX_NUMBER = (1 << 64) - 1
NUMBER = re.compile(r"(?:(?P<facility>[0-9]{1,5}):)?(?P<number>[0-9]{1,20})", re.ASCII)


def clean_name(name: str) -> str:
    """A new name as it is kept: as `spelt`, with nothing in it that is not seen; BadNameError."""
    text = spelt(name)
    hidden = hidden_in(text)
    if hidden is not None:
        raise BadNameError(
            f"The name {name!a} holds a character that is not seen (U+{ord(hidden):04X} "
            f"{unicodedata.name(hidden, 'without a name')}); leave it out."
        )
    return text


def spelt(name: str) -> str:
    """The name as it is looked for: NFC, trimmed, single blanks; BadNameError."""
    text = " ".join(part for part in unicodedata.normalize("NFC", name).split(" ") if part)
    if any(unicodedata.category(c) in _FORBIDDEN_CATEGORIES or c in _BIDI_CONTROLS for c in text):
        raise BadNameError(
            f"The name {name!a} holds control characters; use letters, digits and blanks."
        )
    text = text.strip()
    if not text:
        raise BadNameError("The name is empty; give at least one character.")
    if len(text) > MAX_NAME_CHARACTERS:
        raise BadNameError(
            f"The name has {len(text)} characters; use at most {MAX_NAME_CHARACTERS}."
        )
    return text


def name_key(name: str) -> str:
    """Equal for names that differ in case or composition only (Unicode caseless match)."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded))


def refuse_look_alike(name: str, known: Iterable[str]) -> None:
    """NameTakenError where one of the names that are `known` is seen as this one."""
    other = first_look_alike(name, known)
    if other is not None:
        raise NameTakenError(
            f"The name {name!r} looks like {other!r}, who is enrolled already; choose one that "
            "can be told from it."
        )


def close_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Up to `limit` of the known names that are spelt like `name`, the closest first."""
    by_key = {name_key(other): other for other in known}
    close = difflib.get_close_matches(name_key(name), by_key, n=limit, cutoff=0.6)
    return [by_key[key] for key in close]


def person_of(row: tuple[Any, ...]) -> Person:
    """The person of id, name, number of photos and moment of enrolment.

    DamagedError for a name that nobody could be enrolled by and a moment outside the years 1970
    to 9999.
    """
    person, name, photos, enrolled = row
    try:
        if not isinstance(person, str) or not 0 <= enrolled <= LATEST:
            raise ValueError("no id or no moment")
        spelt(name)
    except (ValueError, TypeError, BadNameError) as error:
        raise DamagedError(
            "A person in the gallery has an impossible id, name or date of enrolment: the file "
            "was damaged or altered; restore it from a backup."
        ) from error
    return Person(PersonId(person), name, photos, enrolled)


def rules_to_bytes(rules: PersonRules) -> bytes:
    """JSON in ASCII; InputError for rules that cannot be kept."""
    return json.dumps(
        {
            "groups": list(checked_rules(rules).groups),
            "valid_from": rules.valid_from,
            "valid_until": rules.valid_until,
            "disabled": rules.disabled,
            "life_by_pin": rules.life_by_pin,
        },
        allow_nan=False,
    ).encode("ascii")


def rules_from_bytes(content: bytes) -> PersonRules:
    """StoreError for what rules_to_bytes did not make.

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
        return checked_rules(rules)
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


def checked_rules(rules: PersonRules) -> PersonRules:
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


@dataclass(frozen=True, slots=True)
class PinHash:
    """`cost`, `block_size` and `parallel` are N, r and p of RFC 7914."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    cost: int = COST
    block_size: int = BLOCK_SIZE
    parallel: int = PARALLEL


def hash_pin(pin: str, random_bytes: Callable[[int], bytes]) -> PinHash:
    """With a salt of its own; InputError for what may not be a PIN. Takes tens of ms."""
    if not is_pin(pin):
        raise InputError(f"A PIN has {MIN_DIGITS} to {MAX_DIGITS} digits; choose another one.")
    if len(set(pin)) == 1 or pin in "01234567890123456789" or pin in "98765432109876543210":
        raise InputError("That PIN is among the first that anybody tries; choose another one.")
    salt = random_bytes(SALT_BYTES)
    return PinHash(salt, _pin_digest(pin, PinHash(salt, b"")))


def is_pin(text: object) -> bool:
    return (
        isinstance(text, str)
        and MIN_DIGITS <= len(text) <= MAX_DIGITS
        and text.isascii()
        and text.isdigit()
    )


def one_lower(pin: str) -> str:
    """The PIN whose last digit is one lower, modulo ten: whose PIN of duress this would be."""
    return f"{pin[:-1]}{(int(pin[-1]) - 1) % 10}"


def pin_matches(pin: str, kept: PinHash) -> bool:
    """In constant time as to where they differ; takes tens of ms without Python's lock."""
    return is_pin(pin) and hmac.compare_digest(_pin_digest(pin, kept), kept.digest)


def pin_to_bytes(kept: PinHash) -> bytes:
    return json.dumps(
        [kept.cost, kept.block_size, kept.parallel, kept.salt.hex(), kept.digest.hex()]
    ).encode("ascii")


def pin_from_bytes(content: bytes) -> PinHash:
    """StoreError for what to_bytes did not make."""
    try:
        cost, block_size, parallel, salt, digest = json.loads(content)
        kept = PinHash(bytes.fromhex(salt), bytes.fromhex(digest), cost, block_size, parallel)
        if len(kept.digest) != 32 or not _is_scrypt(cost, block_size, parallel):
            raise ValueError("not a hash that is made here")
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            "A person's PIN was written by another accessctl; set it again: accessctl pin set"
        ) from error
    return kept


@dataclass(frozen=True, slots=True)
class ControllerNumber:
    """By which an access controller that is there already knows somebody: what their card says.

    `facility` None: that of the configuration.
    """

    number: int = field(repr=False)
    facility: int | None = field(default=None, repr=False)


def controller_number(text: str) -> ControllerNumber:
    """Of NUMBER or FACILITY:NUMBER, in digits; InputError, which does not repeat it."""
    found = NUMBER.fullmatch(text.strip())
    if found is None or int(found["number"]) > MAX_NUMBER:
        raise InputError(
            "A controller's number is written NUMBER or FACILITY:NUMBER, in digits; that was none."
        )
    facility = found["facility"]
    return ControllerNumber(int(found["number"]), None if facility is None else int(facility))


def number_to_bytes(kept: ControllerNumber) -> bytes:
    return json.dumps([kept.number, kept.facility]).encode("ascii")


def number_from_bytes(content: bytes) -> ControllerNumber:
    """StoreError for what number_to_bytes did not make."""
    try:
        number, facility = json.loads(content)
        if type(number) is not int or not 0 <= number <= MAX_NUMBER:
            raise ValueError("no number")
        if facility is not None and (type(facility) is not int or facility < 0):
            raise ValueError("no facility code")
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            "A person's controller number was written by another accessctl; set it again: "
            "accessctl controller set"
        ) from error
    return ControllerNumber(number, facility)


def _is_scrypt(cost: object, block_size: object, parallel: object) -> bool:
    """RFC 7914: N is a power of two larger than 1; and no more memory than is given for it."""
    if not (type(cost) is type(block_size) is type(parallel) is int):
        return False
    whole = cost > 1 and cost & (cost - 1) == 0 and min(block_size, parallel) >= 1
    return whole and 128 * cost * block_size * parallel <= _MAX_MEMORY


def _pin_digest(pin: str, how: PinHash) -> bytes:
    return hashlib.scrypt(
        pin.encode("ascii"),
        salt=how.salt,
        n=how.cost,
        r=how.block_size,
        p=how.parallel,
        maxmem=2 * _MAX_MEMORY,
        dklen=32,
    )
