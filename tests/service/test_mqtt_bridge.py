"""A door with its doorway, a real broker under the documented rules, and a client that reads what
Home Assistant would."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import Decision, EventKind, Frame, Outcome, PersonId, PersonRules, Reason
from accessctl.door.doorway_gate import DoorwayGate, Grantees
from accessctl.door.visit import FaceView, Step
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.opening import rules_of
from accessctl.mqtt.link import Patience
from accessctl.service.mqtt_bridge import BridgeParts, MqttBridge
from accessctl.service.mqtt_desk import DeskParts
from accessctl.service.statistics import Statistics
from accessctl.vision.fake import fake_face
from tests.mqtt.brokers import ALL_RIGHTS, PASSWORDS, Mosquitto, Speaker, until
from tests.mqtt.home_assistant import Entity, read_discovery

DOCUMENT = Path(__file__).parents[2] / "docs" / "doorway.md"
LINE = {"chip": "fake", "line": "A"}
LOCK = {"type": "gpio", "chip": "fake", "line": "B"}
BASE = "accessctl/accessctl_front"
ANNOUNCED = "homeassistant/device/accessctl_front/config"
ADA = PersonId("ada")
SOON = Patience(first_s=0.05, most_s=0.05)


def documented_rules() -> str:
    """The broker's rules as docs/doorway.md has them."""
    return DOCUMENT.read_text(encoding="utf-8").split("```conf\n")[1].split("```")[0]


@dataclass
class Site:
    """A door `front`; what hangs on it are fakes."""

    folder: Path
    port: int
    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    inputs: FakeInputs = field(default_factory=lambda: FakeInputs({"contact": False}))
    log: MemoryLog = field(default_factory=MemoryLog)
    statistics: Statistics = field(default_factory=lambda: Statistics("1.2.3", "door.yaml"))
    acting: bool = True
    wall_clock: Callable[[], float] = time.time

    def config(self, **mqtt: Any) -> Config:
        password = self.folder / "mqtt.password"
        password.write_text(PASSWORDS["door"])
        password.chmod(0o600)
        reach = {"host": "127.0.0.1", "port": self.port, "tls": False, "user": "door"}
        return Config.model_validate(
            {
                "doorway": {"lock": LOCK, "contact": LINE},
                "mqtt": {**reach, "password_file": password, **mqtt},
            }
        )

    def __call__(
        self,
        config: Config,
        record: Record,
        *,
        hours: Callable[[float], bool],
        clock_believed: Callable[[], bool],
        listeners: Sequence[DoorwayListener] = (),
    ) -> DoorwayParts:
        return DoorwayParts(
            rules=rules_of(config.doorway),
            record=record,
            clock=time.monotonic,
            wall_clock=time.time,
            inputs=self.inputs,
            outputs={"lock": self.lock},
            listeners=listeners,
            clock_believed=clock_believed,
        )

    @contextmanager
    def door(self, **mqtt: Any) -> Iterator[MqttBridge]:
        config = self.config(**mqtt)
        bridge = MqttBridge(config, "1.2.3", {}, patience=SOON, chance=lambda: 0.0)
        grantees = Grantees(lambda _: PersonRules(), lambda _: False)
        gate = DoorwayGate(config, self.log, grantees, lambda *_: None, self, (bridge,))
        gate.open()
        parts = BridgeParts(
            doorway=gate.report,
            totals=self.statistics.totals,
            names=lambda: {ADA: "Ada Lovelace"},
            acting=lambda: self.acting,
            desk=DeskParts(
                command=gate.command,
                audit=self.log,
                clock_believed=lambda: self.log.clock_doubt_s() is None,
                wall_clock=self.wall_clock,
            ),
        )
        try:
            with bridge.link(parts):
                yield bridge
        finally:
            gate.close()

    def records(self, kind: EventKind, state: str) -> list[Mapping[str, Any]]:
        found = self.log.query(kind=kind)
        return [event.data for _, event in found if event.data.get("state") == state]


@pytest.fixture(scope="module")
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return mosquitto(documented_rules() + ALL_RIGHTS)


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto) -> Site:
    return Site(tmp_path, broker.port)


@pytest.fixture
def home(broker: Mosquitto) -> Iterator[Speaker]:
    """Home Assistant's user, on a broker that keeps nothing of the test before."""
    with Speaker(broker, "janitor") as janitor:
        janitor.say("last", "kept", retain=True)
        janitor.wait("last")
        janitor.sweep()
    with Speaker(broker, topics=["accessctl/#", "homeassistant/#"]) as speaker:
        yield speaker


