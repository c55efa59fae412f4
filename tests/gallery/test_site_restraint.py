"""What a change takes from somebody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.gallery.site_restraint import may_less, only_less

GROUPS = st.lists(st.sampled_from(["lab", "night", "staff"]), unique=True).map(
    lambda names: tuple(sorted(names))
)
MOMENTS = st.none() | st.floats(0, 4e9)
RULES = st.builds(
    PersonRules,
    groups=GROUPS,
    valid_from=MOMENTS,
    valid_until=MOMENTS,
    disabled=st.booleans(),
    life_by_pin=st.booleans(),
)
STAFF = PersonRules(groups=("staff",), valid_from=100.0, valid_until=200.0)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (PersonRules(groups=("lab", "staff")), STAFF),
        (PersonRules(groups=()), STAFF),
        (
            PersonRules(groups=("staff",), valid_from=150.0, valid_until=300.0),
            PersonRules(groups=("staff",), valid_from=150.0, valid_until=200.0),
        ),
        (
            PersonRules(groups=("night",), disabled=True),
            PersonRules(groups=("night",), valid_from=100.0, valid_until=200.0, disabled=True),
        ),
    ],
    ids=["one group more", "in none", "a later begin", "all others, and disabled"],
)
def test_what_is_taken_counts_and_what_is_given_does_not(
    said: PersonRules, left: PersonRules
) -> None:
    assert only_less(STAFF, said) == left


@given(RULES, RULES)
def test_nothing_is_given(before: PersonRules, said: PersonRules) -> None:
    left = only_less(before, said)
    # Told by its opposite: seen from what is left, the rules before take nothing away but groups.
    assert not may_less(
        left,
        PersonRules(
            left.groups, before.valid_from, before.valid_until, before.disabled, before.life_by_pin
        ),
    )
    assert set(left.groups) <= set(before.groups) or left.groups == said.groups


@given(RULES)
def test_who_is_told_the_same_may_the_same(rules: PersonRules) -> None:
    assert only_less(rules, rules) == rules
    assert not may_less(rules, rules)
