import hashlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId
from accessctl.door import second_factor
from accessctl.door.second_factor import SecondFactor, second_factor_handlers
from accessctl.errors import InputError
from accessctl.gallery.person import PinHash
from accessctl.policy.circumstances import Proof

ADA, BOB, EVE = PersonId("ada"), PersonId("bob"), PersonId("eve")


def quick_hash(pin: str) -> PinHash:
    return PinHash(b"s", hashlib.scrypt(pin.encode(), salt=b"s", n=2, r=1, p=1, dklen=32), 2, 1, 1)


PINS = {ADA: quick_hash("2708"), BOB: quick_hash("5119")}


class Attempts:
    def __init__(self) -> None:
        self.locked = False
        self.wrong: list[tuple[str, PersonId]] = []

    def locked_out(self, person: PersonId) -> bool:
        return self.locked

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        self.wrong.append((visit, person))


class Keypad:
    """A second factor whose clock moves a minute with each PIN, unless told otherwise."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self.now = 0.0
        self.step = 60.0
        self.factor = SecondFactor(PINS.get, self.attempts, self._clock)

    def _clock(self) -> float:
        return self.now

    def offer(self, pin: str) -> str:
        self.now += self.step
        return self.factor.offer_pin(pin).sentence

    def state(self, visit: str = "v", person: PersonId = ADA, now: float = 0.0) -> Proof:
        return self.factor.state_of(visit, person, "pin", now)


@pytest.fixture
def keypad() -> Keypad:
    return Keypad()


@pytest.fixture
def asked(keypad: Keypad) -> Keypad:
    """Ada is asked for her PIN until second 20."""
    keypad.factor.ask("v", ADA, "pin", 20.0)
    return keypad


def test_the_right_pin_counts(asked: Keypad) -> None:
    assert asked.state() is Proof.PENDING
    assert asked.offer("2708") == "Accepted."
    assert asked.state() is Proof.SHOWN
    assert asked.attempts.wrong == []
    assert "Nobody is asked" in asked.offer("2708")


def test_nothing_counts_before_it_is_asked_for(keypad: Keypad) -> None:
    assert "Nobody is asked" in keypad.offer("2708")
    assert not keypad.factor.press().accepted
    assert keypad.state() is Proof.PENDING
    keypad.factor.ask("v", ADA, "pin", 20.0)
    assert keypad.state() is Proof.PENDING


def test_whoever_has_no_pin_cannot_show_one(keypad: Keypad) -> None:
    assert keypad.state(person=EVE) is Proof.MISSING
    assert keypad.factor.state_of("v", EVE, "off", 0.0) is Proof.NOT_NEEDED
    assert keypad.factor.state_of("v", EVE, "button", 0.0) is Proof.PENDING


def test_three_wrong_pins_refute_the_visit(asked: Keypad) -> None:
    for _ in range(2):
        assert asked.offer("9999") == "Wrong PIN."
        assert asked.state() is Proof.PENDING
    assert asked.offer("5119") == "Wrong PIN."
    assert asked.state() is Proof.REFUTED
    assert "Nobody is asked" in asked.offer("2708")
    assert asked.attempts.wrong == [("v", ADA)] * 3
    # Nor for anybody else whom the same face may be taken for.
    assert asked.state(person=BOB) is Proof.REFUTED


def test_three_wrong_pins_refute_the_visit_in_its_next_attempt_too(asked: Keypad) -> None:
    """The attempt they were entered in may end, or its track break, before they are judged."""
    for _ in range(3):
        asked.offer("9999")
    asked.factor.stop_waiting("v")
    asked.factor.ask("v", ADA, "pin", 40.0)
    assert "Nobody is asked" in asked.offer("2708")
    assert asked.state() is Proof.REFUTED
    asked.factor.forget("v")
    asked.factor.ask("v", ADA, "pin", 60.0)
    assert asked.offer("2708") == "Accepted."


def test_the_time_is_limited(asked: Keypad) -> None:
    assert asked.state(now=20.0) is Proof.PENDING
    assert asked.state(now=20.1) is Proof.MISSING
    assert "Nobody is asked" in asked.offer("2708")
    assert asked.state(now=0.0) is Proof.MISSING


def test_what_was_shown_does_not_outlast_the_time(asked: Keypad) -> None:
    asked.offer("2708")
    assert asked.state(now=20.1) is Proof.MISSING


def test_it_is_awaited_from_the_question_until_it_is_refused_or_too_late(asked: Keypad) -> None:
    assert asked.factor.awaited("v", 20.0)
    assert not asked.factor.awaited("v", 20.1)
    assert not asked.factor.awaited("w", 0.0)
    asked.offer("2708")
    assert asked.factor.awaited("v", 1.0)
    other = Keypad()
    other.factor.ask("v", ADA, "pin", 20.0)
    for _ in range(3):
        assert other.factor.awaited("v", 1.0)
        other.offer("9999")
    assert not other.factor.awaited("v", 1.0)


def test_a_time_that_is_no_number_is_too_late(asked: Keypad) -> None:
    assert asked.state(now=float("nan")) is Proof.MISSING


def test_asking_again_gives_no_more_time_and_no_more_attempts(asked: Keypad) -> None:
    asked.offer("9999")
    asked.factor.ask("v", ADA, "pin", 500.0)
    asked.factor.ask("v", BOB, "pin", 500.0)
    asked.offer("9999")
    asked.factor.ask("v", ADA, "pin", 500.0)
    asked.offer("9999")
    assert asked.state() is Proof.REFUTED
    other = Keypad()
    other.factor.ask("v", ADA, "pin", 20.0)
    other.factor.ask("v", BOB, "pin", 500.0)
    assert other.state(person=BOB, now=20.1) is Proof.MISSING


def test_it_belongs_to_one_person_of_one_visit(asked: Keypad) -> None:
    asked.offer("2708")
    assert asked.state(person=BOB) is Proof.PENDING
    assert asked.state(visit="w") is Proof.PENDING
    asked.factor.ask("v", BOB, "pin", 20.0)
    assert asked.state() is Proof.PENDING
    assert asked.offer("2708") == "Wrong PIN."
    assert asked.offer("5119") == "Accepted."
    assert asked.state(person=BOB) is Proof.SHOWN
    assert asked.state() is Proof.PENDING


def test_while_two_wait_nobody_can_show_it(asked: Keypad) -> None:
    asked.factor.ask("w", BOB, "pin", 20.0)
    assert "Several people" in asked.offer("2708")
    assert asked.attempts.wrong == []
    asked.factor.forget("w")
    assert asked.offer("2708") == "Accepted."


def test_forgotten_is_forgotten(asked: Keypad) -> None:
    asked.offer("2708")
    asked.factor.forget("v")
    asked.factor.forget("never")
    assert asked.state() is Proof.PENDING
    assert "Nobody is asked" in asked.offer("2708")


def test_one_pin_a_second(asked: Keypad) -> None:
    assert asked.offer("9999") == "Wrong PIN."
    asked.step = 0.9
    assert "Too fast" in asked.offer("2708")
    asked.step = 0.1
    assert asked.offer("2708") == "Accepted."
    assert len(asked.attempts.wrong) == 1


@pytest.mark.parametrize("slip", ["", "270", "2708\n", "abcd", "1" * 13])
def test_a_slip_of_the_hand_is_no_attempt(asked: Keypad, slip: str) -> None:
    assert "4 to 12 digits" in asked.offer(slip)
    asked.step = 0.0
    assert asked.offer("2708") == "Accepted."
    assert asked.attempts.wrong == []


def test_a_lockout_takes_no_pin(asked: Keypad) -> None:
    asked.attempts.locked = True
    assert "locked out" in asked.offer("2708")
    assert asked.state() is Proof.PENDING


def test_a_button_is_pressed_by_whoever_stands_there(keypad: Keypad) -> None:
    keypad.factor.ask("v", EVE, "button", 20.0)
    assert "Nobody is asked" in keypad.offer("2708")
    assert keypad.factor.press().accepted
    assert keypad.factor.state_of("v", EVE, "button", 1.0) is Proof.SHOWN
    # Not for a PIN, which the plan may ask for from this minute on.
    assert keypad.state(person=ADA) is Proof.PENDING


def test_the_loop_is_not_kept_waiting_while_a_pin_is_hashed(
    asked: Keypad, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing, may_end = threading.Event(), threading.Event()

    def slow(pin: str, kept: PinHash) -> bool:
        hashing.set()
        assert may_end.wait(30)
        return True

    monkeypatch.setattr(second_factor, "pin_matches", slow)
    answers: list[bool] = []
    thread = threading.Thread(
        target=lambda: answers.append(asked.factor.offer_pin("2708").accepted)
    )
    thread.start()
    assert hashing.wait(30)
    assert asked.state() is Proof.PENDING
    # The visitor leaves, and another one comes with the same face, before it is done.
    asked.factor.forget("v")
    asked.factor.ask("v", ADA, "pin", 20.0)
    may_end.set()
    thread.join()
    assert answers == [False]
    assert asked.state() is Proof.PENDING


def test_the_handlers_of_the_control_socket(asked: Keypad) -> None:
    handlers = second_factor_handlers(asked.factor)
    assert set(handlers) == {"pin", "press"}
    with pytest.raises(InputError, match="Wrong PIN"):
        handlers["pin"]({"pin": "9999"})
    asked.now = 60.0
    assert handlers["pin"]({"pin": "2708"}) == {"message": "Accepted."}
    with pytest.raises(InputError, match="Nobody"):
        handlers["press"]({})


@pytest.mark.parametrize("request_", [{}, {"pin": 2708}, {"pin": None}, {"pin": ["2708"]}])
def test_a_pin_is_text(asked: Keypad, request_: dict) -> None:
    with pytest.raises(InputError, match="given as text"):
        second_factor_handlers(asked.factor)["pin"](request_)
    assert asked.attempts.wrong == []


visits = st.sampled_from(["v", "w"])
people = st.sampled_from([ADA, BOB, EVE])
moves = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), visits, people, st.sampled_from(["pin", "button"])),
        st.tuples(st.just("pin"), st.sampled_from(["2708", "5119", "9999", "x"])),
        st.tuples(st.just("press")),
        st.tuples(st.just("forget"), visits),
        st.tuples(st.just("time"), st.floats(0, 15)),
    ),
    max_size=25,
)


@given(moves)
def test_it_is_shown_only_by_the_right_answer_in_time(moves: list[tuple]) -> None:
    """Whatever comes in whichever order: what counts was asked of that person and answered."""
    keypad, now = Keypad(), 0.0
    shown: dict[str, tuple[PersonId, str, float]] = {}
    asked: dict[str, tuple[PersonId, str, float]] = {}
    for kind, *rest in moves:
        if kind == "time":
            now += rest[0]
        elif kind == "ask":
            visit, person, factor = rest
            until = asked[visit][2] if visit in asked else now + 20
            if asked.get(visit, (None, None))[:2] != (person, factor):
                shown.pop(visit, None)
            asked[visit] = (person, factor, until)
            keypad.factor.ask(visit, person, factor, now + 20)
        elif kind == "forget":
            keypad.factor.forget(rest[0])
            shown.pop(rest[0], None)
            asked.pop(rest[0], None)
        else:
            right = {
                v for v, (p, f, _) in asked.items() if v not in shown and _fits(kind, rest, p, f)
            }
            accepted = (
                keypad.factor.press().accepted
                if kind == "press"
                else keypad.offer(rest[0]) == "Accepted."
            )
            if accepted:
                assert right
                waiting = [v for v in asked if v not in shown and asked[v][1] == _factor(kind)]
                shown |= {v: asked[v] for v in waiting if v in right}
        for visit in ("v", "w"):
            for person in (ADA, BOB, EVE):
                for factor in ("pin", "button"):
                    if keypad.factor.state_of(visit, person, factor, now) is Proof.SHOWN:
                        assert shown[visit][:2] == (person, factor)
                        assert now <= shown[visit][2]


def _factor(kind: str) -> str:
    return "button" if kind == "press" else "pin"


def _fits(kind: str, rest: list, person: PersonId, factor: str) -> bool:
    if kind == "press":
        return factor == "button"
    return factor == "pin" and (person, rest[0]) in {(ADA, "2708"), (BOB, "5119")}
