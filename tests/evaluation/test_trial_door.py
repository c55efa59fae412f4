import numpy as np
import pytest

from accessctl.config import Config
from accessctl.domain import Frame, Image, Outcome, Quality, Reason
from accessctl.door.fake import ScriptedCues, portrait
from accessctl.encoder.base import FakeEncoder
from accessctl.errors import ModelError
from accessctl.evaluation.trial_door import OneFace, TrialDoor, door_parts
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import MIN_SEEN, Liveness
from accessctl.vision.fake import fake_face
from tests.evaluation.conftest import Parts

FPS = 15
ADA, EVE = 1, 2


def show(door: TrialDoor, person: int = ADA, frames: int = 60, **changes: object) -> int:
    """How many frames it takes until the door has decided."""
    face = fake_face(**changes)
    for index in range(frames):
        door.step(Frame(portrait(person), index / FPS, index), face)
        if door.decision is not None:
            return index + 1
    door.close(frames / FPS)
    return frames


def said(verdict: CueVerdict) -> ScriptedCues:
    return ScriptedCues(verdict, "depth")


def test_whoever_is_enrolled_and_lives_is_let_in(parts: Parts) -> None:
    door = TrialDoor(parts(examine=said(CueVerdict.CONFIRM)))
    person = door.enrol(portrait(ADA), fake_face())
    assert show(door) < 30
    assert door.accepted
    assert door.liveness is Liveness.LIVE
    assert door.decision is not None
    assert door.decision.person == person
    assert [(word.cue, word.verdict) for word in door.results] == [("depth", CueVerdict.CONFIRM)]


def test_an_attack_is_refused_once_and_for_all(parts: Parts) -> None:
    door = TrialDoor(parts(examine=said(CueVerdict.VETO)))
    door.enrol(portrait(ADA), fake_face())
    show(door)
    assert not door.accepted
    assert door.liveness is Liveness.ATTACK
    assert door.decision is not None
    assert (door.decision.outcome, door.decision.reason) == (Outcome.DENIED, Reason.NOT_LIVE)


@pytest.mark.parametrize("word", [CueVerdict.UNDECIDED, CueVerdict.CLEAR])
def test_the_doors_patience_ends_it(parts: Parts, word: CueVerdict) -> None:
    door = TrialDoor(parts(examine=said(word), patience_s=2))
    door.enrol(portrait(ADA), fake_face())
    # Recognised with the third frame; two seconds later its patience is over.
    assert show(door, frames=90) == pytest.approx(3 + 2 * FPS, abs=2)
    assert door.liveness is Liveness.UNDECIDED
    assert door.decision is not None
    assert door.decision.reason is Reason.LIVENESS_UNDECIDED


def test_whoever_leaves_before_is_refused_when_they_have_left(parts: Parts) -> None:
    door = TrialDoor(parts(examine=said(CueVerdict.UNDECIDED)))
    door.enrol(portrait(ADA), fake_face())
    show(door, frames=10)
    assert door.decision is not None
    assert door.decision.reason is Reason.LIVENESS_UNDECIDED
    assert [word.cue for word in door.results] == ["depth"]


def test_a_stranger_is_unknown_however_alive(parts: Parts) -> None:
    door = TrialDoor(parts(examine=said(CueVerdict.CONFIRM)))
    door.enrol(portrait(ADA), fake_face())
    show(door, EVE)
    assert door.decision is not None
    assert (door.accepted, door.decision.reason) == (False, Reason.NO_MATCH)
    assert door.liveness is Liveness.UNDECIDED


def test_a_face_that_is_never_good_enough_is_never_decided(parts: Parts) -> None:
    door = TrialDoor(parts(examine=said(CueVerdict.CONFIRM)))
    show(door, quality=Quality(0.1, ("too blurred",)))
    assert door.decision is None
    assert door.liveness is Liveness.UNDECIDED
    assert [word.verdict for word in door.results] == [CueVerdict.CONFIRM]


def test_a_cue_that_fails_is_a_fault_of_the_measurement(parts: Parts) -> None:
    cues = said(CueVerdict.CONFIRM)
    cues.fault = RuntimeError("a cue broke")
    door = TrialDoor(parts(examine=cues))
    door.enrol(portrait(ADA), fake_face())
    with pytest.raises(RuntimeError, match="a cue broke"):
        show(door)


class Counting(FakeEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def embed(self, crops: Image) -> np.ndarray:
        self.count += len(crops)
        return super().embed(crops)


def test_frames_are_passed_over_as_the_door_does(parts: Parts) -> None:
    """At 60 frames a second the cues see every third."""
    cues = said(CueVerdict.UNDECIDED)
    door = TrialDoor(parts(examine=cues))
    person = door.enrol(portrait(ADA), fake_face())
    for index in range(120):
        door.step(Frame(portrait(ADA), index / 60, index), fake_face())
    seen = {frame.captured for look in cues.looks for frame in look.frames}
    assert np.diff(sorted(seen)).min() == pytest.approx(3 / 60)
    # Whom a frame shows goes to the cues with it, and whom the visit looks like.
    assert {frame.person for look in cues.looks for frame in look.frames} == {person}
    assert {look.candidate for look in cues.looks[1:]} == {person}


def config(**sections: object) -> Config:
    return Config.model_validate({"liveness": {"texture": "off"}, **sections})


def test_it_is_the_configured_door_but_for_what_nobody_can_show_it() -> None:
    found = door_parts(
        config(
            liveness={"texture": "off", "mode": "off", "patience_s": 7, "ir_source": "usb:1"},
            policy={"second_factor": "pin", "intent": "look_up", "min_frames": 5},
            vision={"track_timeout_s": 0.7},
        ),
        None,
        "challenge",
    )
    liveness = found.wanted.liveness
    assert (liveness.mode, liveness.patience_s, liveness.infrared) == ("challenge", 7, None)
    assert (found.policy.second_factor, found.policy.min_frames) == ("off", 5)
    assert (found.wanted.intent, found.wanted.min_seen) == (None, MIN_SEEN)
    assert found.leave_after_s == 0.7
    assert door_parts(config(), None, "passive", min_seen=0.0).wanted.min_seen == 0.0


def test_without_an_encoder_every_face_is_the_one_that_is_enrolled() -> None:
    found = door_parts(config(), None, "passive")
    door = TrialDoor(found)
    person = door.enrol(portrait(ADA), fake_face())
    view = [door.step(Frame(portrait(EVE), i / FPS, i), fake_face()) for i in range(4)][-1]
    assert view.match is not None
    assert (view.match.person, view.match.fmr_upper <= 1e-3) == (person, True)
    assert OneFace().embed(np.zeros((2, 112, 112, 3), np.uint8)).tolist()[0][:2] == [1, 0]


def test_an_encoder_without_calibration_measures_nothing() -> None:
    with pytest.raises(ModelError, match="not calibrated"):
        door_parts(config(), FakeEncoder(), "passive")
