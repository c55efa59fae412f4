"""What the site's measurement says on paper of a larger site."""

import pytest

from benchmarks.bars.site_paper import Expected, in_words, on_paper

MEASURED = {
    "processor of the hub, idle": 20.0,
    "memory of the hub, no door yet": 100.0,
    "memory of the hub, idle": 500.0,
    "bytes of a waiting door": 100.0,
    "processor of the hub in the rush": 50.0,
    "processor of the hub, a removal and a door": 3.0,
    "the hub has answered a door of a removal, p99": 3000.0,
    "processor of the hub, a person sent": 0.36,
}


def of(what: str, found: list[Expected]) -> Expected:
    return next(one for one in found if one.what == what)


def test_what_a_door_takes_is_taken_by_each() -> None:
    found = on_paper(MEASURED, 1000, 10_000, 100)
    # 2 connections x 10,000 doors; 4,000 are let in.
    assert of("connections that the hub lets in", found).figure == 20_000
    assert of("connections that the hub lets in", found).times == 5
    assert of("one core of the hub, idle", found).times == 2.0
    assert of("memory of the hub while all wait", found).figure == 100 + 4000
    assert of("bytes of waiting doors", found).figure == 1e6
    assert of("one core of the hub, in a rush", found).figure == 500
    # Ten times 3 s, where 2 s are the goal.
    assert of("99 of 100 doors are told of a removal", found).times == 15.0
    # 3 ms x 10,000, where a minute is.
    assert of("the hub has all receipts of a removal", found).times == 0.5
    # 10,000 x 100 people x 0.36 ms are 360 s.
    assert of("the hub sends all doors their people anew", found).figure == pytest.approx(0.1)


def test_what_breaks_first_comes_first() -> None:
    found = on_paper(MEASURED, 1000, 10_000, 100)
    assert [one.times for one in found] == sorted((one.times for one in found), reverse=True)
    assert found[0].what == "99 of 100 doors are told of a removal"
    assert "First to break: 99 of 100 doors are told of a removal, 15 times" in in_words(found, 1)


def test_what_was_not_measured_is_not_guessed() -> None:
    found = on_paper({"bytes of a waiting door": 8.0}, 10, 20, 100)
    assert of("bytes of waiting doors", found).figure == 160.0
    assert not [one for one in found if "memory" in one.what or "core" in one.what]


def test_a_site_that_fits_breaks_nowhere() -> None:
    assert "Nothing breaks." in in_words(on_paper({}, 10, 20, 100), 20)
