"""The section `console`: the page in a browser for whoever runs the doors."""

import ipaddress
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from accessctl.config.section import Section, both_or_neither
from accessctl.config.site import ALL_ADDRESSES


class SignOnConfig(Section):
    """A provider of OpenID Connect by which operators may sign in, too."""

    issuer: str = Field(
        pattern=r"^https?://[^\s@?#]+$", description="The provider, such as https://id.example."
    )
    client_id: str = Field(
        min_length=1, max_length=200, description="What the provider calls the console."
    )
    secret_file: Path = Field(description="File (0600) with the client's secret.")

    @field_validator("issuer")
    @classmethod
    def _is_https_elsewhere(cls, issuer: str) -> str:
        if issuer.startswith("http://") and not is_own_machine(urlsplit(issuer).hostname or ""):
            raise ValueError("a provider on another machine is asked over https only")
        return issuer.rstrip("/")


class ConsoleConfig(Section):
    enabled: bool = Field(False, description="Whether `accessctl hub run` serves the console, too.")
    host: str = Field(ALL_ADDRESSES, description="The address it listens at.")
    port: int = Field(8444, ge=1, le=65535, description="The port of its HTTPS.")
    name: str | None = Field(
        None,
        description="The DNS name by which browsers reach it: passkeys are bound to it. Without a "
        "certificate of its own it must stand in hub.names. None: the first DNS name in hub.names, "
        "or localhost.",
    )
    certificate: Path | None = Field(
        None,
        description="Certificate (PEM, with those between it and its authority), which browsers "
        "trust. None: the hub's authority makes one for hub.names.",
    )
    key: Path | None = Field(None, description="The certificate's private key (PEM, 0600).")
    idle_minutes: float = Field(
        30, gt=0, le=1440, description="After how long without a request one has to sign in anew."
    )
    longest_hours: float = Field(
        12, gt=0, le=720, description="After how long one has to sign in anew in any case."
    )
    language: Literal["auto", "en", "de"] = Field(
        "auto", description="What it speaks; auto: what the browser asks for, English otherwise."
    )
    oidc: SignOnConfig | None = Field(
        None,
        description="A provider of OpenID Connect by which invited operators may sign in, too: "
        "issuer, client_id, secret_file.",
    )

    @field_validator("name")
    @classmethod
    def _is_a_dns_name(cls, name: str | None) -> str | None:
        if name is not None and not is_dns_name(name):
            raise ValueError("passkeys need a DNS name, such as hub.example, not an address")
        return name

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> "ConsoleConfig":
        return both_or_neither(self, "certificate", "key")


def is_dns_name(name: str) -> bool:
    """Whether it can be the name of a site that browsers tie passkeys to."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return 0 < len(name) <= 253 and not set(name) & set("/: @?#") and name == name.lower()
    return False


def is_own_machine(host: str) -> bool:
    """Whether what is said to it stays on this machine."""
    return host in ("localhost", "127.0.0.1", "::1")
