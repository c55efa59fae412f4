"""What doors ask of the feed, and what they bring beside their logs; below `/api/v1`, as all of
api.py."""

import asyncio
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool

from accessctl.hub.assembly import Hub
from accessctl.hub.callers import Caller, caller_by
from accessctl.hub.door_feed import kinds_for
from accessctl.sync.feed_wire import (
    CHANGES,
    KEYS,
    PROPOSALS,
    RECEIPTS,
    ChangeBatch,
    KeysAnswer,
    KeysRequest,
    ProposalsAnswer,
    ProposalsRequest,
    ReceiptsRequest,
)
from accessctl.sync.picture_wire import PICTURES, EventPicture, PictureTaken

AFTER = Query(ge=0, lt=1 << 63)
KNOWS = Query(max_length=32)
ROUND = Query(alias="round", ge=0, lt=1 << 63)


def feed_routes(hub: Hub) -> APIRouter:
    Admitted: TypeAlias = Annotated[Caller, Depends(caller_by(hub.doors))]
    routes = APIRouter()

    @routes.get(CHANGES)
    def changes(
        door: Admitted,
        after: Annotated[int, AFTER],
        round_: Annotated[int | None, ROUND] = None,
        knows: Annotated[list[str], KNOWS] = [],  # noqa: B006 - FastAPI copies it
    ) -> ChangeBatch:
        """What changed at the site, as far as this door has part in it, and knows what it is."""
        return hub.door_feed.changes_after(door.door, after, round_, kinds_for(knows))

    @routes.post(KEYS)
    def keys(door: Admitted, request: KeysRequest) -> KeysAnswer:
        """The site's keys, for this door alone."""
        return hub.door_feed.keys(door.door, request.box)

    # They are answered one after the other anyway; whoever waits for that takes no thread from
    # those who want to hear of removals.
    turn = asyncio.Semaphore(1)

    @routes.post(PROPOSALS)
    async def propose(door: Admitted, request: ProposalsRequest) -> ProposalsAnswer:
        """Take changes that were made at the door, refuse or hold them; each once, by its id."""
        answers = []
        for one in request.proposals:
            async with turn:
                answers.append(await run_in_threadpool(hub.proposals.answer, door.door, one))
        return ProposalsAnswer(answers=tuple(answers))

    @routes.post(RECEIPTS)
    def receipts(door: Admitted, request: ReceiptsRequest) -> dict[str, int]:
        """The door has nothing left of people who were removed; how many of it are new."""
        return {"taken": hub.removals.take(door.door, door.serial, request.receipts)}

    @routes.post(PICTURES + "/{number}")
    def picture(
        door: Admitted, number: Annotated[int, Path(ge=1, lt=1 << 63)], request: EventPicture
    ) -> PictureTaken:
        """Keep the picture of a record that the hub has; once, however often it is sent."""
        return PictureTaken(kept=hub.pictures.take(door.door, number, request.sealed))

    return routes
