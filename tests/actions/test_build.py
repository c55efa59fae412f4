from pathlib import Path

import pytest

from accessctl.actions.build import actions_from
from accessctl.config import CommandAction, WebhookAction
from accessctl.errors import ConfigError


def test_builds_each_in_order(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    actions = actions_from(
        (
            CommandAction(type="command", argv=("/usr/bin/gpioset", "17=1")),
            WebhookAction(type="webhook", url="https://gate.example/hook", secret_file=key),
            WebhookAction(type="webhook", url="http://relay.example/on"),
        )
    )
    assert [action.name for action in actions] == [
        "command gpioset",
        "webhook gate.example",
        "webhook relay.example",
    ]


def test_nothing_configured() -> None:
    assert actions_from(()) == []


def test_a_key_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="webhook key"):
        actions_from(
            [WebhookAction(type="webhook", url="http://a.example/", secret_file=tmp_path / "no")]
        )
