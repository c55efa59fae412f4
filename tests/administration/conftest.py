from pathlib import Path

import pytest

from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from tests.administration.backed_up import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two people are enrolled, and three attempts at the door were refused."""
    made = Site(tmp_path)
    made.enrol("Ada", "Grace")
    with LockoutStore(made.config.lockout_file) as lockouts:
        lockouts.change(made.config.access.door, lambda _: Lockout(refused=3))
    return made
