"""Enrolment by a door's camera at the door: what it judges, holds off, writes down and answers."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.audit.base import MemoryLog
from accessctl.domain import Face, Pose, Quality
from accessctl.door.fake import ScriptedObserver
from accessctl.door.shot import SHOT_S, PortraitPose
from accessctl.errors import HubError, InputError
from accessctl.service import enrolling
from accessctl.service.enrolling import BUSY, HOLD_S, EnrolmentDesk, EnrolmentParts
from accessctl.sync.commands import EnrolmentOrder
from accessctl.sync.feed_wire import CommandAnswer
from accessctl.sync.shot_wire import EnrolmentStep
from accessctl.vision.fake import fake_face
from tests.patience import PATIENCE_S, wait_for

IMAGE = np.full((120, 120, 3), 90, np.uint8)


def face(score: float = 0.8, *reasons: str, yaw: float = 0.0) -> Face:
    return replace(fake_face(quality=Quality(score, reasons)), pose=Pose(yaw, 0, 0))


class Answers:
    """What the hub was told, and how much was on record then."""

    def __init__(self, log: MemoryLog) -> None:
        self.settled: dict[str, CommandAnswer] = {}
        self.given: dict[str, tuple[str, bytes | None]] = {}
        self.on_record: list[int] = []
        self.fault: HubError | None = None
        self._log = log

    def settle(self, nonce: str, answer: CommandAnswer) -> None:
        self._heard()
        self.settled[nonce] = answer

    def give(self, nonce: str, fault: str, jpeg: bytes | None) -> None:
        self._heard()
        self.given[nonce] = fault, jpeg

    def _heard(self) -> None:
        self.on_record.append(len(list(self._log.query())))
        if self.fault is not None:
            raise self.fault


class Rig:
    """A desk whose thread and loop are the test's."""

    def __init__(self) -> None:
        self.time = 100.0
        self.log = MemoryLog()
        self.observer = ScriptedObserver()
        self.answers = Answers(self.log)
        self.held: list[bool] = []
        self.seated: list[PortraitPose | None] = []
        self.acting = True
        self.desk = EnrolmentDesk(
            EnrolmentParts(
                observer=self.observer,
                door=self,
                record=self.log,
                answers=self.answers,
                seated=self.seated.append,
                clock=lambda: self.time,
                wall_clock=lambda: 2000.0,
            )
        )

    def hold_off(self, *, on: bool) -> None:
        self.held.append(on)

    def step(self, step: str, nonce: str = "1", age_s: float = 0.0) -> None:
        self.desk.ask(EnrolmentOrder(EnrolmentStep(step), "Grace", nonce, age_s))

    def shows(self, *faces: Face, later_s: float = 0.0) -> None:
        """The loop's next frame."""
        self.observer.faces = faces
        self.time += later_s
        self.desk.follow((), (SimpleNamespace(image=IMAGE), SimpleNamespace(faces=())))

    def records(self) -> list[dict]:
        return [dict(event.data) for _, event in self.log.query()]


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def working(rig: Rig) -> Iterator[Rig]:
    """With its thread at work."""
    with rig.desk:
        yield rig


def begun(rig: Rig) -> None:
    """The thread waits for pictures."""
    wait_for(lambda: rig.desk._shot, "the photo")


def test_a_good_picture_is_on_record_and_then_given_to_the_hub(working: Rig) -> None:
    working.step("front")
    begun(working)
    working.shows(face(0.5))
    working.shows(face(0.9), later_s=SHOT_S)
    fault, jpeg = wait_for(lambda: working.answers.given.get("1"), "the answer")
    assert fault == ""
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert [one["state"] for one in working.records()] == ["enrolment_begun", "enrolment_shot"]
    assert working.records()[1] == {
        "state": "enrolment_shot",
        "by": "Grace",
        "via": "hub",
        "pose": "front",
        "fault": None,
    }
    assert working.answers.on_record == [2]
    assert working.held[-1] is True
    assert working.seated == [PortraitPose.FRONT]


