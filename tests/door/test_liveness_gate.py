"""The infrared camera at the door, on fakes.

Life and intent at the door, on fakes.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.camera.fake import FakeCompanion
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, Decision, Face, Frame, Image, Outcome, Pose, Quality, Reason
from accessctl.door import liveness_gate as liveness_gate_module
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.liveness_gate import InfraredView
from accessctl.door.setup import LiveSettings
from accessctl.liveness.challenge import PROMPTS, Ask
from accessctl.liveness.cues.table import CLOSER
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import FEWEST, CueWindow
from accessctl.liveness.fake import FakeTexture, fake_result, speaking
from accessctl.liveness.worker import CueAnswer, DirectCueRunner, Examine
from accessctl.policy.evidence_record import from_data
from accessctl.vision.fake import fake_face
from accessctl.vision.second_camera import OtherView

SEEN = OtherView(Box(101, 100, 98, 118), 0.5, 0.3)
BLURRED = Quality(0.8, ("too blurred",))


class Sight:
    """Sees `view` of everybody, and remembers what it was asked."""

    def __init__(self, view: OtherView | None = SEEN) -> None:
        self.view = view
        self.fault: Exception | None = None
        self.asked: list[tuple[Box, tuple[int, int], Sequence[Box]]] = []

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None:
        assert image.shape == (90, 160, 3)
        self.asked.append((box, size, others))
        if self.fault is not None:
            raise self.fault
        return self.view


class Watched:
    """An eye that is shown frames, fifteen a second unless told otherwise."""

    def __init__(self, view: OtherView | None = SEEN) -> None:
        self.sight = Sight(view)
        self.companion = FakeCompanion(lambda _: np.zeros((90, 160, 3), np.uint8))
        self.eye = InfraredView(self.companion, self.sight)
        self.now = 0.0

    def show(self, faces: Sequence[Face], wanted: Sequence[int] = (1, 2), fps: float = 15) -> None:
        frame = Frame(np.zeros((360, 640, 3), np.uint8), self.now, 0)
        self.eye.look(frame, faces, wanted)
        self.now += 1 / fps


def test_what_it_shows_of_a_face_is_handed_over_once() -> None:
    watched = Watched()
    watched.companion.late_s = 0.05
    watched.now = 2.0
    watched.show([fake_face()])
    found = watched.eye.hand_over(1)
    assert found is not None
    assert (found.captured, found.box) == (pytest.approx(1.95), SEEN.box)
    assert (found.brightness, found.around) == (0.5, 0.3)
    assert watched.eye.hand_over(1) is None
    assert watched.sight.asked == [(fake_face().box, (640, 360), [])]


@pytest.mark.parametrize(("fps", "searched"), [(15, 5), (30, 5), (5, 5), (2, 2)])
def test_it_is_searched_five_times_a_second_at_most(fps: float, searched: int) -> None:
    watched = Watched()
    for _ in range(round(4 * fps)):
        watched.show([fake_face()], fps=fps)
    assert len(watched.sight.asked) == 4 * searched


def test_nobody_is_sought_who_is_decided_or_cannot_be_recognised() -> None:
    watched = Watched()
    for face, wanted in ((fake_face(), ()), (fake_face(quality=BLURRED), (1,))):
        watched.show([face], wanted)
    assert watched.sight.asked == []
    # Then the next frame is searched at once.
    watched.show([fake_face()])
    assert len(watched.sight.asked) == 1


def test_the_other_faces_are_told_too() -> None:
    """Also of those that are decided: their face in the infrared picture is theirs."""
    watched = Watched()
    here, there = Box(100, 100, 100, 120), Box(300, 100, 100, 120)
    faces = [fake_face(track=1, box=here), fake_face(track=2, box=there)]
    watched.show(faces, wanted=[1])
    assert watched.sight.asked == [(here, (640, 360), [there])]
    watched.now += 1
    watched.show(faces)
    assert watched.sight.asked[1:] == [(here, (640, 360), [there]), (there, (640, 360), [here])]


def test_what_cannot_be_told_is_not_handed_over() -> None:
    watched = Watched(None)
    watched.show([fake_face()])
    assert watched.eye.hand_over(1) is None
    assert not watched.eye.silent


def test_a_sight_nobody_fetched_is_dropped_when_it_is_old() -> None:
    watched = Watched()
    watched.show([fake_face()], fps=4)
    watched.show([], fps=4)
    assert watched.eye.hand_over(1) is not None
    watched.show([fake_face()], fps=2)
    watched.show([], fps=2)
    assert watched.eye.hand_over(1) is None


def test_a_camera_without_pictures_is_silent_after_a_second() -> None:
    watched = Watched()
    # Until its first picture it is silent as well.
    assert watched.eye.silent
    assert watched.eye.trouble == "It gives no picture that shows anything."
    watched.show([fake_face()])
    assert not watched.eye.silent
    # What is reported meanwhile does not matter while its pictures are of this second.
    watched.companion.error = "It was unplugged."
    assert watched.eye.trouble is None
    watched.companion.picture = lambda _: None
    silent = []
    for _ in range(5):
        watched.show([fake_face()], fps=4)
        silent.append(watched.eye.silent)
    # The last picture was of 0 s; these are of 1/15, 1/15 + 1/4 ... 1/15 + 1.
    assert silent == [False, False, False, False, True]
    assert len(watched.sight.asked) == 1
    assert watched.eye.trouble == "It was unplugged."
    watched.companion.picture = lambda _: np.zeros((90, 160, 3), np.uint8)
    watched.show([fake_face()])
    assert not watched.eye.silent


def test_a_clock_that_runs_back_is_silence_until_the_next_picture() -> None:
    watched = Watched()
    watched.now = 50.0
    watched.show([fake_face()])
    watched.now = 10.0
    watched.companion.picture = lambda _: None
    watched.show([fake_face()])
    assert watched.eye.silent
    assert watched.eye.hand_over(1) is None


def test_a_fault_leaves_them_unseen_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    watched.sight.fault = ValueError("a bug")
    for _ in range(8):
        watched.show([fake_face()])
    assert watched.eye.hand_over(1) is None
    assert [record.message for record in caplog.records] == [
        "The infrared picture could not be searched."
    ]
    watched.sight.fault = None
    watched.show([fake_face()], fps=5)
    watched.show([fake_face()])
    assert watched.eye.hand_over(1) is not None


ADA, EVE = 1, 2
NAN = float("nan")
PASSIVE = Wanted(LivenessConfig(mode="passive"))
CONFIRM, VETO, NOTHING = CueVerdict.CONFIRM, CueVerdict.VETO, CueVerdict.UNDECIDED
FACE = fake_face(box=FACE_BOX)
UNUSABLE = fake_face(box=FACE_BOX, quality=Quality(0.8, ("too blurred",)))


class Guest:
    """A house that asks for life, with Ada enrolled, and whoever is shown to its door."""

    def __init__(self, wanted: Wanted = PASSIVE, **policy: Any) -> None:
        self.house = FakeHouse(wanted=wanted)
        self.house.policy = self.house.policy.model_copy(update=policy)
        self.house.enrol("Ada", ADA)
        self.door: Door = self.house.door()
        self.now = 0.0
        self.texts: list[str] = []

    def show(
        self, frames: int, person: int = ADA, faces: Sequence[Face] = (FACE,)
    ) -> list[tuple[Outcome, Reason]]:
        """Ten frames a second; what was decided."""
        scenes = [(person, faces)] * frames
        steps = self.house.play(self.door, scenes, start=self.now)
        self.now += frames / 10
        self.texts += [one.prompt.text for step in steps for one in step.asked]
        return [(d.outcome, d.reason) for d in decisions(steps)]

    def leave(self) -> list[tuple[Outcome, Reason]]:
        self.now += 5.0
        return self.show(1, faces=())

    def evidence(self) -> dict[str, Any]:
        """The data of the last decision's event."""
        return next(e.data for e in reversed(self.house.events()) if "evidence" in e.data)


