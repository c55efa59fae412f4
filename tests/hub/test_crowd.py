import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from accessctl.hub.crowd import Crowd
from accessctl.sync.feed_wire import CHANGES, WAIT
from accessctl.sync.wire import API


class Application:
    """One that answers nobody until it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked: list[str] = []
        self.fault: Exception | None = None

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.asked.append(scope["path"])
        if self.fault is not None:
            raise self.fault
        await self.may_answer.wait()


async def nothing() -> dict[str, object]:
    return {}


async def no_answer(_: object) -> None:
    pass


def test_only_so_many_are_worked_on_at_once_and_waits_do_not_count() -> None:
    async def crowded() -> None:
        refused: list[str] = []

        async def refuse(scope: Scope, _receive: Receive, _send: Send) -> None:
            refused.append(scope["path"])

        app = Application()
        crowd = Crowd(app, refuse, most=2)

        def ask(path: str) -> "asyncio.Task[None]":
            scope = {"type": "http", "path": API + path}
            return asyncio.get_running_loop().create_task(crowd(scope, nothing, no_answer))

        held = [ask(CHANGES), ask(CHANGES), ask(WAIT), ask(WAIT)]
        await asyncio.sleep(0)
        await ask(CHANGES)
        assert app.asked == [API + CHANGES, API + CHANGES, API + WAIT, API + WAIT]
        assert refused == [API + CHANGES]
        app.may_answer.set()
        await asyncio.gather(*held)
        await ask(CHANGES)
        assert (len(app.asked), len(refused)) == (5, 1)

    asyncio.run(crowded())


def test_one_that_fails_leaves_its_place() -> None:
    async def failing() -> None:
        app = Application()
        app.fault = ZeroDivisionError()
        crowd = Crowd(app, app, most=1)
        for _ in range(3):
            try:
                await crowd({"type": "http", "path": "/healthz"}, nothing, no_answer)
            except ZeroDivisionError:
                continue
        assert (len(app.asked), crowd.count) == (3, 0)

    asyncio.run(failing())


class Caller:
    """Somebody who sends the last part of a request once they may."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.told: list[Message] = []

    async def receive(self) -> Message:
        await self.may_end.wait()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(self, message: Message) -> None:
        self.told.append(message)


def test_requests_that_do_not_end_keep_nobody_out_and_count_once_they_are_there() -> None:
    async def stalling() -> None:
        may_answer = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST":
                await Request(scope, receive).body()
            await may_answer.wait()
            await PlainTextResponse("done")(scope, receive, send)

        crowd = Crowd(app, PlainTextResponse("too many", 503), most=2)

        def ask(method: str) -> "tuple[Caller, asyncio.Task[None]]":
            scope = {"type": "http", "method": method, "path": API + CHANGES, "headers": []}
            caller = Caller()
            asked = crowd(scope, caller.receive, caller.send)
            return caller, asyncio.get_running_loop().create_task(asked)

        stalled = [ask("POST") for _ in range(5)]
        await asyncio.sleep(0)
        assert crowd.count == 0
        first = ask("GET")
        await asyncio.sleep(0)
        assert crowd.count == 1
        for caller, _ in stalled:
            caller.may_end.set()
        await asyncio.gather(*(task for _, task in stalled[1:]))
        assert [caller.told[0]["status"] for caller, _ in stalled[1:]] == [503] * 4
        assert crowd.count == 2
        may_answer.set()
        await asyncio.gather(first[1], stalled[0][1])
        assert [one.told[0]["status"] for one in (first[0], stalled[0][0])] == [200, 200]
        assert crowd.count == 0

    asyncio.run(stalling())
