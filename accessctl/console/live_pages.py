"""What a door sees, live, for whoever looks at its card: pictures, and who is in them."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from accessctl.console.capabilities import Capability
from accessctl.console.complaints import complaint
from accessctl.console.names import site_names
from accessctl.console.sockets import admitted, while_admitted
from accessctl.console.words import Words
from accessctl.domain import Outcome, PersonId
from accessctl.errors import InputError, StoreError
from accessctl.hub.live import LOOKS_EACH, Live, LookReplacedError, SeenPicture
from accessctl.sync.feed_wire import LiveFace

if TYPE_CHECKING:
    from accessctl.console.app import Console

WAIT_S, NAMES_S = 10.0, 5.0
LINE = "/doors/live"
MOST_AT_ONCE = LOOKS_EACH
"""Doors that one browser looks at; those in view are fewer."""
MOST_CHARACTERS = 4096


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()

    @routes.websocket(LINE)
    async def look(websocket: WebSocket) -> None:
        """Pictures of the doors that the browser names, until it goes. Whatever it sends is the
        list of those that it looks at from now on; of each picture it is sent whose it is and who
        is in it, as JSON, and then the JPEG, of a door that cannot be looked at why not, and of one
        that gave way to a later look of the same operator's that it did."""
        operator = await admitted(websocket, Capability.LOOK)
        if operator is None:
            return
        # The words may ask the database for the time zone, and the loop serves the doors, too.
        words = await run_in_threadpool(console.words, websocket)
        names = LiveNames(partial(site_names, console.hub))
        line = LiveLine(websocket, console.hub.live, operator.name, words, names)
        try:
            await while_admitted(websocket, Capability.LOOK, heard=line.look_at)
        finally:
            await line.end()

    return routes


def doors_in(said: str) -> frozenset[str]:
    """The names in a browser's list of doors, MOST_AT_ONCE of them; none in what is no list."""
    try:
        listed = json.loads(said) if len(said) <= MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        listed = None
    names = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return frozenset(names[:MOST_AT_ONCE])


class LiveLine:
    """What one browser looks at, each door in a task of its own; belongs to the event loop."""

    def __init__(
        self, websocket: WebSocket, live: Live, operator: str, words: Words, names: "LiveNames"
    ) -> None:
        self._websocket, self._live, self._operator = websocket, live, operator
        self._words, self._names = words, names
        self._sending = asyncio.Lock()
        self._looks: dict[str, asyncio.Task[None]] = {}

    def look_at(self, said: str) -> None:
        """At those doors alone from now on; one that could not be looked at is tried again."""
        wanted = doors_in(said)
        for name in self._looks.keys() - wanted:
            self._looks.pop(name).cancel()
        for name in wanted:
            look = self._looks.get(name)
            if look is None or look.done():
                self._looks[name] = asyncio.create_task(self._look(name))

    async def end(self) -> None:
        looks = list(self._looks.values())
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)

    async def _look(self, name: str) -> None:
        try:
            door = await run_in_threadpool(self._live.begin, name, self._operator)
            with self._live.watch(door, self._operator) as viewer:
                while True:
                    picture = await viewer.next(WAIT_S)
                    if picture is not None:
                        await self._show(name, picture)
        except LookReplacedError:
            await self._tell(name, gave_way=self._words("doors.gave_way"))
        except (InputError, StoreError) as error:
            await self._tell(name, refused=complaint(error, self._words))
        except (WebSocketDisconnect, RuntimeError):
            # The browser is gone, which whoever reads from it finds, too.
            return

    async def _tell(self, name: str, **what: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_json({"door": name, **what})

    async def _show(self, name: str, picture: SeenPicture) -> None:
        names = await self._names.of(picture)
        told = {"door": name, **beside(picture, self._words, names)}
        # Nothing of another door comes between what is told of a picture and the picture.
        async with self._sending:
            await self._websocket.send_json(told)
            await self._websocket.send_bytes(picture.jpeg)


class LiveNames:
    """Who the people in the pictures are. Somebody may be enrolled while a picture is looked at, so
    whoever has no name is asked for again, at most every NAMES_S of the pictures' own time."""

    def __init__(self, known: Callable[[], Mapping[PersonId, str]]) -> None:
        self._known = known
        self._names: Mapping[PersonId, str] = {}
        self._asked = -math.inf

    async def of(self, picture: SeenPicture) -> Mapping[PersonId, str]:
        """The names of all of them that the hub has; StoreError."""
        seen = {PersonId(face.person) for face in picture.faces if face.person is not None}
        if seen - self._names.keys() and abs(picture.time - self._asked) >= NAMES_S:
            self._asked = picture.time
            self._names = await run_in_threadpool(self._known)
        return self._names


def beside(picture: SeenPicture, words: Words, names: Mapping[PersonId, str]) -> Mapping[str, Any]:
    """What a browser draws over a picture: boxes as shares of it, each with what stands there."""
    return {
        "time": words.clock(picture.time),
        "faces": [
            {
                "box": [face.x, face.y, face.w, face.h],
                "label": label_of(face, words, names),
                "tone": outcome_of(face)[0],
            }
            for face in picture.faces
        ],
    }


def label_of(face: LiveFace, words: Words, names: Mapping[PersonId, str]) -> str:
    """Who it is, as far as the door and the hub know, and what became of them."""
    outcome, reason = outcome_of(face)
    state = words.known(f"outcome.{outcome or face.state}", face.state)
    if reason:
        state = f"{state}: {words.known(f'reason.{reason}', reason)}"
    if face.person is None:
        return state
    person = PersonId(face.person)
    return " · ".join(part for part in (words.person(person, names.get(person)), state) if part)


def outcome_of(face: LiveFace) -> tuple[str, str]:
    """What was decided and why, each in one word; both empty while nothing is."""
    outcome, _, reason = face.state.partition(": ")
    return (outcome, reason) if outcome in list(Outcome) else ("", "")