GRANTED = (Outcome.GRANTED, Reason.MATCHED)
NOT_LIVE = (Outcome.DENIED, Reason.NOT_LIVE)
UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)


def test_nobody_is_let_in_before_a_cue_confirmed_life() -> None:
    ada = Guest()
    assert ada.show(30) == []
    ada.house.cues.says = CONFIRM
    assert ada.show(6) == [GRANTED]
    assert len(ada.house.unlock.payloads) == 1


def test_who_is_alive_waits_no_longer_than_for_the_first_look() -> None:
    ada = Guest()
    ada.house.cues.says = CONFIRM
    assert ada.show(FEWEST - 1) == []
    assert ada.show(1) == [GRANTED]


def test_a_picture_is_refused_and_the_cues_that_saw_it_are_on_record() -> None:
    print_ = Guest()
    print_.house.cues.says = VETO
    assert print_.show(30) == [NOT_LIVE]
    assert print_.house.unlock.payloads == []
    data = print_.evidence()
    assert data["vetoes"] == {"scripted": [0.5, 0.5]}
    recorded = from_data(data["evidence"])
    assert recorded.liveness.value == "refuted"
    assert [word.verdict for word in recorded.cues.cues] == ["veto"]


def test_a_veto_outweighs_a_confirmation_until_the_end_of_the_visit() -> None:
    both = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    both.house.cues.says = VETO
    both.show(FEWEST, person=EVE)
    both.house.cues.says = CONFIRM
    # Eve's frames leave the window, Ada's are recognised, and it is still the same visit.
    assert both.show(60) == [NOT_LIVE]
    assert both.house.unlock.payloads == []


