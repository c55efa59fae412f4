"""Who a door is to its hub: its key (Ed25519), its certificate, and which hub it trusts.

Two private files in `sync.folder`: `door.pem` holds key and certificate and is replaced at each
renewal; `hub.json` holds the hub's authority and its receipts' key, and is written last when
the door joins: without it the door has joined no hub. Beside them lies the hub's last receipt.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from accessctl.audit.append import End
from accessctl.errors import FaultError, HubError
from accessctl.sync.feed_wire import FeedHead, head_of_feed, removal_statement
from accessctl.sync.private_files import keep_private, read_private
from accessctl.sync.wire import Digest, Pem, head_statement, receipt_statement

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DOOR_FILE, HUB_FILE = "door.pem", "hub.json"
PENDING_FILE, RECEIPT_FILE = "door.key.pending", "receipt.json"


class KnownHub(BaseModel):
    """What stands in `hub.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    authority: Pem
    receipts: Digest


@dataclass(frozen=True, slots=True)
class Membership:
    """A door that has joined a hub; `door` is its id there."""

    folder: Path
    hub: KnownHub
    door: str
    certificate: "x509.Certificate"
    key: "Ed25519PrivateKey"

    @property
    def hub_id(self) -> str:
        """What tells this hub from every other: the key of its receipts."""
        return self.hub.receipts

    @property
    def expires(self) -> float:
        """When its certificate does, in epoch seconds."""
        return self.certificate.not_valid_after_utc.timestamp()

    def left(self, now: float) -> float:
        """Which part of its certificate's life is left: from 1 down to 0 and below."""
        whole = self.expires - self.certificate.not_valid_before_utc.timestamp()
        return (self.expires - now) / whole

    def sign_head(self, end: End) -> str:
        """Ed25519 (RFC 8032), in hex."""
        return self.key.sign(head_statement(self.door, end)).hex()

    def check_receipt(self, end: End, time: float, signature: str) -> None:
        """HubError unless the hub's own key signed it."""
        self._check(receipt_statement(self.door, end, time), signature, "its receipt")

    def check_head(self, head: FeedHead) -> None:
        """HubError unless the hub's own key signed that its feed stood there then."""
        statement = head_of_feed(self.door, head.seq, head.time)
        self._check(statement, head.signature, "how far its feed has come")

    def sign_removal(self, person: str, seq: int, time: float) -> str:
        """Ed25519 (RFC 8032), in hex."""
        return self.key.sign(removal_statement(self.door, person, seq, time)).hex()

    def _check(self, statement: bytes, signature: str, what: str) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.hub.receipts))
        try:
            key.verify(bytes.fromhex(signature), statement)
        except InvalidSignature as error:
            raise HubError(
                f"The hub signed {what} with another key than the one it had "
                "when this door joined; nothing counts as sent. Join the door anew if the hub's "
                "keys were replaced."
            ) from error

    def tls(self) -> ssl.SSLContext:
        """Trusts the hub's authority alone, and shows this door's certificate."""
        context = pinned(self.hub.authority)
        context.load_cert_chain(self.folder / DOOR_FILE)
        return context


def pinned(authority: str) -> ssl.SSLContext:
    """TLS 1.3 that trusts one authority (PEM) and no other of the machine's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority)
    return context


def is_member(folder: Path) -> bool:
    """Whether this door has joined a hub."""
    return (folder / HUB_FILE).exists()


def load_membership(folder: Path) -> Membership | None:
    """Which hub this door belongs to, None for none; FaultError where the files are unusable."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not is_member(folder):
        return None
    try:
        hub = KnownHub.model_validate_json(read_private(folder / HUB_FILE))
        pem = read_private(folder / DOOR_FILE)
        key = serialization.load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("another kind of key")
        return Membership(folder, hub, subject_of(certificate), certificate, key)
    except (ValueError, TypeError, ValidationError) as error:
        raise FaultError(
            f"What this door keeps of its hub in {folder} is damaged; join again: "
            "accessctl join URL"
        ) from error


def subject_of(certificate: "x509.Certificate") -> str:
    """The id of the door that a certificate is for; ValueError for one that is for none."""
    from cryptography.x509.oid import NameOID

    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(found[0].value) if len(found) == 1 else ""
    if len(name) != 32 or set(name) - set("0123456789abcdef"):
        raise ValueError("no door's certificate")
    return name


def new_key() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def pending_key(folder: Path) -> "Ed25519PrivateKey":
    """The key that this door tries to join with: the same one until it has joined, so that an
    answer that was lost can be asked for again. FaultError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / PENDING_FILE
    if path.exists() and len(kept := read_private(path)) == 32:
        return Ed25519PrivateKey.from_private_bytes(kept)
    key = new_key()
    keep_private(path, key.private_bytes_raw())
    return key


def signing_request(key: "Ed25519PrivateKey") -> str:
    """A request (PKCS #10) for a certificate; the hub alone says whose it will be."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, None)
    return request.public_bytes(Encoding.PEM).decode("ascii")


def keep_certificate(folder: Path, key: "Ed25519PrivateKey", certificate: str) -> None:
    """Key and certificate (PEM), whole at once; FaultError."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keep_private(folder / DOOR_FILE, secret + certificate.encode("ascii"))


def keep_membership(
    folder: Path, key: "Ed25519PrivateKey", certificate: str, hub: KnownHub
) -> None:
    """From the end of this on the door belongs to `hub`; FaultError.

    What another hub, or this one for another membership, had signed for counts no more.
    """
    (folder / RECEIPT_FILE).unlink(missing_ok=True)
    keep_certificate(folder, key, certificate)
    keep_private(folder / HUB_FILE, hub.model_dump_json(indent=2).encode("utf-8"))
    (folder / PENDING_FILE).unlink(missing_ok=True)


def is_certificate_for(pem: str, key: "Ed25519PrivateKey") -> bool:
    """Whether a certificate (PEM) that came from outside is a door's, for this key."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        subject_of(certificate)
        return certificate.public_key() == key.public_key()
    except (ValueError, TypeError):
        return False


def utc_in_words(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
