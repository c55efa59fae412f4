"""A whole door with an infrared camera, on fakes: somebody is alive by another cue throughout."""

import numpy as np
import pytest

from accessctl.camera.fake import FakeCompanion
from accessctl.config_liveness import LivenessConfig
from accessctl.domain import Box, Frame, Image, Outcome, Reason
from accessctl.door.demands import Wanted
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.liveness_gate import InfraredView
from accessctl.door.visit_liveness import INFRARED_HINT
from accessctl.liveness.cues.infrared import infrared
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import fake_result
from accessctl.liveness.worker import DirectCueRunner, Results
from accessctl.vision.beside import OtherView
from accessctl.vision.fake import fake_face

ADA = 1
SEEN = OtherView(FACE_BOX, 0.5, 0.3)
MISSING = OtherView(None, float("nan"), 0.3)
GRANTED = (Outcome.GRANTED, Reason.MATCHED)
UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)
NOT_LIVE = (Outcome.DENIED, Reason.NOT_LIVE)


def alive(look: CueWindow) -> Results:
    after = look.after.get(INFRARED, float("-inf"))
    later = [frame for frame in look.frames if frame.captured > after]
    return fake_result("depth", CueVerdict.CONFIRM), infrared(later)


class Visited:
    """A door at which Ada, whom it knows, stands before both cameras, ten frames a second."""

    def __init__(self, view: OtherView | None = SEEN) -> None:
        wanted = Wanted(LivenessConfig(ir_source="/dev/video2", patience_s=4.0))
        self.house = FakeHouse(wanted=wanted, cue_runner=DirectCueRunner(alive))
        self.house.enrol("Ada", ADA)
        self.house.observer.other_view = view
        self.companion = FakeCompanion(lambda _: np.zeros((90, 160, 3), np.uint8))
        self.door = self.house.door()
        self.door.look_through(InfraredView(self.companion, self.house.observer))
        self.now = 0.0
        self.told: str | None = None

    def show(self, seconds: float) -> list[tuple[Outcome, Reason]]:
        self.house.observer.faces = [fake_face(box=FACE_BOX)]
        steps = []
        for _ in range(round(10 * seconds)):
            steps.append(self.door.step(Frame(portrait(ADA), self.now, 0)))
            self.now += 0.1
            prompt = steps[-1].faces[0].prompt
            self.told = None if prompt is None else prompt.text
        return [(one.outcome, one.reason) for one in decisions(steps)]


def dark(_: float) -> Image | None:
    return None


def test_who_is_seen_by_both_cameras_for_a_second_is_let_in() -> None:
    ada = Visited()
    assert ada.show(1.0) == []
    assert ada.show(1.0) == [GRANTED]


def test_while_the_infrared_camera_is_silent_nobody_is_let_in_and_is_told_why() -> None:
    ada = Visited()
    ada.companion.picture = dark
    assert ada.show(3.5) == []
    assert ada.told == INFRARED_HINT
    assert ada.show(1.5) == [UNDECIDED]
    assert ada.house.unlock.payloads == []


def test_one_that_comes_back_lets_in_whoever_still_waits() -> None:
    ada = Visited()
    ada.companion.picture = dark
    assert ada.show(2.0) == []
    ada.companion.picture = lambda _: np.zeros((90, 160, 3), np.uint8)
    assert ada.show(2.0) == [GRANTED]


def test_one_that_goes_away_just_before_the_grant_prevents_it() -> None:
    ada = Visited()
    assert ada.show(0.9) == []
    ada.companion.picture = dark
    assert ada.show(2.5) == []


def test_whom_it_does_not_show_for_two_seconds_is_refused() -> None:
    phone = Visited(MISSING)
    assert phone.show(2.0) == []
    assert phone.show(2.0) == [NOT_LIVE]
    vetoes = next(e.data for e in phone.house.events() if "vetoes" in e.data)["vetoes"]
    assert vetoes == {"infrared": [0.0, 0.75]}


def test_a_second_in_which_it_misses_them_is_made_good() -> None:
    ada = Visited(MISSING)
    assert ada.show(1.3) == []
    ada.house.observer.other_view = SEEN
    assert ada.show(2.5) == [GRANTED]


@pytest.mark.parametrize("view", [None, OtherView(Box(20, 20, 60, 70), 0.03, 0.3)])
def test_whom_it_cannot_tell_of_or_does_not_light_waits_in_vain(view: OtherView | None) -> None:
    ada = Visited(view)
    assert ada.show(5.0) == [UNDECIDED]


def test_a_fault_of_the_search_lets_nobody_in_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> OtherView:
        raise ValueError("a bug")

    ada = Visited()
    monkeypatch.setattr(ada.house.observer, "beside", broken)
    assert ada.show(5.0) == [UNDECIDED]


def test_a_door_that_lost_its_eye_lets_nobody_in() -> None:
    """As while a reload has closed the camera, and for visits that began before one."""
    ada = Visited()
    ada.door.look_through(None)
    assert ada.show(3.0) == []
    assert ada.told == INFRARED_HINT
