"""Badges as a gallery keeps them: numbers that say who somebody claims to be.

A card, a QR code or a user number is no secret and proves nothing; but whoever reads the gallery
shall not be able to make copies of everybody's cards. Kept is HMAC-SHA256 (RFC 2104) of the number
under a key that is derived from the gallery's, sealed together with its person. A badge is found by
that hash, so it has no salt of its own as a PIN has: card numbers are few, and what keeps them from
being tried one after the other is the key.
"""

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from accessctl.domain import Person, PersonId
from accessctl.errors import BadgeTakenError, DamagedError, InputError, UnknownBadgeError

MOST_CHARACTERS = 128
DIGEST_BYTES = 32
MARK_CHARACTERS = 8
PASS_BEGINS = "ACPASS"  # noqa: S105 - no secret
"""What a visitor's pass begins with, see accessctl.sync.pass_wire; no number of a badge does."""

_DERIVED_FOR = b"accessctl badge numbers"


@dataclass(frozen=True, slots=True)
class Badge:
    """`digest` (32 bytes) stands for the number; `added` in epoch seconds."""

    person: PersonId
    digest: bytes = field(repr=False)
    added: float

    @property
    def mark(self) -> str:
        return mark_of(self.digest)


def mark_of(digest: bytes) -> str:
    """What a badge is called in lists and in the event log: 8 hex digits, which lead back to no
    number without the gallery's key."""
    return digest.hex()[:MARK_CHARACTERS]


def clean_number(text: str) -> str:
    """The number as a reader gave it, without blanks round it; InputError for what is none."""
    number = text.strip(" \t")
    if number.startswith(PASS_BEGINS):
        raise InputError("This is a visitor's pass, and nobody's badge; show or type a badge.")
    if not number or len(number) > MOST_CHARACTERS or not number.isascii():
        raise InputError(
            f"A badge's number is 1 to {MOST_CHARACTERS} letters, digits and signs of ASCII; "
            "this is none."
        )
    if not number.isprintable():
        raise InputError("A badge's number holds no control characters; this does.")
    return number


def digest_of(key: bytes, number: str) -> bytes:
    """What stands for `number` in the gallery of that `key`; InputError for what is no number."""
    derived = hmac.digest(key, _DERIVED_FOR, sha256)
    return hmac.digest(derived, clean_number(number).encode("ascii"), sha256)


def checked_digest(digest: bytes) -> bytes:
    """DamagedError for what `digest_of` did not make."""
    if not isinstance(digest, bytes) or len(digest) != DIGEST_BYTES:
        raise DamagedError(
            "A badge in the gallery is damaged; restore the gallery from a backup, or remove that "
            "person's badges and set them again."
        )
    return digest


def refuse_taken(digest: bytes, kept: Iterable[Badge]) -> None:
    """BadgeTakenError where one of those that are `kept` has this number."""
    if any(badge.digest == digest for badge in kept):
        raise BadgeTakenError(
            "That badge belongs to somebody already; `accessctl badge show` says to whom, and "
            "`accessctl badge remove` takes it away."
        )


def badges_to_remove(person: Person, kept: Collection[Badge], mark: str | None) -> Sequence[Badge]:
    """Those of the person's badges that are called `mark`, or all; UnknownBadgeError for none."""
    own = [badge for badge in kept if badge.person == person.id]
    found = [badge for badge in own if mark in (None, badge.mark)]
    if not found:
        which = "no badge" if mark is None or not own else f"no badge {mark!r}"
        raise UnknownBadgeError(f"{person.name} has {which}; `accessctl badge list` lists them.")
    return found
