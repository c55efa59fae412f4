"""Bounds of what is typed, in one place for all commands."""

import math

from accessctl.errors import InputError


def seconds(value: float | None) -> float | None:
    """`--seconds` as it was given; InputError unless it is 0 or more and has an end."""
    if value is not None and not 0 <= value < math.inf:
        raise InputError(f"--seconds is a number of seconds, 0 or more, not {value:g}.")
    return value


def days(value: float) -> float:
    """`--keep-days` as it was given; InputError unless it is 0 or more and has an end."""
    if not 0 <= value < math.inf:
        raise InputError(f"--keep-days is a number of days, 0 or more, not {value:g}.")
    return value
