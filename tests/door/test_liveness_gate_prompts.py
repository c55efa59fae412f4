"""What a visitor is asked for, and what is said and shown."""

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Frame, Outcome, Pose, Reason
from accessctl.door.demands import Wanted
from accessctl.door.fake import FACE_BOX, portrait
from accessctl.liveness.challenge import PROMPTS, Ask
from accessctl.liveness.cues.table import CLOSER
from accessctl.liveness.examiner import FEWEST
from accessctl.policy.evidence_record import from_data
from accessctl.vision.fake import fake_face
from tests.door.guests import ADA, CONFIRM, FACE, GRANTED, NOTHING, UNDECIDED, Guest


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
