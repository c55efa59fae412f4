from pathlib import Path

import pytest

from accessctl.config import AuditConfig, Config, DoorwayConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Posture
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.gpio import GpioRelay
from accessctl.doorway.http_relay import NetworkRelay
from accessctl.doorway.interlock import FileArbiter, NoArbiter
from accessctl.doorway.memory import PostureMemory
from accessctl.doorway.opening import (
    facts_of,
    lock_place,
    memory_file,
    parts_of,
    relay_addresses,
    rules_of,
    safe_outputs,
)
from accessctl.doorway.values import DoorwayState
from accessctl.errors import LineError
from tests.doorway.stand_in_gpiod import StandIn, StandInChip, StandInLine

CHIP = "pinctrl-rp1"


class Board:
    def __init__(self, folder: Path) -> None:
        (folder / "gpiochip0").touch()
        self.devices = folder
        names = ("DOOR", "EXIT", "FIRE", "BOX", "LOCK", "SIREN")
        self.chip = StandInChip(CHIP, [StandInLine(name) for name in names])
        self.gpiod = StandIn({(folder / "gpiochip0").resolve(): self.chip})

    def parts(self, config: Config) -> DoorwayParts:
        return parts_of(
            config,
            lambda record, time: True,
            hours=lambda _: False,
            clock_believed=lambda: True,
            gpiod=self.gpiod,
            devices=self.devices,
        )

    def held(self) -> set[str]:
        return {line.name for line in self.chip.lines if line.consumer}


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def line(name: str) -> dict[str, str]:
    return {"chip": CHIP, "line": name}


WHOLE = {
    "lock": {"type": "gpio", **line("LOCK")},
    "alarm": {"type": "shelly", "url": "http://127.0.0.1:9"},
    "contact": line("DOOR"),
    "exit": line("EXIT"),
    "fire": line("FIRE"),
    "tamper": line("BOX"),
}


def config(tmp_path: Path, **doorway: object) -> Config:
    return Config(
        audit=AuditConfig(file=tmp_path / "state" / "events.sqlite"),
        access=AccessConfig(door="in"),
        doorway=DoorwayConfig.model_validate({**WHOLE, **doorway}),
    )


def test_every_line_is_taken_the_lock_locked(board: Board, tmp_path: Path) -> None:
    board.chip.line("LOCK").high = True
    parts = board.parts(config(tmp_path))
    assert parts.inputs is not None
    assert set(parts.inputs.names) == {"contact", "exit", "fire", "tamper"}
    assert isinstance(parts.outputs["lock"], GpioRelay)
    assert isinstance(parts.outputs["alarm"], NetworkRelay)
    assert board.held() == {"DOOR", "EXIT", "FIRE", "BOX", "LOCK"}
    assert not board.chip.line("LOCK").high
    assert isinstance(parts.arbiter, NoArbiter)
    assert not parts.maglock


def test_a_maglock_has_power_from_when_it_is_taken(board: Board, tmp_path: Path) -> None:
    parts = board.parts(config(tmp_path, lock_kind="maglock"))
    assert parts.maglock
    assert board.chip.line("LOCK").high


def test_where_one_line_cannot_be_taken_none_stays_held(board: Board, tmp_path: Path) -> None:
    board.chip.line("EXIT").consumer = "gpiomon"
    with pytest.raises(LineError):
        board.parts(config(tmp_path))
    assert board.held() == {"EXIT"}


def test_an_interlock_is_taken_with_the_lines(board: Board, tmp_path: Path) -> None:
    interlock = {"folder": tmp_path / "interlock", "other": "out"}
    parts = board.parts(config(tmp_path, interlock=interlock))
    assert isinstance(parts.arbiter, FileArbiter)
    assert parts.rules.interlock
    parts.arbiter.close()


def test_the_posture_is_kept_beside_the_event_log_or_where_it_is_said(tmp_path: Path) -> None:
    assert memory_file(config(tmp_path)) == tmp_path / "state" / "doorway.json"
    elsewhere = config(tmp_path, memory=tmp_path / "posture")
    assert memory_file(elsewhere) == tmp_path / "posture"


