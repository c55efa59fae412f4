"""How many requests the hub works on at once: the others are asked to come again, not let wait.

Whoever waits for longer than a door has patience (sync.client.ANSWER_S) is gone when the answer is
there; then the hub works for nobody, while everybody asks once more. A refusal costs it neither a
thread nor a question to the database, and the door keeps its line. A wait for what is new is not
counted: it is to last. Nor is a request of which something is still to come: anybody could begin
hundreds that they do not end, and keep all doors out.
"""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accessctl.sync.feed_wire import WAIT
from accessctl.sync.wire import API

MOST_AT_ONCE = 400
"""A dozen for each thread that answers; of 20 ms each, all are answered after a few seconds."""
COME_AGAIN_S = 2


def is_wait(scope: Scope) -> bool:
    """Whether a door waits for what is new by it, which is to last."""
    return scope["type"] == "http" and bool(scope["path"] == API + WAIT)


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
        if scope["type"] != "http" or is_wait(scope):
            await self._app(scope, receive, send)
        elif self.count >= self._most:
            await self._refuse(scope, receive, send)
        else:
            visit = _Visit(self, receive, send)
            self.count += 1
            try:
                await self._app(scope, visit.receive, visit.send)
            except Exception:
                if not visit.is_too_many:
                    raise
            finally:
                self.count -= 1
            if visit.is_too_many:
                await self._refuse(scope, receive, send)

    @property
    def is_too_large(self) -> bool:
        return self.count > self._most


class _Visit:
    """One request, which stands in the crowd but while its body is waited for; where there are too
    many by then, the application takes it for one that hung up."""

    def __init__(self, crowd: Crowd, receive: Receive, send: Send) -> None:
        self._crowd = crowd
        self._receive = receive
        self._send = send
        self._is_coming = True
        self.is_too_many = False

    async def receive(self) -> Message:
        if not self._is_coming:
            return await self._receive()
        self._crowd.count -= 1
        try:
            message = await self._receive()
        finally:
            self._crowd.count += 1
        self._is_coming = bool(message.get("more_body"))
        if not self._is_coming and self._crowd.is_too_large:
            self.is_too_many = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if not self.is_too_many:
            await self._send(message)
