from datetime import UTC

import pytest

from accessctl.policy.access import AccessPlan


@pytest.fixture
def open_plan() -> AccessPlan:
    """A plan that forbids nothing."""
    return AccessPlan("front", UTC, {}, frozenset(), True)
