"""What door and hub say to each other: JSON over HTTPS, below `/api/v1`.

Hashes and signatures are hex. What is unknown in a request is refused, in an answer it is passed
over: a hub may be newer than its doors.
"""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from accessctl.audit.append import End
from accessctl.audit.chain import NO_RECORD, ChainRecord
from accessctl.audit.schema import LATEST, MAX_BYTES

API = "/api/v1"
JOIN, AUTHORITY, CERTIFICATE, LOG = "/join", "/authority", "/certificate", "/log"

HUB_NAME = "hub.accessctl.internal"
"""The name that every hub's certificate bears, whatever address the hub has: a door trusts one
authority, which gives it to its hub alone."""

MAX_RECORDS = 200
# An event's data as JSON text within JSON text: each quote and backslash takes two bytes.
MAX_RECORD_BYTES = 2 * MAX_BYTES + 1024
MAX_BATCH_BYTES = 2 * 1024 * 1024
"""The records of a batch together take no more than this."""
MAX_BODY_BYTES = 3 * MAX_BATCH_BYTES
MAX_ANSWER_BYTES = 1 << 20

Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hex.")]
Signature: TypeAlias = Annotated[
    str, Field(pattern=r"^[0-9a-f]{128}$", description="Ed25519, hex.")
]
Number: TypeAlias = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]
Pem: TypeAlias = Annotated[str, Field(max_length=16384)]


class _HubRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _HubAnswer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ChainPoint(_HubRequest):
    """A record's number and hash; 0 and the hash of the beginning before the first one."""

    number: Number
    hash: Digest

    @classmethod
    def of(cls, end: End) -> "ChainPoint":
        return cls(number=end.number, hash=end.hash.hex())

    @property
    def end(self) -> End:
        return End(self.number, bytes.fromhex(self.hash))


class SentRecord(_HubRequest):
    """`record` is the ASCII text that was hashed, see accessctl.audit.schema."""

    number: Number
    hash: Digest
    record: str = Field(max_length=MAX_RECORD_BYTES)

    @classmethod
    def of(cls, stored: ChainRecord) -> "SentRecord":
        # None that a door writes is larger: it was tampered with, and the hub shall hear of it.
        record = stored.record if len(stored.record) <= MAX_RECORD_BYTES else NO_RECORD
        return cls(number=stored.number, hash=stored.hash.hex(), record=record.decode("ascii"))


class LogBatch(_HubRequest):
    """The records after `after`, as the door has it, and where its log ended, signed.

    `mark` is the number up to which the hub had said that it has the log: a log that ends before
    it was put back to an older state.
    """

    mark: Number
    after: ChainPoint
    records: list[SentRecord] = Field(max_length=MAX_RECORDS)
    end: ChainPoint
    signature: Signature


class JoinRequest(_HubRequest):
    code: str = Field(max_length=64)
    csr: Pem


class CertificateRequest(_HubRequest):
    csr: Pem


class AuthorityAnswer(_HubAnswer):
    certificate: Pem


class JoinAnswer(_HubAnswer):
    """`receipts` is the public key (Ed25519, hex) that the hub's receipts are signed with."""

    door: str = Field(pattern=r"^[0-9a-f]{32}$")
    name: str = Field(pattern=r"^[\w.-]{1,64}$")
    certificate: Pem
    receipts: Digest


class CertificateAnswer(_HubAnswer):
    certificate: Pem


class LogReceipt(_HubAnswer):
    """The hub has the door's log up to here, on its disk; signed at `time` (epoch seconds)."""

    number: Number
    hash: Digest
    time: float = Field(ge=0, le=LATEST, allow_inf_nan=False)
    signature: Signature


class LogMark(_HubAnswer):
    """Up to where the hub has this door's log; `hash` is None where it has nothing of it yet."""

    number: Number
    hash: Digest | None


class HubRefusal(_HubAnswer):
    """Why a request was refused, in one sentence."""

    problem: str = Field(max_length=2000)


def head_statement(door: str, end: End) -> bytes:
    """What a door signs of its log."""
    return b"accessctl door head 1\0" + bytes.fromhex(door) + _point(end)


def receipt_statement(door: str, end: End, time: float) -> bytes:
    """What the hub signs of a door's log; `time` counts in whole milliseconds."""
    moment = round(time * 1000).to_bytes(8, "big")
    return b"accessctl receipt 1\0" + bytes.fromhex(door) + _point(end) + moment


def _point(end: End) -> bytes:
    return end.number.to_bytes(8, "big") + end.hash
