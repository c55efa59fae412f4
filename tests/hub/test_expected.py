"""What a directory says of somebody, and what it leaves: pure."""

from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.hub.expected import ALL_OF_THEM, ruled

NAMES = st.sampled_from(["staff", "lab", "board", "guests", ALL_OF_THEM])


def test_its_own_groups_come_first_and_those_of_others_stay() -> None:
    before = PersonRules(("lab", "guests", "staff"), valid_until=9.0, life_by_pin=True)
    after = ruled(before, True, ["board", "staff"], {"staff", "lab", "board"})
    assert after == PersonRules(
        ("directory", "board", "staff", "guests"), valid_until=9.0, life_by_pin=True
    )


def test_whom_it_disabled_nobody_enables_and_it_enables_nobody() -> None:
    assert ruled(PersonRules(), False, [], set()).disabled
    assert ruled(PersonRules(disabled=True), True, [], set()).disabled
    assert not ruled(PersonRules(), True, [], set()).disabled


def test_of_too_many_groups_its_own_are_kept() -> None:
    before = PersonRules(tuple(f"g{number}" for number in range(64)))
    after = ruled(before, True, ["staff"], {"staff"})
    assert after.groups == ("directory", "staff", *before.groups[:62])


@given(st.lists(NAMES, unique=True), st.booleans(), st.sets(NAMES), st.sets(NAMES))
def test_once_is_as_good_as_twice_and_nobody_is_without_a_group(
    groups: list[str], active: bool, theirs: set[str], managed: set[str]
) -> None:
    managed |= theirs
    once = ruled(PersonRules(tuple(groups)), active, theirs, managed)
    assert ruled(once, active, theirs, managed) == once
    assert once.groups[0] == ALL_OF_THEM
    assert theirs <= set(once.groups)
    assert not set(once.groups) & managed - theirs - {ALL_OF_THEM}
