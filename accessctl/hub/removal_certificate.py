"""A certificate of somebody's deletion, which anybody can check without the hub.

It says what was erased, when, and which doors signed for it; each door's receipt comes with the
door's certificate, that with the authority that issued it, and the whole is signed by that
authority. Whoever checks it compares the authority's fingerprint with the one that the hub shows.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accessctl.errors import InputError, StoreError
from accessctl.hub.authority import fingerprint_of, is_signed_by, key_in
from accessctl.sync.feed_wire import Hex, Id, Time, removal_statement
from accessctl.sync.wire import Number, Pem, Signature

MAX_BYTES = 4 << 20
MAX_DOORS = 10000

ERASED_AT_HUB = (
    "the name",
    "all photos",
    "pictures of decisions about them",
    "all face templates",
    "groups, validity and other rules",
    "the PIN (a salted hash)",
    "badges and the number at an access controller",
    "who signed or witnessed the consent",
    "changes proposed at doors that waited for a decision",
)
ERASED_AT_DOORS = ("the name", "all face templates", "rules, PIN, badges and controller number")
KEPT = (
    "this id, which stands for nobody any more, in the doors' event logs and the hub's journal",
    "to which version of the text of consent this id consented, when and how, and when it was "
    "withdrawn",
    "this id and the time of the removal, and the doors' receipts",
    "when this id went in or out last, by door and area",
    "where a company's directory expects them, what it says of them (user name, names, whether "
    "they count), sealed, until the directory deletes them",
)


class _Certified(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CertifiedDoor(_Certified):
    """A door that was joined when somebody was removed. `signed`: its receipt, with the `seq`,
    `time` and `signature` of it and the door's certificate; `owes`: none yet; `lost`: it was
    revoked without one, and may have kept what it had."""

    id: Id
    name: str = Field(max_length=64)
    state: Literal["signed", "owes", "lost"]
    seq: Number = 0
    time: Time = 0.0
    signature: Signature | None = None
    certificate: Pem | None = None


class HeldBackup(_Certified):
    """A backup that was begun while they were enrolled, as far as the hub knows."""

    file: str = Field(max_length=4096)
    made: Time


class RemovalFacts(_Certified):
    """What the certificate says; times are epoch seconds, `authority` is its certificate (PEM)."""

    format: Literal["accessctl removal 1"] = "accessctl removal 1"
    person: Id
    removed: Time
    made: Time
    erased_at_hub: tuple[str, ...] = ERASED_AT_HUB
    erased_at_doors: tuple[str, ...] = ERASED_AT_DOORS
    kept: tuple[str, ...] = KEPT
    doors: tuple[CertifiedDoor, ...] = Field(max_length=MAX_DOORS)
    backups: tuple[HeldBackup, ...] = Field(max_length=MAX_DOORS)
    authority: Pem


class RemovalCertificate(_Certified):
    """`signature` (hex) is the authority's over `certified` of the facts; `text` says the same for
    people, and is not signed: it is made anew where the certificate is checked."""

    text: Annotated[tuple[str, ...], Field(max_length=4 * MAX_DOORS)]
    facts: RemovalFacts
    signature: Hex


def certified(facts: RemovalFacts) -> bytes:
    """The bytes that are signed."""
    told = json.dumps(facts.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return b"accessctl removal 1\0" + told.encode("ascii")


def certificate_bytes(certificate: RemovalCertificate) -> bytes:
    """As the file has it: JSON, a line a value."""
    told = json.dumps(certificate.model_dump(mode="json"), indent=2, ensure_ascii=True)
    return told.encode("ascii") + b"\n"


def in_words(facts: RemovalFacts) -> tuple[str, ...]:
    """The same for people, a line each."""
    owing = [door.name for door in facts.doors if door.state == "owes"]
    lost = [door.name for door in facts.doors if door.state == "lost"]
    lines = [
        f"Certificate of deletion for the person {facts.person}",
        f"Removed at {_moment(facts.removed)}; this certificate was made at {_moment(facts.made)}.",
        f"Erased at the hub: {'; '.join(facts.erased_at_hub)}.",
        f"Erased at each door that signed: {'; '.join(facts.erased_at_doors)}.",
    ]
    lines += [
        f"{door.name} ({door.id}) signed at {_moment(door.time)}."
        for door in facts.doors
        if door.state == "signed"
    ]
    lines.append(
        f"Still owing a receipt: {', '.join(owing)}. Until then they may have the templates."
        if owing
        else "No door owes a receipt."
    )
    if lost:
        lines.append(
            f"Revoked without a receipt: {', '.join(lost)}. What they had may still be on them."
        )
    lines.append(f"Kept: {'; '.join(facts.kept)}.")
    lines += _backups_in_words(facts.backups)
    return tuple(lines)


def _backups_in_words(backups: Sequence[HeldBackup]) -> list[str]:
    if not backups:
        return ["The hub knows of no backup of its own from the time when they were enrolled."]
    return [
        "Backups of the hub from that time, each sealed, which hold what was erased for as long as "
        "the file and its key are kept:",
        *(f"{one.file}, of {_moment(one.made)}" for one in backups),
    ]


def read_certificate(content: bytes) -> RemovalCertificate:
    """InputError for what is none."""
    if len(content) > MAX_BYTES:
        raise InputError("The file is larger than any certificate of deletion; name another one.")
    try:
        return RemovalCertificate.model_validate_json(content)
    except ValidationError as error:
        raise InputError(
            "The file is no certificate of deletion; name one that `accessctl hub removal` wrote."
        ) from error


def verify_certificate(certificate: RemovalCertificate) -> str:
    """The fingerprint of the authority that all of it rests on; InputError with the first thing
    that is not as it says."""
    facts = certificate.facts
    authority = _read(facts.authority, "The authority's certificate")
    if not is_signed_by(authority, bytes.fromhex(certificate.signature), certified(facts)):
        raise InputError("The certificate of deletion is not what the hub's authority signed.")
    for door in facts.doors:
        if door.state == "signed":
            _verify_receipt(facts.person, door, authority)
    return fingerprint_of(authority)


def _verify_receipt(person: str, door: CertifiedDoor, authority: x509.Certificate) -> None:
    if door.certificate is None or door.signature is None:
        raise InputError(f"The receipt of {door.name!a} is not there.")
    issued = _read(door.certificate, f"The certificate of {door.name!a}")
    names = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    said = removal_statement(door.id, person, door.seq, door.time)
    try:
        issued.verify_directly_issued_by(authority)
        key = Ed25519PublicKey.from_public_bytes(key_in(door.certificate))
        key.verify(bytes.fromhex(door.signature), said)
    except (InvalidSignature, StoreError, ValueError, TypeError) as error:
        raise InputError(f"The receipt of {door.name!a} is not signed by that door.") from error
    if [name.value for name in names] != [door.id]:
        raise InputError(f"The receipt of {door.name!a} is signed by another door.")


def _read(pem: str, what: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError) as error:
        raise InputError(f"{what} in the certificate of deletion cannot be read.") from error


def _moment(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC"


def told_of(certificate: RemovalCertificate) -> Mapping[str, Any]:
    """For programs: the facts without certificates and signatures."""
    facts = certificate.facts.model_dump(mode="json", exclude={"authority"})
    for door in facts["doors"]:
        del door["certificate"], door["signature"]
    return facts
