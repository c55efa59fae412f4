"""How old the hub's last word is, whatever the clocks do."""

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.clock import Clocks, Uptime
from accessctl.errors import StoreError
from accessctl.gallery.site import AgeMark
from accessctl.sync.age import KEEP_S, OVERTAKEN_S, HubAge, aged, renewed

NOW = 1_700_000_000.0
MARK = AgeMark(NOW - 100, 100.0, NOW, Uptime("first", 5000.0))


@dataclass
class Machine:
    """Clocks that are set by hand."""

    wall: float = NOW
    boot: str = "first"
    ran_s: float = 5000.0
    is_kept_right: bool | None = False

    @property
    def clocks(self) -> Clocks:
        return Clocks(
            lambda: self.wall, lambda: Uptime(self.boot, self.ran_s), lambda: self.is_kept_right
        )

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.ran_s += seconds

    def reboot(self, wall: float) -> None:
        self.wall, self.boot, self.ran_s = wall, self.boot + "+", 10.0


class Keeper:
    """One row on a disk."""

    def __init__(self, mark: AgeMark | None = None) -> None:
        self.mark = mark
        self.writes = 0
        self.broken = False

    def age(self) -> AgeMark | None:
        if self.broken:
            raise StoreError("The disk is away.")
        return self.mark

    def note_age(self, mark: AgeMark) -> None:
        self.mark = mark
        self.writes += 1


def test_while_the_machine_runs_the_uptime_tells() -> None:
    far = MARK.wall + 1e6
    assert aged(MARK, far, Uptime("first", 5060.0), is_kept_right=False).age_s == 160.0
    assert aged(MARK, 0.0, Uptime("first", 5060.0), is_kept_right=True).age_s == 160.0


@pytest.mark.parametrize(
    ("wall", "is_kept_right", "age_s", "is_lost"),
    [
        (NOW + 3600, True, 3700.0, False),
        (NOW + 3600, False, 3700.0, True),
        # Whoever was off keeps the clock of when it went off.
        (NOW, False, 130.0, True),
        (NOW - 5000, True, 130.0, True),
    ],
    ids=["kept right", "not kept right", "stood still", "before the word"],
)
def test_after_a_boot_the_wall_clock_tells_where_it_is_kept_right(
    wall: float, is_kept_right: bool, age_s: float, is_lost: bool
) -> None:
    mark = aged(MARK, wall, Uptime("second", 30.0), is_kept_right=is_kept_right)
    assert (mark.age_s, mark.is_lost) == (age_s, is_lost)


def test_what_was_lost_is_found_once_the_clock_is_kept_right() -> None:
    lost = aged(MARK, NOW, Uptime("second", 30.0), is_kept_right=False)
    later = aged(lost, NOW + 86400, Uptime("second", 40.0), is_kept_right=True)
    assert not later.is_lost
    assert later.age_s == pytest.approx(86400 + 130)


def test_only_a_word_that_is_not_older_than_the_last_one_counts() -> None:
    assert renewed(MARK, MARK.head - 0.001, NOW, MARK.uptime) is None
    assert renewed(MARK, MARK.head, NOW, MARK.uptime) == replace(MARK, age_s=0.0)
    assert renewed(None, 0.0, NOW, MARK.uptime) == AgeMark(0.0, 0.0, NOW, MARK.uptime)


moments = st.floats(0, 4e9)
steps = st.one_of(
    st.tuples(st.just("run"), st.floats(0, 1e6)),
    st.tuples(st.just("set"), moments),
    st.tuples(st.just("reboot"), moments),
    st.tuples(st.just("keep"), st.just(0.0)),
    st.tuples(st.just("right"), st.booleans()),
    st.tuples(st.just("restart"), st.just(0.0)),
)


