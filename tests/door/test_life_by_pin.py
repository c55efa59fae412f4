"""A PIN in place of life that was not shown in time, at the door, on fakes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Face, Outcome, PersonId, PersonRules, Pose, Quality, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import LOOK_UP, TEXTS, Wanted
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.second_factor import SecondFactor
from accessctl.door.visit import Step
from accessctl.gallery.person import PinHash
from accessctl.liveness.challenge import Ask
from accessctl.liveness.evidence import CueVerdict
from accessctl.policy.evidence_record import from_data
from accessctl.vision.fake import fake_face

# The owner allowed it for Grace and for Ida, who has no PIN, but not for Alan.
GRACE, ALAN, IDA, STRANGER = 1, 2, 3, 4
PIN, ALANS = "270846", "511943"
PATIENCE_S = 2.0
PASSIVE = Wanted(LivenessConfig(mode="passive", patience_s=PATIENCE_S))
CHALLENGE = Wanted(LivenessConfig(mode="challenge", action_s=1.0, challenge_s=5.0))
# A cue whose doubts never refuse, so that they can last.
DOUBTER = "blink"
FACE = fake_face(box=FACE_BOX)
UNUSABLE = replace(FACE, quality=Quality(0.8, ("too blurred",)))

GRANTED = (Outcome.GRANTED, Reason.MATCHED)
NOT_LIVE = (Outcome.DENIED, Reason.NOT_LIVE)
UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)
WRONG = (Outcome.DENIED, Reason.SECOND_FACTOR_WRONG)


def quick_hash(pin: str) -> PinHash:
    return PinHash(b"s", hashlib.scrypt(pin.encode(), salt=b"s", n=2, r=1, p=1, dklen=32), 2, 1, 1)


class Attempts:
    def __init__(self) -> None:
        self.wrong: list[tuple[str, PersonId]] = []

    def locked_out(self, person: PersonId) -> bool:
        return False

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        self.wrong.append((visit, person))


class Keypad:
    """A door that asks for life, with a keypad beside it; time is that of its frames."""

    def __init__(self, wanted: Wanted = PASSIVE, **policy: Any) -> None:
        house = self.house = FakeHouse(wanted=wanted)
        house.policy = house.policy.model_copy(update={"cooldown_s": 0.0, **policy})
        gallery, allowed = house.gallery, PersonRules(life_by_pin=True)
        self.ids = {
            person: house.enrol(name, person)
            for name, person in (("Grace", GRACE), ("Alan", ALAN), ("Ida", IDA))
        }
        gallery.set_pin(self.ids[GRACE], quick_hash(PIN))
        gallery.set_pin(self.ids[ALAN], quick_hash(ALANS))
        for person in (GRACE, IDA):
            gallery.set_rules(self.ids[person], allowed)
        self.now = 0.0
        self.attempts = Attempts()
        self.second_factor = SecondFactor(gallery.pins().get, self.attempts, lambda: self.now)
        gate = AccessGate(AccessConfig(), house.policy, second_factor=self.second_factor)
        self.door = house.door(gate)
        self.steps: list[Step] = []

    def show(
        self, seconds: float, person: int = GRACE, faces: Sequence[Face] = (FACE,)
    ) -> list[tuple[Outcome, Reason]]:
        """Ten frames a second; what was decided."""
        frames = round(seconds * 10)
        self.steps = self.house.play(self.door, [(person, faces)] * frames, start=self.now)
        self.now += frames / 10
        return [(made.outcome, made.reason) for made in decisions(self.steps)]

    def enter(self, pin: str) -> bool:
        """After a second, in which nobody moves."""
        self.now += 1.0
        return self.second_factor.offer_pin(pin).accepted

    def leave(self) -> list[tuple[Outcome, Reason]]:
        self.now += 5.0
        return self.show(0.1, faces=())

    @property
    def said(self) -> list[str]:
        return [payload["prompt"] for payload in self.house.speaker.payloads]

    @property
    def event(self) -> dict[str, Any]:
        """The data of the last decision's event."""
        found = (e.data for e in reversed(self.house.events()) if "evidence" in e.data)
        return dict(next(found))


