"""Whom a change of the site's measurement concerns, and when the hub had answered."""

import asyncio
import os
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from accessctl.sync.feed_wire import CHANGES, WAIT
from accessctl.sync.wire import API
from benchmarks.bars.site_changes import part_of
from benchmarks.bars.site_hub import TimedWaits, answered
from benchmarks.bars.site_people import EVERYWHERE, Scale

SCALE = Scale(
    people=400,
    a_door=100,
    everywhere=1,
    turns=1,
    idle_s=0.0,
    rate=0.0,
    rush_s=0.0,
    away=0,
    away_doors=0,
    lot=5,
    a_part=5,
)


def test_somebody_at_a_part_of_the_doors_is_in_as_few_groups_as_have_so_many() -> None:
    names = [f"door-{number}" for number in range(13)]
    crowd = part_of(names, SCALE)
    # Of 12 doors by turns in 4 groups 3 have each; door-0 has everybody.
    assert crowd.groups == ("group-0000", "group-0001")
    expected = {"door-0", "door-1", "door-5", "door-9", "door-2", "door-6", "door-10"}
    assert (set(crowd.doors), len(crowd.doors)) == (expected, 7)
    assert crowd.where == " at 7 doors"
    assert [SCALE.scope(number) for number in (0, 5)] == [
        ["group-0000", EVERYWHERE],
        ["group-0001", EVERYWHERE],
    ]


def test_a_site_smaller_than_the_part_is_all_of_it() -> None:
    assert set(part_of(["a", "b", "c"], SCALE).doors) == {"a", "b", "c"}


def test_when_waits_were_answered_is_told_by_how_far_the_feed_was(tmp_path: Path) -> None:
    said = {WAIT: b'{"changes":true,"head":{"seq":7,"time":1.0}}', CHANGES: b'"head":{"seq":9}'}

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": said[scope["path"].removeprefix(API)]})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    path = tmp_path / "answers"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    timed = TimedWaits(app, file)
    for asked in (WAIT, CHANGES):
        asyncio.run(timed({"type": "http", "path": API + asked}, receive, send))
    os.close(file)
    assert len(sent) == 4
    assert [len(answered(path, seq)) for seq in (6, 7, 8)] == [1, 1, 0]
