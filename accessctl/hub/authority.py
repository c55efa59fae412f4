"""The hub's own authority: it gives the hub and its doors their certificates, and nobody else.

Three private files in `hub.folder`: `authority.pem` (key and certificate, P-256, so that browsers
take it), `hub.pem` (the hub's own, made anew when it runs out soon) and `receipts.key` (Ed25519).
A door's certificate says that it is a client and nothing else; who it is stands in its subject.
"""

import fcntl
import hashlib
import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from accessctl.audit.append import End
from accessctl.errors import ConfigError, FaultError, InputError, StoreError
from accessctl.storage.files import KeyPlaces, create_private, make_private_folder, write_atomically
from accessctl.storage.parsing import read_bounded
from accessctl.sync.feed_wire import FeedHead, head_of_feed
from accessctl.sync.pass_wire import SignedPass, VisitorPass, signed_content, statement_of
from accessctl.sync.wire import HUB_NAME, receipt_statement

AUTHORITY_FILE, HUB_FILE, RECEIPTS_FILE = "authority.pem", "hub.pem", "receipts.key"
RECEIPTS = KeyPlaces(
    "the key of the receipts",
    "a key of receipts",
    "ACCESSCTL_HUB_RECEIPTS_KEY_FILE",
    "accessctl-hub-receipts",
    StoreError,
)
AUTHORITY_DAYS, HUB_DAYS, DOOR_DAYS = 30 * 365, 397, 90
"""For how long certificates count. Browsers take none that counts for more than 397 days."""
# A door whose clock is a little behind must not find that its certificate is not valid yet.
EARLIER = timedelta(days=1)
RENEW_HUB_BELOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A door's: `serial` in hex; `issued` and `expires` are epoch seconds."""

    serial: str
    pem: str
    issued: float
    expires: float