def test_who_shows_no_life_is_asked_for_the_pin_and_let_in_with_it() -> None:
    grace = Keypad()
    assert grace.show(PATIENCE_S) == []
    assert not grace.enter(PIN)
    assert grace.said == []
    assert grace.show(1.0) == []
    assert grace.said == [TEXTS["pin"]]
    assert grace.steps[-1].faces[0].prompt.text == TEXTS["pin"]
    assert grace.enter(PIN)
    assert grace.show(1.0) == [GRANTED]
    assert len(grace.house.unlock.payloads) == 1
    assert grace.event["by_pin"] == ["life"]
    recorded = from_data(grace.event["evidence"])
    assert (recorded.liveness.value, recorded.factor) == ("missing", "pin")
    assert (recorded.second_factor.value, recorded.doubted) == ("shown", False)
    assert recorded.person.life_by_pin
    assert grace.said == [TEXTS["pin"]]


@pytest.mark.parametrize(("person", "pin"), [(ALAN, ALANS), (IDA, PIN)])
def test_without_the_rule_or_without_a_pin_nothing_changes(person: int, pin: str) -> None:
    visitor = Keypad()
    assert visitor.show(PATIENCE_S, person) == []
    assert not visitor.enter(pin)
    assert visitor.show(1.0, person) == [UNDECIDED]
    assert (visitor.said, visitor.house.unlock.payloads) == ([], [])
    assert "by_pin" not in visitor.event


def test_three_wrong_pins_refuse_as_ever() -> None:
    grace = Keypad()
    grace.show(PATIENCE_S + 0.5)
    assert [grace.enter(pin) for pin in ("999999", ALANS, "888888")] == [False] * 3
    assert grace.show(0.5) == [WRONG]
    assert [person for _, person in grace.attempts.wrong] == [grace.ids[GRACE]] * 3
    assert "by_pin" not in grace.event


def test_a_pin_that_does_not_come_leaves_life_undecided() -> None:
    grace = Keypad(second_factor_s=4.0)
    assert grace.show(PATIENCE_S + 4.0) == []
    assert grace.show(1.0) == [UNDECIDED]
    leaving = Keypad()
    leaving.show(PATIENCE_S + 1.0)
    assert leaving.leave() == [UNDECIDED]


@pytest.mark.parametrize("before", [True, False])
def test_no_pin_helps_against_a_veto(before: bool) -> None:
    grace = Keypad()
    grace.show(PATIENCE_S + 0.5)
    if before:
        assert grace.enter(PIN)
        # Nobody looked up, so that nothing was granted yet.
        assert grace.show(0.5, faces=(UNUSABLE,)) == []
    grace.house.cues.says = CueVerdict.VETO
    assert grace.show(1.0) == [NOT_LIVE]
    assert not grace.enter(PIN)
    assert grace.house.unlock.payloads == []


def test_a_veto_before_patience_is_over_leaves_nothing_to_ask_for() -> None:
    grace = Keypad()
    grace.house.cues.says = CueVerdict.VETO
    assert grace.show(PATIENCE_S + 1.0) == [NOT_LIVE]
    assert grace.said == []


def test_that_somebody_hardly_moves_is_made_up_for_and_on_record() -> None:
    grace = Keypad()
    grace.house.cues.cue, grace.house.cues.says = "stillness", CueVerdict.DOUBT
    grace.show(PATIENCE_S + 0.5)
    assert grace.enter(PIN)
    assert grace.show(1.0) == [GRANTED]
    assert (grace.event["by_pin"], set(grace.event["doubts"])) == (["life"], {"stillness"})


def test_a_doubt_of_an_attack_is_not_made_up_for() -> None:
    grace = Keypad()
    grace.house.cues.cue, grace.house.cues.says = DOUBTER, CueVerdict.DOUBT
    assert grace.show(PATIENCE_S + 0.5) == [UNDECIDED]
    assert grace.said == []
    assert not grace.enter(PIN)
    assert set(grace.event["doubts"]) == {DOUBTER}
    assert from_data(grace.event["evidence"]).doubted


def test_a_doubt_that_comes_and_goes_while_the_pin_is_awaited() -> None:
    grace = Keypad()
    grace.house.cues.cue = DOUBTER
    grace.show(PATIENCE_S + 0.5)
    grace.house.cues.says = CueVerdict.DOUBT
    assert grace.show(1.0) == []
    assert grace.enter(PIN)
    assert grace.show(1.0) == []
    grace.house.cues.says = CueVerdict.CLEAR
    assert grace.show(4.0) == [GRANTED]


