import inspect
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accessctl.config.liveness import Intent, LivenessConfig
from accessctl.liveness.challenge import Ask, draw_challenge
from accessctl.liveness.cues.expression import stillness

MODES = {"off", "passive", "challenge"}
BOUNDS = {
    "window_s": (2, 10),
    "every_s": (0.1, 2),
    "patience_s": (2, 120),
    "actions": (1, 5),
    "action_s": (1, 30),
    "challenge_s": (5, 120),
}


def test_a_photograph_does_not_open_a_door_that_says_nothing() -> None:
    assert LivenessConfig().mode == "passive"


@pytest.mark.parametrize("field", BOUNDS)
def test_bounds(field: str) -> None:
    low, high = BOUNDS[field]
    for value in (low, high):
        assert getattr(LivenessConfig.model_validate({field: value}), field) == value
    for value in (low - 0.01, high + 1, float("nan"), float("inf")):
        with pytest.raises(ValidationError, match=field):
            LivenessConfig.model_validate({field: value})


@given(st.text(max_size=12))
def test_only_three_modes(mode: str) -> None:
    if mode in MODES:
        assert LivenessConfig.model_validate({"mode": mode}).mode == mode
    else:
        with pytest.raises(ValidationError):
            LivenessConfig.model_validate({"mode": mode})


@pytest.mark.parametrize("mode", sorted(MODES))
def test_each_mode_is_one(mode: str) -> None:
    assert LivenessConfig.model_validate({"mode": mode}).mode == mode


def test_a_misspelt_rule_is_refused() -> None:
    with pytest.raises(ValidationError, match="still_cam"):
        LivenessConfig.model_validate({"still_cam": False})


def test_every_field_is_explained() -> None:
    assert all(field.description for field in LivenessConfig.model_fields.values())


def test_there_are_as_many_actions_as_may_be_asked() -> None:
    assert BOUNDS["actions"][1] == len(Ask)
    assert len(draw_challenge(actions=len(Ask)).steps) == len(Ask)


def test_the_challenge_has_the_same_defaults() -> None:
    options = inspect.signature(draw_challenge).parameters
    config = LivenessConfig()
    assert options["actions"].default == config.actions
    assert options["action_s"].default == config.action_s
    assert options["limit_s"].default == config.challenge_s


def test_the_shortest_window_is_long_enough_for_stillness() -> None:
    assert BOUNDS["window_s"][0] >= inspect.signature(stillness).parameters["min_seconds"].default


def test_off_may_be_written_as_yaml_reads_it() -> None:
    assert LivenessConfig.model_validate({"mode": False}).mode == "off"


def test_every_action_may_be_the_gesture() -> None:
    assert set(get_args(Intent)) == {"off", *Ask}


def test_the_infrared_camera_is_looked_through_where_somebody_asks_for_life() -> None:
    assert LivenessConfig().ir_source is None
    named = {"ir_source": "/dev/video2"}
    for mode, looked_through in (("passive", True), ("challenge", True), ("off", False)):
        config = LivenessConfig.model_validate({"mode": mode} | named)
        assert config.infrared == ("/dev/video2" if looked_through else None)
    with pytest.raises(ValidationError, match="ir_source"):
        LivenessConfig.model_validate({"ir_source": ""})


def test_cues_are_named_once_each_and_by_names() -> None:
    assert LivenessConfig().cues == ()
    assert LivenessConfig(cues=("at-rest", "warmth")).cues == ("at-rest", "warmth")
    with pytest.raises(ValidationError, match="names the same cue twice"):
        LivenessConfig(cues=("warmth", "warmth"))
    for name in ("", "Warmth", "a b", "a/b", "9", "x" * 33, "warmth\n"):
        with pytest.raises(ValidationError, match="cues"):
            LivenessConfig(cues=(name,))