@given(st.lists(steps, max_size=30))
def test_the_age_never_falls_without_a_word(sequence: list[tuple[str, float]]) -> None:
    machine, keeper = Machine(), Keeper(MARK)
    age = HubAge(keeper, machine.clocks)
    written = MARK.age_s
    for step, value in sequence:
        if step == "run":
            machine.run(value)
        elif step == "set":
            machine.wall = value
        elif step == "right":
            machine.is_kept_right = bool(value)
        elif step == "keep":
            age.keep()
        elif step == "reboot":
            machine.reboot(value)
            age = HubAge(keeper, machine.clocks)
        else:
            age = HubAge(keeper, machine.clocks)
        seen = age.age_s()
        assert seen is not None
        assert seen >= written
        assert keeper.mark is not None
        assert keeper.mark.age_s >= written
        written = keeper.mark.age_s


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.floats(0, 1e6)),
            st.tuples(st.just("off"), st.floats(0, 1e6)),
            st.tuples(st.just("slept clock"), st.floats(0, 1e6)),
        ),
        max_size=20,
    )
)
def test_no_door_is_younger_than_it_is(sequence: list[tuple[str, float]]) -> None:
    """With clocks that are right, or that stood still while the machine was off."""
    machine, keeper = Machine(), Keeper(replace(MARK, age_s=0.0, head=NOW))
    age, true = HubAge(keeper, machine.clocks), 0.0
    for step, seconds in sequence:
        true += seconds
        if step == "run":
            machine.run(seconds)
        else:
            age.keep()
            is_right = step == "off"
            machine.is_kept_right = is_right
            machine.reboot(NOW + true if is_right else machine.wall)
            age = HubAge(keeper, machine.clocks)
        seen = age.age_s()
        assert seen is not None
        assert seen >= true * (1 - 1e-9) - KEEP_S


def test_it_is_written_down_each_minute_and_not_more() -> None:
    machine, keeper = Machine(), Keeper()
    age = HubAge(keeper, machine.clocks)
    assert age.age_s() is None
    assert age.heard(NOW)
    assert (age.age_s(), keeper.writes) == (0.0, 1)
    for _ in range(12):
        machine.run(10.0)
        age.keep()
    assert keeper.writes == 3
    assert keeper.mark is not None
    assert keeper.mark.age_s == 120.0


def test_another_reader_hears_of_a_word_by_what_was_written() -> None:
    machine, keeper = Machine(), Keeper(MARK)
    here, there = HubAge(keeper, machine.clocks), HubAge(keeper, machine.clocks)
    machine.run(50.0)
    assert there.age_s() == 150.0
    assert here.heard(NOW)
    assert there.age_s() == 0.0


def test_after_a_boot_nobody_knows_until_the_hub_answers() -> None:
    machine, keeper = Machine(), Keeper(MARK)
    machine.reboot(NOW)
    age = HubAge(keeper, machine.clocks)
    assert age.age_s() == math.inf
    assert not age.heard(MARK.head - OVERTAKEN_S)
    # Nor does an older word that another one has overtaken tell how long it was off.
    assert age.heard(MARK.head - OVERTAKEN_S + 1)
    assert age.age_s() == math.inf
    assert age.heard(NOW)
    assert age.age_s() == 0.0


def test_what_cannot_be_read_goes_on_growing_and_is_unknown_at_the_start() -> None:
    machine, keeper = Machine(), Keeper(MARK)
    age = HubAge(keeper, machine.clocks)
    assert age.age_s() == 100.0
    keeper.broken = True
    machine.run(20.0)
    assert age.age_s() == 120.0
    assert HubAge(keeper, machine.clocks).age_s() == math.inf


def test_the_hub_s_time_goes_on_by_the_uptime_whatever_the_wall_clock_says() -> None:
    machine, keeper = Machine(), Keeper()
    age = HubAge(keeper, machine.clocks)
    assert age.hub_time() is None
    age.heard(NOW + 500)
    machine.run(60)
    assert age.hub_time() == NOW + 560
    machine.wall = 0.0
    assert age.hub_time() == NOW + 560
    keeper.broken = True
    assert age.hub_time() is None


def test_after_a_boot_nobody_knows_the_hub_s_time_until_a_server_keeps_the_clock_right() -> None:
    machine = Machine()
    age = HubAge(Keeper(), machine.clocks)
    age.heard(NOW)
    machine.reboot(NOW + 3600)
    assert age.hub_time() is None
    machine.is_kept_right = True
    assert age.hub_time() == NOW + 3600
