from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from accessctl.config import Config, MqttConfig, config_of
from accessctl.config.guard import weakened
from accessctl.errors import ConfigError

DOORWAY = {"contact": {"chip": "c", "line": "A"}}


def config(**mqtt: Any) -> Config:
    return Config.model_validate({"doorway": DOORWAY, "mqtt": mqtt})


def test_without_the_section_there_is_no_broker() -> None:
    mqtt = Config().mqtt
    assert (mqtt.used, mqtt.commands, mqtt.names, mqtt.pictures) == (False,) * 4


def test_the_port_is_that_of_tls_unless_there_is_none() -> None:
    assert config(host="broker").mqtt.broker_port == 8883
    assert config(host="broker", tls=False).mqtt.broker_port == 1883
    assert config(host="broker", port=1234).mqtt.broker_port == 1234


def test_its_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    given = {"mqtt": {"host": "b", "user": "door", "password_file": "secret", "ca_file": "ca.pem"}}
    mqtt = config_of(given, tmp_path, "config.yaml").mqtt
    assert (mqtt.password_file, mqtt.ca_file) == (tmp_path / "secret", tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "mqtt://user:secret@broker"}, "host"),
        ({"host": "broker", "certificate_file": "a"}, "go together"),
        ({"host": "broker", "tls": False, "ca_file": "a"}, "need `tls: true`"),
        ({"host": "broker", "password_file": "a"}, "needs `user`"),
        ({"host": "broker", "topic": "a/#"}, "topic"),
        ({"host": "broker", "topic": "homeassistant"}, "must not lie below"),
        ({"host": "broker", "topic": "homeassistant/doors"}, "must not lie below"),
        ({"host": "broker", "tls": "off-and-on"}, "tls"),
        ({"host": "broker", "password": "secret"}, "password"),
        ({"host": "broker", "insecure": True}, "insecure"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MqttConfig.model_validate(given)


def test_a_topic_that_begins_alike_does_not_lie_below() -> None:
    assert config(host="broker", topic="homeassistants").mqtt.topic == "homeassistants"
    assert config(host="broker", topic="a", discovery_prefix=None).mqtt.discovery_prefix is None


def test_commands_need_somebody_who_obeys() -> None:
    with pytest.raises(ValidationError, match="need the section doorway"):
        Config.model_validate({"mqtt": {"host": "broker", "commands": True}})


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    given = {"mqtt": {"host": "mqtt://door:sesame@10.0.0.7"}}
    with pytest.raises(ConfigError) as refused:
        config_of(given, tmp_path, "config.yaml")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ({"host": "a"}, {"host": "b"}, "mqtt.host"),
        ({"host": "a", "port": 1}, {"host": "a", "port": 2}, "mqtt.port"),
        ({"host": "a"}, {"host": "a", "tls": False}, "mqtt.tls"),
        ({"host": "a", "ca_file": "x"}, {"host": "a"}, None),
        ({"host": "a", "ca_file": "x"}, {"host": "a", "ca_file": "y"}, "mqtt.ca_file"),
        ({"host": "a"}, {"host": "a", "commands": True}, "mqtt.commands"),
        ({"host": "a"}, {"host": "a", "plain_commands": True}, "mqtt.plain_commands"),
        ({"host": "a"}, {"host": "a", "topic": "b"}, "mqtt.topic"),
        ({"host": "a"}, {"host": "a", "open_hours_s": 7200}, "mqtt.open_hours_s"),
        ({}, {"host": "a"}, None),
        ({"host": "a", "commands": True}, {"host": "a"}, None),
        ({"host": "a"}, {"host": "a", "names": True, "pictures": True}, None),
    ],
)
def test_what_has_to_be_accepted(
    before: dict[str, Any], after: dict[str, Any], name: str | None
) -> None:
    found = [one.name for one in weakened(config(**before), config(**after))]
    assert name is None or name in found
    if name is None and "ca_file" not in before:
        assert found == []
