"""What a door signed, checked with the key of its certificate."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from accessctl.hub.authority import key_in
from accessctl.hub.database import HubDatabase
from accessctl.hub.tables import CERTIFICATE


def is_signed(db: Connection, serial: str, signature: bytes, statement: bytes) -> bool:
    """Whether the key of the certificate of that serial number signed the statement; StoreError
    for a certificate that is damaged, or not there."""
    return is_by(door_key(db, serial), signature, statement)


def door_key(db: Connection, serial: str) -> Ed25519PublicKey:
    """That of the certificate of this serial number; StoreError as above."""
    pem = db.execute(select(CERTIFICATE.c.pem).where(CERTIFICATE.c.serial == serial)).scalar()
    return Ed25519PublicKey.from_public_bytes(key_in(pem or ""))


def is_by(key: Ed25519PublicKey, signature: bytes, statement: bytes) -> bool:
    """Whether this key signed the statement."""
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True


class CertificateKeys:
    """The keys of certificates that were asked for once: a door signs with the same one for months,
    and sends something each minute. What a serial number is of never changes. Any thread may use
    it."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database
        self._known: dict[str, Ed25519PublicKey] = {}

    def key(self, serial: str) -> Ed25519PublicKey:
        """As `door_key`."""
        known = self._known.get(serial)
        if known is None:
            with self._database.glancing() as db:
                known = self._known[serial] = door_key(db, serial)
        return known
