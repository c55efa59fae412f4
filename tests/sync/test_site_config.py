"""What a hub wants of a door's rules and settings, and what of it counts."""

from pathlib import Path

import pytest

from accessctl.config import SITE_RULES, SITE_SETTINGS, Config, explain
from accessctl.config.guard import weakened
from accessctl.domain import PersonRules, Reason
from accessctl.gallery.site import DocumentPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import open_site_gallery
from accessctl.policy.access import AccessPlan, objection
from accessctl.service.config_source import BUILT_ON, TAKEN_OVER
from accessctl.sync.site_config import SiteWish, laid_over, read_wish, wish_in

URL = "https://hub.example:8443"
PLAIN = Config()
RULES = {
    "timezone": "Europe/Berlin",
    "schedules": {"days": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
    "groups": {"staff": {"schedule": "days"}},
    "holidays": ["2026-12-25"],
}


def test_rules_take_the_place_of_the_doors_own() -> None:
    own = Config.model_validate({"access": {"groups": {"mine": {}}, "door": "back"}})
    settled = laid_over(own, SiteWish(RULES, {}))
    assert settled.refused == ()
    access = settled.config.access
    assert (access.door, list(access.groups), access.timezone) == (
        "back",
        ["staff"],
        "Europe/Berlin",
    )
    assert access.schedules["days"][0].opens == 480


def test_a_setting_that_guards_more_counts() -> None:
    wish = SiteWish({}, {"policy.cooldown_s": 60, "policy.second_factor": "pin"})
    settled = laid_over(PLAIN, wish)
    assert settled.refused == ()
    assert settled.config.policy.cooldown_s == 60
    assert settled.config.policy.second_factor == "pin"


def test_a_setting_that_guards_less_is_refused_and_the_others_count() -> None:
    strict = Config.model_validate({"policy": {"second_factor": "pin"}})
    wish = SiteWish({}, {"policy.second_factor": "off", "policy.cooldown_s": 60})
    settled = laid_over(strict, wish)
    assert settled.refused == ("policy.second_factor: pin -> off would guard less",)
    assert settled.config.policy.second_factor == "pin"
    assert settled.config.policy.cooldown_s == 60


@pytest.mark.parametrize(
    ("access", "settings", "why"),
    [
        ({}, {"actions.granted": []}, "actions.granted: the hub has no say in it"),
        ({}, {"doorway.lock": "gpio"}, "doorway.lock: the hub has no say in it"),
        ({"door": "back"}, {}, "access.door: the hub has no say in it"),
        ({}, {"policy.attempts": 99}, "policy.attempts: "),
        ({"groups": {"staff": {"schedule": "none"}}}, {}, "access: "),
        ({"groups": 5}, {}, "access: "),
    ],
    ids=["action", "lock", "door", "bounds", "schedule", "shape"],
)
def test_what_cannot_be_or_is_not_the_hubs_is_refused(
    access: dict[str, object], settings: dict[str, object], why: str
) -> None:
    settled = laid_over(PLAIN, SiteWish(access, settings))
    assert settled.config == PLAIN
    (refused,) = settled.refused
    assert refused.startswith(why)


SHOP = Config.model_validate(
    {
        "access": {
            "timezone": "UTC",
            "schedules": {"shop": RULES["schedules"]["days"]},
            "groups": {"staff": {}},
        },
        "doorway": {
            "lock": {"type": "gpio", "chip": "gpiochip0", "line": "1"},
            "open_hours": "shop",
        },
    }
)
"""A door with rules of its own, wider than the hub's, that is unlocked in hours of its own."""


def test_rules_without_the_schedule_of_the_open_hours_count_and_unlock_at_no_hours() -> None:
    settled = laid_over(SHOP, SiteWish(RULES, {}))
    access = settled.config.access
    assert (access.groups["staff"].schedule, access.schedules["shop"]) == ("days", ())
    assert settled.config.doorway == SHOP.doorway
    (refused,) = settled.refused
    assert refused.startswith("doorway.open_hours names the schedule 'shop', not there")


@pytest.mark.parametrize(
    "wish",
    [
        wish_in(b"[]", None),
        wish_in(b'{"access": {"groups": {"staff": {"escorted": true}}}}', None),
        wish_in(b'{"access": {"groups": {"staff": {"schedule": "none"}}}}', None),
    ],
    ids=["damaged", "of a later release", "impossible"],
)
def test_while_the_hubs_rules_are_in_doubt_those_of_the_door_open_it_for_nobody(
    wish: SiteWish,
) -> None:
    settled = laid_over(SHOP, wish)
    access = settled.config.access
    assert (access.groups, access.schedules) == ({}, {"shop": ()})
    assert len(settled.refused) == 1
    monday_noon = 1_767_009_600.0
    assert (
        objection(PersonRules(groups=("staff",)), AccessPlan.of(SHOP.access), monday_noon) is None
    )
    in_doubt = AccessPlan.of(access)
    assert objection(PersonRules(groups=("staff",)), in_doubt, monday_noon) is Reason.WRONG_DOOR
    # Whether those in no group may enter is not the hub's to say.
    assert objection(PersonRules(), in_doubt, monday_noon) is None


def test_documents_that_cannot_be_read_say_nothing_and_are_told_of() -> None:
    wish = wish_in(b"[]", b"{")
    assert (wish.access, wish.settings) == ({}, {})
    assert laid_over(PLAIN, wish).refused == (
        "rules: they cannot be read",
        "settings: they cannot be read",
    )
    assert wish_in(None, None) == SiteWish({}, {})


def test_what_a_hub_may_set_is_there_and_taken_over_by_a_running_door() -> None:
    known = {name for name, _, _ in explain(PLAIN)}
    wanted = {*SITE_SETTINGS, *(f"access.{name}" for name in SITE_RULES)}
    assert wanted <= known
    assert all(name.startswith(TAKEN_OVER) and name not in BUILT_ON for name in wanted)


def test_no_setting_of_a_hub_makes_the_door_guard_less() -> None:
    own = Config.model_validate(
        {"policy": {"second_factor": "button", "cooldown_s": 30, "attempts": 2}}
    )
    loose = {
        "policy.second_factor": "off",
        "policy.cooldown_s": 0,
        "policy.attempts": 9,
        "policy.target_fpir": 0.1,
        "policy.intent": "look_up",
        "access.without_group": "allow",
    }
    assert weakened(own, laid_over(own, SiteWish({}, loose)).config) == ()


def test_the_wish_is_read_from_the_gallery_of_a_door_that_has_a_hub(tmp_path: Path) -> None:
    joined = Config.model_validate({"sync": {"hub": URL}, "gallery": {"folder": tmp_path / "g"}})
    assert read_wish(joined, {}) is None
    site = open_site_gallery(joined.gallery, {})
    site.begin("a" * 64, "d" * 32)
    document = DocumentPut(1, "settings", b'{"settings": {"policy.cooldown_s": 9}}')
    site.take(SiteBatch((document,), SitePosition("a" * 64, "d" * 32, 1)), lambda *_: None)
    site.gallery.close()
    assert read_wish(joined, {}) == SiteWish({}, {"policy.cooldown_s": 9})
    alone = joined.model_copy(update={"sync": PLAIN.sync})
    assert read_wish(alone, {}) is None
