import logging
import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.actions.base import ActionResult, HangingAction, RecordingAction
from accessctl.actions.runner import ActionRunner
from accessctl.audit.base import MemoryLog
from accessctl.audit.snapshots import Snapshots
from accessctl.config import SnapshotConfig
from accessctl.domain import Box, Decision, Event, EventKind, Match, Outcome, PersonId, Reason
from accessctl.door.fake import DirectRunner
from accessctl.door.recorder import (
    DecisionRecorder,
    SnapshotTaker,
    action_event,
    decision_event,
    service_event,
)
from accessctl.vision.fake import fake_face

ADA = PersonId("a1")
MATCH = Match(ADA, similarity=0.912345, score=5.12345, margin=2.98765, fmr=1.23456e-7, fmr_upper=1)
DECISION = Decision(
    12.5, "v1", Outcome.GRANTED, Reason.MATCHED, ADA, MATCH, frames=4, latency_ms=412.345
)


def test_a_decision_with_its_evidence_rounded() -> None:
    assert decision_event(DECISION) == Event(
        12.5,
        EventKind.DECISION,
        {
            "visit": "v1",
            "attempt": 1,
            "attempts_left": 0,
            "decision": "granted",
            "reason": "matched",
            "similarity": 0.9123,
            "score": 5.123,
            "margin": 2.988,
            "fmr": 1.23e-7,
            "frames": 4,
            "latency_ms": 412.3,
        },
        ADA,
    )


def test_a_lead_over_nobody_is_no_number() -> None:
    lone = replace(DECISION, match=replace(MATCH, margin=math.inf))
    assert decision_event(lone).data["margin"] is None


def test_a_decision_without_a_match() -> None:
    event = decision_event(replace(DECISION, outcome=Outcome.UNKNOWN, person=None, match=None))
    assert event.person is None
    assert {event.data[key] for key in ("similarity", "score", "margin", "fmr")} == {None}


def test_the_result_of_an_action() -> None:
    result = ActionResult(False, "unlock ended with status 3.", 12.345)
    assert action_event(DECISION, "command unlock", result, 13.0) == Event(
        13.0,
        EventKind.ACTION,
        {
            "visit": "v1",
            "decision": "granted",
            "action": "command unlock",
            "ok": False,
            "detail": "unlock ended with status 3.",
            "duration_ms": 12.3,
        },
        ADA,
    )


def test_the_service() -> None:
    assert service_event("started", 2.0, people=3) == Event(
        2.0, EventKind.SERVICE, {"state": "started", "people": 3}
    )


NAMES = {ADA: "Ada"}
GRANTED = Decision(
    time=2000.0,
    visit="v1",
    outcome=Outcome.GRANTED,
    reason=Reason.MATCHED,
    person=ADA,
    match=Match(ADA, 0.9, 5.0, 2.0, 1e-5, 2e-5),
    frames=3,
    latency_ms=200.0,
)


class House:
    def __init__(self, *actions: RecordingAction, outcome: Outcome = Outcome.GRANTED) -> None:
        self.audit = MemoryLog()
        self.runner = DirectRunner()
        self.recorder = DecisionRecorder(self.audit, self.runner, wall_clock=lambda: 2001.0)
        self.recorder.use({outcome: actions}, ())

    def events(self) -> list[Event]:
        return [event for _, event in self.audit.query()]


def test_the_decision_is_on_record_before_anything_opens() -> None:
    class Looking(RecordingAction):
        def perform(self, payload: Mapping[str, Any]) -> ActionResult:
            recorded.extend(house.events())
            return super().perform(payload)

    recorded: list[Event] = []
    house = House(Looking("unlock"))
    assert house.recorder.enact(GRANTED, NAMES) is True
    assert [event.kind for event in recorded] == [EventKind.DECISION]


def test_the_payload_is_the_line_that_run_prints() -> None:
    unlock = RecordingAction("unlock")
    house = House(unlock)
    house.recorder.enact(GRANTED, NAMES)
    (payload,) = unlock.payloads
    assert payload["person"] == "Ada"
    assert payload["person_id"] == "a1"
    assert payload["decision"] == "granted"
    assert payload["visit"] == "v1"
    assert payload["time"] == "1970-01-01T00:33:20.000Z"


def test_the_results_are_on_record_without_the_name() -> None:
    house = House(RecordingAction("unlock"), RecordingAction("bell", ok=False))
    house.recorder.enact(GRANTED, NAMES)
    decision, *results = house.events()
    assert decision.person == ADA
    assert [(e.data["action"], e.data["ok"], e.time) for e in results] == [
        ("unlock", True, 2001.0),
        ("bell", False, 2001.0),
    ]
    assert "Ada" not in repr(house.events())


def test_without_a_record_nothing_is_done(caplog: pytest.LogCaptureFixture) -> None:
    unlock = RecordingAction("unlock")
    house = House(unlock)
    house.audit.full = True
    assert house.recorder.enact(GRANTED, NAMES) is False
    assert unlock.payloads == []
    assert "disk is full" in caplog.text


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.UNKNOWN])
def test_other_outcomes_do_not_unlock(outcome: Outcome) -> None:
    unlock = RecordingAction("unlock")
    house = House(unlock, outcome=outcome)
    house.recorder.enact(GRANTED, NAMES)
    assert unlock.payloads == []
    assert [event.kind for event in house.events()] == [EventKind.DECISION]


