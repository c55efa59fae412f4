import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doorway.control_panel import PATIENCE_S, Wire


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    there = Wire(tmp_path / "tty")
    yield there
    there.cut()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something holds, and fails where it does not in PATIENCE_S."""

    def wait(holds: Callable[[], object]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < ends
            time.sleep(0.01)

    return wait
