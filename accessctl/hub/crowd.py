"""How many requests the hub works on at once: the others are asked to come again, not let wait.

Whoever waits for longer than a door has patience (sync.client.ANSWER_S) is gone when the answer is
there; then the hub works for nobody, while everybody asks once more. A refusal costs it neither a
thread nor a question to the database, and the door keeps its line. A wait for what is new is not
counted: it is to last.
"""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from accessctl.sync.feed_wire import WAIT
from accessctl.sync.wire import API

MOST_AT_ONCE = 400
"""A dozen for each thread that answers; of 20 ms each, all are answered after a few seconds."""
COME_AGAIN_S = 2


class Crowd:
    """An application before which at most `most` requests stand; `refuse` answers the others."""

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[Scope, Receive, Send], Awaitable[None]],
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._most = most
        self.count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == API + WAIT:
            await self._app(scope, receive, send)
        elif self.count >= self._most:
            await self._refuse(scope, receive, send)
        else:
            self.count += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self.count -= 1
