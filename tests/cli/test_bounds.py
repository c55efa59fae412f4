import math

import pytest

from accessctl.cli.bounds import days, seconds
from accessctl.errors import InputError


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -5.0])
def test_seconds_are_not_negative_and_have_an_end(value: float) -> None:
    with pytest.raises(InputError, match="--seconds is a number of seconds, 0 or more"):
        seconds(value)


def test_seconds_that_are_meant() -> None:
    assert (seconds(0.5), seconds(0.0), seconds(None)) == (0.5, 0.0, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_days_have_an_end(value: float) -> None:
    with pytest.raises(InputError, match="--keep-days"):
        days(value)
    assert days(0.0) == 0
