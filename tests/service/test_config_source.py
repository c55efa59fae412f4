import errno
import os
import pty
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accessctl.administration.acceptance import AcceptedCopy
from accessctl.audit.log import EventLog
from accessctl.config import Config
from accessctl.config.guard import changed_names
from accessctl.domain import Event, EventKind
from accessctl.errors import ConfigError, FaultError, StoreError
from accessctl.service.config_source import (
    AcceptedSource,
    Reloads,
    UncheckedSource,
    lock_of,
    on_hangup,
    refuse_what_needs_a_restart,
)

STRICT = Path(__file__).parents[1] / "config" / "strict.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(STRICT, tmp_path / "config.yaml"))


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[EventLog]:
    (tmp_path / "log").mkdir()
    with EventLog(tmp_path / "log" / "door.sqlite") as log:
        yield log


def as_it_is(config: Config) -> Config:
    return config


def source_of(file: Path, overlay: Callable[[Config], Config] = as_it_is) -> AcceptedSource:
    return AcceptedSource(file, overlay, {})


def started(file: Path, audit: EventLog) -> tuple[AcceptedSource, Config]:
    source = source_of(file)
    config = source.start()
    source.confirm(audit, lambda: 4.0)
    source.taken_over()
    return source, config


def states(audit: EventLog) -> list[str]:
    return [event.data["state"] for _, event in audit.query()]


def without_pin(file: Path) -> None:
    file.write_text(file.read_text().replace("  second_factor: pin\n", ""))


def test_the_first_start_accepts_on_record(file: Path, audit: EventLog) -> None:
    source, config = started(file, audit)
    assert config.policy.second_factor == "pin"
    assert states(audit) == ["config_accepting", "config_accepted"]
    facts = source.facts()
    assert len(facts["config"]) == 64
    assert (facts["source"], facts["lock"]) == ("usb:0", ["/usr/local/bin/unlock front"])
    # The same once more is nothing new.
    started(file, audit)
    assert len(states(audit)) == 2


def test_what_no_door_ran_by_is_not_accepted(file: Path, audit: EventLog) -> None:
    source = source_of(file)
    source.start()
    source.confirm(audit, lambda: 4.0)
    assert states(audit) == []
    assert not (file.parent / "state").exists()


def test_a_weaker_file_does_not_run_and_is_told(file: Path, audit: EventLog) -> None:
    started(file, audit)
    without_pin(file)
    source, config = started(file, audit)
    assert config.policy.second_factor == "pin"
    assert [str(weaker) for weaker in source.refused] == ["policy.second_factor: pin -> off"]
    told = [event.data for _, event in audit.query()][-1]
    assert (told["state"], told["weaker"]) == ("config_not_accepted", ["policy.second_factor"])
    # And not at the next start either.
    assert started(file, audit)[1].policy.second_factor == "pin"


def test_a_reload_never_accepts_a_weaker_file(file: Path, audit: EventLog) -> None:
    source, _ = started(file, audit)
    without_pin(file)
    with pytest.raises(ConfigError, match=r"second_factor: pin -> off.*accessctl config accept"):
        source.reload()
    shutil.copy(STRICT, file)
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    assert source.reload().policy.min_frames == 6
    source.taken_over()
    assert source.facts()["changed"] == "policy.min_frames"
    # What was taken over counts: back to five is weaker by now.
    shutil.copy(STRICT, file)
    with pytest.raises(ConfigError, match="min_frames: 6 -> 5"):
        source.reload()


def test_an_accepted_weaker_file_is_taken_over_at_a_reload(file: Path, audit: EventLog) -> None:
    from accessctl.administration.acceptance import AcceptanceRecord, read_text

    source, _ = started(file, audit)
    without_pin(file)
    record = AcceptanceRecord(file, audit, lambda: 5.0)
    record.accept(AcceptedCopy(file, {}), read_text(file))
    assert source.reload().policy.second_factor == "off"
    assert started(file, audit)[1].policy.second_factor == "off"


