import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.policy.passback import Crossing, PassbackRule

HARD_IN = PassbackRule("in", "hard", 3600.0)


@pytest.mark.parametrize(
    ("rule", "last", "noticed"),
    [
        (HARD_IN, None, False),
        (HARD_IN, Crossing("in", 0.0), True),
        (HARD_IN, Crossing("in", 3599.9), True),
        (HARD_IN, Crossing("in", 3600.0), False),
        (HARD_IN, Crossing("in", math.nan), True),
        (HARD_IN, Crossing("out", 0.0), False),
        (PassbackRule("in", "soft", 3600.0), Crossing("in", 0.0), True),
        (PassbackRule("in", "off", 3600.0), Crossing("in", 0.0), False),
        (PassbackRule("out", "hard", 3600.0), Crossing("out", 0.0), False),
        (PassbackRule("out", "hard", 3600.0), Crossing("in", 0.0), False),
        (PassbackRule(), Crossing("in", 0.0), False),
    ],
)
def test_a_second_way_in_is_noticed(
    rule: PassbackRule, last: Crossing | None, noticed: bool
) -> None:
    assert rule.noticed(last) is noticed
    assert rule.refuses(last) is (noticed and rule.mode == "hard")


def test_the_configuration_says_hours() -> None:
    config = AccessConfig(direction="in", anti_passback="soft", reset_after_h=1.5)
    assert PassbackRule.of(config) == PassbackRule("in", "soft", 5400.0)


def test_it_needs_a_direction() -> None:
    with pytest.raises(ValueError, match=r"needs access\.direction"):
        AccessConfig(anti_passback="soft")


@given(st.lists(st.tuples(st.sampled_from(["in", "out"]), st.floats(0, 5000)), max_size=30))
def test_never_twice_in_without_a_way_out(steps: list[tuple[str, float]]) -> None:
    """Somebody walks up to both doors of an area, whichever, whenever."""
    now, granted = 0.0, []
    for way, later in steps:
        now += later
        last = Crossing(granted[-1][0], now - granted[-1][1]) if granted else None
        if not PassbackRule(way, "hard", 3600.0).refuses(last):
            granted.append((way, now))
    for (before, then), (after, later) in pairwise(granted):
        assert (before, after) != ("in", "in") or later - then >= 3600
    # Nobody is ever kept inside.
    assert sum(way == "out" for way, _ in granted) == sum(way == "out" for way, _ in steps)
