"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 30.0
LOOK_EVERY_S = 0.01


def wait_for(
    condition: Callable[[], Any],
    what: str,
    patience_s: float = PATIENCE_S,
    every_s: float = LOOK_EVERY_S,
) -> Any:
    """The first answer of `condition` that holds; the test fails where none does in time."""
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {patience_s:g} s"
        time.sleep(every_s)
    return found