def online(home: Speaker, bridge: MqttBridge) -> dict[str, Entity]:
    """The device, once the door is there."""
    until(lambda: (bridge.report() or {})["connected"], "the connection")
    return read_discovery(ANNOUNCED, home.wait(ANNOUNCED))


def decision(outcome: Outcome, person: PersonId | None = None, visit: str = "v1") -> Decision:
    reason = Reason.MATCHED if outcome is Outcome.GRANTED else Reason.NO_MATCH
    return Decision(1_796_000_000.0, visit, outcome, reason, person, None, 5, 400.0)


def command(value: str, nonce: str = "n-1", life_s: float = 5.0) -> str:
    return json.dumps({"value": value, "nonce": nonce, "expires": time.time() + life_s})


def test_a_door_is_found_and_says_how_it_is(site: Site, home: Speaker) -> None:
    with site.door(commands=True, latest_version="1.3.0") as bridge:
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


def test_home_assistant_that_starts_later_is_told_anew(site: Site, home: Speaker) -> None:
    with site.door() as bridge:
        online(home, bridge)
        home.say("homeassistant/status", "online")
        until(lambda: len(home.on(ANNOUNCED)) == 2, "the second announcement")
        until(lambda: home.on(f"{BASE}/contact/state") == ["OFF", "OFF"], "the states")


def test_a_decision_is_told_and_names_nobody(site: Site, home: Speaker) -> None:
    with site.door() as bridge:
        found = online(home, bridge)
        site.statistics.note_decision(decision(Outcome.GRANTED, ADA))
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


def test_a_name_is_told_where_it_is_asked_for(site: Site, home: Speaker) -> None:
    with site.door(names=True) as bridge:
        online(home, bridge)
        bridge.follow([decision(Outcome.GRANTED, ADA)], None)
        assert json.loads(home.wait(f"{BASE}/decision/state"))["name"] == "Ada Lovelace"


