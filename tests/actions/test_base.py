import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.actions.base import (
    Action,
    ActionResult,
    FailingAction,
    HangingAction,
    RecordingAction,
    printable,
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("relay on", "relay on"),
        ("Zoë 日本", "Zoë 日本"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("x\u202egnp", "x\\u202egnp"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_escapes_what_could_steer_a_terminal(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text(st.characters()))
def test_result_is_always_printable_and_encodable(raw: str) -> None:
    shown = printable(raw)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(st.text(string.ascii_letters + string.digits + " .,-"))
def test_ordinary_text_is_left_alone(raw: str) -> None:
    assert printable(raw) == raw


def test_recording_keeps_payloads_and_answers_as_told() -> None:
    action = RecordingAction("door", ok=False)
    assert action.perform({"visit": "v1"}) == ActionResult(False, "Refused.", 0.0)
    assert (action.name, action.payloads) == ("door", [{"visit": "v1"}])


def test_failing_raises() -> None:
    with pytest.raises(RuntimeError, match="always fails"):
        FailingAction().perform({})


def test_hanging_says_that_it_started_and_ends_when_released() -> None:
    action = HangingAction()
    action.release.set()
    assert action.perform({}).ok
    assert action.started.is_set()


def test_they_are_actions() -> None:
    actions: list[Action] = [RecordingAction(), FailingAction(), HangingAction()]
    assert [action.name for action in actions] == ["recording", "failing", "hanging"]
