import threading
import time
from dataclasses import replace
from importlib.metadata import version

import pytest

from accessctl.actions.base import HangingAction, RecordingAction
from accessctl.camera.fake import FakeSource
from accessctl.domain import Event, EventKind, Outcome, Reason
from accessctl.door.duty import Duty, duty_file
from accessctl.door.fake import CALIBRATION, FACE_BOX, FakeHouse, decisions
from accessctl.door.session import open_session
from accessctl.encoder.base import FAKE_CARD
from accessctl.errors import CameraError, SourceError
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face
from tests.door.sessions import ADA, recording, states, unlocking, visit
from tests.patience import PATIENCE_S


def test_a_session_is_on_record_from_start_to_stop(engine: Engine, house: FakeHouse, use) -> None:
    use(recording(*visit(3)))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = list(opened.steps(threading.Event(), time.monotonic, None))
    assert len(steps) == 3
    started, stopped = house.events()
    assert dict(started.data) == {
        "state": "started",
        "software": version("accessctl"),
        "camera": "fake camera",
        "people": 0,
        "device": "cpu",
        "door": "front",
        "encoder": FAKE_CARD.fingerprint,
        "calibration": CALIBRATION.mark,
        "liveness": "off",
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


def test_what_is_wrong_with_a_door_that_watches_is_not_in_the_log_of_the_one_that_acts(
    engine: Engine, house: FakeHouse, use, caplog: pytest.LogCaptureFixture
) -> None:
    """Its camera is lost and comes back, and the door fails on a frame of it."""
    first, second, third = visit(3)
    source = FakeSource(
        [[first, CameraError("unplugged")], [second, third, threading.Event()]],
        endless=True,
        live=False,
    )
    use(source)
    told: list[str] = []
    with (
        Duty(duty_file(engine.config), waits=False),
        open_session(
            engine,
            house.audit,
            fast=True,
            spectator=True,
            on_camera=lambda state, _: told.append(state),
        ) as opened,
    ):
        steps = opened.steps(threading.Event(), time.monotonic, None)
        next(steps)
        next(steps)
        opened.faults.failed(ValueError("no"), 1.0)
        source.opened[-1]._steps = iter(())
    kept = [event.data for event in house.events()]
    assert [(one["state"], one.get("watching")) for one in kept] == [
        ("started", True),
        ("watching_only", None),
        ("stopped", True),
    ]
    # It is told where this door is asked, and on its standard error.
    assert told == ["lost", "back"]
    assert "watches only: camera_lost (unplugged)" in caplog.text
    assert "watches only: frame_fault (ValueError)" in caplog.text


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
        assert unlock.started.wait(PATIENCE_S)
        threading.Timer(0.05, unlock.release.set).start()
    last_two: list[Event] = house.events()[-2:]
    assert [event.kind for event in last_two] == [EventKind.ACTION, EventKind.SERVICE]
    assert last_two[0].data["ok"] is True
    assert last_two[1].data["state"] == "stopped"
