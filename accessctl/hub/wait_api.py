"""How the hub reaches a door: the door asks, and the answer comes when there is something for it.

A wait costs one look at the door's certificate and then neither a thread nor a query, until it is
woken; see `waking`. Beside it, what a door says of a command, and the pictures that somebody
wants to see.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from accessctl.hub.assembly import Hub
from accessctl.hub.callers import Caller, NotAdmittedError, caller_by
from accessctl.hub.door_feed import kinds_for
from accessctl.hub.doors import NOT_KNOWN
from accessctl.hub.feed_api import KNOWS
from accessctl.hub.waking import Waiter
from accessctl.policy.retrying import some_time_before
from accessctl.sync.feed_wire import (
    COMMANDS,
    PICTURE,
    WAIT,
    Change,
    ChangeKind,
    CommandAnswer,
    Crossed,
    Id,
    LivePicture,
    PictureAnswer,
    Waited,
)
from accessctl.sync.shot_wire import SHOT, ShotTaken
from accessctl.sync.wire import Number

WAIT_S = 25.0
"""Shorter than anything between door and hub keeps a silent connection. Each ends at a moment of
its own before that: those that were answered together are not over together again."""

AREA = Query(max_length=64)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a door has: the feed up to `after`, its area's crossings up to `crossing`; `live`:
    whether it sends pictures, None where it does not say. `kinds` of changes it knows."""

    after: int
    crossing: int = 0
    area: str | None = None
    live: bool | None = None
    kinds: tuple[ChangeKind, ...] = tuple(ChangeKind)


def wait_routes(hub: Hub) -> APIRouter:
    Admitted: TypeAlias = Annotated[Caller, Depends(caller_by(hub.doors))]
    routes = APIRouter()

    @routes.get(WAIT, response_model=Waited)
    async def wait(
        door: Admitted,
        request: Request,
        after: Number,
        crossing: Number = 0,
        area: Annotated[str | None, AREA] = None,
        live: bool | None = None,
        knows: Annotated[list[str], KNOWS] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """What there is for the door, at once, or else as soon as there is something, or with
        nothing after 25 s at the latest."""
        gone = asyncio.ensure_future(_gone(request))
        try:
            asked = Awaited(after, crossing, area, live, kinds_for(knows))
            waited = await DoorWait(hub, door.door, asked, gone).answer()
        finally:
            gone.cancel()
        # As text at once: a thousand of them are made in the same moment.
        return Response(waited.model_dump_json(), media_type="application/json")

    @routes.post(COMMANDS + "/{nonce}")
    def settle(
        door: Admitted, nonce: Annotated[Id, Path()], answer: CommandAnswer
    ) -> dict[str, str]:
        """What became of a command, after the door's own record of it."""
        hub.commands.settle(door.door, nonce, answer)
        return {}

    @routes.post(COMMANDS + "/{nonce}" + SHOT)
    def give_shot(door: Admitted, nonce: Annotated[Id, Path()], shot: ShotTaken) -> dict[str, str]:
        """The photo that a command asked for, or what is wrong with what the camera saw."""
        hub.commands.give_shot(door.door, nonce, shot)
        return {}

    @routes.post(PICTURE)
    def show(door: Admitted, picture: LivePicture) -> PictureAnswer:
        """What the door sees now; kept until the next one, while somebody looks."""
        return PictureAnswer(live=hub.live.show(door.door, picture))

    return routes


class DoorWait:
    """One wait of one door, who has left when `gone` is done."""

    def __init__(
        self,
        hub: Hub,
        door: str,
        asked: Awaited,
        gone: "asyncio.Future[None]",
        monotonic: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """`draw` gives a number from 0 up to 1: how late within its time it ends."""
        self._lasts_s = some_time_before(WAIT_S, draw())
        self._hub = hub
        self._door = door
        self._asked = asked
        self._gone = gone
        self._monotonic = monotonic
        self._after = asked.after
        self._crossing = asked.crossing
        self._crossed: tuple[Crossed, ...] = ()
        self._lived = hub.live.is_watched(door) if asked.live is None else asked.live

    async def answer(self) -> Waited:
        """NotAdmittedError where the door is revoked meanwhile."""
        began = self._monotonic()
        until = began + self._lasts_s
        await self._catch_up()
        with self._hub.waking.waiting(self._door, self._asked.after) as waiter:
            while True:
                await self._read_crossings()
                if waiter.is_revoked:
                    raise NotAdmittedError(NOT_KNOWN)
                left_s = until - self._monotonic()
                is_over = left_s <= 0 or self._hub.waking.is_closing or self._gone.done()
                if is_over or self._has_news(waiter):
                    return self._answer(waiter, self._monotonic() - began)
                await self._woken(waiter, left_s)

    async def _woken(self, waiter: Waiter, left_s: float) -> None:
        waking = asyncio.ensure_future(waiter.woken(left_s))
        either: set[asyncio.Future[Any]] = {waking, self._gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()
        with suppress(asyncio.CancelledError):
            await waking

    def _has_news(self, waiter: Waiter) -> bool:
        return (
            self._concerns(waiter, self._hub.waking.newest.seq)
            or self._hub.live.is_watched(self._door) != self._lived
            or bool(self._crossed)
            or self._hub.commands.has_for(self._door)
        )

    def _concerns(self, waiter: Waiter, seq: int) -> bool:
        """Whether the door has part in what the feed has after its own number, up to `seq`."""
        return self._is_behind(seq) and _handed(waiter, seq) != ()

    def _is_behind(self, seq: int) -> bool:
        # It has more than there is where the hub was put back: it has to begin anew.
        return self._after != seq

    def _answer(self, waiter: Waiter, held_s: float) -> Waited:
        # Looked at once: what was handed and how far it goes belong together, and another thread
        # moves both on.
        seq = self._hub.waking.newest.seq
        # A command is handed over once: to a door that has hung up it is not.
        commands = () if self._gone.done() else self._hub.commands.fetch(self._door)
        return Waited(
            changes=self._is_behind(seq),
            commands=commands,
            live=self._hub.live.is_watched(self._door),
            crossings=self._crossed,
            crossing=self._crossing,
            held_s=held_s,
            handed=_handed(waiter, seq),
            head=self._hub.authority.feed_head(self._door, seq),
        )

    async def _catch_up(self) -> None:
        """A door that has heard of more than the last look saw is ahead of it, as a rule; one that
        has heard of less may have part in nothing of what came since, and has to ask no more."""
        after, newest = self._asked.after, self._hub.waking.newest.seq
        if after > newest:
            await self._hub.waking.look_together()
        elif after < newest:
            has_part = self._hub.door_feed.has_part_after
            if not await asyncio.to_thread(has_part, self._door, after, self._asked.kinds):
                self._after = newest

    async def _read_crossings(self) -> None:
        area = self._asked.area
        newest = 0 if area is None else self._hub.waking.newest.crossings.get(area, 0)
        if area is None or self._crossed or newest == self._crossing:
            return
        self._crossed, self._crossing = await asyncio.to_thread(
            self._hub.areas.after, self._door, area, self._crossing
        )


def _handed(waiter: Waiter, seq: int) -> tuple[Change, ...] | None:
    """All changes for that wait up to `seq`, None where it was not handed just those."""
    handed = waiter.handed
    return handed.changes if handed is not None and handed.seq == seq else None


async def _gone(request: Request) -> None:
    """Until whoever asked has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
