from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from accessctl.config import Config, config_of
from accessctl.config.doorway import DoorwayConfig
from accessctl.config.guard import weakened
from accessctl.errors import ConfigError

CONTACT = {"chip": "pinctrl-rp1", "line": "GPIO17"}
EXIT = {"chip": "pinctrl-rp1", "line": "GPIO27"}
STRIKE = {"type": "gpio", "chip": "pinctrl-rp1", "line": "GPIO22"}
SHELLY = {"type": "shelly", "url": "http://192.168.1.20"}
WHOLE: dict[str, Any] = {"lock": STRIKE, "contact": CONTACT, "exit": EXIT}


def test_a_door_without_lines_has_no_doorway() -> None:
    assert not DoorwayConfig().used
    assert DoorwayConfig.model_validate(WHOLE).used


def test_a_cut_wire_is_seen_by_default_except_at_the_exit_button() -> None:
    doorway = DoorwayConfig.model_validate(WHOLE)
    assert doorway.contact is not None
    assert doorway.exit is not None
    assert (doorway.contact.wiring, doorway.exit.wiring) == ("nc", "no")


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({**WHOLE, "tamper": CONTACT}, "used twice"),
        ({"lock": STRIKE, "alarm": STRIKE}, "used twice"),
        ({"lock": STRIKE, "exit_unlocks": True}, "exit_unlocks needs"),
        ({"contact": CONTACT, "open_hours": "day"}, "open_hours need"),
        ({"lock": STRIKE, "interlock": {"folder": "x", "other": "back"}}, "interlock needs"),
        (
            {**WHOLE, "open_hours": "day", "interlock": {"folder": "x", "other": "back"}},
            "exclude each other",
        ),
        ({"lock": {**SHELLY, "url": "http://admin:secret@10.0.0.7"}}, "url"),
        ({"lock": {**SHELLY, "url": "ftp://10.0.0.7"}}, "url"),
        ({"lock": {**SHELLY, "channel": -1}}, "channel"),
        ({"lock": {"type": "bell"}}, "type"),
        ({"unlock_s": 0}, "unlock_s"),
        ({"contact": {**CONTACT, "wiring": "both"}}, "wiring"),
        (
            {
                "lock": {
                    "type": "http",
                    "on": {"url": "http://r/on"},
                    "off": {"url": "http://r/off"},
                    "state": {"url": "http://r/state"},
                    "says_on": "on",
                    "says_off": "not on",
                }
            },
            "part of each other",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(section: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        DoorwayConfig.model_validate(section)


def test_a_refused_value_shows_no_password(tmp_path: Path) -> None:
    given = {"doorway": {"lock": {**SHELLY, "url": "http://admin:sesame@10.0.0.7"}}}
    with pytest.raises(ConfigError) as refused:
        config_of(given, tmp_path, "config.yaml")
    assert "sesame" not in str(refused.value)


def test_paths_lie_below_the_file_also_in_what_may_be_missing(tmp_path: Path) -> None:
    lock = {**SHELLY, "password_file": "secrets/relay"}
    interlock = {"folder": "locks", "other": "back"}
    given = {"doorway": {**WHOLE, "lock": lock, "interlock": interlock}}
    doorway = config_of(given, tmp_path, "config.yaml").doorway
    assert doorway.interlock is not None
    assert doorway.interlock.folder == tmp_path / "locks"
    assert getattr(doorway.lock, "password_file", None) == tmp_path / "secrets" / "relay"


def weaker(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    hours = {"day": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]}
    access = {"timezone": "Europe/Berlin", "schedules": hours}
    one, other = (
        Config.model_validate({"access": access, "doorway": section}) for section in (old, new)
    )
    return [found.name for found in weakened(one, other)]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (WHOLE, {**WHOLE, "contact": None}, "doorway.contact"),
        (WHOLE, {**WHOLE, "unlock_s": 6}, "doorway.unlock_s"),
        (WHOLE, {**WHOLE, "held_s": 60}, "doorway.held_s"),
        (WHOLE, {**WHOLE, "duress": True}, "doorway.duress"),
        (WHOLE, {**WHOLE, "exit_unlocks": True}, "doorway.exit_unlocks"),
        (WHOLE, {**WHOLE, "open_hours": "day"}, "doorway.open_hours"),
        (WHOLE, {**WHOLE, "first_person": False}, "doorway.first_person"),
        (WHOLE, {**WHOLE, "lockdown_groups": ["guards"]}, "doorway.lockdown_groups"),
        (WHOLE, {**WHOLE, "lock": SHELLY}, "doorway.lock"),
    ],
)
def test_what_guards_less_is_named(old: dict[str, Any], new: dict[str, Any], name: str) -> None:
    assert weaker(old, new) == [name]


def test_a_doorway_that_is_new_weakens_nothing_but_the_way_out() -> None:
    assert weaker({}, {"lock": STRIKE, "contact": CONTACT}) == []
    assert weaker({}, WHOLE) == ["doorway.exit"]


def test_open_hours_by_a_schedule_that_is_not_there_are_refused() -> None:
    with pytest.raises(ValidationError, match="names the schedule 'day'"):
        Config.model_validate({"doorway": {"lock": STRIKE, "open_hours": "day"}})
