"""Life that the infrared camera has to agree to."""

from accessctl.door.visit_liveness import INFRARED_HINT
from accessctl.liveness.cues.table import HINT
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.fake import fake_result
from accessctl.policy.circumstances import Proof
from tests.door.visitors import NOTHING, Visitor, drawn_without_come_closer


class Lit(Visitor):
    """Somebody before a door with an infrared camera, of which its cue says `infrared`."""

    infrared = NOTHING

    def __init__(self, mode: str = "passive", seed: int = 1, **config) -> None:
        super().__init__(mode, seed=seed, ir_source="/dev/video2", **config)

    def results(self) -> tuple[CueResult, ...]:
        return (*super().results(), fake_result("infrared", self.infrared))


def test_life_counts_once_the_infrared_camera_agrees() -> None:
    ada = Lit()
    ada.says = CueVerdict.CONFIRM
    assert ada.show(30).liveness is Proof.PENDING
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(8).liveness is Proof.SHOWN
    # And only while it does: one that fell silent says nothing any more.
    ada.infrared = NOTHING
    assert ada.show(8).liveness is Proof.PENDING


def test_the_infrared_camera_alone_shows_no_life() -> None:
    ada = Lit()
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(30).liveness is Proof.PENDING


def test_patience_with_the_infrared_camera_ends_as_with_any_other() -> None:
    ada = Lit(patience_s=3.0)
    ada.says = CueVerdict.CONFIRM
    assert ada.show(44).liveness is Proof.PENDING
    assert ada.show(3).liveness is Proof.MISSING


def test_a_door_without_it_asks_for_no_infrared_cue() -> None:
    ada = Visitor("passive")
    ada.says = CueVerdict.CONFIRM
    assert ada.show(30).liveness is Proof.SHOWN


def test_a_passed_challenge_needs_the_infrared_camera_too() -> None:
    ada = drawn_without_come_closer(kind=Lit, patience_s=60.0)
    assert isinstance(ada, Lit)
    assert len(list(ada.obey(25.0))) == 2
    assert ada.inspection._posed.passed_at is not None
    assert ada.liveness is Proof.PENDING
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(8).liveness is Proof.SHOWN


def test_a_silent_infrared_camera_is_told_to_whoever_waits() -> None:
    ada = Lit().show(8)
    ada.inspection.infrared_silent = True
    prompt = ada.inspection.prompt
    assert prompt is not None
    assert (prompt.text, prompt.steps) == (INFRARED_HINT, 0)
    ada.inspection.infrared_silent = False
    prompt = ada.inspection.prompt
    assert prompt is not None
    assert prompt.text == HINT
    # A door that has none says nothing of it.
    eve = Visitor("passive").show(8)
    eve.inspection.infrared_silent = True
    assert eve.inspection.prompt is not None
    assert eve.inspection.prompt.text == HINT
