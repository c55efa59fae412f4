"""What a door signed, checked with the key of its certificate."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from accessctl.hub.authority import key_in
from accessctl.hub.tables import CERTIFICATE


def is_signed(db: Connection, serial: str, signature: bytes, statement: bytes) -> bool:
    """Whether the key of the certificate of that serial number signed the statement; StoreError
    for a certificate that is damaged, or not there."""
    pem = db.execute(select(CERTIFICATE.c.pem).where(CERTIFICATE.c.serial == serial)).scalar()
    key = Ed25519PublicKey.from_public_bytes(key_in(pem or ""))
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True
