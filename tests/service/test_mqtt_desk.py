"""Commands that come over a real broker: what is obeyed, what is refused, and what is on record."""

import json
import time
from typing import Any

import pytest

from accessctl.domain import EventKind
from tests.mqtt.brokers import Speaker
from tests.patience import wait_for
from tests.service.mqtt_site import ANNOUNCED, BASE, FrontDoor, command, online


def test_what_home_assistant_commands_is_done_and_on_record(
    front: FrontDoor, home: Speaker
) -> None:
    with front.door(commands=True) as bridge:
        found = online(home, bridge)
        for name, word in (("posture", "locked_down"), ("face_entry", "OFF"), ("lock", "UNLOCK")):
            topic = found[name].config["command_topic"]
            # Two templates rendered in one second would have one nonce here, where none is random.
            home.say(topic, found[name].command(word, time.time()).replace("123456", name))
        home.wait(f"{BASE}/posture/state", "locked_down".__eq__)
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
        home.wait(f"{BASE}/lock/state", "UNLOCKED".__eq__)
        assert front.lock.on is True
        answers = wait_for(lambda: home.on(f"{BASE}/answers")[2:] and home, "answers")
    assert all(json.loads(one)["ok"] for one in answers.on(f"{BASE}/answers"))
    (unlocked,) = front.records(EventKind.DOORWAY, "unlocked")
    assert unlocked["via"] == f"mqtt {BASE}/lock/set"
    assert unlocked["operator"] == "mqtt"
    (posture,) = front.records(EventKind.DOORWAY, "posture")
    assert posture["via"] == f"mqtt {BASE}/posture/set"


def test_commands_are_off_by_default(front: FrontDoor, home: Speaker) -> None:
    with front.door() as bridge:
        found = online(home, bridge)
        assert not any("command_topic" in one.config for one in found.values())
        home.say(f"{BASE}/lock/set", command("UNLOCK"))
        home.say("homeassistant/status", "online")
        wait_for(lambda: len(home.on(ANNOUNCED)) == 2, "what was said later")
    assert front.lock.on is False
    assert front.records(EventKind.DOORWAY, "unlocked") == []


def refused(front: FrontDoor, home: Speaker, payload: str, **said: Any) -> dict[str, Any]:
    """What the door answers to a command that it must not obey."""
    with front.door(commands=True, plain_commands=said.pop("plain", False)) as bridge:
        online(home, bridge)
        home.say(said.pop("topic", f"{BASE}/lock/set"), payload, **said)
        answer = json.loads(home.wait(f"{BASE}/answers"))
    assert front.lock.on is False
    assert answer["ok"] is False
    return dict(answer)


def test_a_command_that_is_to_be_kept_is_refused_and_on_record(
    front: FrontDoor, home: Speaker
) -> None:
    assert "kept" in refused(front, home, command("UNLOCK"), retain=True)["why"]
    (record,) = front.records(EventKind.DOORWAY, "command_refused")
    assert (record["why"], record["via"]) == ("retained", f"mqtt {BASE}/lock/set")


@pytest.mark.parametrize("life_s", [-0.5, 12.0])
def test_a_command_that_is_over_or_would_live_too_long_is_refused(
    front: FrontDoor, home: Speaker, life_s: float
) -> None:
    assert "last 10 seconds" in refused(front, home, command("UNLOCK", life_s=life_s))["why"]
    (record,) = front.records(EventKind.DOORWAY, "command_refused")
    assert record["why"] == "age"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("UNLOCK", "mqtt.plain_commands"),
        ("{", "cannot be read"),
        ({"value": "EXPLODE"}, "none of that topic"),
        ({"value": "LOCK"}, "locks by itself"),
        ("x" * 2049, "longer than 2048 bytes"),
    ],
)
def test_what_is_no_command_is_refused_and_on_record(
    front: FrontDoor, home: Speaker, payload: str | dict[str, str], why: str
) -> None:
    said = payload if isinstance(payload, str) else command(**payload)
    assert why in refused(front, home, said)["why"]
    (record,) = front.records(EventKind.SERVICE, "mqtt_refused")
    assert record["topic"] == f"{BASE}/lock/set"
    assert why in record["why"]


def test_while_the_clock_is_in_doubt_only_what_shuts_is_obeyed(
    front: FrontDoor, home: Speaker
) -> None:
    front.log.doubt_s = 3600.0
    front.wall_clock = lambda: time.time() + 3600
    assert "clock is in doubt" in refused(front, home, command("UNLOCK"))["why"]
    with front.door(commands=True) as bridge:
        online(home, bridge)
        home.say(f"{BASE}/posture/set", command("locked_down"))
        home.wait(f"{BASE}/posture/state", "locked_down".__eq__)


def test_a_command_twice_is_obeyed_once(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True) as bridge:
        online(home, bridge)
        twice = command("UNLOCK")
        home.say(f"{BASE}/lock/set", twice)
        home.say(f"{BASE}/lock/set", twice)
        wait_for(lambda: len(home.on(f"{BASE}/answers")) == 2, "two answers")
    assert len(front.records(EventKind.DOORWAY, "unlocked")) == 1
    (record,) = front.records(EventKind.DOORWAY, "command_refused")
    assert record["why"] == "repeated"


def test_a_bare_word_is_obeyed_once_where_it_may_be(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
        home.say(f"{BASE}/lock/set", "UNLOCK")
        home.say(f"{BASE}/lock/set", "UNLOCK")
        wait_for(lambda: len(home.on(f"{BASE}/answers")) == 2, "two answers")
        home.say(f"{BASE}/lock/set", "UNLOCK", retain=True)
        wait_for(lambda: len(home.on(f"{BASE}/answers")) == 3, "the third")
    assert len(front.records(EventKind.DOORWAY, "unlocked")) == 1
    whys = [one["why"] for one in front.records(EventKind.DOORWAY, "command_refused")]
    assert whys == ["repeated", "retained"]


def test_an_unlock_that_was_sent_while_the_door_was_away_opens_nothing(
    front: FrontDoor, home: Speaker
) -> None:
    with front.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
    home.say(f"{BASE}/lock/set", "UNLOCK")
    home.say(f"{BASE}/lock/set", "UNLOCK", retain=True)
    home.say(f"{BASE}/lock/set", command("UNLOCK", "n-0", 9.0))
    with front.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
        # What comes now is heard, so that what was said before would have been.
        home.say(f"{BASE}/face_entry/set", command("OFF", "n-9"))
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
    assert front.records(EventKind.DOORWAY, "unlocked") == []
    assert not any(on for on, _ in front.lock.told)


def test_a_flood_of_commands_is_counted_and_fills_no_log(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True) as bridge:
        online(home, bridge)
        for _ in range(300):
            home._client.publish(f"{BASE}/lock/set", "{", qos=1)
        # It comes after them, so that they were heard.
        home.say("homeassistant/status", "online")
        wait_for(lambda: len(home.on(ANNOUNCED)) == 2, "the second announcement")
    assert front.records(EventKind.SERVICE, "mqtt_dropped")[0]["commands"] > 0
    assert 20 <= len(front.records(EventKind.SERVICE, "mqtt_refused")) < 40


def test_a_full_disk_obeys_nobody(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True) as bridge:
        online(home, bridge)
        front.log.full = True
        home.say(f"{BASE}/lock/set", command("UNLOCK"))
        assert "cannot be written" in json.loads(home.wait(f"{BASE}/answers"))["why"]
        assert front.lock.on is False