def test_somebody_unknown_rings_once_a_visit(site: Site, home: Speaker) -> None:
    with site.door() as bridge:
        found = online(home, bridge)
        bridge.follow([decision(Outcome.DENIED, ADA, "v0")], None)
        for visit in ("v1", "v1", "v2"):
            bridge.follow([decision(Outcome.UNKNOWN, None, visit)], None)
        until(lambda: len(home.on(f"{BASE}/decision/state")) == 4, "four decisions")
        rung = until(lambda: home.on(f"{BASE}/doorbell/state")[1:] and home, "two rings")
        rings = rung.on(f"{BASE}/doorbell/state")
    assert [found["doorbell"].state(one) for one in rings] == ["ring", "ring"]
    assert [json.loads(one)["visit"] for one in rings] == ["v1", "v2"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_picture_of_the_face_is_sent_where_it_is_asked_for(
    site: Site, home: Speaker, asked: bool
) -> None:
    frame = Frame(np.full((720, 1280, 3), (200, 30, 30), np.uint8), 1.0, 1)
    face = replace(fake_face(), box=replace(fake_face().box, x=100, y=100, w=400, h=400))
    step = Step((FaceView(face, "v1", None, None),), (), {})
    with site.door(pictures=asked) as bridge:
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


def test_a_forced_door_is_told_with_its_alarm(site: Site, home: Speaker) -> None:
    with site.door(commands=True) as bridge:
        found = online(home, bridge)
        site.inputs.set("contact", True, time.monotonic())
        assert found["decision"].state(home.wait(f"{BASE}/decision/state")) == "forced"
        home.wait(f"{BASE}/contact/state", "ON".__eq__)
        home.wait(f"{BASE}/alarm/state", "ON".__eq__)
        home.wait(f"{BASE}/lock/state", "UNLOCKED".__eq__)
        alarms = home.wait(f"{BASE}/alarm/attributes", lambda one: "forced" in one)
    assert json.loads(alarms) == {"state": "forced", "alarms": ["forced"]}


def test_what_home_assistant_commands_is_done_and_on_record(site: Site, home: Speaker) -> None:
    with site.door(commands=True) as bridge:
        found = online(home, bridge)
        for name, word in (("posture", "locked_down"), ("face_entry", "OFF"), ("lock", "UNLOCK")):
            topic = found[name].config["command_topic"]
            # Two templates rendered in one second would have one nonce here, where none is random.
            home.say(topic, found[name].command(word, time.time()).replace("123456", name))
        home.wait(f"{BASE}/posture/state", "locked_down".__eq__)
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
        home.wait(f"{BASE}/lock/state", "UNLOCKED".__eq__)
        assert site.lock.on is True
        answers = until(lambda: home.on(f"{BASE}/answers")[2:] and home, "answers")
    assert all(json.loads(one)["ok"] for one in answers.on(f"{BASE}/answers"))
    (unlocked,) = site.records(EventKind.DOORWAY, "unlocked")
    assert unlocked["via"] == f"mqtt {BASE}/lock/set"
    assert unlocked["operator"] == "mqtt"
    (posture,) = site.records(EventKind.DOORWAY, "posture")
    assert posture["via"] == f"mqtt {BASE}/posture/set"


def test_commands_are_off_by_default(site: Site, home: Speaker) -> None:
    with site.door() as bridge:
        found = online(home, bridge)
        assert not any("command_topic" in one.config for one in found.values())
        home.say(f"{BASE}/lock/set", command("UNLOCK"))
        home.say("homeassistant/status", "online")
        until(lambda: len(home.on(ANNOUNCED)) == 2, "what was said later")
    assert site.lock.on is False
    assert site.records(EventKind.DOORWAY, "unlocked") == []


def refused(site: Site, home: Speaker, payload: str, **said: Any) -> dict[str, Any]:
    """What the door answers to a command that it must not obey."""
    with site.door(commands=True, plain_commands=said.pop("plain", False)) as bridge:
        online(home, bridge)
        home.say(said.pop("topic", f"{BASE}/lock/set"), payload, **said)
        answer = json.loads(home.wait(f"{BASE}/answers"))
    assert site.lock.on is False
    assert answer["ok"] is False
    return dict(answer)


def test_a_command_that_is_to_be_kept_is_refused_and_on_record(site: Site, home: Speaker) -> None:
    assert "kept" in refused(site, home, command("UNLOCK"), retain=True)["why"]
    (record,) = site.records(EventKind.DOORWAY, "command_refused")
    assert (record["why"], record["via"]) == ("retained", f"mqtt {BASE}/lock/set")


@pytest.mark.parametrize("life_s", [-0.5, 12.0])
def test_a_command_that_is_over_or_would_live_too_long_is_refused(
    site: Site, home: Speaker, life_s: float
) -> None:
    assert "last 10 seconds" in refused(site, home, command("UNLOCK", life_s=life_s))["why"]
    (record,) = site.records(EventKind.DOORWAY, "command_refused")
    assert record["why"] == "age"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("UNLOCK", "mqtt.plain_commands"),
        ("{", "cannot be read"),
        (command("EXPLODE"), "none of that topic"),
        (command("LOCK"), "locks by itself"),
        ("x" * 2049, "longer than 2048 bytes"),
    ],
)
def test_what_is_no_command_is_refused_and_on_record(
    site: Site, home: Speaker, payload: str, why: str
) -> None:
    assert why in refused(site, home, payload)["why"]
    (record,) = site.records(EventKind.SERVICE, "mqtt_refused")
    assert record["topic"] == f"{BASE}/lock/set"
    assert why in record["why"]


def test_while_the_clock_is_in_doubt_only_what_shuts_is_obeyed(site: Site, home: Speaker) -> None:
    site.log.doubt_s = 3600.0
    site.wall_clock = lambda: time.time() + 3600
    assert "clock is in doubt" in refused(site, home, command("UNLOCK"))["why"]
    with site.door(commands=True) as bridge:
        online(home, bridge)
        home.say(f"{BASE}/posture/set", command("locked_down"))
        home.wait(f"{BASE}/posture/state", "locked_down".__eq__)


def test_a_command_twice_is_obeyed_once(site: Site, home: Speaker) -> None:
    with site.door(commands=True) as bridge:
        online(home, bridge)
        twice = command("UNLOCK")
        home.say(f"{BASE}/lock/set", twice)
        home.say(f"{BASE}/lock/set", twice)
        until(lambda: len(home.on(f"{BASE}/answers")) == 2, "two answers")
    assert len(site.records(EventKind.DOORWAY, "unlocked")) == 1
    (record,) = site.records(EventKind.DOORWAY, "command_refused")
    assert record["why"] == "repeated"


def test_a_bare_word_is_obeyed_once_where_it_may_be(site: Site, home: Speaker) -> None:
    with site.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
        home.say(f"{BASE}/lock/set", "UNLOCK")
        home.say(f"{BASE}/lock/set", "UNLOCK")
        until(lambda: len(home.on(f"{BASE}/answers")) == 2, "two answers")
        home.say(f"{BASE}/lock/set", "UNLOCK", retain=True)
        until(lambda: len(home.on(f"{BASE}/answers")) == 3, "the third")
    assert len(site.records(EventKind.DOORWAY, "unlocked")) == 1
    whys = [one["why"] for one in site.records(EventKind.DOORWAY, "command_refused")]
    assert whys == ["repeated", "retained"]


