"""A decision ends an attempt, not a visit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig, PolicyConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Box, CueVerdict, Decision, Face, Outcome, PersonRules, Quality, Reason
from accessctl.door.access_gate import NO_LOCKOUTS, AccessGate, Lockouts
from accessctl.door.assembly import recent_grants
from accessctl.door.demands import Wanted
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, decisions
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2
GRANTED = (Outcome.GRANTED, Reason.MATCHED)


def verdicts(made: Sequence[Decision]) -> list[tuple[Outcome, Reason]]:
    return [(one.outcome, one.reason) for one in made]


class Doorstep:
    """A house with Ada and a door before which one visitor stands; ten frames a second."""

    def __init__(self, access: AccessConfig | None = None, **policy: Any) -> None:
        self.house = FakeHouse()
        self.house.policy = self.house.policy.model_copy(update={"retry_s": 1.0, **policy})
        self.ada = self.house.enrol("Ada", ADA)
        self.now = 0.0
        self.wall = EPOCH
        self.access = access or AccessConfig()
        self.keeper: Lockouts = NO_LOCKOUTS
        self._door: Any = None

    @property
    def door(self) -> Any:
        if self._door is None:
            gate = AccessGate(self.access, self.house.policy, self.keeper)
            self._door = self.house.door(gate, wall_clock=lambda: self.wall)
        return self._door

    def stand(
        self, person: int, seconds: float, faces: Sequence[Face] | None = None, track: int = 1
    ) -> list[tuple[Outcome, Reason]]:
        shown = [fake_face(track, box=FACE_BOX)] if faces is None else faces
        until, made = self.now + seconds, []
        while self.now < until - 0.01:
            made += decisions(self.house.play(self.door, [(person, shown)], self.now))
            self.now = round(self.now + 0.1, 3)
            self.wall += 0.1
        return verdicts(made)


def test_poor_frames_and_then_a_perfect_face() -> None:
    here = Doorstep()
    assert here.stand(EVE, 1.0) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert here.stand(ADA, 3.0) == [GRANTED]
    assert here.stand(ADA, 10.0) == []


def test_the_pause_is_kept_and_what_was_seen_in_it_does_not_count() -> None:
    here = Doorstep(retry_s=2.0)
    # Unknown at 0.3 s, the fourth frame.
    assert here.stand(EVE, 0.4) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert here.stand(ADA, 2.0) == []
    assert here.stand(ADA, 0.3) == [GRANTED]


def test_a_visit_comes_to_no_more_decisions_than_attempts() -> None:
    here = Doorstep(attempts=2)
    assert here.stand(EVE, 10.0) == [(Outcome.UNKNOWN, Reason.NO_MATCH)] * 2
    assert here.stand(ADA, 10.0) == []
    told = [(e.data["attempt"], e.data["attempts_left"]) for e in here.house.events()]
    assert told == [(1, 1), (2, 0)]


def test_who_leaves_during_a_further_attempt_has_been_told() -> None:
    here = Doorstep()
    here.stand(EVE, 1.6)
    assert here.stand(EVE, 2.0, faces=()) == []


def test_an_action_that_failed_is_tried_again() -> None:
    here = Doorstep()
    here.house.unlock.ok = False
    assert here.stand(ADA, 0.5) == [GRANTED]
    here.house.unlock.ok = True
    assert here.stand(ADA, 2.0) == [GRANTED]
    assert here.stand(ADA, 10.0) == []
    states = [event.data.get("state") for event in here.house.events()]
    assert states.count("entry_failed") == 1


def test_an_action_that_goes_on_failing_is_tried_so_often_as_a_visit_has_attempts() -> None:
    here = Doorstep()
    here.house.unlock.ok = False
    assert here.stand(ADA, 30.0) == [GRANTED] * here.house.policy.attempts


def test_a_failed_action_starts_no_cooldown_after_a_restart_either() -> None:
    here = Doorstep()
    here.house.unlock.ok = False
    here.stand(ADA, 0.5)
    assert recent_grants(here.house.audit, 60.0, EPOCH) == {}


def test_a_cooldown_is_a_wait() -> None:
    here = Doorstep(cooldown_s=3.0)
    assert here.stand(ADA, 0.5) == [GRANTED]
    here.stand(ADA, 1.5, faces=())
    assert here.stand(ADA, 2.0, track=2) == [GRANTED]


def test_a_passer_by_keeps_nobody_out_for_good() -> None:
    here = Doorstep(several_faces="refuse")
    near = fake_face(1, box=FACE_BOX)
    beside = fake_face(2, box=Box(70, 20, 50, 60))
    made = here.stand(ADA, 0.5, faces=[near, beside])
    assert (Outcome.DENIED, Reason.TWO_FACES) in made
    assert here.stand(ADA, 5.0, faces=[near]) == [GRANTED]


def test_company_that_stays_is_refused_once() -> None:
    here = Doorstep(several_faces="refuse")
    faces = [fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))]
    made = here.stand(ADA, 20.0, faces=faces)
    assert made.count((Outcome.DENIED, Reason.TWO_FACES)) == 1


def test_a_lockout_that_ends_ends_for_who_stands_there(tmp_path: Path) -> None:
    here = Doorstep()
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        locked = Lockout(5, Uptime("boot", 0.0), 4.0)
        store.change("front", lambda _: locked)
        here.keeper = LockoutKeeper(
            store, "front", LockoutConfig(), lambda: Uptime("boot", here.now)
        )
        assert here.stand(ADA, 3.9) == [(Outcome.DENIED, Reason.LOCKED_OUT)]
        assert here.stand(ADA, 3.0) == [GRANTED]


def test_hours_that_open_open_for_who_stands_there() -> None:
    access = AccessConfig.model_validate(
        {
            "timezone": "UTC",
            "schedules": {"day": [{"days": ["thu"], "opens": "00:34", "closes": "24:00"}]},
            "groups": {"staff": {"schedule": "day"}},
        }
    )
    here = Doorstep(access)
    here.house.gallery.set_rules(here.ada, PersonRules(("staff",)))
    # The epoch was a Thursday; 00:34 is second 2040.
    here.wall = 2030.0
    assert here.stand(ADA, 8.0) == [(Outcome.DENIED, Reason.OUTSIDE_SCHEDULE)]
    assert here.stand(ADA, 6.0) == [GRANTED]


def test_a_disk_that_is_full_for_a_while_spends_no_attempt() -> None:
    here = Doorstep(attempts=1)
    here.house.audit.full = True
    made = here.stand(ADA, 5.0)
    assert set(made) == {(Outcome.DENIED, Reason.NO_RECORD)}
    assert here.house.unlock.payloads == []
    here.house.audit.full = False
    assert here.stand(ADA, 3.0) == [GRANTED]


def test_what_was_refused_as_an_attack_stays_refused() -> None:
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="passive"))
    here.house.cues.says = CueVerdict.VETO
    assert here.stand(ADA, 3.0) == [(Outcome.DENIED, Reason.NOT_LIVE)]
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 10.0) == []


def test_no_sign_of_life_is_looked_for_again() -> None:
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=2.0))
    assert here.stand(ADA, 4.0) == [(Outcome.DENIED, Reason.LIVENESS_UNDECIDED)]
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 6.0) == [GRANTED]


def test_a_picture_that_is_suspected_gets_no_second_attempt() -> None:
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=2.0))
    here.house.cues.cue, here.house.cues.says = "texture", CueVerdict.DOUBT
    assert here.stand(ADA, 6.0) == [(Outcome.DENIED, Reason.LIVENESS_UNDECIDED)]
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 10.0) == []


@pytest.mark.parametrize("said", [CueVerdict.VETO, CueVerdict.DOUBT])
def test_an_attempt_that_ends_otherwise_sheds_no_suspicion(said: CueVerdict) -> None:
    """Company is told before an attack; once it has gone, what the cues said still stands."""
    here = Doorstep(several_faces="refuse")
    here.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=2.0))
    near, beside = fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))
    here.house.cues.cue, here.house.cues.says = "texture", said
    assert here.stand(ADA, 0.6, faces=[replace(near, quality=Quality(0.8, ("blurred",)))]) == []
    made = here.stand(ADA, 0.5, faces=[near, beside])
    assert (Outcome.DENIED, Reason.TWO_FACES) in made
    here.house.cues.cue, here.house.cues.says = "rigidity", CueVerdict.CONFIRM
    assert GRANTED not in here.stand(ADA, 12.0, faces=[near])


def test_a_suspicion_from_an_earlier_attempt_is_cleared_as_any_other() -> None:
    here = Doorstep(several_faces="refuse")
    here.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=5.0))
    near, beside = fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))
    here.house.cues.cue, here.house.cues.says = "texture", CueVerdict.DOUBT
    here.stand(ADA, 0.6, faces=[replace(near, quality=Quality(0.8, ("blurred",)))])
    made = here.stand(ADA, 0.5, faces=[near, beside])
    assert (Outcome.DENIED, Reason.TWO_FACES) in made
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 6.0, faces=[near]) == [GRANTED]


@pytest.mark.parametrize(("mode", "counted"), [("passive", 1), ("challenge", 3)])
def test_a_row_of_refusals_counts_once_but_for_unanswered_challenges(
    tmp_path: Path, mode: Any, counted: int
) -> None:
    here = Doorstep()
    here.house.wanted = Wanted(
        LivenessConfig(mode=mode, patience_s=2.0, challenge_s=5.0, action_s=2.0)
    )
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        made = here.stand(ADA, 60.0)
        assert made == [(Outcome.DENIED, Reason.LIVENESS_UNDECIDED)] * 3
        assert store.read("front").refused == counted


@pytest.mark.parametrize("way_out", ["company", "another face"])
def test_an_unanswered_challenge_counts_whatever_is_told_instead(
    tmp_path: Path, way_out: str
) -> None:
    """Else company, or another face for a moment, would bring one challenge after the other."""
    here = Doorstep(several_faces="refuse")
    here.house.wanted = Wanted(LivenessConfig(mode="challenge", action_s=20, challenge_s=60))
    near, beside = fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        # The challenge is asked once the face has been still for a moment.
        assert here.stand(ADA, 5.0, faces=[near]) == []
        assert here.house.speaker.payloads
        if way_out == "company":
            assert (Outcome.DENIED, Reason.TWO_FACES) in here.stand(ADA, 0.5, [near, beside])
        else:
            assert here.stand(EVE, 2.0, faces=[near])[0][0] is Outcome.UNKNOWN
        assert store.standing("front", here.ada).person.refused == 1


def test_company_before_any_challenge_costs_nothing(tmp_path: Path) -> None:
    here = Doorstep(several_faces="refuse")
    here.house.wanted = Wanted(LivenessConfig(mode="challenge"))
    near, beside = fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        assert (Outcome.DENIED, Reason.TWO_FACES) in here.stand(ADA, 0.5, [near, beside])
        assert store.standing("front", here.ada).person.refused == 0


def test_one_attempt_a_visit_where_that_is_configured() -> None:
    here = Doorstep(attempts=1)
    assert here.stand(EVE, 1.0) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert here.stand(ADA, 20.0) == []


def test_the_door_asks_of_one_attempt_its_part_of_the_rate() -> None:
    house = FakeHouse(policy=PolicyConfig(attempts=4, target_fpir=0.004))
    house.enrol("Ada", ADA)
    assert house.roster().attempt_fmr == pytest.approx(0.001)
