"""What a client sees that reads a door as Home Assistant documents it, at a real broker."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import EventKind, Frame, Outcome
from accessctl.door.visit import FaceView, Step
from accessctl.vision.fake import fake_face
from tests.mqtt.brokers import Mosquitto, Speaker
from tests.patience import wait_for
from tests.service.mqtt_site import (
    ADA,
    ANNOUNCED,
    BASE,
    FrontDoor,
    command,
    decision,
    documented_rules,
    online,
)


def test_a_door_is_found_and_says_how_it_is(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True, latest_version="1.3.0") as bridge:
        found = online(home, bridge)
        shown = {}
        for name, entity in found.items():
            topic = entity.config.get("state_topic")
            if topic is not None and entity.config["platform"] != "event":
                shown[name] = entity.state(home.wait(topic)) if name != "last_decision" else None
        assert home.wait(f"{BASE}/availability", "online".__eq__)
    assert home.wait(f"{BASE}/availability", "offline".__eq__)
    assert shown == {
        "contact": "OFF",
        "alarm": "OFF",
        "lock": "LOCKED",
        "posture": "normal",
        "face_entry": "ON",
        "problem": "ON",
        "count_granted": "0",
        "count_denied": "0",
        "count_unknown": "0",
        "picture_age": "None",
        "missed": "0",
        "version": "1.2.3 of 1.3.0",
        "last_decision": None,
    }
    problems = json.loads(home.wait(f"{BASE}/problem/attributes"))
    assert problems == {"problems": ["camera"]}


def test_home_assistant_that_starts_later_is_told_anew(front: FrontDoor, home: Speaker) -> None:
    with front.door() as bridge:
        online(home, bridge)
        home.say("homeassistant/status", "online")
        wait_for(lambda: len(home.on(ANNOUNCED)) == 2, "the second announcement")
        wait_for(lambda: home.on(f"{BASE}/contact/state") == ["OFF", "OFF"], "the states")


def test_a_decision_is_told_and_names_nobody(front: FrontDoor, home: Speaker) -> None:
    with front.door() as bridge:
        found = online(home, bridge)
        front.statistics.note_decision(decision(Outcome.GRANTED, ADA))
        bridge.follow([decision(Outcome.GRANTED, ADA)], None)
        told = home.wait(f"{BASE}/decision/state")
        assert found["decision"].state(told) == "granted"
        assert found["last_decision"].state(home.wait(f"{BASE}/last_decision/state")) == "granted"
        counts = home.wait(f"{BASE}/counts/state", lambda one: '"granted":1' in one)
        assert found["count_granted"].state(counts) == "1"
    assert json.loads(told) == {
        "event_type": "granted",
        "reason": "matched",
        "visit": "v1",
        "attempt": 1,
        "attempts_left": 0,
        "time": 1_796_000_000.0,
    }
    everything = " ".join(one.topic + one.payload for one in home.heard)
    assert "Ada" not in everything
    assert "Lovelace" not in everything
    assert not next(one for one in home.heard if one.topic == f"{BASE}/decision/state").retained


def test_a_name_is_told_where_it_is_asked_for(front: FrontDoor, home: Speaker) -> None:
    with front.door(names=True) as bridge:
        online(home, bridge)
        bridge.follow([decision(Outcome.GRANTED, ADA)], None)
        assert json.loads(home.wait(f"{BASE}/decision/state"))["name"] == "Ada Lovelace"


def test_somebody_unknown_rings_once_a_visit(front: FrontDoor, home: Speaker) -> None:
    with front.door() as bridge:
        found = online(home, bridge)
        bridge.follow([decision(Outcome.DENIED, ADA, "v0")], None)
        for visit in ("v1", "v1", "v2"):
            bridge.follow([decision(Outcome.UNKNOWN, None, visit)], None)
        wait_for(lambda: len(home.on(f"{BASE}/decision/state")) == 4, "four decisions")
        rung = wait_for(lambda: home.on(f"{BASE}/doorbell/state")[1:] and home, "two rings")
        rings = rung.on(f"{BASE}/doorbell/state")
    assert [found["doorbell"].state(one) for one in rings] == ["ring", "ring"]
    assert [json.loads(one)["visit"] for one in rings] == ["v1", "v2"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_picture_of_the_face_is_sent_where_it_is_asked_for(
    front: FrontDoor, home: Speaker, asked: bool
) -> None:
    frame = Frame(np.full((720, 1280, 3), (200, 30, 30), np.uint8), 1.0, 1)
    face = replace(fake_face(), box=replace(fake_face().box, x=100, y=100, w=400, h=400))
    step = Step((FaceView(face, "v1", None, None),), (), {})
    with front.door(pictures=asked) as bridge:
        found = online(home, bridge)
        assert ("picture" in found) is asked
        bridge.follow([decision(Outcome.UNKNOWN)], (frame, step))
        home.wait(f"{BASE}/doorbell/state")
        if asked:
            home.wait(f"{BASE}/picture/state")
    shown = [one for one in home.heard if one.topic == f"{BASE}/picture/state"]
    assert len(shown) == asked
    if not asked:
        return
    assert not shown[0].retained
    picture = cv2.imdecode(np.frombuffer(shown[0].raw, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] == 320
    blue, _, red = picture.mean(axis=(0, 1))
    assert red > 150 > blue


def test_a_forced_door_is_told_with_its_alarm(front: FrontDoor, home: Speaker) -> None:
    with front.door(commands=True) as bridge:
        found = online(home, bridge)
        front.inputs.set("contact", True, time.monotonic())
        assert found["decision"].state(home.wait(f"{BASE}/decision/state")) == "forced"
        home.wait(f"{BASE}/contact/state", "ON".__eq__)
        home.wait(f"{BASE}/alarm/state", "ON".__eq__)
        home.wait(f"{BASE}/lock/state", "UNLOCKED".__eq__)
        alarms = home.wait(f"{BASE}/alarm/attributes", lambda one: "forced" in one)
    assert json.loads(alarms) == {"state": "forced", "alarms": ["forced"]}


def test_only_home_assistant_may_command_and_the_door_writes_its_own_topics(
    front: FrontDoor, home: Speaker, broker: Mosquitto
) -> None:
    with front.door(commands=True) as bridge, Speaker(broker, "stranger") as stranger:
        online(home, bridge)
        stranger.say(f"{BASE}/lock/set", command("UNLOCK"))
        with Speaker(broker, "door") as door:
            door.say(f"{BASE}/lock/set", command("UNLOCK", "n-2"))
            door.say("accessctl/accessctl_back/lock/state", "UNLOCKED")
        home.say(f"{BASE}/face_entry/set", command("OFF", "n-9"))
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
        assert front.lock.on is False
        assert home.on("accessctl/accessctl_back/lock/state") == []
        assert stranger.heard == []


def test_a_broker_that_was_killed_is_found_again_and_told_what_matters(
    tmp_path: Path, mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = mosquitto(documented_rules())
    front = FrontDoor(tmp_path, broker.port)
    with front.door(commands=True) as bridge:
        with Speaker(broker, topics=["accessctl/#", "homeassistant/#"]) as home:
            online(home, bridge)
        broker.kill()
        wait_for(lambda: not (bridge.report() or {})["connected"], "the loss")
        bridge.follow([decision(Outcome.GRANTED, ADA), decision(Outcome.UNKNOWN)], None)
        front.inputs.set("contact", True, time.monotonic())
        wait_for(lambda: front.records(EventKind.DOORWAY, "forced"), "the record")
        broker.start()
        with Speaker(broker, topics=["accessctl/#", "homeassistant/#"]) as home:
            online(home, bridge)
            assert home.wait(f"{BASE}/contact/state", "ON".__eq__)
            assert home.wait(f"{BASE}/alarm/state", "ON".__eq__)
            assert home.wait(f"{BASE}/last_decision/state") == "unknown"
            # Two decisions, a ring and the forced door.
            assert home.wait(f"{BASE}/missed/state") == "4"
            assert home.on(f"{BASE}/decision/state") == []
        assert (bridge.report() or {})["missed"] == 4


def test_a_broker_that_hangs_delays_nobody(
    tmp_path: Path, mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = mosquitto(documented_rules())
    front = FrontDoor(tmp_path, broker.port)
    with front.door(commands=True, queue=10) as bridge:
        wait_for(lambda: (bridge.report() or {})["connected"], "the connection")
        broker.freeze()
        spent = time.process_time()
        slowest = 0.0
        for number in range(500):
            began = time.monotonic()
            bridge.follow([decision(Outcome.UNKNOWN, None, f"v{number}")], None)
            slowest = max(slowest, time.monotonic() - began)
        front.inputs.set("contact", True, time.monotonic())
        wait_for(lambda: front.records(EventKind.DOORWAY, "forced"), "the record")
        assert (bridge.report() or {})["missed"] > 900
        broker.thaw()
    assert slowest < 1.0
    assert time.process_time() - spent < 5.0


def test_a_door_that_watches_only_opens_no_connection(front: FrontDoor, home: Speaker) -> None:
    front.acting = False
    with front.door() as bridge:
        bridge.follow([decision(Outcome.DENIED)], None)
        front.acting = True
        online(home, bridge)
        assert home.on(f"{BASE}/decision/state") == []
        assert home.wait(f"{BASE}/missed/state") == "0"
