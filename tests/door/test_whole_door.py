"""Whatever happens before the door, in any order: who is let in, and who is not kept out.

The camera is played, people are flat pictures and the cues of liveness say what they are told; the
policy, the lockouts and the event log are the real ones, the latter two on disk.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.audit.log import EventLog
from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Box, CueVerdict, EventKind, PersonRules
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import Wanted
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse
from accessctl.errors import StoreError
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import live_frames
from accessctl.policy.evidence_record import from_data
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.policy.replay import Replayed, replay
from accessctl.recognition.calibration import comparison_fmr
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2
BESIDE = Box(70, 20, 50, 60)
LOCKOUT = LockoutConfig(attempts=2, door_attempts=4, first_s=20, longest_s=40, off_after=30)


class FaultyLog:
    """The real log, on a disk that can be full."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.full = False

    def append(self, event) -> int:
        if self.full:
            raise StoreError("The disk is full.")
        return self._log.append(event)


class WholeDoor:
    """One door, ten frames a second; every clock is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.real = EventLog(folder / "events.sqlite")
        self.store = LockoutStore(folder / "lockout.sqlite")
        self.log = FaultyLog(self.real)
        self.house = FakeHouse(wanted=Wanted(LivenessConfig(mode="passive", patience_s=2.0)))
        self.house.policy = self.house.policy.model_copy(
            update={"retry_s": 1.0, "cooldown_s": 2.0, "several_faces": "refuse"}
        )
        self.ada = self.house.enrol("Ada", ADA)
        self.house.enrol("Bea", 3)
        self.now, self.wall, self.track = 0.0, EPOCH, 1
        self.numbers = iter(range(1, 10**6))
        self.opened_for: list[int] = []
        self.start()

    def start(self) -> None:
        """As after a restart of the process: nothing is remembered but what is on disk."""
        self.keeper = LockoutKeeper(self.store, "front", LOCKOUT, lambda: Uptime("boot", self.now))
        self.door = self.house.door(
            AccessGate(AccessConfig(), self.house.policy, self.keeper),
            audit=self.log,
            wall_clock=lambda: self.wall,
            new_visit_id=lambda: f"{next(self.numbers):x}",
        )

    def stand(self, person: int, seconds: float, *, beside: bool = False) -> None:
        faces = [fake_face(self.track, box=FACE_BOX)]
        faces += [fake_face(self.track + 10**6, box=BESIDE)] if beside else []
        self._show(person, faces, seconds)

    def leave(self) -> None:
        self._show(EVE, [], 1.5)
        self.track += 1

    def _show(self, person: int, faces: list, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            before = len(self.house.unlock.payloads)
            self.house.play(self.door, [(person, faces)], start=self.now)
            opened = len(self.house.unlock.payloads) - before
            assert opened <= 1
            if opened:
                # (a) Of whom the frames show, alive in the eyes of the cues, alone, on record.
                assert person == ADA
                assert self.house.cues.says is CueVerdict.CONFIRM
                assert len(faces) == 1
                assert not self.log.full
            self.now = round(self.now + 0.1, 3)
            self.wall += 0.1

    def do(self, kind: str, value: Any) -> None:
        if kind in ("ada", "eve"):
            self.stand(ADA if kind == "ada" else EVE, value)
        elif kind == "company":
            self.stand(ADA, value, beside=True)
        elif kind == "leave":
            self.leave()
        elif kind == "track":
            self.track += 1
        elif kind == "says":
            self.house.cues.says = value
        elif kind == "disk":
            self.log.full = value
        elif kind == "lock":
            self.house.unlock.ok = value
        elif kind == "wall":
            self.wall = max(0.0, self.wall + value)
        elif kind == "restart":
            self.start()
        elif kind == "rules":
            self.house.gallery.set_rules(self.ada, PersonRules(disabled=value))

    def check_record(self) -> None:
        """(a) Each grant is on record with all its proofs, once an attempt."""
        decided = [event for _, event in self.real.query(kind=EventKind.DECISION)]
        granted = [event for event in decided if event.data["decision"] == "granted"]
        attempts = Counter((e.data["visit"], e.data["attempt"]) for e in granted)
        assert not attempts or max(attempts.values()) == 1
        acted = Counter((p["visit"], p["attempt"]) for p in self.house.unlock.payloads)
        assert acted == attempts
        for event in granted:
            kept = from_data(event.data["evidence"])
            assert event.person == self.ada
            assert kept.liveness is Proof.SHOWN
            least = self.house.policy.min_frames
            assert live_frames(kept.evidence, self.house.policy.frame_fmr) >= least
        for made in replay(
            self.real.query(kind=EventKind.DECISION),
            self.house.policy,
            AccessConfig(),
            "passive",
            lambda target, people: comparison_fmr(target, max(1, people)),
        ):
            assert isinstance(made, Replayed)
            assert not made.changed, made
        visits = Counter(e.data["visit"] for e in decided)
        assert not visits or max(visits.values()) <= self.house.policy.attempts

    def let_in(self) -> None:
        """(b) Enrolled, alive, allowed and alone for ten seconds with a lock that works."""
        self.do("disk", False)
        self.do("lock", True)
        self.do("says", CueVerdict.CONFIRM)
        self.do("rules", False)
        self.leave()
        opened = len(self.house.unlock.payloads)
        self.stand(ADA, 10.0)
        if len(self.house.unlock.payloads) > opened:
            return
        last = [event for _, event in self.real.query(kind=EventKind.DECISION)][-1]
        assert last.data["reason"] == "locked_out"
        assert self.keeper.remaining_s(self.ada) > 0


THINGS = st.one_of(
    st.tuples(st.sampled_from(["ada", "eve", "company"]), st.sampled_from([0.1, 0.5, 1.0, 4.0])),
    st.tuples(st.sampled_from(["leave", "track", "restart"]), st.none()),
    st.tuples(
        st.just("says"),
        st.sampled_from(list(CueVerdict)),
    ),
    st.tuples(st.sampled_from(["disk", "lock", "rules"]), st.booleans()),
    st.tuples(st.just("wall"), st.floats(-1e7, 1e7)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(THINGS, max_size=14))
def test_nobody_wrong_gets_in_and_nobody_right_is_kept_out(
    tmp_path_factory: pytest.TempPathFactory, things: list[tuple[str, Any]]
) -> None:
    door = WholeDoor(tmp_path_factory.mktemp("door"))
    try:
        for kind, value in things:
            door.do(kind, value)
        door.let_in()
        door.check_record()
        assert not door.real.verify().alarm
    finally:
        door.real.close()
        door.store.close()


def test_the_property_can_fail(tmp_path: Path) -> None:
    """A door that asks for no life is found out."""
    door = WholeDoor(tmp_path)
    door.house.wanted = Wanted(LivenessConfig(mode="off"))
    door.start()
    try:
        with pytest.raises(AssertionError):
            door.stand(ADA, 1.0)
    finally:
        door.real.close()
        door.store.close()


def test_a_lockout_is_a_reason_that_passes(tmp_path: Path) -> None:
    door = WholeDoor(tmp_path)
    try:
        door.do("says", CueVerdict.VETO)
        for _ in range(2):
            door.stand(ADA, 2.0)
            door.leave()
        assert door.keeper.remaining_s(door.ada) > 0
        door.let_in()
        assert door.house.unlock.payloads == []
        door.stand(ADA, 15.0)
        assert len(door.house.unlock.payloads) == 1
        door.check_record()
    finally:
        door.real.close()
        door.store.close()
