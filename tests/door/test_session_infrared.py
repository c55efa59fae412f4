"""An infrared camera beside the first one, from start to stop."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from accessctl.camera.fake import FakeSource
from accessctl.camera.source import Shot
from accessctl.config.liveness import LivenessConfig
from accessctl.door import session
from accessctl.door.fake import FACE_BOX, FakeHouse
from accessctl.door.session import open_session
from accessctl.errors import CameraError, SourceError
from accessctl.liveness.evidence import CueVerdict
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face
from accessctl.vision.second_camera import OtherView
from tests.door.sessions import ADA, changed, recording, states, visit

INFRARED = LivenessConfig(mode="passive", ir_source="/dev/video2")


@pytest.fixture
def use_both(monkeypatch: pytest.MonkeyPatch):
    """Put a scripted source in the camera's place, and one in that of the infrared camera."""

    def put(first: FakeSource, second: FakeSource) -> None:
        monkeypatch.setattr(session, "source_from", lambda *_, **__: first)
        monkeypatch.setattr(session, "infrared_source", lambda *_, **__: second)

    return put


def infrared_shots(count: int) -> list[Shot]:
    noise = np.random.default_rng(0)
    return [Shot(noise.integers(0, 256, (60, 60, 3), dtype=np.uint8), n / 10) for n in range(count)]


def with_infrared(engine: Engine, **more: object) -> Engine:
    config = engine.config.model_copy(update={"liveness": INFRARED, **more})
    return replace(engine, config=config)


def test_a_recording_is_looked_at_beside_its_infrared_recording(
    engine: Engine, house: FakeHouse, use_both
) -> None:
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    house.observer.other_view = OtherView(FACE_BOX, 0.5, 0.3)
    second = FakeSource([infrared_shots(25)], description="infrared recording")
    use_both(recording(*visit(25)), second)
    with open_session(with_infrared(engine), house.audit, fast=True) as opened:
        assert opened.infrared is not None
        list(opened.steps(threading.Event(), time.monotonic, None))
        (visitor,) = opened.door.visits
        assert visitor.life.source is not None
        words = {word.cue: word.verdict for word in visitor.life.source.cues}
        assert words["infrared"] is CueVerdict.CLEAR
        assert not opened.infrared.silent
    assert second.opened[0].closed.is_set()


def test_an_infrared_recording_that_ends_early_is_on_record_and_stops_nothing(
    engine: Engine, house: FakeHouse, use_both
) -> None:
    house.observer.faces = [fake_face(box=FACE_BOX)]
    use_both(recording(*visit(25)), FakeSource([infrared_shots(5)]))
    heard: list[str] = []
    with open_session(
        with_infrared(engine),
        house.audit,
        fast=True,
        on_infrared=lambda state, _: heard.append(state),
    ) as opened:
        assert len(list(opened.steps(threading.Event(), time.monotonic, None))) == 25
        assert opened.infrared is not None
        assert opened.infrared.silent
    assert states(house) == ["started", "infrared_lost", "stopped"]
    assert heard == ["lost"]


def test_an_infrared_camera_that_goes_and_comes_back_is_on_record(
    engine: Engine, house: FakeHouse, use_both
) -> None:
    halt, back = threading.Event(), threading.Event()
    shots = infrared_shots(2)
    second = FakeSource(
        [[shots[0], CameraError("unplugged")], [shots[1], halt]], live=True, endless=True
    )
    first = FakeSource([[*visit(1), halt]], live=True, endless=True)
    use_both(first, second)
    quick = {"camera": engine.config.camera.model_copy(update={"source": "/dev/video0"})}
    with open_session(
        with_infrared(engine, **quick),
        house.audit,
        fast=True,
        on_infrared=lambda state, _: back.set() if state == "back" else None,
    ):
        assert back.wait(20)
        halt.set()
    assert [state for state in states(house) if state.startswith("infrared")][:2] == [
        "infrared_lost",
        "infrared_back",
    ]


def test_no_infrared_camera_is_opened_where_nobody_asks_for_life(
    engine: Engine, house: FakeHouse, use
) -> None:
    use(recording(*visit(1)))
    off = LivenessConfig(mode="off", ir_source="/dev/video2")
    config = engine.config.model_copy(update={"liveness": off})
    with open_session(replace(engine, config=config), house.audit, fast=True) as opened:
        assert opened.infrared is None


def test_an_infrared_source_that_is_none_starts_nothing(
    engine: Engine, house: FakeHouse, use
) -> None:
    use(recording(*visit(1)))
    with (
        pytest.raises(SourceError, match="a recording an infrared recording"),
        open_session(
            with_infrared(
                engine, camera=engine.config.camera.model_copy(update={"source": "x.mp4"})
            ),
            house.audit,
            fast=True,
        ),
    ):
        pytest.fail("a session with half its cameras")
    assert house.events() == []


def test_an_infrared_camera_is_taken_over_and_given_back(
    engine: Engine, house: FakeHouse, use_both
) -> None:
    old, new = FakeSource([infrared_shots(9)]), FakeSource([infrared_shots(9)], description="new")
    use_both(recording(*visit(9)), old)
    engine = with_infrared(engine)
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        next(steps)
        use_both(recording(*visit(9)), new)
        other = LivenessConfig(mode="passive", ir_source="/dev/video4")
        assert opened.take_over(changed(engine, liveness=other)) == []
        assert old.opened[0].closed.is_set()
        assert opened.infrared is not None
        assert opened.infrared.companion.description == "new"
        next(steps)
        opened.take_over(changed(engine, liveness=LivenessConfig(mode="passive")))
        assert opened.infrared is None
        assert new.opened[0].closed.is_set()
        next(steps)