def test_an_unlock_that_was_sent_while_the_door_was_away_opens_nothing(
    site: Site, home: Speaker
) -> None:
    with site.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
    home.say(f"{BASE}/lock/set", "UNLOCK")
    home.say(f"{BASE}/lock/set", "UNLOCK", retain=True)
    home.say(f"{BASE}/lock/set", command("UNLOCK", "n-0", 9.0))
    with site.door(commands=True, plain_commands=True) as bridge:
        online(home, bridge)
        # What comes now is heard, so that what was said before would have been.
        home.say(f"{BASE}/face_entry/set", command("OFF", "n-9"))
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
    assert site.records(EventKind.DOORWAY, "unlocked") == []
    assert not any(on for on, _ in site.lock.told)


def test_a_flood_of_commands_is_counted_and_fills_no_log(site: Site, home: Speaker) -> None:
    with site.door(commands=True) as bridge:
        online(home, bridge)
        for _ in range(300):
            home._client.publish(f"{BASE}/lock/set", "{", qos=1)
        # It comes after them, so that they were heard.
        home.say("homeassistant/status", "online")
        until(lambda: len(home.on(ANNOUNCED)) == 2, "the second announcement")
    assert site.records(EventKind.SERVICE, "mqtt_dropped")[0]["commands"] > 0
    assert 20 <= len(site.records(EventKind.SERVICE, "mqtt_refused")) < 40


def test_a_full_disk_obeys_nobody(site: Site, home: Speaker) -> None:
    with site.door(commands=True) as bridge:
        online(home, bridge)
        site.log.full = True
        home.say(f"{BASE}/lock/set", command("UNLOCK"))
        assert "cannot be written" in json.loads(home.wait(f"{BASE}/answers"))["why"]
        assert site.lock.on is False


def test_only_home_assistant_may_command_and_the_door_writes_its_own_topics(
    site: Site, home: Speaker, broker: Mosquitto
) -> None:
    with site.door(commands=True) as bridge, Speaker(broker, "stranger") as stranger:
        online(home, bridge)
        stranger.say(f"{BASE}/lock/set", command("UNLOCK"))
        with Speaker(broker, "door") as door:
            door.say(f"{BASE}/lock/set", command("UNLOCK", "n-2"))
            door.say("accessctl/accessctl_back/lock/state", "UNLOCKED")
        home.say(f"{BASE}/face_entry/set", command("OFF", "n-9"))
        home.wait(f"{BASE}/face_entry/state", "OFF".__eq__)
        assert site.lock.on is False
        assert home.on("accessctl/accessctl_back/lock/state") == []
        assert stranger.heard == []


def test_a_broker_that_was_killed_is_found_again_and_told_what_matters(
    tmp_path: Path, mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = mosquitto(documented_rules())
    site = Site(tmp_path, broker.port)
    with site.door(commands=True) as bridge:
        with Speaker(broker, topics=["accessctl/#", "homeassistant/#"]) as home:
            online(home, bridge)
        broker.kill()
        until(lambda: not (bridge.report() or {})["connected"], "the loss")
        bridge.follow([decision(Outcome.GRANTED, ADA), decision(Outcome.UNKNOWN)], None)
        site.inputs.set("contact", True, time.monotonic())
        until(lambda: site.records(EventKind.DOORWAY, "forced"), "the record")
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
    site = Site(tmp_path, broker.port)
    with site.door(commands=True, queue=10) as bridge:
        until(lambda: (bridge.report() or {})["connected"], "the connection")
        broker.freeze()
        spent = time.process_time()
        slowest = 0.0
        for number in range(500):
            began = time.monotonic()
            bridge.follow([decision(Outcome.UNKNOWN, None, f"v{number}")], None)
            slowest = max(slowest, time.monotonic() - began)
        site.inputs.set("contact", True, time.monotonic())
        until(lambda: site.records(EventKind.DOORWAY, "forced"), "the record")
        assert (bridge.report() or {})["missed"] > 900
        broker.thaw()
    assert slowest < 1.0
    assert time.process_time() - spent < 5.0


def test_a_door_that_watches_only_opens_no_connection(site: Site, home: Speaker) -> None:
    site.acting = False
    with site.door() as bridge:
        bridge.follow([decision(Outcome.DENIED)], None)
        site.acting = True
        online(home, bridge)
        assert home.on(f"{BASE}/decision/state") == []
        assert home.wait(f"{BASE}/missed/state") == "0"
