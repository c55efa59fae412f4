"""What a door sees, live, for whoever looks at its card: pictures, and who is in them."""

import asyncio
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
from accessctl.hub.live import SeenPicture, Viewer
from accessctl.sync.feed_wire import LiveFace

if TYPE_CHECKING:
    from accessctl.console.app import Console

WAIT_S, NAMES_S = 10.0, 5.0
MOST_REASON_BYTES = 123
REFUSED_NOW = 1013
"""What a browser is told where it cannot look now (RFC 6455, registered as "Try Again Later")."""


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    live = console.hub.live

    @routes.websocket("/doors/{name}/live")
    async def look(websocket: WebSocket, name: str) -> None:
        """Pictures of the door of that name until the browser goes: of each its faces, as JSON, and
        then the JPEG."""
        operator = await admitted(websocket, Capability.LOOK)
        if operator is None:
            return
        words, names = console.words(websocket), LiveNames(partial(site_names, console.hub))
        try:
            door = await run_in_threadpool(live.begin, name, operator.name)
            with live.watch(door) as viewer:
                sending = asyncio.create_task(_send(websocket, viewer, words, names))
                try:
                    await while_admitted(websocket, Capability.LOOK)
                finally:
                    sending.cancel()
                    with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                        await sending
        except (InputError, StoreError) as error:
            await websocket.close(REFUSED_NOW, _as_reason(complaint(error, words)))

    return routes


def _as_reason(told: str) -> str:
    """As much of it as a frame that closes may carry: 123 bytes."""
    return told.encode("utf-8", "replace")[:MOST_REASON_BYTES].decode("utf-8", "ignore")


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


async def _send(websocket: WebSocket, viewer: Viewer, words: Words, names: LiveNames) -> None:
    while True:
        picture = await viewer.next(WAIT_S)
        if picture is not None:
            await websocket.send_json(beside(picture, words, await names.of(picture)))
            await websocket.send_bytes(picture.jpeg)


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
