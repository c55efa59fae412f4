import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import InputError
from accessctl.mqtt.commands import (
    MAX_PAYLOAD,
    Allowance,
    PlainNonces,
    SentCommand,
    command_in,
)

WHOLE = {"value": "UNLOCK", "nonce": "n-1", "expires": 1000.0}


def test_a_word_is_a_plain_command() -> None:
    assert command_in(b"UNLOCK") == SentCommand("UNLOCK")
    assert command_in(b"locked_down") == SentCommand("locked_down")


def test_an_object_says_which_command_it_is_and_when_it_ends() -> None:
    said = {**WHOLE, "operator": "Ada Lovelace", "seconds": 60}
    assert command_in(json.dumps(said).encode()) == SentCommand(
        "UNLOCK", "n-1", 1000.0, "Ada Lovelace", 60.0
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"UNLOCK ",
        b"UN\x00LOCK",
        b"A" * 33,
        b"\xff\xfe",
        b"[]",
        b'"UNLOCK"',
        b"{",
        b"[" * 1000,
        json.dumps({"value": "UNLOCK"}).encode(),
        json.dumps({**WHOLE, "expires": "1000"}).encode(),
        json.dumps({**WHOLE, "nonce": ""}).encode(),
        json.dumps({**WHOLE, "nonce": "n" * 65}).encode(),
        json.dumps({**WHOLE, "nonce": "a\nb"}).encode(),
        json.dumps({**WHOLE, "operator": "\u202eAda"}).encode(),
        json.dumps({**WHOLE, "more": 1}).encode(),
        json.dumps({**WHOLE, "seconds": -1}).encode(),
        b'{"value": "UNLOCK", "nonce": "n", "expires": NaN}',
        b'{"value": "UNLOCK", "nonce": "n", "expires": 1e999}',
        json.dumps({**WHOLE, "operator": "a" * MAX_PAYLOAD}).encode(),
    ],
)
def test_anything_else_is_refused_in_one_sentence(payload: bytes) -> None:
    with pytest.raises(InputError) as refused:
        command_in(payload)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


@given(st.binary(max_size=300))
def test_no_payload_does_anything_but_be_read_or_refused(payload: bytes) -> None:
    with suppress(InputError):
        assert command_in(payload).value.isprintable()


def test_a_command_is_as_old_as_its_end_says() -> None:
    sent = SentCommand("UNLOCK", "n", expires=1005.0)
    assert sent.age_s(1000.0) == 5.0
    assert sent.age_s(1005.0) == 10.0
    assert sent.age_s(1006.0) == 11.0
    # It would live for longer than ten seconds.
    assert sent.age_s(994.0) == -1.0
    assert SentCommand("UNLOCK", "n", expires=math.inf).age_s(0.0) == math.inf
    assert SentCommand("UNLOCK").age_s(1000.0) == 0.0


def test_so_many_commands_at_once_and_then_one_a_second() -> None:
    allowance = Allowance(most=3, every_s=1.0)
    assert [allowance.spend(100.0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.spend(t) for t in (100.5, 101.1, 101.2)] == [False, True, False]
    assert [allowance.spend(1000.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    allowance = Allowance(most=1, every_s=1.0)
    assert allowance.spend(100.0)
    assert not allowance.spend(50.0)


def test_a_plain_command_twice_in_a_moment_is_the_same_one() -> None:
    plain = PlainNonces(again_s=2.0)
    first = plain.nonce("t", "ON", 100.0)
    assert plain.nonce("t", "ON", 101.0) == first
    assert plain.nonce("t", "ON", 104.0) != first
    assert plain.nonce("other", "ON", 104.0) != plain.nonce("t", "ON", 104.1)


def test_on_after_off_is_a_new_command() -> None:
    plain = PlainNonces(again_s=2.0)
    nonces = [plain.nonce("t", value, 100.0) for value in ("ON", "OFF", "ON")]
    assert len(set(nonces)) == 3
