"""The announcement alone; what a client makes of it at a broker: test_mqtt_bridge."""

import json
from itertools import product

import pytest

from accessctl.mqtt.discovery import DeviceFacts, Fittings, announcement
from accessctl.mqtt.topics import COMMANDS, Topics
from tests.mqtt.home_assistant import Entity, read_discovery

TOPICS = Topics("accessctl", "accessctl_front", "homeassistant")
ALWAYS = {"decision", "doorbell", "problem", "count_granted", "count_denied", "count_unknown"} | {
    "last_decision",
    "picture_age",
    "missed",
    "version",
}
COMMANDED = {"posture", "face_entry", "release", "acknowledge"}


def entities(**fittings: bool) -> dict[str, Entity]:
    message = announcement(TOPICS, DeviceFacts("Front door", "1.2.3", Fittings(**fittings)))
    assert message is not None
    assert message.retain
    return read_discovery(message.topic, message.payload.decode())


def test_a_door_without_a_doorway_tells_of_decisions_and_of_itself() -> None:
    assert set(entities()) == ALWAYS


def test_whatever_a_door_has_its_document_is_as_documented() -> None:
    names = ("contact", "tamper", "lock", "doorway", "commands", "pictures")
    for values in product((False, True), repeat=len(names)):
        assert set(entities(**dict(zip(names, values, strict=True)))) >= ALWAYS


def test_a_lock_is_one_where_its_door_is_seen_and_a_button_otherwise() -> None:
    seen = entities(doorway=True, lock=True, contact=True, commands=True)
    blind = entities(doorway=True, lock=True, commands=True)
    assert set(seen) == ALWAYS | COMMANDED | {"contact", "alarm", "lock"}
    assert set(blind) == ALWAYS | COMMANDED | {"alarm", "unlock"}
    assert seen["lock"].config["platform"] == "lock"
    assert blind["unlock"].config["platform"] == "button"
    assert blind["unlock"].config["payload_press"] == "UNLOCK"


def test_a_doorway_without_a_lock_cannot_be_unlocked() -> None:
    told = entities(doorway=True, contact=True, commands=True)
    assert not {"lock", "unlock"} & set(told)


def test_without_commands_nothing_can_be_commanded() -> None:
    told = entities(doorway=True, lock=True, contact=True, tamper=True, pictures=True)
    assert not any("command_topic" in entity.config for entity in told.values())
    assert set(told) == ALWAYS | {"contact", "alarm", "tamper", "picture"}


@pytest.mark.parametrize("name", ["lock", "posture", "face_entry", "release", "acknowledge"])
def test_a_command_of_home_assistant_says_which_it_is_and_when_it_ends(name: str) -> None:
    told = entities(doorway=True, lock=True, contact=True, commands=True)
    for word in COMMANDS[name]:
        sent = json.loads(told[name].command(word, 1000.5))
        assert sent == {"value": word, "nonce": "1000.5-123456", "expires": 1005.5}


def test_without_discovery_nothing_is_announced() -> None:
    topics = Topics("accessctl", "accessctl_front", None)
    assert announcement(topics, DeviceFacts("Front", "1", Fittings())) is None