def test_a_doubt_that_stays_outlasts_the_pin() -> None:
    grace = Keypad(second_factor_s=6.0)
    grace.house.cues.cue = DOUBTER
    grace.show(PATIENCE_S + 0.5)
    grace.house.cues.says = CueVerdict.DOUBT
    grace.show(1.0)
    assert grace.enter(PIN)
    assert grace.show(6.0) == [UNDECIDED]
    assert grace.house.unlock.payloads == []


def test_cues_that_fail_are_not_made_up_for() -> None:
    grace = Keypad()
    grace.house.cues.fault = ZeroDivisionError("no pixels")
    assert grace.show(PATIENCE_S + 1.0) == [UNDECIDED]
    assert grace.said == []


def test_life_that_is_shown_after_all_needs_no_pin() -> None:
    grace = Keypad()
    grace.show(PATIENCE_S + 0.5)
    grace.house.cues.says = CueVerdict.CONFIRM
    assert grace.show(1.0) == [GRANTED]
    assert "by_pin" not in grace.event


def test_a_pin_belongs_to_its_visit() -> None:
    grace = Keypad()
    grace.show(PATIENCE_S + 0.5)
    assert grace.enter(PIN)
    grace.leave()
    another = replace(FACE, track=2)
    assert grace.show(PATIENCE_S + 1.0, faces=(another,)) == []
    assert grace.house.unlock.payloads == []
    assert grace.said == [TEXTS["pin"]] * 2


def test_no_button_stands_in_for_life() -> None:
    grace = Keypad(second_factor="button")
    grace.show(PATIENCE_S + 0.5)
    assert not grace.second_factor.press().accepted
    assert grace.said == [TEXTS["pin"]]
    # The PIN is more than the button that is asked for anyway.
    assert grace.enter(PIN)
    assert grace.show(0.5) == [GRANTED]


def test_one_pin_serves_as_the_second_factor_too() -> None:
    grace = Keypad(second_factor="pin")
    grace.show(PATIENCE_S + 0.5)
    assert grace.enter(PIN)
    assert grace.show(0.5) == [GRANTED]
    assert grace.event["by_pin"] == ["life"]
    live = Keypad(second_factor="pin")
    live.house.cues.says = CueVerdict.CONFIRM
    live.show(1.0)
    assert live.enter(PIN)
    assert live.show(0.5) == [GRANTED]
    assert "by_pin" not in live.event


def test_whoever_looked_down_has_to_look_up_again() -> None:
    grace = Keypad()
    grace.show(PATIENCE_S + 0.5)
    grace.now += 6.0
    # Frames in which she may as well be somebody else.
    assert grace.show(0.4, STRANGER) == []
    assert grace.enter(PIN)
    assert grace.show(0.2, STRANGER) == []
    assert grace.steps[-1].faces[0].prompt.text == LOOK_UP
    # What the cues have not looked at yet may still be vetoed.
    grace.now += 4.0
    assert GRANTED in grace.show(1.5)


def test_a_challenge_that_took_too_long_is_made_up_for() -> None:
    grace = Keypad(CHALLENGE)
    assert grace.show(8.0) == []
    assert grace.said[-1] == TEXTS["pin"]
    assert grace.enter(PIN)
    assert grace.show(0.5) == [GRANTED]
    recorded = from_data(grace.event["evidence"])
    assert recorded.cues.failure == "too_late"


def test_a_challenge_that_was_failed_is_not() -> None:
    grace = Keypad(CHALLENGE)
    assert grace.show(0.9) == []
    turned = replace(FACE, pose=Pose(25, 0, 0))
    assert grace.show(1.0, faces=(turned,)) == [NOT_LIVE]
    assert TEXTS["pin"] not in grace.said


@pytest.mark.parametrize("wanted", [PASSIVE, CHALLENGE], ids=["passive", "challenge"])
def test_no_gesture_is_waited_for_beside_the_pin(wanted: Wanted) -> None:
    grace = Keypad(replace(wanted, intent=Ask.LOOK_UP))
    assert grace.show(8.0) == []
    assert grace.enter(PIN)
    assert grace.show(0.5) == [GRANTED]
    assert grace.event["by_pin"] == ["life", "gesture"]


