from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import Config
from accessctl.config.former import NOTHING_FORMER, Former, former_after, joined
from accessctl.config.guard import Weakening, weakened

HOURS = {
    "day": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}],
    "long": [{"days": ["mon"], "opens": "07:00", "closes": "24:00"}],
}
SIGNED = {"type": "webhook", "url": "https://gate/open", "secret_file": "/etc/key"}
PLAIN = {"type": "webhook", "url": "https://gate/open"}
LOGGER = {"type": "command", "argv": ["logger", "hello"]}


def config(
    groups: dict[str, Any] | None = None,
    *,
    hooks: tuple[Any, ...] = (),
    holidays: tuple[str, ...] = (),
    schedules: bool = True,
) -> Config:
    access = {
        "timezone": "UTC",
        "groups": groups or {},
        "holidays": holidays,
        "schedules": HOURS if schedules else {},
    }
    return Config.model_validate({"access": access, "actions": {"granted": hooks}})


def steps(*configs: Config) -> list[list[str]]:
    """What is weaker at each step, each configuration counting once it is accepted."""
    found, former = [], NOTHING_FORMER
    for old, new in pairwise(configs):
        found.append([one.name for one in weakened(old, new, former)])
        kept = former_after(old, former, new)
        # As it is kept: sealed, and read again.
        former = Former.model_validate_json(kept.model_dump_json())
        assert former == kept
    return found


def test_a_group_that_comes_back_counts_against_what_it_was() -> None:
    staff, free = {"staff": {"schedule": "day"}}, {"staff": {}}
    weaker = ["access.groups.staff.schedule"]
    assert steps(config(staff), config(free)) == [weaker]
    assert steps(config(staff), config(), config(free)) == [[], weaker]
    assert steps(config(staff), config(), config(), config(free)) == [[], [], weaker]
    assert steps(config(staff), config(), config(staff)) == [[], []]
    # Once it is accepted as it is, that counts.
    assert steps(config(staff), config(), config(free), config(free)) == [[], weaker, []]


def test_what_a_group_takes_from_the_policy_is_remembered_with_it() -> None:
    def asking(factor: str, groups: dict[str, Any]) -> Config:
        return Config.model_validate(
            {"policy": {"second_factor": factor}, "access": {"groups": groups}}
        )

    button = asking("pin", {"staff": {"second_factor": "button"}})
    path = asking("pin", {"staff": {}}), asking("pin", {}), button
    assert steps(*path) == [[], ["access.groups.staff.second_factor"]]


def test_an_action_that_comes_back_counts_against_what_it_was() -> None:
    weaker = ["actions.granted[0].secret_file"]
    assert steps(config(hooks=(SIGNED,)), config(), config(hooks=(PLAIN,))) == [[], weaker]
    later = config(hooks=(LOGGER, PLAIN))
    assert steps(config(hooks=(SIGNED,)), config(), later) == [
        [],
        ["actions.granted[1].secret_file"],
    ]


def test_holidays_are_not_lost_with_the_last_schedule() -> None:
    with_it, without = config(holidays=("2026-12-25",)), config(schedules=False)
    assert steps(with_it, config()) == [["access.holidays"]]
    assert steps(with_it, without, config()) == [[], ["access.holidays"]]
    assert steps(with_it, without, with_it) == [[], []]


def test_of_two_that_are_joined_both_are_remembered() -> None:
    one = former_after(config({"staff": {}}, hooks=(SIGNED,)), NOTHING_FORMER, config())
    other = former_after(config({"guests": {}}, hooks=(LOGGER,)), NOTHING_FORMER, config())
    both = joined(one, other)
    assert set(both.groups) == {"staff", "guests"}
    assert [action.type for action in both.actions["granted"]] == ["webhook", "command"]
    assert joined(one, one) == one


GROUP = st.fixed_dictionaries(
    {},
    optional={
        "schedule": st.sampled_from(["day", "long"]),
        "doors": st.just(["front"]),
        "second_factor": st.just("pin"),
    },
)
CONFIGS = st.builds(
    lambda groups, hooks, holidays, schedules: config(
        groups,
        hooks=tuple(hooks),
        holidays=tuple(holidays),
        schedules=schedules or any("schedule" in group for group in groups.values()),
    ),
    st.dictionaries(st.sampled_from(["staff", "guests"]), GROUP, max_size=2),
    st.sampled_from([(), (SIGNED,), (PLAIN,), (LOGGER, SIGNED), (LOGGER, PLAIN), (PLAIN, LOGGER)]),
    st.sampled_from([(), ("2026-12-25",), ("2026-12-25", "2027-01-01")]),
    st.booleans(),
)


@given(st.lists(CONFIGS, min_size=3, max_size=5))
def test_no_steps_that_guard_no_less_guard_less_together(path: list[Config]) -> None:
    found: tuple[Weakening, ...] = weakened(path[0], path[-1])
    if found:
        assert any(steps(*path))
