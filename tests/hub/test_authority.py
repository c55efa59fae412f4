import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from accessctl.errors import ConfigError, FaultError, InputError, StoreError
from accessctl.hub.authority import open_authority, serial_of
from accessctl.sync.identity import is_certificate_for, new_key, signing_request
from accessctl.sync.joining import fingerprint_in

NOW = 1_800_000_000.0
DAY_S = 86400.0
DOOR = "0123456789abcdef" * 2


def made(folder: Path, at: float = NOW):
    return open_authority(folder, {}, lambda: at)


def test_it_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = made(tmp_path / "state" / "hub"), made(tmp_path / "state" / "hub")
    assert first.fingerprint == second.fingerprint
    assert first.receipts_key == second.receipts_key
    for file in (tmp_path / "state" / "hub").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file
    for folder in (tmp_path / "state", tmp_path / "state" / "hub"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_fingerprint_is_that_of_its_certificate(tmp_path: Path) -> None:
    authority = made(tmp_path)
    certificate = x509.load_pem_x509_certificate(authority.pem.encode())
    assert fingerprint_in(authority.fingerprint) == certificate.fingerprint(SHA256())


def test_a_doors_certificate_is_a_clients_for_ninety_days_and_nothing_else(tmp_path: Path) -> None:
    authority, key = made(tmp_path), new_key()
    issued = authority.certify_door(DOOR, signing_request(key))
    certificate = x509.load_pem_x509_certificate(issued.pem.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem.encode()))
    assert is_certificate_for(issued.pem, key)
    assert not is_certificate_for(issued.pem, new_key())
    assert certificate.subject.rfc4514_string() == f"CN={DOOR}"
    assert serial_of(certificate) == issued.serial
    assert issued.expires == NOW + 90 * DAY_S
    assert certificate.not_valid_after_utc == datetime.fromtimestamp(issued.expires, UTC)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (usage.critical, list(usage.value)) == (True, [ExtendedKeyUsageOID.CLIENT_AUTH])
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_what_else_a_request_asks_for_is_passed_over(tmp_path: Path) -> None:
    key = new_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "f" * 32)])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    csr = request.public_bytes(Encoding.PEM).decode()
    issued = made(tmp_path).certify_door(DOOR, csr)
    certificate = x509.load_pem_x509_certificate(issued.pem.encode())
    assert certificate.subject.rfc4514_string() == f"CN={DOOR}"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("kind", ["nothing", "text", "another curve"])
def test_a_request_that_is_no_doors_is_refused(tmp_path: Path, kind: str) -> None:
    other = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )
    csr = {"nothing": "", "text": "Grüße", "another curve": other}[kind]
    with pytest.raises(InputError, match="is not one of a door's"):
        made(tmp_path).certify_door(DOOR, csr)


def test_the_hubs_own_is_made_anew_when_it_has_to_be(tmp_path: Path) -> None:
    authority = made(tmp_path)
    assert authority.renew_hub(["hub.example", "192.0.2.7"])
    assert not authority.renew_hub(["hub.example", "192.0.2.7"])
    assert authority.renew_hub(["hub.example"])
    assert not made(tmp_path, NOW + 366 * DAY_S).renew_hub(["hub.example"])
    assert made(tmp_path, NOW + 368 * DAY_S).renew_hub(["hub.example"])
    certificate = x509.load_pem_x509_certificate((tmp_path / "hub.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"hub.accessctl.internal", "hub.example", "localhost"} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    whole = (tmp_path / "hub.pem").read_bytes()
    of_another_key = whole[whole.index(b"-----BEGIN CERTIFICATE") :]
    for damaged in (b"damaged", b"-----BEGIN PRIVATE KEY-----\nMIG" + whole[60:], of_another_key):
        (tmp_path / "hub.pem").write_bytes(damaged)
        assert authority.renew_hub(["hub.example"])
    assert authority.server_context(["hub.example"]).verify_mode == ssl.CERT_OPTIONAL


def test_a_name_that_can_be_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hub.names: 'https://hub' is neither a name nor"):
        made(tmp_path).renew_hub(["https://hub"])


def test_damaged_or_half_of_it_gone_is_no_reason_to_begin_anew(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "receipts.key").rename(tmp_path / "away")
    with pytest.raises(StoreError, match="but not the key of its receipts; restore"):
        made(tmp_path)
    (tmp_path / "away").rename(tmp_path / "receipts.key")
    (tmp_path / "authority.pem").write_bytes(b"x")
    with pytest.raises(FaultError, match="is damaged; restore it from a backup"):
        made(tmp_path)
