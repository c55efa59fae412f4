import pytest
from pydantic import TypeAdapter, ValidationError

from accessctl.config import ActionConfig, CustomAction

ACTION: TypeAdapter[ActionConfig] = TypeAdapter(ActionConfig)


def test_a_custom_action_has_a_name_options_and_a_limit() -> None:
    bare = ACTION.validate_python({"type": "custom", "name": "buzzer"})
    assert bare == CustomAction(type="custom", name="buzzer", options={}, timeout_s=5)
    full = {"type": "custom", "name": "buzzer", "options": {"pin": 4}, "timeout_s": 0.5}
    made = ACTION.validate_python(full)
    assert isinstance(made, CustomAction)
    assert (made.options, made.timeout_s) == ({"pin": 4}, 0.5)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "custom"},
        {"type": "custom", "name": "Buzzer"},
        {"type": "custom", "name": "buzzer\n"},
        {"type": "custom", "name": "buzzer", "options": [4]},
        {"type": "custom", "name": "buzzer", "timeout_s": 0},
        {"type": "custom", "name": "buzzer", "timeout_s": float("nan")},
        {"type": "custom", "name": "buzzer", "argv": ["ls"]},
        {"type": "costum", "name": "buzzer"},
    ],
)
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_python(given)
