"""Wishes for other rules, and what they make of the rules there are."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.administration.changes import NONE, RulesWish, changed
from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules
from accessctl.errors import InputError

ACCESS = AccessConfig.model_validate(
    {"timezone": "Europe/Berlin", "groups": {"staff": {}, "store": {}}}
)
KEPT = PersonRules(("staff",), 1000.0, 2000.0, disabled=True, life_by_pin=True)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_what_nobody_wishes_stays() -> None:
    assert changed(KEPT, RulesWish(), ACCESS) == KEPT


def test_groups_take_the_place_of_the_present_ones() -> None:
    assert changed(KEPT, RulesWish(groups=["store", "store"]), ACCESS).groups == ("store",)
    assert changed(KEPT, RulesWish(groups=[NONE]), ACCESS).groups == ()


def test_dates_are_of_the_doors_time_zone_and_an_end_is_meant_with_all_of_its_day() -> None:
    wish = RulesWish(begin="2026-12-01", end="2026-12-24")
    found = changed(PersonRules(), wish, ACCESS)
    assert found.valid_from == epoch("2026-12-01T00:00+01:00")
    assert found.valid_until == epoch("2026-12-25T00:00+01:00")
    found = changed(KEPT, RulesWish(begin=NONE, end=NONE), ACCESS)
    assert (found.valid_from, found.valid_until) == (None, None)


@given(
    st.none() | st.just(["store"]),
    st.none() | st.just(NONE),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
)
def test_each_wish_changes_its_own_rule_alone(
    groups: list[str] | None, begin: str | None, disabled: bool | None, life: bool | None
) -> None:
    wish = RulesWish(groups=groups, begin=begin, disabled=disabled, life_by_pin=life)
    found = changed(KEPT, wish, ACCESS)
    assert found == PersonRules(
        ("staff",) if groups is None else ("store",),
        1000.0 if begin is None else None,
        2000.0,
        disabled=True if disabled is None else disabled,
        life_by_pin=True if life is None else life,
    )


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (RulesWish(groups=["stuff"]), r"no group 'stuff' in access\.groups .*\(staff, store\)"),
        (RulesWish(groups=["staff", NONE]), "no group 'none'"),
        (RulesWish(begin="soon"), "soon"),
        (RulesWish(end="2026-02-30"), "2026-02-30"),
    ],
)
def test_what_cannot_be_meant_is_refused(wish: RulesWish, why: str) -> None:
    with pytest.raises(InputError, match=why):
        changed(KEPT, wish, ACCESS)


def test_without_groups_that_is_said() -> None:
    with pytest.raises(InputError, match="there are none yet"):
        changed(KEPT, RulesWish(groups=["staff"]), AccessConfig())
