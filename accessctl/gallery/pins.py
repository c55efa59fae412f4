"""A person's PIN, of which only a salted hash is kept (scrypt, RFC 7914).

Against a stolen gallery a PIN of a few digits is protected by the gallery's encryption;
the hash keeps whoever opens it from reading the PINs at once.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from accessctl.errors import InputError, StoreError

SALT_BYTES = 16
MIN_DIGITS, MAX_DIGITS = 4, 12
# 16 MiB and some tens of milliseconds each time; kept with each hash, so that they can grow.
COST, BLOCK_SIZE, PARALLEL = 1 << 14, 8, 1
_MAX_MEMORY = 1 << 28


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
    return PinHash(salt, _digest(pin, PinHash(salt, b"")))


def is_pin(text: object) -> bool:
    return (
        isinstance(text, str)
        and MIN_DIGITS <= len(text) <= MAX_DIGITS
        and text.isascii()
        and text.isdigit()
    )


def matches(pin: str, kept: PinHash) -> bool:
    """In constant time as to where they differ; takes tens of ms without Python's lock."""
    return is_pin(pin) and hmac.compare_digest(_digest(pin, kept), kept.digest)


def to_bytes(kept: PinHash) -> bytes:
    return json.dumps(
        [kept.cost, kept.block_size, kept.parallel, kept.salt.hex(), kept.digest.hex()]
    ).encode("ascii")


def from_bytes(content: bytes) -> PinHash:
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


def _is_scrypt(cost: object, block_size: object, parallel: object) -> bool:
    """RFC 7914: N is a power of two larger than 1; and no more memory than is given for it."""
    if not (type(cost) is type(block_size) is type(parallel) is int):
        return False
    whole = cost > 1 and cost & (cost - 1) == 0 and min(block_size, parallel) >= 1
    return whole and 128 * cost * block_size * parallel <= _MAX_MEMORY


def _digest(pin: str, how: PinHash) -> bytes:
    return hashlib.scrypt(
        pin.encode("ascii"),
        salt=how.salt,
        n=how.cost,
        r=how.block_size,
        p=how.parallel,
        maxmem=2 * _MAX_MEMORY,
        dklen=32,
    )
