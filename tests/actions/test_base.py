import pytest

from accessctl.actions.base import (
    Action,
    ActionResult,
    FailingAction,
    HangingAction,
    RecordingAction,
)


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
