"""What the groups that let somebody in ask for."""

from dataclasses import replace
from datetime import datetime

import pytest

from accessctl.config.policy import AccessConfig, Factor
from accessctl.domain import PersonRules
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import asked, may_need_pin, required
from accessctl.policy.circumstances import Circumstances, Proof

PLAN = AccessPlan.of(
    AccessConfig.model_validate(
        {
            "timezone": "UTC",
            "schedules": {
                "day": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}],
                "night": [{"days": ["mon"], "opens": "18:00", "closes": "24:00"}],
            },
            "groups": {
                "staff": {"schedule": "day"},
                "late": {"schedule": "night", "second_factor": "pin"},
                "owners": {"second_factor": "off"},
                "guards": {"second_factor": "button"},
                "vault": {"doors": ["vault"], "second_factor": "pin"},
            },
        }
    )
)
NOON = datetime.fromisoformat("2026-11-23T12:00+00:00").timestamp()
EVENING = NOON + 8 * 3600


@pytest.mark.parametrize(
    ("groups", "time", "factor"),
    [
        ((), NOON, "button"),
        (("staff",), NOON, "button"),
        (("owners",), NOON, "off"),
        (("owners", "staff"), NOON, "off"),
        (("owners", "guards"), NOON, "button"),
        # A group counts only where and when it lets somebody in.
        (("staff", "late"), NOON, "button"),
        (("staff", "late"), EVENING, "pin"),
        (("guards", "late"), EVENING, "pin"),
        (("owners", "vault"), NOON, "off"),
        (("nobody",), NOON, "button"),
    ],
)
def test_the_groups_that_let_in_say_what_is_asked(
    groups: tuple[str, ...], time: float, factor: str
) -> None:
    assert required(PersonRules(groups), PLAN, "button", time) == factor


@pytest.mark.parametrize(
    ("groups", "default", "may"),
    [
        ((), "pin", True),
        ((), "button", False),
        (("staff",), "pin", True),
        (("staff",), "off", False),
        # At another time than now.
        (("staff", "late"), "off", True),
        (("owners",), "pin", False),
        # At another door.
        (("owners", "vault"), "pin", False),
        (("nobody",), "pin", False),
    ],
)
def test_who_may_be_asked_for_a_pin_at_some_time(
    groups: tuple[str, ...], default: Factor, may: bool
) -> None:
    assert may_need_pin(PersonRules(groups), PLAN, default) is may


@pytest.mark.parametrize("default", ["off", "button", "pin"])
@pytest.mark.parametrize("liveness", Proof)
def test_a_pin_is_asked_for_in_place_of_life(liveness: Proof, default: Factor) -> None:
    allowed = PersonRules(life_by_pin=True)
    missing = liveness is Proof.MISSING
    it = Circumstances(PLAN, NOON, allowed, liveness=liveness)
    assert asked(it, default) == ("pin" if missing else default)
    assert asked(Circumstances(PLAN, NOON, liveness=liveness), default) == default


@pytest.mark.parametrize("default", ["off", "button", "pin"])
def test_a_pin_is_asked_for_where_the_hub_was_away_for_long(default: Factor) -> None:
    it = Circumstances(PLAN, NOON, stale="second_factor")
    assert asked(it, default) == "pin"
    assert asked(replace(it, stale="nothing"), default) == default