def test_a_gesture_that_somebody_alive_cannot_make_is_made_up_for() -> None:
    grace = Keypad(replace(PASSIVE, intent=Ask.LOOK_UP, intent_s=3.0))
    grace.house.cues.says = CueVerdict.CONFIRM
    assert grace.show(4.0) == []
    assert grace.enter(PIN)
    assert grace.show(0.5) == [GRANTED]
    assert grace.event["by_pin"] == ["gesture"]
    alan = Keypad(replace(PASSIVE, intent=Ask.LOOK_UP, intent_s=3.0))
    alan.house.cues.says = CueVerdict.CONFIRM
    assert alan.show(4.0, ALAN) == [(Outcome.DENIED, Reason.NO_GESTURE)]


moments = st.lists(
    st.one_of(
        st.tuples(
            st.just("show"),
            st.sampled_from([GRACE, GRACE, ALAN, STRANGER]),
            st.sampled_from(["usable", "usable", "unusable", "gone", "other"]),
            st.sampled_from(["scripted", "stillness"]),
            st.sampled_from(
                [CueVerdict.UNDECIDED, CueVerdict.UNDECIDED, CueVerdict.UNDECIDED, *CueVerdict]
            ),
            st.sampled_from([0.3, 1.0, 2.5]),
        ),
        st.tuples(st.just("pin"), st.sampled_from([PIN, PIN, ALANS, "999999", "1"])),
        st.tuples(st.just("press")),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 30.0])),
    ),
    max_size=10,
)
STANDS = ("show", GRACE, "usable", "stillness", CueVerdict.DOUBT, 2.5)


@settings(max_examples=60, deadline=None)
@given(moments, st.sampled_from(["off", "button", "pin"]))
@example([STANDS, ("pin", PIN), STANDS], "off")
@example([STANDS, ("pin", PIN), ("show", GRACE, "usable", "edges", CueVerdict.VETO, 0.3)], "off")
@example([STANDS, ("pin", PIN), ("show", GRACE, "other", "stillness", *STANDS[4:])], "pin")
@example([("show", ALAN, *STANDS[2:]), ("pin", ALANS), ("show", ALAN, *STANDS[2:])], "pin")
def test_no_order_of_events_lets_a_pin_alone_in(moments: list[tuple], factor: str) -> None:
    """Each grant has life that was confirmed, or the rule and this person's PIN in this visit;
    and none has a veto."""
    keypad = Keypad(second_factor=factor)
    house, ids = keypad.house, keypad.ids
    said: dict[str, set[CueVerdict]] = {}
    typed: dict[str, set[str]] = {}
    standing: str | None = None
    for kind, *values in moments:
        if kind == "wait":
            keypad.now += values[0]
        elif kind == "press":
            keypad.second_factor.press()
        elif kind == "pin":
            if keypad.enter(values[0]):
                assert standing is not None
                typed.setdefault(standing, set()).add(values[0])
        else:
            person, look, house.cues.cue, house.cues.says, seconds = values
            face = UNUSABLE if look == "unusable" else FACE
            faces = () if look == "gone" else (replace(face, track=1 + (look == "other")),)
            for _ in range(round(seconds * 10)):
                looks = len(house.cues.looks)
                keypad.show(0.1, person, faces)
                (step,) = keypad.steps
                if step.faces:
                    standing = step.faces[0].visit
                    if len(house.cues.looks) > looks:
                        said.setdefault(standing, set()).add(house.cues.says)
                for made in step.decisions:
                    if made.outcome is not Outcome.GRANTED:
                        continue
                    assert CueVerdict.VETO not in said[made.visit]
                    instead = keypad.event.get("by_pin", [])
                    if "life" not in instead:
                        assert CueVerdict.CONFIRM in said[made.visit]
                    else:
                        assert made.person == ids[GRACE]
                        assert PIN in typed[made.visit]
    assert len(house.unlock.payloads) == sum(
        event.data.get("decision") == "granted" and "evidence" in event.data
        for event in house.events()
    )
