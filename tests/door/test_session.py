import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from accessctl.actions.base import Action, HangingAction, RecordingAction
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
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Event, EventKind, Frame, Outcome, Quality, Reason
from accessctl.door import assembly, session
from accessctl.door.duty import Duty, duty_file
from accessctl.door.fake import CALIBRATION, FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.session import (
    PATIENCE_S,
    best_shot,
    open_session,
    watch,
)
from accessctl.encoder.base import FAKE_CARD
from accessctl.errors import (
    CameraError,
    ConfigError,
    ModelError,
    NoFaceError,
    PoorFaceError,
    SourceError,
)
from accessctl.liveness.evidence import CueVerdict
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import FakeObserver, fake_face
from accessctl.vision.second_camera import OtherView


class Script:
    """Hands out frames by number; None stands for a wait in vain."""

    def __init__(self, numbers: Sequence[int | None], endless: bool = False) -> None:
        self._numbers = list(numbers)
        self._endless = endless
        self.timeouts: list[float] = []

    @property
    def ended(self) -> bool:
        return not self._numbers and not self._endless

    def next(self, timeout_s: float) -> Frame | None:
        self.timeouts.append(timeout_s)
        number = self._numbers.pop(0) if self._numbers else None
        return None if number is None else Frame(portrait(1), number / 10, number)


def seconds() -> Callable[[], float]:
    ticks = count()
    return lambda: float(next(ticks))


def watched(
    reader: Script, stop: threading.Event | None = None, limit: float | None = None
) -> list[int]:
    door = FakeHouse().door()
    steps = watch(reader, door, stop or threading.Event(), seconds(), limit)
    return [frame.sequence for frame, _ in steps]


def test_every_frame_in_order_until_the_feed_ends() -> None:
    assert watched(Script([0, 1, 2])) == [0, 1, 2]


def test_waiting_in_vain_is_not_the_end() -> None:
    reader = Script([0, None, None, 3])
    assert watched(reader) == [0, 3]
    assert set(reader.timeouts) == {PATIENCE_S}


def test_it_ends_after_so_many_seconds_frames_or_not() -> None:
    # The clock ticks once a look: read at 0, then a frame each at 1, 2 and 3.
    assert watched(Script(range(100)), limit=4) == [0, 1, 2]
    assert watched(Script([], endless=True), limit=4) == []


def test_a_signal_ends_it_before_the_next_frame() -> None:
    stop, reader = threading.Event(), Script(range(100))
    door = FakeHouse().door()
    seen = []
    for frame, _ in watch(reader, door, stop, seconds()):
        seen.append(frame.sequence)
        if frame.sequence == 1:
            stop.set()
    assert seen == [0, 1]
    assert len(reader.timeouts) == 2


def test_stopped_before_it_began() -> None:
    stop = threading.Event()
    stop.set()
    assert watched(Script([0]), stop) == []


def test_each_frame_comes_with_what_the_door_made_of_it() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    ((frame, step),) = watch(Script([7]), house.door(), threading.Event(), seconds())
    assert frame.sequence == 7
    assert [view.visit for view in step.faces] == ["visit-1"]


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
        "door": "front",
        "encoder": FAKE_CARD.fingerprint,
        "calibration": CALIBRATION.mark,
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
    first = fake_face(box=FACE_BOX, track=1)
    again = fake_face(box=FACE_BOX, track=2)
    house.observer.faces = [first]
    use(recording(*visit(8)))
    with open_session(engine, house.audit, fast=True) as opened:
        steps = opened.steps(threading.Event(), time.monotonic, None)
        told = [d for _ in range(4) for d in next(steps)[1].decisions]
        longer = engine.config.policy.model_copy(update={"cooldown_s": 600})
        opened.take_over(changed(engine, policy=longer))
        house.observer.faces = [again]
        told += [d for _, step in steps for d in step.decisions]
        told += opened.finish()
    assert [(d.person, d.outcome, d.reason) for d in told] == [
        (ada, Outcome.GRANTED, Reason.MATCHED),
    ]


