"""When a door has to ask its hub next."""

from collections.abc import Callable

import pytest

from accessctl.gallery.store import Gallery
from accessctl.sync.due_moment import DueMoment
from accessctl.sync.fake import FakeHub
from accessctl.sync.feed_link import LOOK_S, FeedLink
from accessctl.sync.feed_wire import ChangeBatch, WaitBeside
from tests.clocks import HandClock
from tests.sync.conftest import new_photo


def test_it_is_due_at_first_and_again_after_its_time() -> None:
    clock = HandClock(100.0)
    due = DueMoment(clock)
    assert due.is_due()
    due.begin(40.0)
    assert not due.is_due()
    clock.time = 139.9
    assert not due.is_due()
    clock.time = 140.0
    assert due.is_due()
    due.begin(40.0)
    due.at_once()
    assert due.is_due()


def test_what_is_not_due_is_put_off_and_what_is_due_is_not() -> None:
    clock = HandClock(100.0)
    due = DueMoment(clock)
    due.put_off(40.0)
    assert due.is_due()
    due.begin(40.0)
    clock.time = 130.0
    due.put_off(40.0)
    clock.time = 169.9
    assert not due.is_due()
    clock.time = 170.0
    assert due.is_due()
    due.put_off(40.0)
    assert due.is_due()


def test_what_is_wanted_at_once_while_it_is_put_off_stays_due() -> None:
    """Between the look at the clock and the new moment another thread wants it at once."""
    meanwhile: list[Callable[[], None]] = []

    def clock() -> float:
        while meanwhile:
            meanwhile.pop()()
        return 100.0

    due = DueMoment(clock)
    due.begin(40.0)
    meanwhile.append(due.at_once)
    due.put_off(40.0)
    assert not meanwhile
    assert due.is_due()


@pytest.mark.parametrize("reading", [1, 2])
def test_what_is_to_be_asked_at_once_is_not_put_off_by_a_wait_that_ends_meanwhile(
    link_to: Callable[..., FeedLink], gallery: Gallery, reading: int
) -> None:
    """At each look at the clock that the end of a wait takes, the other thread may be told of
    something."""
    asked, meanwhile = [], list[Callable[[], object]]()

    class AskedHub(FakeHub):
        def changes(self, after: int, round_: int | None) -> ChangeBatch:
            asked.append(after)
            return super().changes(after, round_)

    readings = [0]

    def monotonic() -> float:
        readings[0] += 1
        if meanwhile and readings[0] == reading:
            meanwhile.pop()()
        return 1000.0

    hub = AskedHub()
    link = link_to(hub, monotonic=monotonic)
    assert link.work_once() == LOOK_S
    before = len(asked)
    gallery.add_person("Mine", new_photo(2))
    # What a proposal came to is to be asked for at once.
    work = link.work_once
    meanwhile.append(work)
    position = link.position
    assert position is not None
    told = hub.wait(position, WaitBeside())
    readings[0] = 0
    link.waited(told, position)
    while meanwhile:
        meanwhile.pop()()
    link.work_once()
    assert len(asked) == before + 1
