import pytest
from pydantic import ValidationError

from accessctl.config.policy import AccessConfig


def test_two_groups_that_look_alike_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not look like 'staff'"):
        AccessConfig.model_validate({"groups": {"staff": {}, "st\u0430ff": {}}})
    AccessConfig.model_validate({"groups": {"staff": {}, "stuff": {}}})


@pytest.mark.parametrize("kind", ["groups", "schedules"])
def test_nothing_unseen_stands_in_a_name(kind: str) -> None:
    value = {} if kind == "groups" else []
    with pytest.raises(ValidationError, match="a character that is not seen"):
        AccessConfig.model_validate({"timezone": "UTC", kind: {"st\u200baff": value}})
