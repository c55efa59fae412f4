import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from accessctl.actions.base import Action
from accessctl.actions.fake import HangingAction, RecordingAction
from accessctl.camera.fake import FakeSource, Step
from accessctl.camera.source import Shot
from accessctl.config import (
    ActionConfig,
    ActionsConfig,
    CommandAction,
    Config,
    PolicyConfig,
    VisionConfig,
)
from accessctl.domain import Event, EventKind, Outcome, Reason
from accessctl.door import assembly, session
from accessctl.door.assembly import Engine
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.session import open_session
from accessctl.errors import CameraError, ConfigError, SourceError
from accessctl.vision.fake import fake_face

ADA = 1


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Put a scripted source in the camera's place."""

    def put(source: FakeSource) -> FakeSource:
        monkeypatch.setattr(session, "source_from", lambda *_, **__: source)
        return source

    return put


def recording(*steps: Step) -> FakeSource:
    return FakeSource([steps])


def visit(frames: int) -> list[Shot]:
    return [Shot(portrait(ADA), index / 10) for index in range(frames)]


def states(house: FakeHouse) -> list[str]:
    services = [event for event in house.events() if event.kind is EventKind.SERVICE]
    return [event.data["state"] for event in services]


def unlocking(engine: Engine, monkeypatch: pytest.MonkeyPatch, action: Action) -> Engine:
    """The same engine whose grants perform `action`."""

    def built(configured: Sequence[ActionConfig]) -> list[Action]:
        return [action for _ in configured]

    monkeypatch.setattr(assembly, "actions_from", built)
    granted = (CommandAction(type="command", argv=("unlock",)),)
    config = engine.config.model_copy(update={"actions": ActionsConfig(granted=granted)})
    return replace(engine, config=config)


def test_a_session_is_on_record_from_start_to_stop(engine: Engine, house: FakeHouse, use) -> None:
    use(recording(*visit(3)))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = list(opened.steps(threading.Event(), time.monotonic, None))
    assert len(steps) == 3
    started, stopped = house.events()
    assert dict(started.data) == {
        "state": "started",
        "camera": "fake camera",
        "people": 0,
        "device": "cpu",
    }
    assert dict(stopped.data) == {"state": "stopped", "dropped_frames": 0}


