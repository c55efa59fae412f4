import asyncio

from starlette.types import Receive, Scope, Send

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