def test_patience_ends_in_a_refusal() -> None:
    ada = Guest(Wanted(LivenessConfig(mode="passive", patience_s=2.0)))
    made = ada.show(40)
    assert made == [UNDECIDED]
    # It ends the attempt: whoever shows life later is let in.
    ada.house.cues.says = CONFIRM
    assert ada.show(30) == [GRANTED]


def test_leaving_undecided_is_a_refusal() -> None:
    ada = Guest()
    ada.show(10)
    assert ada.leave() == [UNDECIDED]


def test_a_refusal_does_not_wait_for_a_good_frame() -> None:
    """Whoever turns away at that moment is refused all the same."""
    ada = Guest(Wanted(LivenessConfig(mode="passive", patience_s=2.0)))
    assert ada.show(10) == []
    assert ada.show(30, faces=(UNUSABLE,)) == [UNDECIDED]


def test_a_grant_waits_for_a_good_frame() -> None:
    ada = Guest()
    ada.show(10)
    ada.house.cues.says = CONFIRM
    assert ada.show(10, faces=(UNUSABLE,)) == []
    assert ada.show(1) == [GRANTED]


def test_cues_that_fail_open_nothing_and_are_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada = Guest()
    ada.house.cues.fault = ZeroDivisionError("no pixels")
    with caplog.at_level(logging.ERROR):
        made = ada.show(60)
    assert made == [UNDECIDED]
    assert ada.house.unlock.payloads == []
    assert [type(error) for _, error in ada.house.faults] == [ZeroDivisionError]
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    # The next visit begins anew.
    ada.house.cues.fault = None
    ada.house.cues.says = CONFIRM
    ada.leave()
    assert ada.show(10, faces=(replace(FACE, track=2),)) == [GRANTED]


def test_evidence_that_cannot_be_gathered_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("no landmarks")

    ada = Guest()
    ada.house.cues.says = CONFIRM
    monkeypatch.setattr(liveness_gate_module, "gather", broken)
    assert ada.show(30) == [UNDECIDED]
    assert len(ada.house.faults) == 1


def asking(texture: FakeTexture) -> Guest:
    return Guest(replace(PASSIVE, texture=texture))


def test_the_texture_network_is_asked_of_every_other_frame_of_ten_a_second() -> None:
    texture = FakeTexture(0.7)
    ada = asking(texture)
    ada.show(FEWEST)
    answers = [frame.texture for frame in ada.house.cues.looks[0].frames]
    assert answers == pytest.approx([0.7, NAN, 0.7, NAN, 0.7, NAN], nan_ok=True)
    assert texture.boxes == [FACE_BOX] * 3


