"""The hash chain: each record's hash covers the record and the hash before it.

hash(n) = SHA-256(hash(n-1) || record(n)), where hash(0) = SHA-256 of a fixed text and a
record is the JSON array [number, time, kind, person, data] in ASCII without spaces, `data`
being the text that is stored. Anybody can compute it again; it needs no key.
"""

import hashlib
import json
from typing import Any

HASH_BYTES = 32
GENESIS = hashlib.sha256(b"accessctl event log 1").digest()


def record_bytes(number: int, time: Any, kind: Any, person: Any, data: Any) -> bytes:
    """The bytes that are hashed; ValueError for values that no record has."""
    if not (isinstance(time, float) and isinstance(kind, str) and isinstance(data, str)):
        raise ValueError("a record has a time, a kind and data")
    if not (person is None or isinstance(person, str)):
        raise ValueError("a record's person is an id or nobody")
    return json.dumps([number, time, kind, person, data], separators=(",", ":")).encode("ascii")


def link(previous: bytes, record: bytes) -> bytes:
    """The hash (32 bytes) of a record after the one whose hash is `previous`."""
    return hashlib.sha256(previous + record).digest()
