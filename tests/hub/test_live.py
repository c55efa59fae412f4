"""Pictures of a door for those who look, over real sockets."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from accessctl.errors import InputError
from accessctl.hub.live import MOST_VIEWERS, SeenPicture
from accessctl.hub.tables import JOURNAL
from accessctl.policy.retrying import EARLIEST
from accessctl.sync.feed_wire import PICTURE, LiveFace, LivePicture
from tests.hub.waiting import LONG_S, waiting_door

pytestmark = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
JPEG = b"\xff\xd8\xff\xe0 picture \xff\xd9"
FACE = LiveFace(x=0.1, y=0.2, w=0.3, h=0.4, person="a" * 32, state="granted: matched")


def picture(number: int = 0, jpeg: bytes = JPEG) -> dict:
    text = base64.b64encode(jpeg).decode()
    return LivePicture(time=1000.0 + number, jpeg=text, faces=(FACE,)).model_dump()


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), LONG_S))


def test_a_door_sends_while_somebody_looks_and_hears_when_nobody_does(hub, joined) -> None:
    with waiting_door(joined("front")) as front:
        wait = front.begin_wait(hub, live=False)

        def show(number: int) -> bool:
            return front.ask("POST", PICTURE, json=picture(number)).json()["live"]

        async def work() -> None:
            door = await asyncio.to_thread(hub.live.begin, "front", "Grace")
            with hub.live.watch(door) as viewer:
                said = await asyncio.wrap_future(wait)
                assert said.live
                assert await asyncio.to_thread(show, 1)
                seen = await viewer.next(LONG_S)
                assert seen == SeenPicture(1001.0, JPEG, (FACE,))
                # Whoever comes later has the newest one at once.
                with hub.live.watch(door) as other:
                    assert await other.next(LONG_S) == seen
                assert await asyncio.to_thread(show, 2)
                assert await asyncio.to_thread(show, 3)
                while (seen := await viewer.next(LONG_S)).time != 1003.0:
                    pass
                assert await viewer.next(0.01) is None
            assert not await asyncio.to_thread(show, 4)
            with hub.live.watch(door) as viewer:
                assert await viewer.next(0.01) is None

        run(work)
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "watched")).scalars().all()
    assert [json.loads(one)["operator"] for one in told] == ["Grace"]


def test_a_door_that_sends_hears_by_its_wait_that_nobody_looks(hub, joined) -> None:
    with waiting_door(joined("front")) as front:

        async def work() -> None:
            with hub.live.watch(front.id):
                wait = front.begin_wait(hub, live=True)
                await asyncio.sleep(0)
                assert not wait.done()
            assert not (await asyncio.wrap_future(wait)).live

        run(work)


def test_a_door_that_never_sends_is_not_answered_over_and_over(hub, joined, monkeypatch) -> None:
    monkeypatch.setattr("accessctl.hub.wait_api.WAIT_S", 0.05)
    with waiting_door(joined("front")) as front:

        async def work() -> None:
            with hub.live.watch(front.id):
                said = await asyncio.to_thread(front.wait)
                assert said.live
                assert said.held_s >= 0.05 * EARLIEST

        run(work)


@pytest.mark.parametrize(
    "said",
    [
        picture(jpeg=b"GIF89a"),
        picture(jpeg=JPEG[:-1]),
        {**picture(), "jpeg": "?"},
        {**picture(), "jpeg": "A" * (256 * 1024 + 4)},
        {**picture(), "faces": [FACE.model_dump()] * 33},
        {**picture(), "faces": [{**FACE.model_dump(), "person": "Grace"}]},
        {**picture(), "more": 1},
    ],
    ids=["no JPEG", "cut off", "no base64", "too large", "faces", "name", "more"],
)
def test_what_is_no_picture_is_refused(hub, joined, said: dict) -> None:
    with waiting_door(joined("front")) as front:
        assert front.ask("POST", PICTURE, json=said).status_code == 400
        assert hub.live._newest == {}


def test_pictures_of_a_door_that_nobody_looks_at_are_not_kept(hub, joined) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:

        async def work() -> None:
            with hub.live.watch(front.id) as viewer:
                sent = await asyncio.to_thread(back.ask, "POST", PICTURE, json=picture())
                assert sent.json() == {"live": False}
                assert await viewer.next(0.01) is None
            assert hub.live._newest == {}

        run(work)


def test_only_so_many_look_at_once(hub, joined) -> None:
    joined("front")
    door = hub.doors.id_of("front")

    async def work() -> None:
        watches = [hub.live.watch(door) for _ in range(MOST_VIEWERS)]
        for watch in watches:
            watch.__enter__()
        with pytest.raises(InputError, match="look at doors already"):
            hub.live.watch(door).__enter__()
        watches.pop().__exit__(None, None, None)
        with hub.live.watch(door):
            pass
        for watch in watches:
            watch.__exit__(None, None, None)
        assert not hub.live.is_watched(door)

    run(work)


def test_nobody_looks_at_a_door_that_is_none(hub) -> None:
    with pytest.raises(InputError, match="No door called 'side' has joined"):
        hub.live.begin("side", "Grace")