def test_another_rate_for_strangers_holds_from_the_next_frame(
    engine: Engine, house: FakeHouse, use
) -> None:
    use(recording(*visit(1)))
    with open_session(engine, house.audit, fast=True) as opened:
        policy = PolicyConfig(target_fpir=0.02, attempts=2)
        opened.take_over(changed(engine, policy=policy))
        assert opened.door.roster.attempt_fmr == pytest.approx(0.01)
        assert opened.config.policy is policy


def test_what_is_refused_changes_nothing(
    engine: Engine, house: FakeHouse, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(recording(*visit(1)))
    with open_session(engine, house.audit, fast=True) as opened:
        gate, rate, reader = opened.door.gate, opened.door.roster.attempt_fmr, opened.reader

        def refuse(many: Sequence[ActionConfig]) -> list[Action]:
            raise ConfigError("no key")

        monkeypatch.setattr(assembly, "actions_from", refuse)
        with pytest.raises(ConfigError):
            opened.take_over(changed(engine, policy=PolicyConfig(target_fpir=0.02)))
        assert (opened.door.gate, opened.door.roster.attempt_fmr, opened.reader) == (
            gate,
            rate,
            reader,
        )
        assert opened.config is engine.config


def test_a_texture_network_that_is_not_there_is_refused_before_anything_changes(
    engine: Engine, house: FakeHouse, use, tmp_path: Path
) -> None:
    use(recording(*visit(1)))
    with open_session(engine, house.audit, fast=True) as opened:
        gate, rate = opened.door.gate, opened.door.roster.attempt_fmr
        liveness = LivenessConfig(texture=tmp_path / "nowhere")
        policy = PolicyConfig(target_fpir=0.02, attempts=2)
        with pytest.raises(ModelError, match=r"liveness\.texture"):
            opened.take_over(changed(engine, liveness=liveness, policy=policy))
        assert (opened.door.gate, opened.door.roster.attempt_fmr) == (gate, rate)
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


class ShotScript:
    """A reader and its clock: each frame, or None, takes a second to come."""

    def __init__(self, frames: Sequence[int | None]) -> None:
        self._frames = list(frames)
        self.now = 0.0

    @property
    def ended(self) -> bool:
        return not self._frames

    def next(self, timeout_s: float) -> Frame | None:
        self.now += 1.0
        value = self._frames.pop(0)
        if value is None:
            return None
        return Frame(np.full((4, 4, 3), value, np.uint8), self.now, value)

    def clock(self) -> float:
        return self.now


def good(score: float):
    return [fake_face(quality=Quality(score))]


POOR = [fake_face(quality=Quality(0.99, ("too blurred",)))]


def shot(reader: ShotScript, photos: Sequence[object], seconds: float = 60) -> int:
    image = best_shot(reader, FakeObserver(photos=photos), reader.clock, seconds)
    return int(image[0, 0, 0])


def test_the_best_of_the_usable_frames() -> None:
    photos = [good(0.4), POOR, good(0.8), [], good(0.6)]
    assert shot(ShotScript([1, 2, 3, 4, 5]), photos) == 3


def test_of_equals_the_first() -> None:
    assert shot(ShotScript([1, 2]), [good(0.5), good(0.5)]) == 1


def test_it_looks_for_so_long_and_no_longer() -> None:
    reader = ShotScript([1, None, 3, 4, 5])
    assert shot(reader, [good(0.4), good(0.5), good(0.9)], seconds=3) == 3
    assert reader.now == 3


def test_when_no_frame_will_do_the_last_one_says_why() -> None:
    with pytest.raises(PoorFaceError, match=r"^The camera: the face is blurred"):
        shot(ShotScript([1, 2]), [[], POOR])
    with pytest.raises(NoFaceError, match=r"^The camera: no face"):
        shot(ShotScript([1, 2]), [POOR, []])


def test_a_camera_without_a_picture() -> None:
    with pytest.raises(CameraError, match="no picture"):
        shot(ShotScript([None, None]), [])
    with pytest.raises(CameraError, match="no picture"):
        shot(ShotScript([]), [])
