"""WebSockets of the console's pages: only from its own pages, and only for who may."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from accessctl.console import guard
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.wall import POLICY_VIOLATED

CHECK_S = 5.0


async def admitted(websocket: WebSocket, capability: Capability) -> Operator | None:
    """The operator, once the socket is accepted; None where it was refused and is closed.

    The wall has checked that a page of this console asks (Origin) and looked up the session.
    """
    session = guard.session_of(websocket)
    if session is None or session.is_setup or not session.operator.may(capability):
        if session is not None and not session.is_setup:
            record = guard.console_of(websocket).refused
            path = websocket.scope["path"]
            await run_in_threadpool(
                record, session.operator, "not allowed", needs=capability.value, path=path
            )
        await websocket.close(POLICY_VIOLATED)
        return None
    await websocket.accept()
    return session.operator


def unheard(_: str) -> None:
    """Where nothing that a page sends counts."""


async def while_admitted(
    websocket: WebSocket,
    capability: Capability,
    every_s: float = CHECK_S,
    heard: Callable[[str], object] = unheard,
) -> None:
    """Returns once the browser has gone, or its session counts no more or may no more, which closes
    the socket. To be run beside what sends: looking at a live picture is being there, so the
    session counts as used. `heard` is told what the browser sends."""
    session = guard.session_of(websocket)
    find = guard.console_of(websocket).sessions.find
    while session is not None and session.operator.may(capability):
        with suppress(TimeoutError):
            try:
                # Also where nothing that is sent counts: so it is seen that the browser closes.
                heard(await asyncio.wait_for(websocket.receive_text(), every_s))
            except (WebSocketDisconnect, RuntimeError, KeyError):
                # RuntimeError: what sends beside this has found first that the browser is gone.
                return
        session = await run_in_threadpool(find, session.token)
    await websocket.close(POLICY_VIOLATED)
