import re
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accessctl.actions.base import Action, HangingAction, RecordingAction
from accessctl.audit.base import MemoryLog
from accessctl.audit.opening import journal_of
from accessctl.config import ActionsConfig, CommandAction, Config, SnapshotConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Decision, Event, EventKind, Frame, Outcome, PersonId, Reason
from accessctl.door import assembly
from accessctl.door.assembly import new_visit_id, open_audit, open_door
from accessctl.door.door import Door
from accessctl.door.duty import Duty, duty_file
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.recorder import NO_PICTURES, service_event
from accessctl.errors import ModelError, StoreError
from accessctl.gallery.person import hash_pin
from accessctl.policy.lockout_store import LockoutStore
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face
from tests.patience import PATIENCE_S

ADA, EVE = 1, 2


def test_after_half_a_restore_there_is_no_door(config: Config) -> None:
    journal_of(config.audit.file).touch()
    with pytest.raises(StoreError, match="run it again: accessctl restore"), open_audit(config):
        pytest.fail("a door on half a state")
    assert not config.audit.file.exists()


def test_the_audit_log_is_private_and_closed_after(config: Config, tmp_path: Path) -> None:
    with open_audit(config) as audit:
        audit.append(service_event("started", EPOCH))
    assert stat.S_IMODE((tmp_path / "events.sqlite").stat().st_mode) == 0o600
    # The last connection folds the write-ahead log into the file.
    assert not (tmp_path / "events.sqlite-wal").exists()
    with pytest.raises(StoreError):
        audit.append(service_event("stopped", EPOCH))


def acting(engine: Engine, monkeypatch: pytest.MonkeyPatch, **actions: Action) -> Engine:
    """The engine configured with one action for each outcome that is named."""
    monkeypatch.setattr(
        assembly, "actions_from", lambda listed: [actions[one.argv[0]] for one in listed]
    )
    lists = {name: (CommandAction(type="command", argv=(name,)),) for name in actions}
    config = engine.config.model_copy(update={"actions": ActionsConfig(**lists)})
    return replace(engine, config=config)


def show(door: Door, person: int, frames: int) -> list[Decision]:
    images = [Frame(portrait(person), index / 10, index) for index in range(frames)]
    return [decision for image in images for decision in door.step(image).decisions]


