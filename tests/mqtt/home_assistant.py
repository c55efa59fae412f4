"""Reads a device's discovery as Home Assistant documents it, and makes of its messages what Home
Assistant would. It stands in for it: Home Assistant itself is not here.

The keys are those of https://www.home-assistant.io/integrations/mqtt/ and of the page of each
platform there (event, binary_sensor, sensor, lock, button, select, switch, image, update), with
the checks of homeassistant/components/mqtt (schemas.py, event.py, lock.py, image.py ...).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOPIC = re.compile(r"(?P<prefix>[^/]+)/device/(?P<id>[a-zA-Z0-9_-]+)/config")
COMMON = {"platform", "name", "unique_id", "default_entity_id", "entity_category", "qos"} | {
    "json_attributes_topic",
    "device_class",
}
REQUIRED: Mapping[str, set[str]] = {
    "event": {"state_topic", "event_types"},
    "binary_sensor": {"state_topic"},
    "sensor": {"state_topic"},
    "lock": {"command_topic"},
    "button": {"command_topic"},
    "select": {"command_topic", "options"},
    "switch": {"command_topic"},
    "image": {"image_topic"},
    "update": {"state_topic"},
}
COMMANDED = {"command_topic", "command_template", "retain"}
OPTIONAL: Mapping[str, set[str]] = {
    "event": set(),
    "binary_sensor": set(),
    "sensor": {"value_template", "state_class", "unit_of_measurement", "options"},
    "lock": COMMANDED | {"state_topic", "payload_lock", "payload_unlock"},
    "button": COMMANDED | {"payload_press"},
    "select": COMMANDED | {"state_topic"},
    "switch": COMMANDED | {"state_topic"},
    "image": {"content_type"},
    "update": {"title"},
}
CLASSES: Mapping[str, set[str]] = {
    "event": {"doorbell"},
    "binary_sensor": {"door", "problem", "tamper", "safety"},
    "sensor": {"duration", "enum"},
}
STATES: Mapping[str, set[str]] = {
    "binary_sensor": {"ON", "OFF", "None"},
    "lock": {"LOCKED", "UNLOCKED", "JAMMED", "LOCKING", "UNLOCKING", "None"},
    "switch": {"ON", "OFF", "None"},
}


@dataclass(frozen=True)
class Entity:
    name: str
    config: Mapping[str, Any]

    def state(self, payload: str) -> str:
        """What Home Assistant shows after that message; it has to be one that it understands."""
        platform = self.config["platform"]
        if platform == "event":
            said = json.loads(payload)
            assert said["event_type"] in self.config["event_types"]
            return str(said["event_type"])
        if platform == "update":
            said = json.loads(payload)
            return f"{said['installed_version']} of {said.get('latest_version')}"
        shown = rendered(self.config.get("value_template", "{{ value }}"), payload, 0.0)
        if platform in STATES:
            assert shown in STATES[platform]
        if "options" in self.config:
            assert shown in {*self.config["options"], "None"}
        if self.config.get("device_class") == "duration" and shown != "None":
            float(shown)
        return shown

    def command(self, value: str, now: float) -> str:
        """What Home Assistant publishes to command `value` at the epoch time `now`."""
        return rendered(self.config["command_template"], value, now)


def rendered(template: str, value: str, now: float) -> str:
    """The few expressions of Jinja that this device uses; any other fails the test."""

    def one(found: re.Match[str]) -> str:
        match found[1].split(" "):
            case ["value"]:
                return value
            case [word] if word.startswith("value_json."):
                return str(json.loads(value)[word.removeprefix("value_json.")])
            case ["now().timestamp()"]:
                return str(now)
            case ["now().timestamp()", "+", seconds]:
                return str(now + float(seconds))
            case ["range(1000000000)", "|", "random"]:
                return "123456"
        raise AssertionError(f"no template of this device: {found[0]}")

    return re.sub(r"{{ (.*?) }}", one, template)


def read_discovery(topic: str, payload: str) -> dict[str, Entity]:
    """The device's entities by their names in the document; it has to be as documented."""
    place = TOPIC.fullmatch(topic)
    assert place is not None
    document = json.loads(payload)
    known = {"device", "origin", "components", "availability", "qos"}
    assert {"device", "origin", "components"} <= set(document) <= known
    device = document["device"]
    assert device["identifiers"]
    assert set(device) <= {"identifiers", "name", "manufacturer", "model", "sw_version"}
    assert document["origin"]["name"]
    assert [set(one) for one in document["availability"]] == [{"topic"}]
    entities = {name: Entity(name, one) for name, one in document["components"].items()}
    unique = [entity.config["unique_id"] for entity in entities.values()]
    assert len(set(unique)) == len(unique)
    for entity in entities.values():
        check_component(entity.config, place["prefix"])
    return entities


def check_component(config: Mapping[str, Any], prefix: str) -> None:
    platform = config["platform"]
    assert {*REQUIRED[platform], "platform", "unique_id"} <= set(config)
    assert set(config) <= COMMON | REQUIRED[platform] | OPTIONAL[platform]
    assert "object_id" not in config
    assert re.fullmatch(rf"{platform}\.[a-zA-Z0-9_-]+", config["default_entity_id"])
    if "device_class" in config:
        assert config["device_class"] in CLASSES[platform]
    if config.get("device_class") == "doorbell":
        assert "ring" in config["event_types"]
    if config.get("device_class") == "enum":
        assert config["options"]
        assert "state_class" not in config
    for key, value in config.items():
        if key.endswith("_topic"):
            assert not value.startswith(f"{prefix}/")
            assert not set("+#") & set(value)
    assert config.get("retain", False) is False
