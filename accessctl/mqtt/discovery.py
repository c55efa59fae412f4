"""The door as one device of Home Assistant, by device-based discovery. Pure.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload; each component by its
own page there. `default_entity_id` is what `object_id` was before 2025.10. States and commands
stand on the door's own topics, none below the discovery prefix.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accessctl.mqtt.topics import COMMANDS, Message, Topics

DECISION_EVENTS = ("granted", "denied", "unknown", "forced", "held")
RING = "ring"
COUNTED = ("granted", "denied", "unknown")
COMMAND_LIFE_S = 5
"""Half of the longest life of a command, so that two clocks may be so far apart either way."""

# Home Assistant renders it for each command: when it ends, and what tells it from any other.
COMMAND_TEMPLATE = (
    '{"value": "{{ value }}", '
    '"nonce": "{{ now().timestamp() }}-{{ range(1000000000) | random }}", '
    f'"expires": {{{{ now().timestamp() + {COMMAND_LIFE_S} }}}}}}'
)

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fittings:
    """What this door has and does, as far as components follow from it."""

    contact: bool = False
    tamper: bool = False
    lock: bool = False
    doorway: bool = False
    commands: bool = False
    pictures: bool = False


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    name: str
    version: str
    fittings: Fittings


def announcement(topics: Topics, facts: DeviceFacts) -> Message | None:
    """What makes the door a device; None where it is not announced.

    Retained, so that a door which is away when Home Assistant starts is seen to be away.
    """
    topic = topics.announcement
    if topic is None:
        return None
    document = discovery_document(topics, facts)
    return Message(topic, json.dumps(document, separators=(",", ":")).encode(), retain=True)


def discovery_document(topics: Topics, facts: DeviceFacts) -> dict[str, Any]:
    components = {}
    for name, component in _components(topics, facts.fittings):
        unique = f"{topics.device}_{name}"
        component["unique_id"] = unique
        component["default_entity_id"] = f"{component['platform']}.{unique}"
        components[name] = component
    return {
        "device": {
            "identifiers": [topics.device],
            "name": facts.name,
            "manufacturer": "accessctl",
            "model": "Face access control",
            "sw_version": facts.version,
        },
        "origin": {"name": "accessctl", "sw_version": facts.version},
        "availability": [{"topic": topics.availability}],
        "qos": 1,
        "components": components,
    }


def _components(topics: Topics, fittings: Fittings) -> Iterator[tuple[str, Component]]:
    yield "decision", _event(topics, "decision", "Decision", DECISION_EVENTS)
    ring = _event(topics, "doorbell", "Doorbell", (RING,))
    yield "doorbell", {**ring, "device_class": "doorbell"}
    yield from _sensors(topics)
    if fittings.contact:
        yield "contact", _binary(topics, "contact", "Door", "door")
    if fittings.tamper:
        yield "tamper", _binary(topics, "tamper", "Tamper", "tamper")
    if fittings.doorway:
        alarm = _binary(topics, "alarm", "Alarm", "safety")
        yield "alarm", {**alarm, "json_attributes_topic": topics.attributes("alarm")}
    if fittings.pictures:
        yield (
            "picture",
            {
                "platform": "image",
                "name": "Last decision",
                "image_topic": topics.state("picture"),
                "content_type": "image/jpeg",
            },
        )
    if fittings.doorway and fittings.commands:
        yield from _commanded(topics, fittings)


def _event(topics: Topics, name: str, title: str, types: tuple[str, ...]) -> Component:
    return {
        "platform": "event",
        "name": title,
        "state_topic": topics.state(name),
        "event_types": list(types),
    }


def _binary(topics: Topics, name: str, title: str, kind: str) -> Component:
    return {
        "platform": "binary_sensor",
        "name": title,
        "device_class": kind,
        "state_topic": topics.state(name),
    }


def _sensors(topics: Topics) -> Iterator[tuple[str, Component]]:
    problem = _binary(topics, "problem", "Problem", "problem")
    yield (
        "problem",
        {
            **problem,
            "entity_category": "diagnostic",
            "json_attributes_topic": topics.attributes("problem"),
        },
    )
    for outcome in COUNTED:
        yield (
            f"count_{outcome}",
            {
                "platform": "sensor",
                "name": f"Times {outcome}",
                "state_topic": topics.state("counts"),
                "value_template": f"{{{{ value_json.{outcome} }}}}",
                "state_class": "total_increasing",
                "entity_category": "diagnostic",
            },
        )
    yield (
        "last_decision",
        {
            "platform": "sensor",
            "name": "Last outcome",
            "state_topic": topics.state("last_decision"),
            "device_class": "enum",
            "options": list(COUNTED),
            "json_attributes_topic": topics.attributes("last_decision"),
        },
    )
    yield (
        "picture_age",
        {
            "platform": "sensor",
            "name": "Age of the picture",
            "state_topic": topics.state("picture_age"),
            "device_class": "duration",
            "unit_of_measurement": "s",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        },
    )
    yield (
        "missed",
        {
            "platform": "sensor",
            "name": "Events not sent",
            "state_topic": topics.state("missed"),
            "state_class": "total_increasing",
            "entity_category": "diagnostic",
        },
    )
    yield (
        "version",
        {
            "platform": "update",
            "name": "Version",
            "title": "accessctl",
            "state_topic": topics.state("version"),
            "entity_category": "diagnostic",
        },
    )


def _commanded(topics: Topics, fittings: Fittings) -> Iterator[tuple[str, Component]]:
    unlock, lock = COMMANDS["lock"]
    if fittings.lock and fittings.contact:
        told = {"state_topic": topics.state("lock"), "payload_lock": lock, "payload_unlock": unlock}
        yield "lock", _command(topics, "lock", "lock", "Lock", told)
    elif fittings.lock:
        yield "unlock", _command(topics, "lock", "button", "Unlock once", {"payload_press": unlock})
    posture = {"state_topic": topics.state("posture"), "options": list(COMMANDS["posture"])}
    yield "posture", _command(topics, "posture", "select", "Posture", posture)
    entry = {"state_topic": topics.state("face_entry")}
    yield "face_entry", _command(topics, "face_entry", "switch", "Face entry", entry)
    for name, title in (("release", "Release evacuation"), ("acknowledge", "Acknowledge alarms")):
        (word,) = COMMANDS[name]
        yield name, _command(topics, name, "button", title, {"payload_press": word})


def _command(
    topics: Topics, name: str, platform: str, title: str, more: Mapping[str, Any]
) -> Component:
    return {
        "platform": platform,
        "name": title,
        "command_topic": topics.command(name),
        "command_template": COMMAND_TEMPLATE,
        # A broker must not keep a command for whoever comes later; see commands.py.
        "retain": False,
        **more,
    }
