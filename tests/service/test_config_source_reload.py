"""What a reload takes over, who is told of it, and what asks for one."""

import os
import pty
import signal
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from accessctl.config import Config
from accessctl.config.guard import changed_names
from accessctl.errors import ConfigError, FaultError
from accessctl.service.config_source import Reloads, on_hangup, refuse_what_needs_a_restart
from tests.patience import PATIENCE_S, wait_for


def config(**sections: dict[str, Any]) -> Config:
    return Config.model_validate(sections)


def test_the_names_of_what_differs() -> None:
    old = config(policy={"cooldown_s": 5}, camera={"source": "usb:0"})
    new = config(policy={"cooldown_s": 6, "lockout": {"attempts": 3}}, camera={"source": "usb:0"})
    assert set(changed_names(old, new)) == {"policy.cooldown_s", "policy.lockout.attempts"}
    assert changed_names(old, old) == ()


def test_lists_and_tables_differ_as_a_whole() -> None:
    groups = {"timezone": "UTC", "groups": {"staff": {}}}
    opened = {"granted": [{"type": "command", "argv": ["open"]}]}
    assert set(changed_names(config(), config(access=groups, actions=opened))) == {
        "access.timezone",
        "access.groups",
        "actions.granted",
    }


@pytest.mark.parametrize(
    "name",
    [
        "policy.target_fpir",
        "policy.lockout.attempts",
        "access.schedules",
        "actions.granted",
        "audit.snapshots.keep",
        "vision.min_face_px",
        "camera.source",
    ],
)
def test_what_a_running_door_takes_over(name: str) -> None:
    refuse_what_needs_a_restart((name,))


@pytest.mark.parametrize(
    "name",
    [
        "encoder.folder",
        "gallery.folder",
        "audit.file",
        "vision.models",
        "vision.runtime",
        "policy.lockout.file",
        "access.door",
        "service.socket",
        "doorway.unlock_s",
        "doorway.lock",
        "something.new",
    ],
)
def test_what_needs_a_restart_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"cannot change {name}; nothing was changed") as refusal:
        refuse_what_needs_a_restart(("policy.cooldown_s", name))
    assert "policy.cooldown_s" not in str(refusal.value)


def test_every_setting_is_either_taken_over_or_needs_a_restart() -> None:
    from accessctl.config import explain

    stuck = set()
    for name, _, _ in explain(Config()):
        try:
            refuse_what_needs_a_restart((name,))
        except ConfigError:
            stuck.add(name.partition(".")[0])
    assert {"encoder", "gallery", "service"} <= stuck
    assert "camera" not in stuck


class Counted:
    """A reload that is counted, and refused when told to be."""

    def __init__(self) -> None:
        self.times = 0
        self.refusal: ConfigError | None = None

    def __call__(self) -> Mapping[str, Any]:
        self.times += 1
        if self.refusal is not None:
            raise self.refusal
        return {"changed": ["policy.cooldown_s"]}


def test_nothing_is_reloaded_unasked() -> None:
    reload = Counted()
    Reloads().turn(reload)
    assert reload.times == 0


def test_all_who_asked_meanwhile_get_the_one_answer() -> None:
    reloads, reload = Reloads(), Counted()
    answers = [reloads.ask() for _ in range(3)]
    reloads.turn(reload)
    assert reload.times == 1
    assert [answer.result(0) for answer in answers] == [{"changed": ["policy.cooldown_s"]}] * 3
    reloads.turn(reload)
    assert reload.times == 1


def test_a_refusal_goes_to_those_who_asked_and_not_into_the_loop() -> None:
    reloads, reload = Reloads(), Counted()
    reload.refusal = ConfigError("unknown key")
    answer = reloads.ask()
    reloads.turn(reload)
    assert answer.exception(0) is reload.refusal


def test_another_thread_waits_for_its_answer() -> None:
    reloads, reload = Reloads(), Counted()
    got: list[Mapping[str, Any]] = []
    thread = threading.Thread(target=lambda: got.append(reloads.ask_and_wait({})))
    thread.start()

    def asked() -> bool:
        reloads.turn(reload)
        return reload.times > 0

    wait_for(asked, "the question")
    thread.join(PATIENCE_S)
    assert got == [{"changed": ["policy.cooldown_s"]}]


def test_a_loop_that_does_not_turn_is_not_waited_for() -> None:
    reloads, reload = Reloads(answer_s=0.01), Counted()
    with pytest.raises(FaultError, match="did not come to it in time"):
        reloads.ask_and_wait({})
    # What its client no longer waits for is not done behind its back.
    reloads.turn(reload)
    assert reload.times == 0


def test_a_loop_that_has_ended_says_so_at_once() -> None:
    reloads = Reloads()
    before = reloads.ask()
    reloads.close()
    assert isinstance(before.exception(0), FaultError)
    with pytest.raises(FaultError, match="stopping"):
        reloads.ask_and_wait({})


def test_a_hangup_asks_for_a_reload() -> None:
    before = signal.getsignal(signal.SIGHUP)
    reload, stop = threading.Event(), threading.Event()
    reading, writing = os.pipe()
    try:
        with on_hangup(reload.set, stop.set, terminal=reading):
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(reading)
        os.close(writing)
    assert (reload.is_set(), stop.is_set()) == (True, False)
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_terminal_that_is_still_there_makes_no_difference() -> None:
    reload, stop = threading.Event(), threading.Event()
    master, terminal = pty.openpty()
    try:
        with on_hangup(reload.set, stop.set, terminal=terminal):
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(terminal)
        os.close(master)
    assert (reload.is_set(), stop.is_set()) == (True, False)


def test_a_terminal_that_was_closed_ends_the_door() -> None:
    reload, stop = threading.Event(), threading.Event()
    master, terminal = pty.openpty()
    try:
        with on_hangup(reload.set, stop.set, terminal=terminal):
            os.close(master)
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(terminal)
    assert (reload.is_set(), stop.is_set()) == (False, True)