def wavering(at: int) -> Face:
    """The face as a head that is never quite still holds it, and speaks."""
    face = fake_face(box=replace(FACE_BOX, x=FACE_BOX.x + (0, 1, 3, 2)[at // 2 % 4]))
    return replace(face, landmarks=speaking(face.landmarks, at // 2))


def test_skin_lets_in_and_paper_does_not() -> None:
    for answer, expected in ((0.97, [GRANTED]), (0.03, []), (0.8, [])):
        ada = asking(FakeTexture(answer))
        ada.house.cue_runner = DirectCueRunner()
        ada.door = ada.house.door()
        assert [one for at in range(16) for one in ada.show(1, faces=[wavering(at)])] == expected


def test_a_decided_visit_asks_the_texture_network_nothing_more() -> None:
    texture = FakeTexture()
    ada = asking(texture)
    ada.house.cues.says = CONFIRM
    ada.show(50)
    assert len(texture.boxes) == FEWEST // 2


def test_two_visits_are_asked_about_each_by_itself() -> None:
    texture = FakeTexture()
    guests = asking(texture)
    both = (FACE, replace(FACE, track=2))
    guests.show(3, faces=both)
    assert len(texture.boxes) == 4


def test_a_texture_network_that_fails_opens_nothing_and_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    texture = FakeTexture()
    texture.fault = RuntimeError("no tensor")
    ada = asking(texture)
    ada.house.cues.says = CONFIRM
    with caplog.at_level(logging.ERROR):
        assert ada.show(30) == [UNDECIDED]
    assert ada.house.unlock.payloads == []
    assert [type(error) for _, error in ada.house.faults] == [RuntimeError]
    # The next visit begins anew.
    texture.fault = None
    ada.leave()
    assert ada.show(10, faces=(replace(FACE, track=2),)) == [GRANTED]


def test_a_decided_visit_costs_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[float] = []
    gather = liveness_gate_module.gather

    def counting(frame: Frame, *args: Any, **more: Any) -> Any:
        gathered.append(frame.captured)
        return gather(frame, *args, **more)

    monkeypatch.setattr(liveness_gate_module, "gather", counting)
    ada = Guest()
    ada.house.cues.says = CONFIRM
    ada.show(50)
    assert len(gathered) == FEWEST
    assert len(ada.house.cues.looks) == 1


def test_a_veto_ends_the_looking_before_the_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    stranger.house.cues.says = VETO
    stranger.show(50, person=EVE)
    assert len(stranger.house.cues.looks) == 1


def test_frames_in_quick_succession_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    guest = Guest()
    guest.house.observer.faces = (FACE,)
    for index in range(100):
        guest.door.step(Frame(portrait(ADA), index / 100, index))
    captured = [frame.captured for frame in guest.house.cues.looks[-1].frames]
    gaps = [after - before for before, after in pairwise(captured)]
    assert min(gaps) == pytest.approx(0.05)


class LateLooks(DirectCueRunner):
    """Answers are held back while `held`, as those of a busy thread are."""

    held = False

    def __init__(self, examine: Examine) -> None:
        super().__init__(examine)
        self.heard: list[CueAnswer] = []

    def answers(self) -> list[CueAnswer]:
        heard = [] if self.held else super().answers()
        self.heard += heard
        return heard


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


def test_a_stranger_cannot_lend_their_life() -> None:
    """Only frames that show Ada by themselves reach the cues as hers."""
    guest = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    guest.show(10, person=EVE)
    guest.show(10, person=ADA)
    (look, *_) = guest.house.cues.looks
    assert {frame.person for frame in look.frames} == {None}
    last = guest.house.cues.looks[-1]
    ada = guest.house.gallery.person("Ada").id
    assert {frame.person for frame in last.frames} == {None, ada}


def test_a_challenge_is_asked_aloud_and_on_the_screen() -> None:
    guest = Guest(Wanted(LivenessConfig(mode="challenge")))
    assert guest.show(34) == []
    assert guest.texts[0] == "Look at the camera and hold still."
    assert guest.texts[1] in PROMPTS.values()
    payloads = guest.house.speaker.payloads
    assert [payload["prompt"] for payload in payloads] == guest.texts
    assert {payload["visit"] for payload in payloads} == {"visit-1"}
    assert {payload["kind"] for payload in payloads} == {"prompt"}
    assert {payload["person"] for payload in payloads} == {None}
    assert payloads[1]["ask"] in set(Ask)
    assert (payloads[1]["step"], payloads[1]["steps"]) == (1, 2)
    assert guest.show(60) == [UNDECIDED]
    recorded = from_data(guest.evidence()["evidence"])
    assert (recorded.cues.mode, recorded.cues.failure) == ("challenge", "too_late")
    assert recorded.cues.asked == (payloads[1]["ask"],)


def test_a_hint_is_shown_but_not_said() -> None:
    guest = Guest()
    guest.house.observer.faces = (FACE,)
    steps = [guest.door.step(Frame(portrait(ADA), i / 10, i)) for i in range(5)]
    prompt = steps[-1].faces[0].prompt
    assert prompt is not None
    # Ada's face is 60 pixels wide.
    assert prompt.text == CLOSER
    assert guest.house.speaker.payloads == []


def test_a_spectator_sees_what_is_gathered_until_the_visit_is_decided() -> None:
    guest = Guest()
    guest.house.observer.faces = (FACE,)
    steps = [guest.door.step(Frame(portrait(ADA), i / 10, i)) for i in range(10)]
    assert steps[FEWEST - 2].faces[0].gathered == ()
    assert steps[-1].faces[0].gathered == (("scripted: nothing to go by yet", NOTHING),)
    guest.house.cues.says = CONFIRM
    steps = [guest.door.step(Frame(portrait(ADA), 1 + i / 10, i)) for i in range(10)]
    assert steps[-1].faces[0].verdict is not None
    assert steps[-1].faces[0].gathered == ()


def test_a_speaker_that_fails_changes_nothing() -> None:
    guest = Guest(Wanted(LivenessConfig(mode="challenge")))
    guest.house.runner.full = True
    assert guest.show(10) == []
    assert guest.house.speaker.payloads == []


def test_without_the_gesture_nobody_is_let_in() -> None:
    looking_up = fake_face(box=FACE_BOX, pose=Pose(0, 20, 0))
    guest = Guest(Wanted(LivenessConfig(mode="off"), Ask.LOOK_UP, 3.0), intent="look_up")
    assert guest.show(12) == []
    assert guest.show(2, faces=(looking_up,)) == [GRANTED]
    recorded = from_data(guest.evidence()["evidence"])
    assert (recorded.intent.value, recorded.gesture) == ("shown", "look_up")


def test_a_gesture_that_does_not_come_is_a_refusal() -> None:
    guest = Guest(Wanted(LivenessConfig(mode="off"), Ask.LOOK_UP, 3.0))
    assert guest.show(40) == [(Outcome.DENIED, Reason.NO_GESTURE)]
    leaving = Guest(Wanted(LivenessConfig(mode="off"), Ask.LOOK_UP, 3.0))
    leaving.show(10)
    assert leaving.leave() == [(Outcome.DENIED, Reason.NO_GESTURE)]


def test_where_nobody_asks_nothing_is_gathered() -> None:
    guest = Guest(Wanted(LivenessConfig(mode="off")))
    assert guest.show(3) == [GRANTED]
    assert guest.house.cues.looks == []


moments = st.lists(
    st.tuples(
        st.sampled_from([ADA, ADA, ADA, EVE]),
        st.sampled_from(["usable", "usable", "unusable", "gone", "other"]),
        st.sampled_from(list(CueVerdict)),
        st.sampled_from(list(CueVerdict)),
        st.booleans(),
        st.integers(1, 12),
    ),
    max_size=8,
)


def heard(looks: LateLooks, track: int, cue: str) -> list[CueVerdict]:
    """What the door has been told of that cue's words on a track, in order."""
    return [
        result.verdict
        for answer in looks.heard
        for result in answer.results
        if result.cue == cue and answer.look.frames[-1].track == track
    ]


@settings(max_examples=40, deadline=None)
@given(moments)
@example(
    [
        (ADA, "usable", CONFIRM, NOTHING, False, 2),
        (ADA, "unusable", CONFIRM, NOTHING, False, 10),
        (ADA, "usable", CONFIRM, NOTHING, True, 8),
    ]
)
@example(
    [
        (ADA, "usable", VETO, VETO, False, 6),
        (ADA, "gone", VETO, VETO, False, 11),
        (ADA, "usable", CONFIRM, CONFIRM, False, 12),
    ]
)
@example([(ADA, "usable", NOTHING, NOTHING, False, 12)])
@example([(ADA, "usable", CONFIRM, CueVerdict.DOUBT, False, 12)])
def test_no_order_of_events_grants_without_live_frames(moments: list[tuple]) -> None:
    """Whatever is shown, whatever the cues say of it and however late: who is let in was seen
    in as many frames as a grant needs, all of them looked at, confirmed, not vetoed and not in
    doubt."""
    looked: set[tuple[int, float]] = set()
    said: dict[int, set[CueVerdict]] = {}
    tracks = {"usable": 1, "unusable": 1, "other": 2}
    seen = {1: 0.0, 2: 0.0}
    ids = {1: 1, 2: 2}

    def track_of(place: int, now: float) -> int:
        """As a tracker has it: who was away, or covered by another, comes back as somebody new."""
        if now - seen[place] > 1.05 or seen[3 - place] > seen[place]:
            ids[place] = 2 + max(ids.values())
        seen[place] = now
        return ids[place]

    def examine(look: CueWindow) -> Any:
        found = (*house.cues(look), fake_result("other", others))
        track = look.frames[-1].track
        looked.update((track, f.captured) for f in look.frames if f.person is not None)
        said.setdefault(track, set()).update(result.verdict for result in found)
        return found

    looks = LateLooks(examine)
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    door = house.door()
    index = 0
    for person, kind, says, others, held, frames in moments:  # noqa: B007
        house.cues.says, looks.held = says, held
        quality = Quality(0.8, ("too dark",) if kind == "unusable" else ())
        for _ in range(frames):
            before = index / 10
            track = 0 if kind == "gone" else track_of(tracks[kind], before)
            faces = () if kind == "gone" else (replace(FACE, track=track, quality=quality),)
            house.observer.faces = faces
            step = door.step(Frame(portrait(person), before, index))
            index += 1
            granted: list[Decision] = [d for d in step.decisions if d.outcome is Outcome.GRANTED]
            for _ in granted:
                assert faces
                assert CONFIRM in said[track]
                for cue in ("scripted", "other"):
                    words = heard(looks, track, cue)
                    assert VETO not in words
                    decided = [word for word in words if word is not NOTHING]
                    assert decided[-1:] != [CueVerdict.DOUBT]
                live = [t for known, t in looked if known == track and before - t <= 3.0]
                assert len(live) >= house.policy.min_frames
    assert len(house.unlock.payloads) <= len(house.events())


def test_who_stands_there_when_more_is_asked_shows_it_too() -> None:
    """A configuration that asks for a challenge counts from the next frame on, for everybody."""
    guest = Guest()
    guest.house.cues.says = CONFIRM
    assert guest.show(FEWEST, faces=(UNUSABLE,)) == []
    strict = Wanted(LivenessConfig(mode="challenge"))
    guest.door.take_over(LiveSettings(guest.house.policy, guest.door.gate, {}, wanted=strict))
    assert guest.show(10) == []
    assert guest.door.visits[0].life.record.mode == "challenge"


def test_who_stands_there_when_something_else_changes_goes_on() -> None:
    guest = Guest()
    guest.house.cues.says = CONFIRM
    assert guest.show(FEWEST - 2) == []
    same = Wanted(LivenessConfig(mode="passive"))
    unlock = {Outcome.GRANTED: [guest.house.unlock]}
    guest.door.take_over(LiveSettings(guest.house.policy, guest.door.gate, unlock, wanted=same))
    assert guest.show(2) == [GRANTED]