def test_a_full_queue_is_a_failed_action_on_record(caplog: pytest.LogCaptureFixture) -> None:
    house = House(RecordingAction("unlock"))
    house.runner.full = True
    assert house.recorder.enact(GRANTED, NAMES) is True
    event = house.events()[-2]
    assert (event.data["action"], event.data["ok"]) == ("unlock", False)
    assert "too many actions are waiting" in event.data["detail"]
    assert "Action unlock failed" in caplog.text


def test_a_failed_action_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    House(RecordingAction("unlock", ok=False)).recorder.enact(GRANTED, NAMES)
    assert [(r.levelno, r.message) for r in caplog.records] == [
        (logging.WARNING, "Action unlock failed: Refused.")
    ]


def test_a_result_that_cannot_be_recorded_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class FillsTheDisk(RecordingAction):
        def perform(self, payload: Mapping[str, Any]) -> ActionResult:
            house.audit.full = True
            return super().perform(payload)

    unlock = FillsTheDisk("unlock")
    house = House(unlock)
    assert house.recorder.enact(GRANTED, NAMES) is True
    assert len(unlock.payloads) == 1
    assert "action event could not be written down" in caplog.text


IMAGE = np.zeros((100, 200, 3), np.uint8)


IMAGE[:, :, 0] = 200
IMAGE[:, :, 0] = 200


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots", b"k" * 32, SnapshotConfig())


def test_a_face_is_cut_with_its_surroundings(snapshots: Snapshots) -> None:
    taker = SnapshotTaker(snapshots, "face")
    inside = taker.cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert inside.shape == (36, 36, 3)
    at_the_edge = taker.cut(IMAGE, fake_face(box=Box(-10, 90, 20, 20)))
    assert at_the_edge.shape == (18, 18, 3)


def test_a_frame_is_kept_whole(snapshots: Snapshots) -> None:
    cut = SnapshotTaker(snapshots, "frame").cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert cut.shape == IMAGE.shape


def test_what_is_taken_can_be_looked_at(snapshots: Snapshots) -> None:
    said = SnapshotTaker(snapshots, "frame").take("ab12", 1000.0, IMAGE)
    jpeg = np.frombuffer(snapshots.read(said["snapshot"]), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
    assert np.abs(picture.astype(int) - IMAGE).max() <= 3
    assert len(said["snapshot_sha256"]) == 64


def test_no_picture_is_no_fault(snapshots: Snapshots, tmp_path: Path) -> None:
    taker = SnapshotTaker(snapshots, "face")
    assert taker.take("ab", 1.0, None) == {}
    assert taker.take("ab", 1.0, IMAGE[:0]) == {}
    (tmp_path / "snapshots").write_text("no folder")
    assert taker.take("ab", 1.0, IMAGE) == {"snapshot": None}


def test_a_lock_that_a_reload_made_anew_never_runs_beside_the_one_before() -> None:
    """A configuration is taken over in the middle of a pulse, and somebody else is let in."""
    runner, audit = ActionRunner(queue=4), MemoryLog()
    recorder = DecisionRecorder(audit, runner, wall_clock=lambda: 2001.0)
    before, after = HangingAction("command relay"), HangingAction("command relay")
    recorder.use({Outcome.GRANTED: [before]}, ())
    recorder.enact(GRANTED, NAMES)
    assert before.started.wait(20)
    recorder.use({Outcome.GRANTED: [after]}, ())
    recorder.enact(replace(GRANTED, visit="v2"), NAMES)
    assert not after.started.is_set()
    before.release.set()
    assert after.started.wait(20)
    after.release.set()
    assert runner.close(20)
    acted = [event.data["ok"] for _, event in audit.query(kind=EventKind.ACTION)]
    assert acted == [True, True]
    assert recorder.failed_entries() == []


class Held(RecordingAction):
    """Its first performance waits for `release`."""

    def __init__(self, *, joins: bool) -> None:
        super().__init__("held")
        self.joins = joins
        self.release = threading.Event()

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        assert self.release.wait(30.0)
        return super().perform(payload)


@pytest.mark.parametrize(("joins", "runs"), [(True, 2), (False, 3)])
def test_grants_that_wait_join_where_one_run_serves_them_all(joins: bool, runs: int) -> None:
    """A lock is held open once for two that wait; each of two numbers is handed over."""
    held, audit = Held(joins=joins), MemoryLog()
    runner = ActionRunner(queue=4)
    recorder = DecisionRecorder(audit, runner, wall_clock=lambda: 2001.0)
    recorder.use({Outcome.GRANTED: [held]}, ())
    for visit in ("v1", "v2", "v3"):
        assert recorder.enact(replace(GRANTED, visit=visit), NAMES)
    held.release.set()
    assert runner.close(30.0)
    assert len(held.payloads) == runs
    reported = [event for _, event in audit.query(kind=EventKind.ACTION)]
    assert {event.data["visit"] for event in reported} == {"v1", "v2", "v3"}
