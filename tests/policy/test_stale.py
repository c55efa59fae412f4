"""What a door still does by people whom its hub has long not confirmed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config.site import StaleTier, SyncConfig
from accessctl.policy.stale import stale_demand

H = 3600.0
TIERS = (
    StaleTier(groups=("guests",), after_h=4, then="nothing"),
    StaleTier(groups=("staff",), after_h=72, then="second_factor"),
    StaleTier(groups=("staff",), after_h=200, then="nothing"),
    StaleTier(after_h=720, then="nothing"),
)


@pytest.mark.parametrize(
    ("age_h", "groups", "demand"),
    [
        (3.99, ("guests",), "none"),
        (4, ("guests",), "nothing"),
        (71, ("staff",), "none"),
        (72, ("staff",), "second_factor"),
        (200, ("staff",), "nothing"),
        (71, ("staff", "guests"), "nothing"),
        (719, ("owners",), "none"),
        (720, ("owners",), "nothing"),
        (719, (), "none"),
        (720, (), "nothing"),
        (math.inf, ("staff",), "nothing"),
        (math.inf, (), "nothing"),
        (math.nan, ("owners",), "nothing"),
    ],
)
def test_each_group_has_its_time(age_h: float, groups: tuple[str, ...], demand: str) -> None:
    assert stale_demand(age_h * H, groups, TIERS) == demand


def test_a_door_that_no_hub_told_anything_is_not_old() -> None:
    assert stale_demand(None, ("guests",), TIERS) == "none"
    assert stale_demand(math.inf, ("guests",), ()) == "none"


def test_usually_nobody_is_let_in_after_a_month() -> None:
    usual = SyncConfig().stale
    assert stale_demand(719 * H, (), usual) == "none"
    assert stale_demand(720 * H, ("staff",), usual) == "nothing"


names = st.sampled_from(["guests", "staff", "owners", "others"])
tiers = st.lists(
    st.builds(
        StaleTier,
        groups=st.lists(names, max_size=2).map(tuple),
        after_h=st.floats(0.5, 8760),
        then=st.sampled_from(["second_factor", "nothing"]),
    ),
    max_size=5,
)
STRICTNESS = ("none", "second_factor", "nothing")


@given(tiers, st.lists(names, max_size=3), st.floats(0, 4e7), st.floats(0, 4e7))
def test_what_is_asked_only_grows_with_the_age(
    tiers: list[StaleTier], groups: list[str], one: float, other: float
) -> None:
    younger, older = sorted([one, other])
    first, second = (STRICTNESS.index(stale_demand(a, groups, tiers)) for a in (younger, older))
    assert first <= second
