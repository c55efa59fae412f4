"""When a door tells its hub that somebody who was removed is gone here."""

from collections.abc import Callable, Sequence

from accessctl.gallery.store import Gallery
from accessctl.sync.fake import FakeHub
from accessctl.sync.feed_link import LOOK_S, RECEIPTS_AT_LAST_S, FeedLink
from tests.sync.conftest import site_person


def after_a_removal(
    link_to: Callable[..., FeedLink], hub: FakeHub, now: Sequence[float]
) -> FeedLink:
    """A door whose hub has removed somebody it knew, and waits for the receipt."""
    link = link_to(hub, monotonic=lambda: now[0], draw=lambda: 0.5)
    hub.put(site_person(1, "Ada"))
    link.work_once()
    hub.remove(f"{1:032x}")
    link.disconnect()
    return link


def test_a_receipt_is_given_at_a_moment_of_the_doors_own(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    now = [1000.0]
    link = after_a_removal(link_to, hub, now)
    # Half of three seconds from when it is seen, in steps of one look.
    assert [link.work_once(), gallery.people(), hub.receipts] == [LOOK_S, [], []]
    now[0] += 1.0
    assert link.work_once() == 0.5
    assert hub.receipts == []
    now[0] += 0.5
    assert link.work_once() == LOOK_S
    assert len(hub.receipts) == 1
    now[0] += 10
    link.work_once()
    assert len(hub.receipts) == 1


def test_a_receipt_waits_until_the_log_is_sent(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    now = [1000.0]
    link = after_a_removal(link_to, hub, now)
    link.work_once()
    hub.is_busy = True
    for _ in range(3):
        now[0] += 1.5
        # Half of three seconds once more, in steps of one look.
        assert [link.work_once(), hub.receipts] == [LOOK_S, []]
    hub.is_busy = False
    now[0] += 1.5
    link.work_once()
    assert len(hub.receipts) == 1


def test_a_log_that_is_sent_without_end_keeps_no_receipt_back(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    now = [1000.0]
    link = after_a_removal(link_to, hub, now)
    hub.is_busy = True
    link.work_once()
    while now[0] < 1000.0 + RECEIPTS_AT_LAST_S and not hub.receipts:
        now[0] += 1.5
        link.work_once()
    assert (len(hub.receipts), now[0]) == (1, 1000.0 + RECEIPTS_AT_LAST_S)
