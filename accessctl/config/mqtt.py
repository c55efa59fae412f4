"""The section `mqtt`: what the door tells a broker, Home Assistant's or another, and whether it
takes commands from there.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from accessctl.config.section import Section, safer

TOPIC = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
TLS_PORT, PLAIN_PORT = 8883, 1883

TopicPrefix = Annotated[str, Field(pattern=TOPIC, max_length=64)]


class MqttConfig(Section):
    host: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._:-]{1,253}$",
        description="The broker's name or address; none: no connection is made.",
        json_schema_extra=safer("pinned"),
    )
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; none: 8883 with TLS, 1883 without.",
        json_schema_extra=safer("pinned"),
    )
    tls: bool = Field(
        True,
        description="Speak TLS, and check that the certificate is the broker's: there is no TLS "
        "without that check. false: in the clear, passwords too, for a broker on this machine.",
        json_schema_extra=safer("ranked", False, True),
    )
    ca_file: Path | None = Field(
        None,
        description="The certificate authority by which the broker's certificate is checked; none: "
        "those of this machine.",
        json_schema_extra=safer("pinned"),
    )
    certificate_file: Path | None = Field(
        None, description="The door's own certificate, where the broker asks for one."
    )
    key_file: Path | None = Field(
        None, description="The private key of that certificate, not encrypted; keep it 0600."
    )
    user: str | None = Field(
        None, min_length=1, max_length=256, description="This door's own user at the broker."
    )
    password_file: Path | None = Field(
        None,
        description="File with the user's password; keep it 0600. None: the systemd credential "
        "accessctl-mqtt-password, if it is there.",
    )
    topic: TopicPrefix = Field(
        "accessctl",
        description="The first part of every topic; the door's name follows.",
        json_schema_extra=safer("pinned"),
    )
    discovery_prefix: TopicPrefix | None = Field(
        "homeassistant",
        description="Where Home Assistant looks for devices; none: the door is not announced.",
    )
    device_name: str | None = Field(
        None, min_length=1, max_length=64, description="The device's name; none: Door and its name."
    )
    names: bool = Field(
        False, description="Send the name of whoever was recognised with each decision."
    )
    pictures: bool = Field(
        False, description="Send the face of each decision, at most 320 pixels wide."
    )
    commands: bool = Field(
        False,
        description="Whoever may write the command topics may unlock the door, set its posture "
        "and switch face entry.",
        json_schema_extra=safer("ranked", True, False),
    )
    plain_commands: bool = Field(
        False,
        description="Take commands that are one bare word, too, and say neither when they end nor "
        "which they are. Home Assistant's say both. It has no effect without `commands`.",
        json_schema_extra=safer("ranked", True, False),
    )
    open_hours_s: float = Field(
        3600.0,
        gt=0,
        le=86400,
        description="How long the door stays unlocked when open_hours is chosen without a time.",
        json_schema_extra=safer("lower"),
    )
    latest_version: str | None = Field(
        None,
        max_length=64,
        description="The newest accessctl, as you know it; nobody is asked for it.",
    )
    queue: int = Field(
        100, ge=10, le=1000, description="So many events wait for a slow broker; more are counted."
    )
    keepalive_s: int = Field(
        15, ge=5, le=60, description="A broker that is silent for longer is asked; then it is away."
    )

    @property
    def used(self) -> bool:
        """Whether there is a broker."""
        return self.host is not None

    @property
    def broker_port(self) -> int:
        return self.port or (TLS_PORT if self.tls else PLAIN_PORT)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.certificate_file is None) is not (self.key_file is None):
            raise ValueError("certificate_file and key_file go together")
        if not self.tls and (self.ca_file or self.certificate_file):
            raise ValueError("ca_file and certificate_file need `tls: true`")
        if self.password_file is not None and self.user is None:
            raise ValueError("password_file needs `user`")
        if f"{self.topic}/".startswith(f"{self.discovery_prefix}/"):
            raise ValueError("topic must not lie below discovery_prefix")
        return self
