"""One connection to a real broker, and to what is none."""

import datetime
import ipaddress
import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from accessctl.mqtt.connection import STALLED_S, Connection, Received, boot_seconds
from accessctl.mqtt.topics import Message
from tests.mqtt.brokers import PASSWORDS, Mosquitto, Speaker, until


@pytest.fixture(scope="module")
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return mosquitto()


def access(port: int, password: str = PASSWORDS["door"], **more: Any) -> BrokerAccess:
    return BrokerAccess("127.0.0.1", port, "test-door", 15, "door", password, **more)


@contextmanager
def opened(broker: Mosquitto, *topics: str, **more: Any) -> Iterator[Connection]:
    connection = Connection(access(broker.port), subscribe=topics, **more)
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def received(connection: Connection, number: int) -> list[Received]:
    found: list[Received] = []

    def look() -> bool:
        found.extend(connection.turn(0.05))
        return len(found) >= number

    until(look, f"{number} messages")
    return found


def test_what_is_sent_arrives_and_is_confirmed(broker: Mosquitto) -> None:
    with Speaker(broker) as ear, opened(broker) as connection:
        connection.send(Message("a/state", b"normal", retain=True), is_event=True)
        assert connection.unconfirmed_events == 1
        until(lambda: connection.turn(0.05) or not connection.unconfirmed_events, "the receipt")
        assert ear.wait("a/state") == "normal"


def test_only_so_much_is_handed_to_a_broker_that_confirms_nothing(broker: Mosquitto) -> None:
    with opened(broker) as connection:
        for number in range(16):
            assert not connection.full
            connection.send(Message(f"many/{number}", b"x"))
        assert connection.full
        until(lambda: connection.turn(0.05) or not connection.full, "the receipts")


def test_a_live_message_that_is_to_be_kept_is_told_from_one_that_is_not(broker: Mosquitto) -> None:
    with Speaker(broker) as mouth, opened(broker, "lock/set") as connection:
        mouth.say("lock/set", "UNLOCK", retain=True)
        mouth.say("lock/set", "UNLOCK")
        mouth.say("lock/set", "UNLOCK", expires_s=7)
        kept, live, ending = received(connection, 3)
        mouth.say("lock/set", "", retain=True)
    assert (kept.retained, live.retained) == (True, False)
    assert (live.expires_s, ending.expires_s) == (None, 7)


def test_what_the_broker_keeps_is_not_heard_nor_what_was_said_meanwhile(broker: Mosquitto) -> None:
    with opened(broker, "lock/set"):
        pass
    with Speaker(broker) as mouth:
        mouth.say("lock/set", "UNLOCK")
        mouth.say("lock/set", "UNLOCK", retain=True)
        with opened(broker, "lock/set") as connection:
            mouth.say("lock/set", "NOW")
            assert [one.payload for one in received(connection, 1)] == [b"NOW"]
        mouth.say("lock/set", "", retain=True)


def test_a_connection_that_breaks_leaves_the_last_will(broker: Mosquitto) -> None:
    will = Message("door/availability", b"offline", retain=True)
    with Speaker(broker) as ear:
        connection = Connection(access(broker.port), will=will)
        connection.open()
        there = connection._client.socket()
        there.shutdown(socket.SHUT_RDWR)
        assert ear.wait("door/availability") == "offline"
        with pytest.raises(BrokerError, match="has gone"):
            until(lambda: connection.turn(0.05), "the end")


def test_a_message_larger_than_a_command_is_not_taken(broker: Mosquitto) -> None:
    with Speaker(broker) as mouth, opened(broker, "lock/set") as connection:
        mouth.say("lock/set", "x" * 100_000)
        mouth.say("lock/set", "small")
        assert [one.payload for one in received(connection, 1)] == [b"small"]


def test_after_a_standstill_nothing_is_read_any_more(broker: Mosquitto) -> None:
    late = [0.0]
    with (
        Speaker(broker) as mouth,
        opened(broker, "lock/set", clock=lambda: boot_seconds() + late[0]) as connection,
    ):
        mouth.say("lock/set", "UNLOCK")
        late[0] = STALLED_S + 1
        with pytest.raises(BrokerError, match=r"Nothing was read for \d+ s"):
            connection.turn(0.05)


def test_a_wrong_password_is_said_to_be_one(broker: Mosquitto) -> None:
    connection = Connection(access(broker.port, "guess"))
    with pytest.raises(BrokerError, match=r"user or password; see mqtt\.user") as refused:
        connection.open()
    assert "guess" not in str(refused.value)
    assert "guess" not in repr(connection.access)


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connection = Connection(access(unused.getsockname()[1]))
        with pytest.raises(BrokerError, match=r"The broker 127.*cannot be reached \(.*refused"):
            connection.open()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\xff\xff\xff\xff\xff",
        b"\x20\x03\x00\x84\x00",
        b"\x20\x02\x00\x01",
        b"\x20\x05\x00\x00\x02\x7f\x00",
        b"\x30\x02\xff\xff",
        b"",
    ],
)
def test_whatever_a_broker_says_ends_in_one_sentence(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        connection = Connection(access(server.getsockname()[1]))
        with pytest.raises(BrokerError, match=r"^The broker .*\.$") as refused:
            connection.open()
        thread.join(10)
    assert str(refused.value).isprintable()


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
    with pytest.raises(BrokerError, match="certificate that does not hold"):
        other = tls_config(guarded, host="localhost")
        Connection(broker_access(other, "test-door", {})).open()


def test_without_the_doors_certificate_the_broker_refuses(guarded: tuple[Mosquitto, Path]) -> None:
    bare = tls_config(guarded, certificate_file=None, key_file=None)
    with pytest.raises(BrokerError, match="The broker 127"):
        Connection(broker_access(bare, "test-door", {})).open()


def test_without_tls_the_broker_does_not_answer_in_the_clear(
    guarded: tuple[Mosquitto, Path],
) -> None:
    with pytest.raises(BrokerError, match="The broker 127"):
        Connection(access(guarded[0].port)).open()


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


def test_a_broker_that_takes_the_connection_and_says_nothing_is_given_up(
    broker: Mosquitto,
) -> None:
    now = [1000.0]

    def clock() -> float:
        now[0] += 0.5
        return now[0]

    broker.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(BrokerError, match="does not answer"):
            Connection(access(broker.port), clock=clock).open()
        assert time.monotonic() - began < 10
    finally:
        broker.thaw()
