"""Who is kept from guessing a directory's token."""

import pytest

from accessctl.hub.scim_token import MAX_ADDRESSES, TokenGuessing, network_of


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_ten_wrong_ones_each_further_one_costs_a_minute() -> None:
    clock = Seconds()
    guessing = TokenGuessing(clock)
    for _ in range(9):
        guessing.wrong("192.0.2.1")
    assert guessing.waits("192.0.2.1") == 0.0
    guessing.wrong("192.0.2.1")
    assert (guessing.waits("192.0.2.1"), guessing.waits("192.0.2.2")) == (60.0, 0.0)
    clock.now = 60.0
    assert guessing.waits("192.0.2.1") == 0.0
    guessing.wrong("192.0.2.1")
    assert guessing.waits("192.0.2.1") == 60.0
    clock.now = 120.0
    guessing.right("192.0.2.1")
    guessing.wrong("192.0.2.1")
    assert guessing.waits("192.0.2.1") == 0.0


def test_it_remembers_so_many_addresses_and_no_more() -> None:
    guessing = TokenGuessing(Seconds())
    for _ in range(10):
        guessing.wrong("192.0.2.1")
    for number in range(MAX_ADDRESSES):
        guessing.wrong(f"10.0.{number // 256}.{number % 256}")
    assert guessing.waits("192.0.2.1") == 0.0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_of_ipv6_a_whole_network_is_one(address: str, network: str) -> None:
    assert network_of(address) == network
