import os

import pytest

from accessctl.console.app import Console
from accessctl.console.passkeys import Challenges
from accessctl.console.passwords import NotRecognisedError
from accessctl.console.sessions import Visitor
from tests.clocks import HandClock

HERE = Visitor("192.0.2.1", "tests")


@pytest.fixture
def challenges(clock: HandClock) -> Challenges:
    return Challenges(b"s" * 32, clock, os.urandom)


def test_a_challenge_is_open_for_its_purpose_until_it_is_answered(challenges: Challenges) -> None:
    made = challenges.new("sign in")
    assert challenges.is_open(made, "sign in")
    assert not challenges.is_open(made, "register")
    assert challenges.answer(made)
    assert not challenges.is_open(made, "sign in")
    assert not challenges.answer(made)


def test_a_challenge_runs_out(challenges: Challenges, clock: HandClock) -> None:
    made = challenges.new("sign in")
    clock.time += 299
    assert challenges.is_open(made, "sign in")
    clock.time += 1
    assert not challenges.is_open(made, "sign in")


def test_an_answered_one_is_remembered_until_it_has_run_out(
    challenges: Challenges, clock: HandClock
) -> None:
    made = challenges.new("sign in")
    challenges.answer(made)
    clock.time += 299
    challenges.answer(challenges.new("sign in"))
    assert not challenges.is_open(made, "sign in")


@pytest.mark.parametrize("at", [0, 7, 8, 23, 24, 55])
def test_a_challenge_that_was_touched_is_none(challenges: Challenges, at: int) -> None:
    made = bytearray(challenges.new("sign in"))
    made[at] ^= 1
    assert not challenges.is_open(bytes(made), "sign in")


def test_another_process_takes_none_of_this_ones(challenges: Challenges, clock: HandClock) -> None:
    other = Challenges(b"t" * 32, clock, os.urandom)
    assert not other.is_open(challenges.new("sign in"), "sign in")


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"response": {}},
        {"response": {"clientDataJSON": "!"}},
        {"response": {"clientDataJSON": "W10"}},
        {"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiAxfQ"}},
        {"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiAiQUFBQSJ9"}, "rawId": "AAAA"},
    ],
    ids=range(6),
)
def test_what_is_no_passkeys_answer_is_refused(
    console: Console, credential: dict[str, object]
) -> None:
    with pytest.raises(NotRecognisedError):
        console.passkeys.sign_in(credential, "https://localhost", HERE)