def test_the_rules_are_those_of_the_configuration() -> None:
    rules = rules_of(
        DoorwayConfig.model_validate(
            {"unlock_s": 20, "extended_s": 15, "lockdown_groups": ["guards"], "grace_s": 0}
        )
    )
    assert not rules.contact
    # Whoever needs longer never has less.
    assert (rules.unlock_s, rules.extended_s) == (20, 20)
    assert rules.lockdown_groups == {"guards"}
    assert rules.grace_s == 0


def test_what_is_known_of_each_line(board: Board, tmp_path: Path) -> None:
    board.chip.line("EXIT").consumer = "gpiomon"
    facts = {
        fact.name: fact for fact in facts_of(config(tmp_path).doorway, board.gpiod, board.devices)
    }
    # The loop is closed, to ground: the door is shut.
    assert facts["contact"].level is False
    assert facts["exit"].holder == "gpiomon"
    assert (facts["lock"].level, facts["lock"].holder) == (None, None)
    assert facts["alarm"].trouble is not None
    assert board.held() == {"EXIT"}


def test_after_a_door_that_died_the_lock_is_locked(board: Board, tmp_path: Path) -> None:
    board.chip.line("LOCK").high = True
    whole = config(tmp_path, alarm=None)
    assert safe_outputs(whole, board.gpiod, board.devices) == []
    assert not board.chip.line("LOCK").high
    assert board.held() == set()
    board.chip.line("LOCK").consumer = "somebody"
    (wrong,) = safe_outputs(whole, board.gpiod, board.devices)
    assert wrong.startswith("lock: ")


def test_in_an_evacuation_a_door_that_died_stays_unlocked(board: Board, tmp_path: Path) -> None:
    whole = config(tmp_path)
    state = DoorwayState(posture=Posture.EVACUATION)
    assert PostureMemory(memory_file(whole)).save(state, 0.0, 0.0)
    board.chip.line("LOCK").high = True
    assert safe_outputs(whole, board.gpiod, board.devices) == []
    assert board.chip.line("LOCK").high


def test_in_a_fire_a_door_that_died_stays_unlocked(board: Board, tmp_path: Path) -> None:
    # Normally closed to ground: an alarm opens the loop, and the line goes up.
    board.chip.line("FIRE").high = True
    board.chip.line("LOCK").high = True
    assert safe_outputs(config(tmp_path), board.gpiod, board.devices) == []
    assert board.chip.line("LOCK").high


def test_the_addresses_of_relays_in_the_network(tmp_path: Path) -> None:
    call = {"url": "http://10.0.0.9/x"}
    described = {
        "type": "http",
        "on": call,
        "off": call,
        "state": {"url": "http://10.0.0.8/state"},
        "says_on": "on=1",
        "says_off": "on=0",
    }
    assert set(relay_addresses(config(tmp_path, lock=described).doorway)) == {
        "http://10.0.0.9/x",
        "http://10.0.0.8/state",
        "http://127.0.0.1:9",
    }
    assert relay_addresses(DoorwayConfig()) == []


def test_where_the_lock_hangs_is_told_without_secrets() -> None:
    def place(lock: object, **more: object) -> str | None:
        return lock_place(DoorwayConfig.model_validate({"lock": lock, **more}))

    assert place(None) is None
    controller = {"type": "osdp", "device": "/dev/ttyUSB0"}
    assert place(None, controller=controller) == "controller osdp /dev/ttyUSB0"
    assert place(WHOLE["lock"], lock_kind="maglock") == f"doorway maglock gpio {CHIP} LOCK"
    assert place(WHOLE["alarm"]) == "doorway strike shelly http://127.0.0.1:9"
    secret = {"url": "http://10.0.0.9/on?token=sesame"}
    described = {"type": "http", "on": secret, "off": secret, "state": secret}
    told = place({**described, "says_on": "on=1", "says_off": "on=0"})
    assert told is not None
    assert "10.0.0.9" in told
    assert "sesame" not in told
