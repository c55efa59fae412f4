"""Answers of the cues that come late, or not at all."""

from dataclasses import replace

import pytest

from accessctl.domain import Outcome, Reason
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import FEWEST, CueWindow
from accessctl.liveness.worker import DirectCueRunner
from tests.door.guests import (
    CONFIRM,
    FACE,
    GRANTED,
    NOT_LIVE,
    NOTHING,
    UNDECIDED,
    UNUSABLE,
    VETO,
    Guest,
    LateLooks,
)


def test_frames_after_the_last_look_do_not_count() -> None:
    """Life is shown first, the face of somebody else only then: the picture must be looked at."""
    looks = LateLooks(lambda look: house.cues(look))
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    guest.door = house.door()
    house.cues.says = CONFIRM
    # Ada's own face, but in too few frames.
    assert guest.show(2) == []
    assert guest.show(10, faces=(UNUSABLE,)) == []
    looks.held = True
    assert guest.show(20) == []
    looks.held = False
    assert guest.show(1) == [GRANTED]


class Full(DirectCueRunner):
    """Takes every third look only."""

    asked = 0

    def ask(self, visit: str, look: CueWindow) -> bool:
        self.asked += 1
        return self.asked % 3 == 0 and super().ask(visit, look)


def test_a_look_that_found_no_place_is_asked_for_again() -> None:
    guest = Guest()
    guest.house.cue_runner = Full(lambda look: guest.house.cues(look))
    guest.door = guest.house.door()
    guest.house.cues.says = CONFIRM
    assert guest.show(FEWEST + 1) == []
    assert guest.show(1) == [GRANTED]
    (look,) = guest.house.cues.looks
    assert len(look.frames) == FEWEST


def test_a_veto_that_comes_late_still_comes_in_time() -> None:
    looks = LateLooks(lambda look: house.cues(look))
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    guest.door = house.door()
    looks.held = True
    house.cues.says = VETO
    assert guest.show(20) == []
    looks.held = False
    assert guest.show(1) == [NOT_LIVE]


def test_answers_for_visits_that_are_over_are_dropped() -> None:
    looks = LateLooks(lambda look: house.cues(look))
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    guest.door = house.door()
    looks.held = True
    house.cues.says = CONFIRM
    guest.show(20)
    assert guest.leave() == [UNDECIDED]
    looks.held = False
    assert guest.show(5, faces=(replace(FACE, track=2),)) == []


@pytest.mark.parametrize(("said", "comes_to"), [(CONFIRM, []), (VETO, [NOT_LIVE])])
def test_a_late_answer_on_one_track_shows_no_life_of_the_face_on_the_next(
    said: CueVerdict, comes_to: list[tuple[Outcome, Reason]]
) -> None:
    """Somebody alive is looked at; before the answer comes, a picture has taken the visit over."""
    looks = LateLooks(lambda look: house.cues(look))
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    guest.door = house.door()
    looks.held = True
    house.cues.says = said
    guest.show(10)
    house.cues.says = NOTHING
    guest.show(8, faces=(replace(FACE, track=2),))
    looks.held = False
    assert guest.show(10, faces=(replace(FACE, track=2),)) == comes_to


def test_a_late_fault_on_one_track_does_not_fail_the_next() -> None:
    looks = LateLooks(lambda look: house.cues(look))
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    guest.door = house.door()
    looks.held = True
    house.cues.fault = ValueError("no")
    guest.show(10)
    house.cues.fault, house.cues.says = None, CONFIRM
    guest.show(1, faces=(replace(FACE, track=2),))
    looks.held = False
    assert guest.show(10, faces=(replace(FACE, track=2),)) == [GRANTED]
