from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from accessctl.config import Config, ConsoleConfig, HubConfig
from accessctl.config.console import is_dns_name


@pytest.mark.parametrize(
    ("hub", "console", "name"),
    [
        ({}, {}, "localhost"),
        ({"names": ("192.0.2.1",)}, {}, "localhost"),
        ({"names": ("192.0.2.1", "hub.example", "other.example")}, {}, "hub.example"),
        ({"names": ("hub.example", "other.example")}, {"name": "other.example"}, "other.example"),
        ({}, {"name": "doors.example", "certificate": "a", "key": "b"}, "doors.example"),
    ],
)
def test_the_name_that_passkeys_are_bound_to(
    hub: dict[str, Any], console: dict[str, Any], name: str
) -> None:
    config = Config(hub=HubConfig(**hub), console=ConsoleConfig(**console))
    assert config.console_name == name


def test_a_name_that_nothing_certifies_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"not in hub\.names"):
        Config(console=ConsoleConfig(name="doors.example"))


@pytest.mark.parametrize("given", [{"certificate": Path("a")}, {"key": Path("a")}])
def test_certificate_and_key_belong_together(given: dict[str, Path]) -> None:
    with pytest.raises(ValidationError, match="both"):
        ConsoleConfig(**given)


@pytest.mark.parametrize(
    ("name", "can_be"),
    [
        ("hub.example", True),
        ("localhost", True),
        ("192.0.2.1", False),
        ("::1", False),
        ("hub.example:8444", False),
        ("https://hub.example", False),
        ("Hub.example", False),
        ("", False),
    ],
)
def test_passkeys_need_a_dns_name(name: str, can_be: bool) -> None:
    assert is_dns_name(name) is can_be
    if not can_be:
        with pytest.raises(ValidationError, match="DNS name"):
            ConsoleConfig(name=name)
