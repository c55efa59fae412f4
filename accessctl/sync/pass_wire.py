"""A visitor's pass: what a hub says of one person and some days, short enough for a QR code.

The text is PREFIX and base32 (RFC 4648, upper case, unpadded) of a statement and its signature
(Ed25519, RFC 8032) by the key of the hub's receipts, which every door of the site knows since it
joined. Upper-case letters and digits are what a QR code holds most densely, and what every reader
hands on as it is. A pass says who somebody is said to be, as a badge does, and proves nothing:
whoever photographs it has it.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from accessctl.domain import PersonId
from accessctl.errors import InputError
from accessctl.gallery.badges import DIGEST_BYTES, PASS_BEGINS

VERSION = 1
MOST_CHARACTERS = 200
MOST_TAGS = 3
TAG_BYTES = 6
SIGNATURE_BYTES = 64
MINUTE_S = 60

_DOMAIN = b"accessctl pass 1\0"
_GROUP_DOMAIN = b"accessctl pass group 1\0"
_FIXED = struct.Struct(">B4s8s16sIIB")
_LONGEST = _FIXED.size + MOST_TAGS * TAG_BYTES


class PassScope(IntEnum):
    """What the tags of a pass name: nothing, or all doors that it counts at, or all groups as one
    of whose people it counts."""

    EVERYWHERE = 0
    DOORS = 1
    GROUPS = 2


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """`hub` are the first 4 bytes of the signing key, `id` 16 hex digits of the pass's own. It
    counts from `begins` and before `ends`, epoch seconds, both whole minutes."""

    hub: bytes
    id: str
    person: PersonId
    begins: int
    ends: int
    scope: PassScope = PassScope.EVERYWHERE
    tags: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedPass:
    """A pass as it was read, its signature not looked at yet."""

    shown: VisitorPass
    statement: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """What the QR code says."""
        coded = base64.b32encode(self.statement + self.signature).decode("ascii")
        return PASS_BEGINS + coded.rstrip("=")

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for it; they begin with its id."""
        told = bytes.fromhex(self.shown.id)
        return told + hashlib.sha256(self.text.encode("ascii")).digest()[: DIGEST_BYTES - len(told)]

    def is_signed_by(self, key: str) -> bool:
        """Whether the hub with that public key (Ed25519, hex) signed it."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        try:
            public.verify(self.signature, signed_content(self.statement))
        except InvalidSignature:
            return False
        return True


def hub_tag(key: str) -> bytes:
    """What a pass calls the hub with that public key (hex): so a pass of another site is told
    from a forged one."""
    return bytes.fromhex(key)[:4]


def door_tag(door: str) -> bytes:
    """What a pass calls a door by its id (hex)."""
    return bytes.fromhex(door)[:TAG_BYTES]


def group_tag(group: str) -> bytes:
    """What a pass calls a group by its name."""
    return hashlib.sha256(_GROUP_DOMAIN + group.encode("utf-8")).digest()[:TAG_BYTES]


def in_order(tags: Iterable[bytes]) -> tuple[bytes, ...]:
    """The tags as a pass has them: each once, sorted."""
    return tuple(sorted(set(tags)))


def signed_content(statement: bytes) -> bytes:
    """What the hub signs of a statement: so no other signature of its key is one of a pass."""
    return _DOMAIN + statement


def statement_of(shown: VisitorPass) -> bytes:
    """The bytes of a pass; ValueError for what no pass can say."""
    try:
        statement = _FIXED.pack(
            VERSION,
            shown.hub,
            bytes.fromhex(shown.id),
            bytes.fromhex(shown.person),
            _minutes(shown.begins),
            _minutes(shown.ends),
            shown.scope,
        )
        statement += b"".join(shown.tags)
        said = _said(statement)
    except (struct.error, ValueError) as error:
        raise ValueError(f"no pass can say that: {error}") from error
    if said != shown:
        raise ValueError("no pass can say that")
    return statement


def begins_as_pass(text: str) -> bool:
    """Whether what a reader gave is meant as a pass, and not as a badge's number."""
    return text.strip(" \t").startswith(PASS_BEGINS)


def read_pass(text: str) -> SignedPass:
    """What a reader gave, without blanks round it; InputError for what is no pass.

    Each pass has one text only: any other that says the same is none.
    """
    text = text.strip(" \t")
    if not text.startswith(PASS_BEGINS) or len(text) > MOST_CHARACTERS or not text.isascii():
        raise _unreadable()
    coded = text.removeprefix(PASS_BEGINS)
    try:
        content = base64.b32decode(coded + "=" * (-len(coded) % 8))
    except binascii.Error as error:
        raise _unreadable() from error
    statement, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    try:
        signed = SignedPass(_said(statement), statement, signature)
    except ValueError as error:
        raise _unreadable() from error
    if signed.text != text:
        raise _unreadable()
    return signed


def _said(statement: bytes) -> VisitorPass:
    """ValueError for what is no statement."""
    if not _FIXED.size <= len(statement) <= _LONGEST:
        raise ValueError("another length")
    version, hub, number, person, begins, ends, scope = _FIXED.unpack_from(statement)
    rest = statement[_FIXED.size :]
    tags = tuple(rest[at : at + TAG_BYTES] for at in range(0, len(rest), TAG_BYTES))
    if version != VERSION or not begins < ends or len(rest) % TAG_BYTES:
        raise ValueError("another version, or no time at all")
    if tags != in_order(tags) or bool(tags) == (scope == PassScope.EVERYWHERE):
        raise ValueError("tags that no scope has")
    return VisitorPass(
        hub,
        number.hex(),
        PersonId(person.hex()),
        begins * MINUTE_S,
        ends * MINUTE_S,
        PassScope(scope),
        tags,
    )


def _minutes(epoch: int) -> int:
    if epoch % MINUTE_S:
        raise ValueError("a pass counts in whole minutes")
    return epoch // MINUTE_S


def _unreadable() -> InputError:
    return InputError("This pass cannot be read; hold it still, or make a new one at the hub.")