class Authority:
    """Issues certificates and signs receipts; `now` is epoch time."""

    def __init__(
        self,
        folder: Path,
        key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        receipts: Ed25519PrivateKey,
        now: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._key = key
        self._certificate = certificate
        self._receipts = receipts
        self._now = now

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as people compare it."""
        return fingerprint_of(self._certificate)

    def sign_document(self, content: bytes) -> str:
        """The authority's signature (ECDSA, SHA-256; hex) of something that is handed out, which
        says itself what it is."""
        return self._key.sign(content, ec.ECDSA(hashes.SHA256())).hex()

    @property
    def receipts_key(self) -> str:
        """The public key that receipts are checked with, hex."""
        return self._receipts.public_key().public_bytes_raw().hex()

    def receipt(self, door: str, end: End, time: float) -> str:
        """The signature, hex: the hub has that door's log up to `end`."""
        return self._receipts.sign(receipt_statement(door, end, time)).hex()

    def feed_head(self, door: str, seq: int) -> FeedHead:
        """How far the feed has come by now, signed for that door."""
        moment = round(self._now(), 3)
        signature = self._receipts.sign(head_of_feed(door, seq, moment)).hex()
        return FeedHead(seq=seq, time=moment, signature=signature)

    def sign_pass(self, shown: VisitorPass) -> SignedPass:
        """A visitor's pass, signed with the key that doors check receipts with; ValueError for one
        that says what none can."""
        statement = statement_of(shown)
        return SignedPass(shown, statement, self._receipts.sign(signed_content(statement)))

    def certify_door(self, door: str, csr: str) -> IssuedCertificate:
        """A certificate for the door of this id; InputError for a request that is none of a door's.

        Whatever the request says besides its key is passed over.
        """
        key = key_requested(csr)
        builder, expires = self._builder(door, timedelta(days=DOOR_DAYS))
        certificate = (
            builder.public_key(key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM).decode("ascii")
        return IssuedCertificate(serial_of(certificate), pem, self._now(), expires.timestamp())

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """TLS 1.3 as the hub's server speaks it, with its own certificate. InputError,
        FaultError."""
        self.renew_hub(names)
        context = self.bare_context()
        self.load_hub(context)
        return context

    def bare_context(self) -> ssl.SSLContext:
        """The same without any yet: it asks for a certificate and takes only those of this
        authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Each connection shows its certificate itself: none goes on from an earlier one.
        context.num_tickets = 0
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.pem)
        return context

    def load_hub(self, context: ssl.SSLContext) -> None:
        """Show the hub's present certificate from now on."""
        path = self._folder / HUB_FILE
        with _kept(path):
            context.load_cert_chain(path)

    def renew_hub(self, names: Sequence[str]) -> bool:
        """Whether the hub's own certificate was made anew: it is missing, of other names, of
        another authority or runs out soon. ConfigError, FaultError."""
        wanted = alternative_names(names)
        path = self._folder / HUB_FILE
        with _kept(path):
            if path.exists() and self._still_good(read_bounded(path), wanted):
                return False
        key = ec.generate_private_key(ec.SECP256R1())
        builder, _ = self._builder(HUB_NAME, timedelta(days=HUB_DAYS))
        certificate = (
            builder.public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=True)
            .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        with _kept(path):
            write_atomically(path, _pem(key, certificate) + self.pem.encode("ascii"))
        return True

    def _still_good(self, pem: bytes, wanted: list[x509.GeneralName]) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            certificate.verify_directly_issued_by(self._certificate)
            if load_pem_private_key(pem, None).public_key() != certificate.public_key():
                return False
            extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except (ValueError, TypeError, x509.ExtensionNotFound, InvalidSignature):
            return False
        left = certificate.not_valid_after_utc - datetime.fromtimestamp(self._now(), UTC)
        return left > RENEW_HUB_BELOW and list(extension.value) == wanted

    def _builder(self, name: str, lasting: timedelta) -> tuple[x509.CertificateBuilder, datetime]:
        now = datetime.fromtimestamp(self._now(), UTC)
        expires = (now + lasting).replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(self._certificate.subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - EARLIER)
            .not_valid_after(expires)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        return builder, expires


def key_requested(csr: str) -> Ed25519PublicKey:
    """The key that a request (PKCS #10, PEM) is for, once it shows that it holds it; InputError."""
    try:
        request = x509.load_pem_x509_csr(csr.encode("ascii"))
        key = request.public_key()
        if not isinstance(key, Ed25519PublicKey) or not request.is_signature_valid:
            raise ValueError("another key, or none that it holds")
    except (ValueError, TypeError) as error:
        raise InputError("The request for a certificate is not one of a door's.") from error
    return key


def key_in(pem: str) -> bytes:
    """The 32 bytes of the key of a door's certificate; StoreError."""
    try:
        key = x509.load_pem_x509_certificate(pem.encode("ascii")).public_key()
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("another kind of key")
    except ValueError as error:
        raise StoreError(
            "A door's certificate in the hub's database is damaged; restore it."
        ) from error
    return key.public_bytes_raw()


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, as people compare it."""
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest().upper()
    return f"SHA256:{digest}"


def is_signed_by(certificate: x509.Certificate, signature: bytes, content: bytes) -> bool:
    """Whether the authority of this certificate signed that, see Authority.sign_document."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def serial_of(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def alternative_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """What the hub's certificate bears: the name by which doors ask for it, this machine's, those
    of the configuration; ConfigError for one that can be none."""
    found: dict[str, x509.GeneralName] = {}
    for name in (HUB_NAME, "localhost", "127.0.0.1", socket.gethostname(), *names):
        try:
            found[name] = _general_name(name)
        except ValueError as error:
            if name in names:
                raise ConfigError(
                    f"hub.names: {name!r} is neither a name nor an address of a machine."
                ) from error
    return list(found.values())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if not name or set(name) & set("/: @"):
            raise
        return x509.DNSName(name)


def open_authority(
    folder: Path,
    environment: Mapping[str, str],
    now: Callable[[], float],
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Authority:
    """The authority in `folder` (0700), made where there is none; FaultError."""
    path, receipts = folder / AUTHORITY_FILE, folder / RECEIPTS_FILE
    with _kept(path):
        make_private_folder(folder)
        create_private(folder / ".lock")
        # Of two that would make one at the same time the second waits, and finds the first one's.
        with _alone(folder / ".lock"):
            secret = RECEIPTS.find(receipts, environment)
            if not path.exists():
                secret = secret or RECEIPTS.generate(receipts, random_bytes)[0]
                write_atomically(path, _new_authority(now()))
            pem = read_bounded(path)
    if secret is None:
        raise StoreError(
            f"The hub's authority is there, but not the key of its receipts; restore {receipts}, "
            f"or name it in {RECEIPTS.variable}."
        )
    try:
        key = load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("another kind of key")
    except (ValueError, TypeError) as error:
        raise FaultError(
            f"The hub's authority {path} is damaged; restore it from a backup: with a new one all "
            "doors would have to join anew."
        ) from error
    return Authority(folder, key, certificate, Ed25519PrivateKey.from_private_bytes(secret), now)


def _new_authority(now: float) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(f"accessctl hub {os.urandom(4).hex()}")
    moment = datetime.fromtimestamp(now, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - EARLIER)
        .not_valid_after(moment + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(key, certificate)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FaultError(
            f"The hub's keys in {path.parent} cannot be read or written ({error.strerror}); check "
            "who owns the folder, and its disk."
        ) from error
