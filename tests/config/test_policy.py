import pytest
from pydantic import ValidationError

from accessctl.config.policy import AccessConfig, PolicyConfig


def test_two_groups_that_look_alike_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not look like 'staff'"):
        AccessConfig.model_validate({"groups": {"staff": {}, "st\u0430ff": {}}})
    AccessConfig.model_validate({"groups": {"staff": {}, "stuff": {}}})


@pytest.mark.parametrize("kind", ["groups", "schedules"])
def test_nothing_unseen_stands_in_a_name(kind: str) -> None:
    value = {} if kind == "groups" else []
    with pytest.raises(ValidationError, match="a character that is not seen"):
        AccessConfig.model_validate({"timezone": "UTC", kind: {"st\u200baff": value}})


def test_an_attempt_by_badge_may_spend_its_part_of_target_fmr() -> None:
    assert PolicyConfig(target_fmr=3e-4, attempts=3).claimed_fmr == pytest.approx(1e-4)
    assert PolicyConfig().identify_up_to == 1000


@pytest.mark.parametrize(
    "policy", [{"identify_up_to": -1}, {"identify_up_to": 2_000_000}, {"badge_s": 0.5}]
)
def test_bounds_of_what_badges_are_for(policy: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        PolicyConfig(**policy)
