from typing import Any

import pytest
from pydantic import ValidationError

from accessctl.config import Config
from accessctl.config.doorway import DoorwayConfig
from accessctl.config.guard import weakened

SECTION: dict[str, Any] = {"type": "osdp", "device": "/dev/ttyUSB0"}
STRIKE = {"type": "gpio", "chip": "pinctrl-rp1", "line": "GPIO22"}


def doorway(**more: Any) -> DoorwayConfig:
    return DoorwayConfig.model_validate({"controller": {**SECTION, **more}})


def test_a_controller_alone_is_no_line_of_the_door() -> None:
    assert not doorway().used


def test_one_of_them_drives_the_lock() -> None:
    with pytest.raises(ValidationError, match="lock and controller exclude each other"):
        DoorwayConfig.model_validate({"controller": SECTION, "lock": STRIKE})


@pytest.mark.parametrize(
    "more",
    [
        {"baud_rate": 1200},
        {"address": 127},
        {"facility": 256},
        {"format": "wiegand37"},
        {"expiry_s": 10.5},
        {"bits": 65},
    ],
)
def test_what_no_controller_takes_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        doorway(**more)


def test_a_longer_facility_code_goes_with_34_bits() -> None:
    assert doorway(format="wiegand34", facility=1000).controller is not None


def test_another_controller_has_to_be_accepted() -> None:
    before = Config(doorway=doorway())
    after = Config(doorway=doorway(device="/dev/ttyUSB1"))
    assert [one.name for one in weakened(before, after)] == ["doorway.controller"]
    assert weakened(before, before) == ()
