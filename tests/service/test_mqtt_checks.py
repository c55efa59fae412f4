from collections.abc import Mapping
from typing import Any

import pytest

from accessctl.config import Config
from accessctl.errors import BrokerError, ConfigError
from accessctl.service.checks import Level, examine
from accessctl.service.mqtt_checks import check_mqtt
from tests.mqtt.brokers import Speaker, free_port
from tests.patience import wait_for
from tests.service.mqtt_site import BASE, FrontDoor, online


def found(config: Config, running: Mapping[str, Any] | None = None) -> list[tuple[Level, str]]:
    return [(one.level, one.sentence) for one in check_mqtt(config, {}, lambda _: running)]


def test_a_door_without_a_broker_is_not_spoken_of() -> None:
    assert list(check_mqtt(Config(), {})) == []


def test_a_broker_that_answers(front: FrontDoor) -> None:
    place = f"The broker 127.0.0.1:{front.port}"
    assert found(front.config()) == [(Level.OK, f"{place} answers, without TLS.")]


def test_the_doors_own_connection_is_left_alone(front: FrontDoor, home: Speaker) -> None:
    with front.door() as bridge:
        online(home, bridge)
        assert home.wait(f"{BASE}/availability") == "online"
        assert found(front.config(), bridge.report())[0][0] is Level.OK
        # It is heard after whatever would have come of the check.
        home.say("homeassistant/status", "online")
        wait_for(lambda: len(home.on(f"{BASE}/availability")) == 2, "the second announcement")
        assert set(home.on(f"{BASE}/availability")) == {"online"}


def test_what_guards_too_little_is_told(front: FrontDoor) -> None:
    config = front.config(commands=True, plain_commands=True)
    assert [level for level, _ in found(config)] == [Level.OK, Level.WARNING]
    assert "mqtt.plain_commands: false" in found(config)[1][1]


def test_a_running_door_that_is_not_connected_is_told(front: FrontDoor) -> None:
    running = {"connected": False, "error": "The broker refuses the door.\x1b[2J"}
    _, (level, sentence) = found(front.config(), running)
    assert level is Level.WARNING
    assert sentence.endswith("not connected: The broker refuses the door.\\x1b[2J")


def test_a_wrong_password_and_a_broker_that_is_not_there_fail(front: FrontDoor) -> None:
    front.config()
    (front.folder / "wrong").write_text("guess")
    (front.folder / "wrong").chmod(0o600)
    config = front.config(password_file=front.folder / "wrong")
    with pytest.raises(BrokerError, match="user or password"):
        found(config)
    front.port = free_port()
    (failed,) = examine([("mqtt", lambda: check_mqtt(front.config(), {}))])
    assert failed.level is Level.FAILURE
    assert "cannot be reached" in failed.sentence


def test_a_password_file_that_others_may_read_fails(front: FrontDoor) -> None:
    config = front.config()
    (front.folder / "mqtt.password").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        found(config)


def test_in_the_clear_over_the_network_is_told(front: FrontDoor) -> None:
    # The same address, which nobody can see to be this machine's.
    _, (level, sentence) = found(front.config(host="127.1"))
    assert level is Level.WARNING
    assert "in the clear" in sentence
    assert found(front.config(host="127.0.0.1"))[1:] == []
