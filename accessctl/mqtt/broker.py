"""How a door gets at its broker: its address, TLS that is always checked, and its password."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accessctl.config.mqtt import MqttConfig
from accessctl.errors import ConfigError, FaultError
from accessctl.storage.files import OTHERS
from accessctl.storage.passwords import credential, password_in

CREDENTIAL = "accessctl-mqtt-password"
HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """`client` names this connection to the broker, which ends an older one of the same name.

    `tls` None: in the clear.
    """

    host: str
    port: int
    client: str
    keepalive_s: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    @property
    def place(self) -> str:
        """For people, without secrets."""
        return f"the broker {self.host}:{self.port}"


def broker_access(config: MqttConfig, client: str, environment: Mapping[str, str]) -> BrokerAccess:
    """ConfigError for a password, certificate or key that cannot be used."""
    if config.host is None:
        raise ConfigError("No broker is named; set mqtt.host.")
    return BrokerAccess(
        host=config.host,
        port=config.broker_port,
        client=client,
        keepalive_s=config.keepalive_s,
        user=config.user,
        password=_password(config, environment),
        tls=tls_context(config) if config.tls else None,
    )


def _password(config: MqttConfig, environment: Mapping[str, str]) -> str | None:
    if config.user is None:
        return None
    if config.password_file is not None:
        return password_in(config.password_file, "the broker's")
    given = credential(CREDENTIAL, environment)
    return None if given is None else password_in(given, "the broker's", private=False)


def tls_context(config: MqttConfig) -> ssl.SSLContext:
    """Checks the broker's certificate and its name, TLS 1.2 at least; ConfigError."""
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate authority {config.ca_file} cannot be read ({_why(error)}); "
            "see mqtt.ca_file."
        ) from error
    context.sslsocket_class = TidySocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.certificate_file is not None and config.key_file is not None:
        _show(context, config.certificate_file, config.key_file)
    return context


class TidySocket(ssl.SSLSocket):
    """Closed where there is no agreement; paho leaves it open then."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            self.settimeout(HANDSHAKE_S)
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        if key.stat().st_mode & OTHERS:
            raise ConfigError(f"Others may read the key {key}; run: chmod 600 {key}.")
        # An encrypted key would ask at the terminal, where nobody sits.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate {certificate} with its key {key} cannot be used ({_why(error)}); "
            "see mqtt.certificate_file."
        ) from error


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def paho_client() -> Any:
    """The module paho.mqtt.client, 2.x; FaultError where it is not installed."""
    try:
        from paho.mqtt import client
    except ImportError as error:
        raise FaultError(
            "MQTT needs the package paho-mqtt; install it with: pip install 'accessctl[mqtt]'"
        ) from error
    return client
