"""PostgreSQL's programs, where this machine has them."""

import os
from pathlib import Path

import pytest

from accessctl.hub.cluster import find_programs


def postgresql_programs() -> Path:
    """Their folder; skips the test, or fails it in CI, where they are not installed."""
    programs = find_programs()
    if programs is None:
        assert os.environ.get("CI") != "true", "PostgreSQL is not installed: apt install postgresql"
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    return programs
