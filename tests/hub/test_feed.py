"""What the feed is written with in one transaction."""

from contextlib import suppress

import pytest
from sqlalchemy import Connection, event

from accessctl.errors import StoreError
from accessctl.hub.assembly import Hub
from accessctl.hub.feed import SiteFeed
from accessctl.sync.feed_wire import ChangeKind
from tests.hub.feeding import enrol, seq_of


class Announced:
    """How often those who wait were told."""

    count = 0

    def __call__(self, _: Connection) -> None:
        self.count += 1


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
def feed(hub: Hub, announced: Announced) -> SiteFeed:
    return SiteFeed(hub.database, hub.site_keys, hub.now, lambda count: bytes(count), announced)


def put(feed: SiteFeed, db: Connection, subject: str) -> int:
    return feed.put(db, subject, ChangeKind.RULES, b"{}")


def test_numbers_follow_each_other_within_a_transaction_and_after_it(
    hub: Hub, feed: SiteFeed, announced: Announced
) -> None:
    before = seq_of(hub)
    with hub.database.writing() as db:
        assert [put(feed, db, name) for name in ("a", "b", "a")] == [
            before + 1,
            before + 2,
            before + 3,
        ]
        assert feed.renumber(db, "b") == before + 4
        assert feed.seq(db) == before + 4
    # Nobody hears of anything before its end, and all hear of it then.
    assert announced.count == 1
    with hub.database.writing() as db:
        assert put(feed, db, "c") == before + 5
    assert announced.count == 2


def test_what_was_not_kept_leaves_no_gap(hub: Hub, feed: SiteFeed) -> None:
    before = seq_of(hub)
    with suppress(ZeroDivisionError), hub.database.writing() as db:
        put(feed, db, "a")
        raise ZeroDivisionError
    with hub.database.writing() as db:
        assert put(feed, db, "b") == before + 1


def test_another_one_that_writes_between_two_transactions_is_seen(hub: Hub, feed: SiteFeed) -> None:
    with hub.database.writing() as db:
        first = put(feed, db, "a")
    enrol(hub, "Grace")
    with hub.database.writing() as db:
        assert put(feed, db, "b") == seq_of(hub) + 1 > first + 1


def test_after_a_new_site_key_all_is_sealed_by_that(hub: Hub, feed: SiteFeed) -> None:
    with hub.database.writing() as db:
        put(feed, db, "a")
        generation = feed.new_generation(db)
        put(feed, db, "b")
        assert feed.document(db, "b") == b"{}"
        assert feed.sealed(db, b"{}", "held", "1").generation == generation


def test_the_feed_is_written_in_a_transaction_only(hub: Hub, feed: SiteFeed) -> None:
    with hub.database.connection() as db:
        db.commit()
        with pytest.raises(StoreError, match="in a transaction only"):
            put(feed, db, "a")


def test_many_at_once_cost_few_questions_each(hub: Hub) -> None:
    asked: list[str] = []
    event.listen(hub.database._engine, "before_cursor_execute", lambda *what: asked.append(what[2]))

    def cost(count: int, first: int) -> int:
        asked.clear()
        with hub.people.changing():
            for number in range(first, first + count):
                enrol(hub, f"Person {number}", number % 4, ("staff",))
        return len(asked)

    alone, four = cost(1, 0), cost(4, 1)
    assert (four - alone) / 3 <= 11