def test_what_the_command_line_lays_over_it_is_never_kept(file: Path, audit: EventLog) -> None:
    def film(config: Config) -> Config:
        camera = config.camera.model_copy(update={"source": "/film"})
        return config.model_copy(update={"camera": camera})

    source = source_of(file, film)
    assert source.start().camera.source == "/film"
    source.confirm(audit, lambda: 4.0)
    source.taken_over()
    assert source.facts()["source"] == "/film"
    assert started(file, audit)[1].camera.source == "usb:0"


def test_the_demo_needs_nothing_accepted(file: Path, audit: EventLog) -> None:
    started(file, audit)
    without_pin(file)

    def demo(config: Config) -> Config:
        camera = config.camera.model_copy(update={"source": "demo"})
        return config.model_copy(update={"camera": camera})

    source = source_of(file, demo)
    assert source.start().policy.second_factor == "off"
    before = states(audit)
    source.confirm(audit, lambda: 4.0)
    assert (source.facts(), source.refused, states(audit)) == ({}, (), before)
    assert source.reload().camera.source == "demo"


def test_a_copy_that_is_gone_lets_no_door_run(file: Path, audit: EventLog) -> None:
    started(file, audit)
    (file.parent / "state" / "config.yaml.accepted").unlink()
    without_pin(file)
    source = source_of(file)
    source.start()
    with pytest.raises(ConfigError, match="is gone"):
        source.confirm(audit, lambda: 4.0)


def test_a_reload_accepts_nothing_where_the_copy_is_gone_or_an_older_one(
    file: Path, audit: EventLog
) -> None:
    """Else whoever may write there would have a weaker file taken for the first one."""
    copy = file.parent / "state" / "config.yaml.accepted"
    started(file, audit)
    older = copy.read_bytes()
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    source, _ = started(file, audit)
    shutil.copy(STRICT, file)
    before = states(audit)
    copy.write_bytes(older)
    with pytest.raises(ConfigError, match="not the one that was accepted last"):
        source.reload()
    copy.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        source.reload()
    assert states(audit) == before


def tell(audit: EventLog, state: str, source: AcceptedSource) -> None:
    audit.append(Event(4.0, EventKind.SERVICE, {"state": state, **source.facts()}))


def test_a_start_that_failed_before_it_accepted_bars_no_later_one(
    file: Path, audit: EventLog
) -> None:
    """`started` is on record before the camera is opened, which may fail."""
    for threshold in ("min_frames: 5", "min_frames: 6"):
        file.write_text(file.read_text().replace("min_frames: 5", threshold))
        source = source_of(file)
        source.start()
        source.confirm(audit, lambda: 4.0)
        tell(audit, "started", source)
        assert started(file, audit)[1].policy.min_frames == int(threshold[-1])


def test_a_copy_that_could_not_be_kept_bars_no_later_start(file: Path, audit: EventLog) -> None:
    source = source_of(file)
    source.start()
    source.confirm(audit, lambda: 4.0)
    with full_disk(), pytest.raises(StoreError, match="No space left on device"):
        source.taken_over()
    source, _ = started(file, audit)
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    source.reload()
    with full_disk(), pytest.raises(StoreError, match="No space left on device"):
        source.taken_over()
    tell(audit, "reloaded", source)
    assert started(file, audit)[1].policy.min_frames == 6


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of ours gets onto the disk meanwhile."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        yield


def test_secrets_of_the_lock_s_command_are_hidden() -> None:
    argv = ["curl", "--token", "abc", "--user=me", "password=x y", "https://me:pw@relay/on?key=1"]
    config = Config.model_validate(
        {
            "actions": {
                "granted": [
                    {"type": "command", "argv": argv},
                    {"type": "webhook", "url": "https://me:pw@relay/open?t=1"},
                ]
            }
        }
    )
    assert lock_of(config) == [
        "curl --token *** --user=me password=*** https://***@relay/on?key=***",
        "https://***@relay/open?t=***",
    ]


def test_an_unchecked_source_gives_what_it_is_given(audit: EventLog) -> None:
    config = Config()
    source = UncheckedSource(lambda: config)
    source.confirm(audit, lambda: 1.0)
    source.taken_over()
    assert source.start() is source.reload() is config
    assert (source.facts(), states(audit)) == ({}, [])


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
    while reload.times == 0:
        reloads.turn(reload)
    thread.join(10)
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