@pytest.mark.parametrize(
    ("step", "faces", "fault"),
    [
        ("front", [], "no_face"),
        ("front", [face(), face()], "several_faces"),
        ("front", [face(0.9, "too dark")], "too_dark"),
        ("front", [face(0.9, "too far")], "too_far"),
        ("front", [face(0.9, "too blurred", "turned away")], "too_blurred"),
        ("front", [face(yaw=13)], "not_straight"),
        ("left", [face(yaw=2)], "not_turned"),
        ("left", [face(yaw=-15)], "other_way"),
        ("right", [face(yaw=15)], "other_way"),
        ("front", None, "no_picture"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_in_one_word(
    working: Rig, monkeypatch: pytest.MonkeyPatch, step: str, faces: list | None, fault: str
) -> None:
    monkeypatch.setattr(enrolling, "LONGEST_S", 0.3)
    working.step(step)
    begun(working)
    if faces is not None:
        working.shows(*faces)
    assert wait_for(lambda: working.answers.given.get("1"), "the answer") == (fault, None)
    assert working.records()[-1]["fault"] == fault


def test_what_fails_in_a_picture_ends_no_loop(working: Rig, caplog) -> None:
    working.observer.still = None
    working.step("front")
    begun(working)
    working.shows()
    assert wait_for(lambda: working.answers.given.get("1"), "the answer") == ("failed", None)
    assert "could not be looked at" in caplog.text


def test_what_is_not_on_record_is_neither_held_nor_given(working: Rig) -> None:
    working.log.full = True
    working.step("begin")
    answer = wait_for(lambda: working.answers.settled.get("1"), "the answer")
    assert not answer.done
    assert "put on record" in answer.problem
    working.shows()
    assert working.held == [False]


def test_a_photo_whose_record_fails_stays_here(working: Rig) -> None:
    working.step("front")
    begun(working)
    working.log.full = True
    working.shows(face())
    working.shows(face(), later_s=SHOT_S)
    assert not wait_for(lambda: working.answers.settled.get("1"), "the answer").done
    assert working.answers.given == {}


def test_it_ends_when_the_operator_says_so(working: Rig) -> None:
    working.step("begin", "1")
    wait_for(lambda: working.answers.settled.get("1"), "the begin")
    working.step("end", "2")
    wait_for(lambda: working.answers.settled.get("2"), "the end")
    working.shows()
    assert working.held == [False]
    assert working.records()[-1] == {"state": "enrolment_ended", "by": "Grace"}
    assert working.seated == [PortraitPose.FRONT, None]


def test_it_ends_by_itself(rig: Rig) -> None:
    rig.step("begin")
    rig.desk.work_next()
    rig.time += HOLD_S - 0.1
    rig.shows()
    rig.time += 0.1
    rig.shows()
    assert rig.held == [True, False]
    assert rig.desk.work_next()
    assert rig.records()[-1] == {"state": "enrolment_ended", "why": "time"}


def test_each_step_makes_it_last(rig: Rig) -> None:
    rig.step("begin", "1")
    rig.desk.work_next()
    rig.time += HOLD_S - 1
    rig.step("begin", "2")
    rig.desk.work_next()
    rig.shows(later_s=HOLD_S - 1)
    assert rig.held == [True]
    assert [one["state"] for one in rig.records()] == ["enrolment_begun"]


def test_a_step_counts_once_in_time_one_after_the_other_and_at_a_door_that_acts(rig: Rig) -> None:
    with pytest.raises(InputError, match="last 10 seconds"):
        rig.step("front", "1", age_s=10.1)
    rig.step("begin", "2")
    with pytest.raises(InputError, match=BUSY):
        rig.step("begin", "3")
    rig.desk.work_next()
    with pytest.raises(InputError, match="heard before"):
        rig.step("begin", "2")
    rig.acting = False
    with pytest.raises(InputError, match="only watches"):
        rig.step("begin", "4")


def test_the_next_step_may_come_before_the_one_before_is_told(working: Rig) -> None:
    told, go_on = threading.Event(), threading.Event()
    settle = working.answers.settle

    def slowly(nonce: str, answer: CommandAnswer) -> None:
        settle(nonce, answer)
        told.set()
        assert go_on.wait(PATIENCE_S)

    working.answers.settle = slowly
    working.step("begin", "1")
    assert told.wait(PATIENCE_S)
    threading.Timer(0.1, go_on.set).start()
    working.step("end", "2")
    wait_for(lambda: "2" in working.answers.settled, "the end")


def test_a_hub_that_cannot_be_told_does_not_keep_the_next_step_away(rig: Rig, caplog) -> None:
    rig.answers.fault = HubError("away")
    rig.step("begin", "1")
    assert rig.desk.work_next()
    rig.answers.fault = None
    rig.step("end", "2")
    assert rig.desk.work_next()
    assert rig.answers.settled == {"2": CommandAnswer(done=True)}
    assert "was not told what became of an enrolment's step: away" in caplog.text


def test_the_end_of_the_door_ends_it_on_record() -> None:
    rig = Rig()
    with rig.desk:
        rig.step("begin")
        wait_for(lambda: rig.answers.settled, "the begin")
    assert rig.records()[-1]["state"] == "enrolment_ended"


def test_nobody_holds_a_door_off_for_ever(rig: Rig) -> None:
    began, number = rig.time, 0
    while True:
        number += 1
        rig.step("begin", str(number))
        rig.desk.work_next()
        rig.shows(later_s=50.0)
        if rig.time - began >= 600:
            break
    assert rig.held == [True] * 11 + [False]
    with pytest.raises(InputError, match="has decided on nobody for ten minutes"):
        rig.step("front", "shot")
    rig.step("end", "end")
    rig.desk.work_next()
    assert rig.records()[-1]["state"] == "enrolment_ended"
    rig.time += 599.0
    with pytest.raises(InputError, match="then go on"):
        rig.step("begin", "early")
    rig.time += 1.0
    rig.step("begin", "later")
    rig.desk.work_next()
    rig.shows()
    assert rig.held[-1] is True


def test_many_short_ones_hold_a_door_off_no_longer(rig: Rig) -> None:
    # Each costs 60 s, of which 1 s is paid back before the next: the 11th makes 650.
    for number in range(11):
        for step in ("begin", "end"):
            rig.step(step, f"{step} {number}")
            rig.desk.work_next()
            rig.time += 1.0
    with pytest.raises(InputError, match="then go on"):
        rig.step("begin", "12th")
