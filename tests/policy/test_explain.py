import math
from datetime import datetime

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.explain import Beside, explain, refusal

PLAN = AccessPlan.of(
    AccessConfig.model_validate(
        {
            "direction": "in",
            "anti_passback": "hard",
            "timezone": "Europe/Berlin",
            "holidays": ["2026-12-24"],
            "schedules": {
                "office": [
                    {"days": ["tue", "mon"], "opens": "08:00", "closes": "18:00"},
                    {"days": ["holiday"], "opens": "22:00", "closes": "02:00"},
                ]
            },
            "groups": {"staff": {"schedule": "office"}, "store": {"doors": ["back"]}, "all": {}},
        }
    )
)
EVE = datetime.fromisoformat("2026-12-24T23:30+01:00").timestamp()


def test_every_step_is_said_and_the_verdict_last() -> None:
    rules = PersonRules(("staff", "store", "x"), EVE - 1800, EVE + 1800)
    assert explain(rules, PLAN, EVE, Beside()) == [
        "At the door front it is 2026-12-24 23:30 (Europe/Berlin), holiday.",
        "Valid from 2026-12-24 23:00.",
        "Valid until 2026-12-25 00:00.",
        "Group staff: at this door mon tue 08:00-18:00; holiday 22:00-02:00; open now.",
        "Group store: not at this door, only at back.",
        "Group x: not in the configuration, allows nothing.",
        "Allowed by the rules.",
    ]


@pytest.mark.parametrize(
    ("rules", "lockout_s", "said"),
    [
        (PersonRules(), 0.0, "In no group: may enter at any time (access.without_group)."),
        (PersonRules(("all",)), 0.0, "Group all: at this door at any time."),
        (PersonRules(disabled=True), 0.0, "Disabled."),
        (PersonRules(disabled=True), 0.0, "Refused: disabled."),
        (PersonRules(("store",)), 0.0, "Refused: wrong_door."),
        (PersonRules(), 29.6, "Faces are locked out at this door now: for 30 s."),
        (
            PersonRules(),
            float("inf"),
            "Faces are locked out at this door now: until `accessctl unlock-face`.",
        ),
    ],
)
def test_what_is_said(rules: PersonRules, lockout_s: float, said: str) -> None:
    assert said in explain(rules, PLAN, EVE, Beside(lockout_s))


INSIDE = Crossing("in", 5400.0)


@pytest.mark.parametrize(
    ("beside", "reason", "last_lines"),
    [
        (
            Beside(factor="pin", has_pin=True),
            None,
            [
                "The PIN must be entered beside the face.",
                "Allowed by the rules, once the PIN is entered.",
            ],
        ),
        (
            Beside(factor="pin"),
            Reason.SECOND_FACTOR_MISSING,
            [
                "The PIN must be entered beside the face, and none is set: accessctl pin set.",
                "Refused: second_factor_missing.",
            ],
        ),
        (
            Beside(factor="button"),
            None,
            [
                "The button must be pressed beside the face.",
                "Allowed by the rules, once the button is pressed.",
            ],
        ),
        (
            Beside(factor="pin", has_pin=True, badge_required=True, has_badge=True),
            None,
            [
                "Too many are enrolled for a face alone (policy.identify_up_to): a badge must be "
                "read.",
                "The PIN must be entered beside the face.",
                "Allowed by the rules, once the badge is read and the PIN is entered.",
            ],
        ),
        (
            Beside(badge_required=True),
            Reason.BADGE_REQUIRED,
            [
                "Too many are enrolled for a face alone (policy.identify_up_to): a badge must be "
                "read, and none is set: accessctl badge set.",
                "Refused: badge_required.",
            ],
        ),
        (
            Beside(factor="button", crossing=INSIDE),
            Reason.PASSBACK,
            [
                "Went in 1.5 h ago and not out since; for 10.5 h more another way in is refused "
                "(access.anti_passback: hard).",
                "The button must be pressed beside the face.",
                "Refused: passback.",
            ],
        ),
        (
            Beside(crossing=Crossing("out", 5400.0)),
            None,
            [
                "In no group: may enter at any time (access.without_group).",
                "Allowed by the rules.",
            ],
        ),
    ],
)
def test_what_stands_beside_the_rules(
    beside: Beside, reason: Reason | None, last_lines: list[str]
) -> None:
    assert explain(PersonRules(), PLAN, EVE, beside)[-len(last_lines) :] == last_lines
    assert refusal(PersonRules(), PLAN, EVE, beside) is reason


def test_a_pin_in_place_of_life_is_said() -> None:
    allowed = PersonRules(life_by_pin=True)
    line = "Where no life, or no gesture, is shown in time, the PIN may stand in for it"
    assert explain(allowed, PLAN, EVE, Beside(has_pin=True))[-2:] == [
        f"{line}.",
        "Allowed by the rules.",
    ]
    # Their face alone may do, as anybody's: that they have no PIN refuses nobody.
    assert explain(allowed, PLAN, EVE, Beside())[-2:] == [
        f"{line}, and none is set: accessctl pin set.",
        "Allowed by the rules.",
    ]


def test_a_soft_passback_is_said_and_allowed() -> None:
    soft = AccessPlan.of(AccessConfig(direction="in", anti_passback="soft", reset_after_h=2))
    lines = explain(PersonRules(), soft, EVE, Beside(crossing=INSIDE))
    assert lines[-2:] == [
        "Went in 1.5 h ago and not out since; for 0.5 h more another way in is granted, and "
        "noted (access.anti_passback: soft).",
        "Allowed by the rules.",
    ]


@pytest.mark.parametrize(
    ("beside", "said", "verdict"),
    [
        (
            Beside(stale="nothing", hub_age_s=2.6e6),
            "The hub's last word is 722.2 h old: nobody of theirs is let in until it answers "
            "(sync.stale).",
            "Refused: rules_stale.",
        ),
        (
            Beside(stale="second_factor", hub_age_s=math.inf, factor="pin", has_pin=True),
            "Nobody knows how old the hub's last word is: their PIN is asked for until it answers "
            "(sync.stale).",
            "Allowed by the rules, once the PIN is entered.",
        ),
    ],
    ids=["nothing", "PIN"],
)
def test_a_hub_that_was_away_for_long_is_said(beside: Beside, said: str, verdict: str) -> None:
    lines = explain(PersonRules(), PLAN, EVE, beside)
    assert said in lines
    assert lines[-1] == verdict
