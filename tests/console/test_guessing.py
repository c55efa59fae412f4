import threading

import pytest

from accessctl.console.app import Console
from accessctl.console.guessing import MustWaitError, by_address, by_name
from tests.clocks import HandClock


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_addresses_that_one_household_chooses_from_are_one(
    one: str, other: str, same: bool
) -> None:
    assert (by_address(one) == by_address(other)) is same


def test_names_that_are_one_wait_together() -> None:
    assert by_name("Ada") == by_name("ada") == by_name("ＡＤＡ") != by_name("Bea")
    # Whoever signs in may have typed a blank: it opens no other count.
    assert by_name("Ada") == by_name(" Ada ") == by_name("Ada\u3000")


def test_what_succeeds_is_no_failure_of_its_address_and_forgives_none(console: Console) -> None:
    address = by_address("192.0.2.1")
    for _ in range(19):
        console.guesses.begin(address)
    for _ in range(30):
        console.guesses.begin(address)
        with console.hub.database.writing() as db:
            console.guesses.given_back(db, address)
    console.guesses.begin(address)
    with pytest.raises(MustWaitError):
        console.guesses.begin(address)


def test_many_at_once_gain_nothing(console: Console) -> None:
    let_through: list[bool] = []

    def try_once() -> None:
        try:
            console.guesses.begin(by_name("Ada"))
            let_through.append(True)
        except MustWaitError:
            let_through.append(False)

    threads = [threading.Thread(target=try_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_through) == [False] * 7 + [True] * 5


def test_failures_are_forgotten_after_a_day(console: Console, clock: HandClock) -> None:
    for _ in range(5):
        console.guesses.begin(by_name("Ada"))
    clock.time += 86400
    for _ in range(5):
        console.guesses.begin(by_name("Ada"))
    with pytest.raises(MustWaitError):
        console.guesses.begin(by_name("Ada"))


def test_a_clock_that_is_set_back_locks_nobody_out_for_longer(
    console: Console, clock: HandClock
) -> None:
    for _ in range(5):
        console.guesses.begin(by_name("Ada"))
    clock.time -= 10**6
    with pytest.raises(MustWaitError) as caught:
        console.guesses.begin(by_name("Ada"))
    assert caught.value.seconds == 5
