"""Another configuration in the middle of a session."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from accessctl.actions.base import Action, RecordingAction
from accessctl.camera.fake import FakeSource
from accessctl.config import ActionConfig, PolicyConfig, VisionConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Outcome, Reason
from accessctl.door import assembly
from accessctl.door.fake import FACE_BOX, FakeHouse
from accessctl.door.session import open_session
from accessctl.errors import ConfigError, ModelError
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face
from tests.door.sessions import ADA, changed, recording, unlocking, visit


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
