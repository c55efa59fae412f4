"""What the cues say of an attempt once it is over."""

import pytest

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, CueVerdict, Outcome, Reason
from accessctl.door.demands import Wanted
from accessctl.door.fake import FACE_BOX
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.worker import DirectCueRunner
from accessctl.vision.fake import fake_face
from tests.door.test_attempts import ADA, GRANTED, Doorstep

NOT_LIVE = (Outcome.DENIED, Reason.NOT_LIVE)
UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)


class HeldCues(DirectCueRunner):
    """Keeps its answers back while `held`."""

    held = False

    def answers(self):
        return [] if self.held else super().answers()


class Slow(Doorstep):
    """A door whose cues may be slow."""

    def __init__(self, cue: str = "scripted") -> None:
        super().__init__(several_faces="refuse")
        self.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=2.0, every_s=0.1))
        self.house.cues.cue = cue
        self.looks = HeldCues(lambda look: self._say(look))
        self.house.cue_runner = self.looks

    def _say(self, look: CueWindow):
        return self.house.cues(look)

    def undecided(self, said: CueVerdict) -> None:
        """Until an attempt has ended for want of life; the cues have said so only afterwards."""
        self.stand(ADA, 1.0)
        self.house.cues.says, self.looks.held = said, True
        made: list = []
        while not made:
            made += self.stand(ADA, 0.1)
        assert made == [UNDECIDED]
        self.looks.held = False


@pytest.mark.parametrize(
    ("said", "cue", "comes_to"),
    [
        (CueVerdict.VETO, "scripted", [NOT_LIVE]),
        # As where it had come in time: the visit is over.
        (CueVerdict.DOUBT, "texture", []),
        (CueVerdict.CONFIRM, "scripted", [UNDECIDED, UNDECIDED]),
    ],
)
def test_what_is_said_in_the_pause_counts_against_life_only(
    said: CueVerdict, cue: str, comes_to: list
) -> None:
    here = Slow(cue)
    here.undecided(said)
    made = here.stand(ADA, 0.2)
    here.house.cues.says = CueVerdict.UNDECIDED if said is CueVerdict.CONFIRM else CueVerdict.CLEAR
    if said is CueVerdict.VETO:
        here.house.cues.says = CueVerdict.CONFIRM
    assert made + here.stand(ADA, 12.0) == comes_to


def test_what_is_said_in_the_pause_is_shed_by_no_other_track() -> None:
    here = Slow()
    here.undecided(CueVerdict.VETO)
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 12.0, track=2) == [NOT_LIVE]


def test_a_veto_that_comes_in_the_pause_after_another_refusal_counts_too() -> None:
    """The attempt ended for company, whose end would have been a new try for the picture."""
    here = Slow()
    here.looks.held = True
    here.house.cues.says = CueVerdict.VETO
    assert here.stand(ADA, 0.9) == []
    near, beside = fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))
    assert (Outcome.DENIED, Reason.TWO_FACES) in here.stand(ADA, 0.3, [near, beside])
    here.looks.held = False
    here.stand(ADA, 0.2)
    here.house.cues.says = CueVerdict.CONFIRM
    made = here.stand(ADA, 6.0)
    assert NOT_LIVE in made
    assert GRANTED not in made


def test_a_veto_that_comes_once_a_frame_was_dropped_counts_too() -> None:
    here = Slow()
    here.looks.held = True
    here.house.cues.says = CueVerdict.VETO
    assert here.stand(ADA, 0.9) == []
    here.door.drop_frame(here.now + 1.0)
    here.looks.held = False
    here.stand(ADA, 0.1, faces=())
    here.house.cues.says = CueVerdict.CONFIRM
    assert GRANTED not in here.stand(ADA, 6.0)


def test_nothing_is_kept_of_who_has_left() -> None:
    here = Slow()
    here.undecided(CueVerdict.VETO)
    here.looks.held = True
    here.stand(ADA, 2.0, faces=())
    here.looks.held = False
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 3.0, track=2) == [GRANTED]
