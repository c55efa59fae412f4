"""Doors are shown the hub's own certificate, and whoever asks by another name the given one."""

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from accessctl.config import HubConfig
from accessctl.errors import ConfigError
from accessctl.hub.assembly import Hub
from accessctl.hub.authority import Authority, open_authority
from accessctl.hub.given_certificate import GivenCertificate
from accessctl.hub.server import Minutes, tls_by_name
from accessctl.sync.identity import pinned
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.wire import HUB_NAME
from tests.hub.conftest import JoinedTestDoor, serving
from tests.hub.test_feed_api import EMBEDDED
from tests.hub.tls_shown import shown


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    """Another authority, which makes certificates for its own folder."""
    made = open_authority(tmp_path / "elsewhere", {}, time.time)
    made.renew_hub(("hub.example",))
    return made


@pytest.fixture
def given(elsewhere: Authority, tmp_path: Path) -> GivenCertificate:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for path in (certificate, key):
        shutil.copy(tmp_path / "elsewhere" / "hub.pem", path)
    return GivenCertificate(certificate, key, "hub")


def with_given(hub: Hub, given: GivenCertificate) -> Hub:
    named = {"certificate": given.certificate, "key": given.key}
    return replace(hub, config=hub.config.model_copy(update=named))


def is_by(authority: Authority, certificate: x509.Certificate) -> bool:
    return certificate.issuer == x509.load_pem_x509_certificate(authority.pem.encode()).subject


@EMBEDDED
def test_who_is_shown_which(hub: Hub, elsewhere: Authority, given: GivenCertificate) -> None:
    tls, _ = tls_by_name(with_given(hub, given))
    assert is_by(hub.authority, shown(tls, HUB_NAME))
    assert is_by(hub.authority, shown(tls, None))
    for name in ("hub.example", "localhost"):
        assert is_by(elsewhere, shown(tls, name))
    alone, _ = tls_by_name(hub)
    assert is_by(hub.authority, shown(alone, "hub.example"))


@EMBEDDED
def test_a_door_joins_and_a_program_asks_at_one_port(
    hub: Hub, elsewhere: Authority, given: GivenCertificate, tmp_path: Path
) -> None:
    tls, _ = tls_by_name(with_given(hub, given))
    with serving(hub, tls=tls) as url:
        code = hub.doors.invite("front").code
        member = join(url, fingerprint_in(hub.authority.fingerprint), code, tmp_path / "sync")
        door = JoinedTestDoor(member, tmp_path / "state" / "events.sqlite", url)
        door.write(3)
        door.send_all()
        port = hub.config.port
        with httpx.Client(verify=pinned(elsewhere.pem)) as program:
            assert program.get(f"https://localhost:{port}/healthz").status_code == 200
        # By whichever name it asks, a door is known by the certificate that it shows.
        trusting = pinned(elsewhere.pem)
        trusting.load_cert_chain(member.folder / "door.pem")
        with httpx.Client(verify=trusting) as known:
            assert known.get(f"https://localhost:{port}/api/v1/openapi.json").status_code == 200
    assert [one.records for one in hub.doors.listed()] == [3]


@EMBEDDED
def test_it_is_read_anew_each_minute_and_goes_on_where_it_cannot_be_used(
    hub: Hub, elsewhere: Authority, given: GivenCertificate, caplog: pytest.LogCaptureFixture
) -> None:
    tls, again = tls_by_name(with_given(hub, given))
    minutes = Minutes(hub, tls, given=[again])
    before = shown(tls, "hub.example")
    elsewhere.renew_hub(("hub.example", "other.example"))
    shutil.copy(given.certificate.with_name("elsewhere") / "hub.pem", given.certificate)
    # Its key has not come yet.
    for _ in range(3):
        minutes.turn()
        assert shown(tls, "hub.example") == before
    assert caplog.text.count("see hub.certificate and hub.key") == 1
    shutil.copy(given.certificate, given.key)
    minutes.turn()
    after = shown(tls, "hub.example")
    assert is_by(elsewhere, after)
    assert after.serial_number != before.serial_number
    given.certificate.write_text("half")
    minutes.turn()
    assert caplog.text.count("see hub.certificate and hub.key") == 2
    assert shown(tls, "hub.example") == after


@EMBEDDED
def test_one_of_another_kind_takes_the_place_of_the_one_before(
    hub: Hub, given: GivenCertificate
) -> None:
    tls, again = tls_by_name(with_given(hub, given))
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    given.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    given.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    Minutes(hub, tls, given=[again]).turn()
    assert shown(tls, "hub.example") == made


@EMBEDDED
def test_what_cannot_be_used_is_said_at_the_start(hub: Hub, given: GivenCertificate) -> None:
    given.key.chmod(0o640)
    with pytest.raises(ConfigError, match=r"The hub's key .* chmod 600"):
        tls_by_name(with_given(hub, given))
    given.key.unlink()
    with pytest.raises(ConfigError, match=r"see hub\.key"):
        tls_by_name(with_given(hub, given))


def test_both_are_named_or_neither(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="both certificate and key"):
        HubConfig(certificate=tmp_path / "cert.pem")
