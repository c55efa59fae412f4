import threading
from collections.abc import Mapping
from typing import Any

import pytest

from accessctl import extensions
from accessctl.actions.base import ActionResult, FailingAction, HangingAction, RecordingAction
from accessctl.actions.custom import MAX_LEFT_BEHIND, TimedAction, custom_action
from accessctl.actions.runner import actions_from
from accessctl.config import CustomAction
from accessctl.errors import ConfigError, ExtensionError

pytestmark = pytest.mark.usefixtures("nothing_added")


class Buzzer:
    """An action of somebody else's."""

    def __init__(self, pin: int, *, seconds: float = 1.0) -> None:
        if pin < 0:
            raise ValueError("a pin is not negative")
        self.pin, self.seconds = pin, seconds
        self.name = "whatever"
        self.payloads: list[Mapping[str, Any]] = []

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        self.payloads.append(payload)
        return ActionResult(True, f"Buzzed {self.pin} for {self.seconds:g} s.", 3.0)


def configured(timeout_s: float = 5, **options: Any) -> CustomAction:
    return CustomAction(type="custom", name="buzzer", options=options, timeout_s=timeout_s)


def test_it_is_made_with_its_options_and_performed() -> None:
    made: list[Buzzer] = []

    def make(**options: Any) -> Buzzer:
        made.append(Buzzer(**options))
        return made[0]

    extensions.register("actions", "buzzer", make)
    (action,) = actions_from([configured(pin=4, seconds=0.5)])
    assert action.name == "custom buzzer"
    result = action.perform({"visit": "v", "decision": "granted"})
    assert (result.ok, result.detail) == (True, "Buzzed 4 for 0.5 s.")
    assert made[0].payloads == [{"visit": "v", "decision": "granted"}]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "missing 1 required positional argument: 'pin'"),
        ({"pin": 1, "colour": "red"}, "unexpected keyword argument 'colour'"),
        ({"pin": -1}, "ValueError: a pin is not negative"),
    ],
)
def test_options_that_do_not_fit_are_an_input_error(options: dict[str, Any], why: str) -> None:
    extensions.register("actions", "buzzer", Buzzer)
    with pytest.raises(ConfigError) as refusal:
        custom_action(configured(**options))
    assert str(refusal.value).startswith("actions: custom 'buzzer': these options do not fit (")
    assert why in str(refusal.value)


def test_what_is_no_action_is_refused_before_the_door_starts() -> None:
    with pytest.raises(ConfigError, match="there is no action 'buzzer'"):
        actions_from([configured()])
    extensions.register("actions", "buzzer", "a string")
    with pytest.raises(ExtensionError, match="cannot be called with its options"):
        actions_from([configured()])
    extensions.register("actions", "buzzer", lambda: object())
    with pytest.raises(ExtensionError, match="gives something that has no `perform`"):
        actions_from([configured()])

    def broken() -> None:
        raise ConnectionError("no bus")

    extensions.register("actions", "buzzer", broken)
    with pytest.raises(ExtensionError, match=r"cannot be made \(ConnectionError: no bus\)"):
        actions_from([configured()])


def test_one_that_hangs_is_left_behind_and_soon_refused() -> None:
    hanging = HangingAction()
    action = TimedAction("custom buzzer", hanging, 0.01)
    for _ in range(MAX_LEFT_BEHIND):
        result = action.perform({})
        assert (result.ok, result.detail) == (
            False,
            "custom buzzer did not end within 0.01 s and was left behind.",
        )
    assert action.perform({}).detail == "custom buzzer hangs from before; restart the door."
    threads = [one for one in threading.enumerate() if one.name == "custom buzzer"]
    assert len(threads) == MAX_LEFT_BEHIND
    assert all(thread.daemon for thread in threads)
    hanging.release.set()
    for thread in threads:
        thread.join()
    assert TimedAction("custom buzzer", hanging, 5).perform({}).ok
    assert "hangs" not in action.perform({}).detail


def test_what_it_raises_is_raised_for_the_runner_to_report() -> None:
    action = TimedAction("custom buzzer", FailingAction(), 5)
    with pytest.raises(RuntimeError, match="always fails"):
        action.perform({})


@pytest.mark.parametrize("given", [None, True, "done"])
def test_what_is_no_result_has_failed(given: object) -> None:
    class Silent:
        name = "silent"

        def perform(self, payload: Mapping[str, Any]) -> ActionResult:
            return given  # type: ignore[return-value]

    result = TimedAction("custom buzzer", Silent(), 5).perform({})
    assert (result.ok, result.detail) == (False, "custom buzzer gave no ActionResult.")


def test_its_detail_is_one_short_printable_line() -> None:
    class Talking:
        name = "talking"

        def perform(self, payload: Mapping[str, Any]) -> ActionResult:
            return ActionResult(True, "one\ntwo\x1b[31m" + "x" * 500, 0.0)

    detail = TimedAction("custom buzzer", Talking(), 5).perform({}).detail
    assert detail.startswith("one two?[31m")
    assert len(detail) <= 200


def test_it_cannot_change_what_others_are_given() -> None:
    class Greedy:
        name = "greedy"

        def perform(self, payload: Mapping[str, Any]) -> ActionResult:
            payload.clear()  # type: ignore[attr-defined]
            return ActionResult(True, "Done.", 0.0)

    payload = {"decision": "denied"}
    TimedAction("custom buzzer", Greedy(), 5).perform(payload)
    assert payload == {"decision": "denied"}
    recording = RecordingAction()
    TimedAction("custom buzzer", recording, 5).perform(payload)
    assert recording.payloads == [payload]