def test_each_outcome_has_its_own_actions(
    engine: Engine, house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted, denied, unknown = (RecordingAction(name) for name in ("g", "d", "u"))
    engine = acting(engine, monkeypatch, granted=granted, denied=denied, unknown=unknown)
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    with open_door(engine, house.audit) as door:
        house.observer.faces = [fake_face(1, box=FACE_BOX)]
        show(door, ADA, 3)
        house.observer.faces = [fake_face(2, box=FACE_BOX)]
        show(door, ADA, 3)
        house.observer.faces = [fake_face(3, box=FACE_BOX)]
        show(door, EVE, 10)
        door.close(1.0)
    payloads = [[p["reason"] for p in action.payloads] for action in (granted, denied, unknown)]
    assert payloads == [["matched"], ["cooldown"], ["no_match"]]


def test_the_policy_is_the_configured_one(engine: Engine, house: FakeHouse) -> None:
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    policy = engine.config.policy.model_copy(update={"min_frames": 2})
    hasty = replace(engine, config=engine.config.model_copy(update={"policy": policy}))
    house.observer.faces = [fake_face(box=FACE_BOX)]
    with open_door(hasty, house.audit) as door:
        assert [decision.frames for decision in show(door, ADA, 10)] == [2]


def test_leaving_waits_for_actions_but_not_for_ever(
    engine: Engine,
    house: FakeHouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hanging = HangingAction("hanging")
    engine = acting(engine, monkeypatch, granted=hanging)
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    with open_door(engine, house.audit, finish_s=0.01) as door:
        (decision,) = show(door, ADA, 3)
        assert (decision.outcome, decision.reason) == (Outcome.GRANTED, Reason.MATCHED)
        assert hanging.started.wait(PATIENCE_S)
    hanging.release.set()
    assert "Some actions had not finished" in caplog.text


def test_visits_have_ids_of_their_own() -> None:
    ids = {new_visit_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{12}", one) for one in ids)


def test_recent_grants_are_taken_from_the_log() -> None:
    def decided(time: float, person: str | None, decision: str) -> Event:
        who = None if person is None else PersonId(person)
        return Event(time, EventKind.DECISION, {"decision": decision}, who)

    audit = MemoryLog()
    for event in (
        decided(80.0, "early", "granted"),
        decided(96.0, "ada", "granted"),
        decided(98.0, "ada", "granted"),
        decided(99.0, "bob", "denied"),
        decided(99.0, None, "unknown"),
        # The clock was set back since.
        decided(140.0, "cleo", "granted"),
    ):
        audit.append(event)
    assert assembly.recent_grants(audit, 10.0, 100.0) == {"ada": 2.0, "cleo": 0.0}


def test_pictures_are_taken_only_when_asked_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCESSCTL_AUDIT_KEY_FILE", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with open_audit(config) as audit:
        audit.append(Event(1.0, EventKind.SERVICE, {}))
    assert assembly.pictures_of(config) is NO_PICTURES
    wanted = config.audit.model_copy(update={"snapshots": SnapshotConfig(keep="face")})
    photographer = assembly.pictures_of(config.model_copy(update={"audit": wanted}))
    assert photographer is not None
    said = photographer.take("ab", 1.0, np.zeros((8, 8, 3), np.uint8))
    assert (config.audit.file.parent / "snapshots" / said["snapshot"]).is_file()


def test_what_is_written_down_is_sealed(config: Config) -> None:
    with open_audit(config) as audit:
        audit.append(Event(1.0, EventKind.SERVICE, {}))
        report = audit.verify()
    assert (report.covered, report.alarm) == (1, False)


def test_a_door_asks_for_the_pin_in_the_gallery_and_counts_the_wrong_ones(
    config: Config, engine: Engine, house: FakeHouse
) -> None:
    ada = house.enrol("Ada", ADA)
    house.gallery.set_pin(ada, hash_pin("270818", lambda count: b"s" * count))
    policy = config.policy.model_copy(update={"second_factor": "pin"})
    engine = replace(engine, config=config.model_copy(update={"policy": policy}))
    faces = [fake_face(box=FACE_BOX)]
    with open_audit(config) as audit, open_door(engine, audit) as door:
        pad = door.gate.second_factor
        assert pad is not None
        house.play(door, [(ADA, faces)] * 5)
        assert pad.offer_pin("999999").sentence == "Wrong PIN."
        (event,) = [event for _, event in audit.query() if event.data["state"] == "wrong_pin"]
        assert event.person == ada
        assert decisions(house.play(door, [(ADA, faces)] * 2, start=0.5)) == []
    with LockoutStore(config.audit.file.with_name("lockout.sqlite")) as store:
        assert store.read(config.access.door).refused == 1


def test_a_door_that_asks_for_life_asks_the_texture_network_that_was_named(
    config: Config, texture_folder: Callable[..., Path]
) -> None:
    passive = LivenessConfig(mode="passive", texture=texture_folder())
    wanted = assembly.wanted_of(config.model_copy(update={"liveness": passive}))
    assert wanted.texture is not None
    assert wanted.texture.score(np.full((64, 64, 3), 255, np.uint8), FACE_BOX) == 1.0


def test_a_door_that_does_not_ask_for_life_loads_no_network(config: Config, tmp_path: Path) -> None:
    careless = LivenessConfig(mode="off", texture=tmp_path / "nowhere")
    assert assembly.wanted_of(config.model_copy(update={"liveness": careless})).texture is None


def test_a_door_whose_texture_network_is_missing_does_not_open(
    engine: Engine, house: FakeHouse, tmp_path: Path
) -> None:
    passive = LivenessConfig(mode="passive", texture=tmp_path / "nowhere")
    broken = replace(engine, config=engine.config.model_copy(update={"liveness": passive}))
    with pytest.raises(ModelError, match=r"liveness\.texture"), open_door(broken, house.audit):
        pytest.fail("half a door")


@pytest.fixture
def locked(engine: Engine, tmp_path: Path) -> Engine:
    """One whose action declares a safe state, which writes down why it was set."""
    lock = tmp_path / "lock"
    lock.write_text(f"#!/bin/sh\necho $ACCESSCTL_REASON >> {tmp_path}/ran\n")
    lock.chmod(0o700)
    action = {"type": "command", "argv": ["/bin/true"], "safe": [str(lock)]}
    actions = ActionsConfig.model_validate({"granted": [action]})
    return replace(engine, config=engine.config.model_copy(update={"actions": actions}))


def test_a_door_that_takes_over_sets_the_safe_state_and_knows_who_was_just_let_in(
    locked: Engine, house: FakeHouse, tmp_path: Path
) -> None:
    """The one before may have been killed in a pulse of the lock."""
    house.enrol("Ada", ADA)
    locked.roster.refresh()
    with ExitStack() as first, ExitStack() as second:
        one = first.enter_context(open_door(locked, house.audit))
        other = second.enter_context(open_door(locked, house.audit))
        house.play(one, [(ADA, [fake_face(box=FACE_BOX)])] * 9)
        house.play(other, [(ADA, [fake_face(box=FACE_BOX)])] * 9)
        first.close()
        assert (tmp_path / "ran").read_text() == "start\nstop\n"
        assert decisions(house.play(other, [(ADA, [fake_face(box=FACE_BOX)])] * 30, 2.0)) == []
        assert (tmp_path / "ran").read_text() == "start\nstop\nstart\n"
        later = locked.config.policy.cooldown_s + 2.0
        scenes = [(ADA, [fake_face(box=FACE_BOX)])] * 30
        (granted,) = decisions(house.play(other, scenes, later))
        assert granted.outcome is Outcome.GRANTED


def test_the_safe_state_at_the_stop_is_that_of_the_configuration_that_runs(
    engine: Engine, locked: Engine, house: FakeHouse, tmp_path: Path
) -> None:
    with open_door(engine, house.audit) as door:
        door.take_over(assembly.live_settings_of(locked.config, door.gate))
    assert (tmp_path / "ran").read_text() == "stop\n"


def test_the_safe_state_is_set_at_start_and_at_stop_and_is_on_record(
    locked: Engine, house: FakeHouse, tmp_path: Path
) -> None:
    with open_door(locked, house.audit):
        assert (tmp_path / "ran").read_text() == "start\n"
    assert (tmp_path / "ran").read_text() == "start\nstop\n"
    told = [e.data for e in house.events() if e.data.get("state") == "safe_set"]
    assert [(one["why"], one["ok"]) for one in told] == [("start", True), ("stop", True)]


@pytest.mark.parametrize("spectator", [True, False])
def test_a_door_that_only_watches_leaves_the_lock_alone(
    locked: Engine, house: FakeHouse, tmp_path: Path, spectator: bool
) -> None:
    with open_door(locked, house.audit):
        (tmp_path / "ran").unlink()
        with open_door(locked, house.audit, spectator=spectator) as watching:
            assert not watching.acting
            assert not (tmp_path / "ran").exists()
        assert not (tmp_path / "ran").exists()
    assert (tmp_path / "ran").read_text() == "stop\n"
    with open_door(locked, house.audit, spectator=True) as alone:
        # Nobody else acts for the lock: what this one decides counts.
        assert alone.acting


def test_a_door_that_takes_over_sets_the_safe_state(
    locked: Engine, house: FakeHouse, tmp_path: Path
) -> None:
    """Whoever acted before may have died while the lock was open."""
    with Duty(duty_file(locked.config), waits=False) as other:
        with open_door(locked, house.audit) as door:
            door.step(Frame(portrait(EVE), 0.0, 0))
            assert not (tmp_path / "ran").exists()
            other.__exit__(None, None, None)
            door.step(Frame(portrait(EVE), 60.0, 1))
            assert door.acting
            assert (tmp_path / "ran").read_text() == "start\n"
        assert (tmp_path / "ran").read_text() == "start\nstop\n"
    states = [e.data.get("state") for e in house.events()]
    assert [s for s in states if s in ("acting", "safe_set")] == ["acting", "safe_set", "safe_set"]
