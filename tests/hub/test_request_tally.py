import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message, Receive, Scope, Send

from accessctl.hub.request_tally import RequestTally, TalliedRequests
from accessctl.sync.feed_wire import WAIT
from accessctl.sync.wire import API
from tests.clocks import HandClock

Work = Callable[[], object]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _unheard(_: Message) -> None:
    pass


def asked(tally: RequestTally, path: str, status: int | None, meanwhile: Work) -> None:
    """One request, which is answered after `meanwhile`, or ends in a fault without an answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        meanwhile()
        if status is None:
            raise RuntimeError("out of order")
        await send({"type": "http.response.start", "status": status, "headers": []})

    scope = {"type": "http", "path": path, "headers": []}
    asyncio.run(TalliedRequests(app, tally)(scope, _nothing, _unheard))


def test_answers_are_counted_by_their_kind_and_timed() -> None:
    clock = HandClock(100.0)
    tally = RequestTally(clock)
    seen: list[int] = []

    def takes(seconds: float) -> Work:
        def work() -> None:
            seen.append(tally.now().under_way)
            clock.time += seconds

        return work

    asked(tally, "/healthz", 200, takes(0.004))
    asked(tally, "/healthz", 204, takes(0.3))
    asked(tally, "/nowhere", 404, takes(0.0))
    with pytest.raises(RuntimeError):
        asked(tally, "/healthz", None, takes(60.0))
    now = tally.now()
    assert now.answers == {"2xx": 2, "4xx": 1, "none": 1}
    assert (seen, now.under_way) == ([1, 1, 1, 1], 0)
    assert now.seconds.counts == [2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert now.seconds.total == pytest.approx(60.304)


def test_a_wait_is_no_request() -> None:
    tally = RequestTally()
    asked(tally, API + WAIT, 200, lambda: None)
    assert tally.now().answers == {}


def test_what_was_seen_is_not_counted_on() -> None:
    tally = RequestTally()
    before = tally.now()
    asked(tally, "/healthz", 200, lambda: None)
    assert (before.answers, sum(before.seconds.counts)) == ({}, 0)
