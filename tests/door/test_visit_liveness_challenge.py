"""Challenges and gestures in the course of a visit."""

import pytest

from accessctl.domain import PersonId
from accessctl.door.demands import IDENTITY_S
from accessctl.liveness.challenge import PROMPTS, WAIT_PROMPT, Ask, Phase
from accessctl.liveness.evidence import CueVerdict
from accessctl.policy.circumstances import Proof
from tests.door.visitors import BOB, FPS, SHOWS, Visitor, drawn_without_come_closer


def test_a_challenge_waits_for_somebody_it_knows() -> None:
    visit = Visitor("challenge").show(60, matched=False)
    assert visit.inspection.prompt is None
    visit.show()
    assert visit.inspection.prompt is not None
    assert visit.inspection.prompt.text == WAIT_PROMPT


def test_who_does_what_is_asked_has_shown_life() -> None:
    ada = drawn_without_come_closer()
    asked = ada.obey()
    assert ada.liveness is Proof.SHOWN
    assert len(asked) == 2
    record = ada.inspection.record()
    assert (record.mode, record.asked, record.failure) == ("challenge", tuple(asked), None)
    assert ada.inspection.prompt is None


def test_life_shown_in_a_challenge_has_been_looked_at_to_its_end() -> None:
    ada = drawn_without_come_closer()
    ada.busy = True
    ada.obey(12.0)
    assert ada.inspection._posed.passed_at is not None
    assert ada.liveness is Proof.PENDING
    ada.busy = False
    ada.show(1)
    assert ada.liveness is Proof.SHOWN


def pass_challenge(visitor: Visitor) -> None:
    """Whatever the cues say of it meanwhile."""
    for _ in range(300):
        if visitor.inspection._posed.passed_at is not None:
            return
        visitor.obey(0.1)
    raise AssertionError("the challenge was not passed")


@pytest.mark.parametrize(("cue", "doubted"), [("stillness", False), ("blink", True)])
def test_a_doubt_suspends_a_challenge_that_was_answered(cue: str, doubted: bool) -> None:
    ada = drawn_without_come_closer()
    ada.cue, ada.says = cue, CueVerdict.DOUBT
    pass_challenge(ada)
    ada.show(15 * 9)
    assert (ada.liveness, ada.inspection.doubted) == (Proof.PENDING, doubted)
    ada.says = CueVerdict.CLEAR
    ada.show(8)
    assert (ada.liveness, ada.inspection.doubted) == (Proof.SHOWN, False)


def test_a_doubt_that_stays_after_a_challenge_outlasts_patience() -> None:
    ada = drawn_without_come_closer()
    ada.cue, ada.says = "stillness", CueVerdict.DOUBT
    pass_challenge(ada)
    ada.show(15 * 11)
    assert ada.liveness is Proof.MISSING


def test_more_than_silence_speaks_against_life() -> None:
    ada = Visitor("passive").show(30)
    assert not ada.inspection.doubted
    ada.inspection.fail()
    assert ada.inspection.doubted
    # A challenge is for whom it was posed.
    asked = drawn_without_come_closer()
    asked.show(30)
    assert not asked.inspection.doubted
    asked.show(5, person=BOB, candidate=BOB)
    assert asked.inspection.doubted


def test_who_does_nothing_is_too_late() -> None:
    ada = drawn_without_come_closer().show(15 * 25)
    assert ada.liveness is Proof.MISSING
    assert ada.inspection.record().failure == "too_late"


def test_who_does_something_else_is_refuted() -> None:
    ada = drawn_without_come_closer().show(6)
    for scene in (SHOWS[Ask.TURN_LEFT], SHOWS[Ask.TURN_RIGHT]) * 20:
        ada.show(4, scene)
    assert ada.liveness is Proof.REFUTED


def test_another_track_cannot_go_on() -> None:
    ada = drawn_without_come_closer().show(6).show(track=2)
    assert ada.liveness is Proof.REFUTED


@pytest.mark.parametrize("other", [BOB, None])
def test_somebody_elses_actions_do_not_count(other: PersonId | None) -> None:
    ada = drawn_without_come_closer().show(6)
    ada.show(round((IDENTITY_S - 0.5) * FPS), person=other)
    before = ada.liveness
    ada.show(FPS, person=other)
    assert (before, ada.liveness) == (Proof.PENDING, Proof.REFUTED)


def test_a_passed_challenge_is_not_somebody_elses() -> None:
    ada = drawn_without_come_closer()
    ada.obey()
    assert ada.liveness is Proof.SHOWN
    ada.show(3, person=BOB, candidate=BOB)
    assert ada.liveness is Proof.MISSING


def test_a_gesture_is_pending_until_it_is_made() -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(30, SHOWS[Ask.LOOK_UP], matched=False)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(8)
    assert ada.inspection.prompt is not None
    assert (ada.inspection.prompt.text, ada.inspection.prompt.ask) == (
        PROMPTS[Ask.LOOK_UP],
        "look_up",
    )
    ada.show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN
    assert ada.inspection.prompt is None


def test_a_gesture_that_does_not_come_is_missing() -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(149)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(5)
    assert ada.inspection.intent is Proof.MISSING
    assert ada.inspection.prompt is None


@pytest.mark.parametrize("other", [BOB, None])
def test_a_gesture_that_other_frames_show_is_nobodys(other: PersonId | None) -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(8)
    ada.show(3, SHOWS[Ask.LOOK_UP], person=other)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN


def test_a_gesture_is_made_anew_by_the_next_person() -> None:
    visitor = Visitor("off", Ask.LOOK_UP).show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert visitor.inspection.intent is Proof.SHOWN
    visitor.show(8, person=BOB, candidate=BOB)
    assert visitor.inspection.intent is Proof.PENDING
    visitor.show(1, SHOWS[Ask.LOOK_UP], person=BOB, candidate=BOB)
    assert visitor.inspection.intent is Proof.SHOWN


@pytest.mark.parametrize("other", [BOB, None])
def test_an_answer_that_other_frames_show_is_nobodys(other: PersonId | None) -> None:
    ada = drawn_without_come_closer()
    for _ in range(300):
        state = ada.inspection._posed.state
        if state is not None and state.phase is Phase.ASKED:
            break
        ada.show(1)
    asked = ada.inspection._posed.state
    assert asked is not None
    ada.show(6, SHOWS[asked.steps[0].ask], person=other)
    after = ada.inspection._posed.state
    assert after is not None
    assert (after.phase, after.done) == (Phase.ASKED, 0)
    ada.show(2, SHOWS[asked.steps[0].ask])
    own = ada.inspection._posed.state
    assert own is not None
    assert own.done == 1


def test_a_gesture_comes_after_the_challenge() -> None:
    for seed in range(100):
        ada = Visitor("challenge", Ask.LOOK_UP, seed=seed, every_s=0.5).show()
        challenge = ada.inspection._posed.state
        assert challenge is not None
        if not {Ask.COME_CLOSER, Ask.LOOK_UP} & {step.ask for step in challenge.steps}:
            break
    ada.obey()
    assert (ada.liveness, ada.inspection.intent) == (Proof.SHOWN, Proof.PENDING)
    ada.show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN
