"""TLS and passwords, with a broker that asks for certificates, by an authority of the test."""

import datetime
import ipaddress
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accessctl.config.mqtt import MqttConfig
from accessctl.errors import BrokerError, ConfigError
from accessctl.mqtt.broker import BrokerAccess, broker_access
from accessctl.mqtt.connection import Connection
from tests.mqtt.brokers import PASSWORDS, Mosquitto


def certificate(
    name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """An authority, or by one of those a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is None:
        usage = x509.KeyUsage(*(n in (5, 6) for n in range(9)))
        builder = builder.add_extension(usage, critical=True)
    else:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([address])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key if issuer is None else issuer[1], hashes.SHA256()), key


def written(folder: Path, name: str, made: Any) -> tuple[Path, Path]:
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made[0].public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        made[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    private.chmod(0o600)
    return public, private


@pytest.fixture(scope="module")
def guarded(mosquitto: Callable[..., Mosquitto]) -> Iterator[tuple[Mosquitto, Path]]:
    """A broker that asks for certificates, and the folder with the authority and the door's."""
    # Not below pytest's folder, into which the broker's user may not look.
    folder = Path(tempfile.mkdtemp(prefix="tls-"))
    folder.chmod(0o755)
    authority = certificate("authority")
    written(folder, "ca", authority)
    written(folder, "other", certificate("another authority"))
    written(folder, "door", certificate("door", authority))
    _, key = written(folder, "broker", certificate("broker", authority))
    key.chmod(0o644)
    more = [
        f"cafile {folder / 'ca.pem'}",
        f"certfile {folder / 'broker.pem'}",
        f"keyfile {folder / 'broker.key'}",
        "require_certificate true",
    ]
    yield mosquitto(more=more), folder
    shutil.rmtree(folder)


def tls_config(guarded: tuple[Mosquitto, Path], **changes: Any) -> MqttConfig:
    broker, folder = guarded
    (folder / "password").write_text(PASSWORDS["door"] + "\n")
    (folder / "password").chmod(0o600)
    given = {
        "host": "127.0.0.1",
        "port": broker.port,
        "ca_file": folder / "ca.pem",
        "certificate_file": folder / "door.pem",
        "key_file": folder / "door.key",
        "user": "door",
        "password_file": folder / "password",
    }
    return MqttConfig.model_validate(given | changes)


def test_tls_with_a_certificate_of_ones_own_authority(guarded: tuple[Mosquitto, Path]) -> None:
    connection = Connection(broker_access(tls_config(guarded), "test-door", {}))
    connection.open()
    assert connection.tls == "TLSv1.3"
    connection.close()


def test_a_broker_of_another_authority_is_not_spoken_to(guarded: tuple[Mosquitto, Path]) -> None:
    other = tls_config(guarded, ca_file=guarded[1] / "other.pem")
    with pytest.raises(BrokerError, match="certificate that does not hold"):
        Connection(broker_access(other, "test-door", {})).open()


def test_a_broker_of_another_name_is_not_spoken_to(guarded: tuple[Mosquitto, Path]) -> None:
    other = tls_config(guarded, host="localhost")
    with pytest.raises(BrokerError, match="certificate that does not hold"):
        Connection(broker_access(other, "test-door", {})).open()


def test_without_the_doors_certificate_the_broker_refuses(guarded: tuple[Mosquitto, Path]) -> None:
    bare = tls_config(guarded, certificate_file=None, key_file=None)
    with pytest.raises(BrokerError, match="The broker 127"):
        Connection(broker_access(bare, "test-door", {})).open()


def test_without_tls_the_broker_does_not_answer_in_the_clear(
    guarded: tuple[Mosquitto, Path],
) -> None:
    with pytest.raises(BrokerError, match="The broker 127"):
        Connection(BrokerAccess("127.0.0.1", guarded[0].port, "test-door", 15)).open()


def test_there_is_no_tls_without_its_check(guarded: tuple[Mosquitto, Path]) -> None:
    made = broker_access(tls_config(guarded), "test-door", {}).tls
    assert made is not None
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert made.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert not any("insecure" in name or "verify" in name for name in MqttConfig.model_fields)


def test_a_key_that_others_may_read_is_refused(guarded: tuple[Mosquitto, Path]) -> None:
    _, folder = guarded
    with pytest.raises(ConfigError, match=r"run: chmod 600 .*broker\.key"):
        broker_access(
            tls_config(
                guarded, certificate_file=folder / "broker.pem", key_file=folder / "broker.key"
            ),
            "test-door",
            {},
        )


def test_files_that_are_no_certificates_are_refused(
    guarded: tuple[Mosquitto, Path], tmp_path: Path
) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    nonsense.chmod(0o600)
    for changes in ({"ca_file": nonsense}, {"ca_file": tmp_path / "missing"}):
        with pytest.raises(ConfigError, match=r"see mqtt\.ca_file"):
            broker_access(tls_config(guarded, **changes), "test-door", {})
    with pytest.raises(ConfigError, match=r"see mqtt\.certificate_file"):
        broker_access(tls_config(guarded, key_file=nonsense), "test-door", {})


def test_a_password_of_systemd_is_used_where_no_file_is_named(
    guarded: tuple[Mosquitto, Path], tmp_path: Path
) -> None:
    (tmp_path / "accessctl-mqtt-password").write_text(PASSWORDS["door"])
    config = tls_config(guarded, password_file=None)
    with_it = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert broker_access(config, "test-door", with_it).password == PASSWORDS["door"]
    assert broker_access(config, "test-door", {}).password is None