def test_somebody_is_let_in_and_it_is_all_on_record(
    engine: Engine, house: FakeHouse, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock = RecordingAction("unlock")
    engine = unlocking(engine, monkeypatch, unlock)
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    use(recording(*visit(5)))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = [step for _, step in opened.steps(threading.Event(), time.monotonic, None)]
        assert opened.finish() == []
    assert [d.outcome for d in decisions(steps)] == [Outcome.GRANTED]
    assert [payload["person"] for payload in unlock.payloads] == ["Ada"]
    assert [event.kind for event in house.events()] == [
        EventKind.SERVICE,
        EventKind.DECISION,
        EventKind.ACTION,
        EventKind.SERVICE,
    ]


def test_a_visit_that_is_open_at_the_end_is_decided(engine: Engine, house: FakeHouse, use) -> None:
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    use(recording(*visit(2)))
    with open_session(engine, house.audit, fast=True) as opened:
        list(opened.steps(threading.Event(), time.monotonic, None))
        (decision,) = opened.finish()
    assert (decision.outcome, decision.reason) == (Outcome.UNKNOWN, Reason.LEFT_EARLY)


def test_a_session_without_a_frame_ends_quietly(engine: Engine, house: FakeHouse, use) -> None:
    use(recording())
    with open_session(engine, house.audit, fast=True) as opened:
        assert list(opened.steps(threading.Event(), time.monotonic, None)) == []
        assert opened.finish() == []
    assert states(house) == ["started", "stopped"]


def test_a_recording_that_breaks_is_a_fault_on_record(
    engine: Engine, house: FakeHouse, use
) -> None:
    use(recording(*visit(1), CameraError("the file is damaged")))
    with (
        pytest.raises(CameraError, match="damaged"),
        open_session(engine, house.audit, fast=True) as opened,
    ):
        list(opened.steps(threading.Event(), time.monotonic, None))
    assert states(house) == ["started", "fault"]


def test_a_camera_that_comes_back_is_on_record(engine: Engine, house: FakeHouse, use) -> None:
    first, second = visit(2)
    source = FakeSource(
        [[first, CameraError("unplugged")], [second, threading.Event()]], endless=True, live=False
    )
    use(source)
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        assert [next(steps)[0].sequence for _ in range(2)] == [0, 1]
        source.opened[-1]._steps = iter(())
    assert states(house) == ["started", "camera_lost", "camera_back", "stopped"]
    lost = house.events()[1]
    assert lost.data["detail"] == "unplugged"


def test_a_full_disk_does_not_stop_the_door(engine: Engine, house: FakeHouse, use) -> None:
    use(recording(*visit(2)))
    house.audit.full = True
    with open_session(engine, house.audit, fast=True) as opened:
        assert len(list(opened.steps(threading.Event(), time.monotonic, None))) == 2
    assert house.events() == []


def test_a_source_nobody_understands_starts_nothing(engine: Engine, house: FakeHouse) -> None:
    camera = engine.config.camera.model_copy(update={"source": "gopher://x"})
    config = engine.config.model_copy(update={"camera": camera})
    with (
        pytest.raises(SourceError),
        open_session(replace(engine, config=config), house.audit, fast=True),
    ):
        pytest.fail("a session without a camera")
    assert house.events() == []


def test_the_end_waits_for_running_actions_and_comes_last(
    engine: Engine, house: FakeHouse, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock = HangingAction("unlock")
    engine = unlocking(engine, monkeypatch, unlock)
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    use(recording(*visit(3)))
    with open_session(engine, house.audit, fast=True) as opened:
        list(opened.steps(threading.Event(), time.monotonic, None))
        assert unlock.started.wait(10)
        threading.Timer(0.05, unlock.release.set).start()
    last_two: list[Event] = house.events()[-2:]
    assert [event.kind for event in last_two] == [EventKind.ACTION, EventKind.SERVICE]
    assert last_two[0].data["ok"] is True
    assert last_two[1].data["state"] == "stopped"


def changed(engine: Engine, **sections: object) -> Config:
    return engine.config.model_copy(update=sections)


def test_a_configuration_is_taken_over_in_the_middle_of_a_visit(
    engine: Engine, house: FakeHouse, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = RecordingAction("before"), RecordingAction("after")
    engine = unlocking(engine, monkeypatch, before)
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    use(recording(*visit(8)))
    policy = engine.config.policy
    patient = policy.model_copy(update={"min_frames": 6, "unknown_after_frames": 60})
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        seen = [next(steps)[1] for _ in range(2)]
        monkeypatch.setattr(assembly, "actions_from", lambda many: [after for _ in many])
        assert (
            opened.take_over(changed(engine, policy=patient, vision=VisionConfig(max_yaw=7))) == []
        )
        seen += [step for _, step in steps]
    visits = {view.visit for step in seen for view in step.faces}
    granted = [len(step.decisions) for step in seen]
    # One visit: the two frames before it count towards the six that are wanted now.
    assert len(visits) == 1
    assert granted == [0, 0, 0, 0, 0, 1, 0, 0]
    assert (len(before.payloads), len(after.payloads)) == (0, 1)
    assert house.observer.config.max_yaw == 7


def test_who_was_let_in_is_remembered_across_it(engine: Engine, house: FakeHouse, use) -> None:
    ada = house.enrol("Ada", ADA)
    engine.roster.refresh()
    first, again = fake_face(box=FACE_BOX, track=1), fake_face(box=FACE_BOX, track=2)
    house.observer.faces = [first]
    use(recording(*visit(8)))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        told = [d for _ in range(4) for d in next(steps)[1].decisions]
        longer = engine.config.policy.model_copy(update={"cooldown_s": 600})
        opened.take_over(changed(engine, policy=longer))
        house.observer.faces = [again]
        told += [d for _, step in steps for d in step.decisions]
    assert [(d.person, d.outcome, d.reason) for d in told] == [
        (ada, Outcome.GRANTED, Reason.MATCHED),
        (ada, Outcome.DENIED, Reason.COOLDOWN),
    ]


def test_another_rate_for_strangers_holds_from_the_next_frame(
    engine: Engine, house: FakeHouse, use
) -> None:
    use(recording(*visit(1)))
    with open_session(engine, house.audit, fast=True) as opened:
        policy = PolicyConfig(target_fpir=0.02)
        opened.take_over(changed(engine, policy=policy))
        assert opened.door.roster.max_fmr == pytest.approx(0.02)
        assert opened.config.policy is policy


def test_what_is_refused_changes_nothing(
    engine: Engine, house: FakeHouse, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(recording(*visit(1)))
    with open_session(engine, house.audit, fast=True) as opened:
        gate, rate, reader = opened.door.gate, opened.door.roster.max_fmr, opened.reader

        def refuse(many: Sequence[ActionConfig]) -> list[Action]:
            raise ConfigError("no key")

        monkeypatch.setattr(assembly, "actions_from", refuse)
        with pytest.raises(ConfigError):
            opened.take_over(changed(engine, policy=PolicyConfig(target_fpir=0.02)))
        assert (opened.door.gate, opened.door.roster.max_fmr, opened.reader) == (gate, rate, reader)
        assert opened.config is engine.config


def test_another_camera_begins_with_new_visits(engine: Engine, house: FakeHouse, use) -> None:
    house.observer.faces = [fake_face(box=FACE_BOX)]
    end = threading.Event()
    use(FakeSource([[*visit(2), end]], live=False, endless=True))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        old = [next(steps)[1].faces[0].visit for _ in range(2)]
        use(FakeSource([[*visit(1), end]], live=False, endless=True, description="the other"))
        camera = engine.config.camera.model_copy(update={"source": "rtsp://other/1"})
        (left,) = opened.take_over(changed(engine, camera=camera))
        # The one who stood before the old camera never stood before this one.
        assert (left.visit, left.reason) == (old[0], Reason.LEFT_EARLY)
        assert opened.reader.source.description == "the other"
        new = next(steps)[1].faces[0].visit
        end.set()
    assert old[0] == old[1] != new
