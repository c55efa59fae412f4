from pathlib import Path

import pytest
from pydantic import ValidationError

from accessctl.config import BadgesConfig, Config, config_of


def test_without_a_word_no_serial_line_is_read() -> None:
    assert Config().badges == BadgesConfig(serial=None, baud=9600)


def test_a_line_is_laid_below_the_file_unless_it_is_whole(tmp_path: Path) -> None:
    given = {"badges": {"serial": "/dev/serial/by-id/usb-reader", "baud": 115200}}
    assert config_of(given, tmp_path, "config.yaml").badges.serial == Path(
        "/dev/serial/by-id/usb-reader"
    )


@pytest.mark.parametrize("baud", [0, 9601, -9600, "fast"])
def test_a_speed_that_no_line_has_is_refused(baud: object) -> None:
    with pytest.raises(ValidationError):
        BadgesConfig.model_validate({"baud": baud})
