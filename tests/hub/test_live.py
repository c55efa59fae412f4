"""Pictures of a door for those who look, over real sockets."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from accessctl.errors import InputError
from accessctl.hub.live import (
    LOOKS_EACH,
    MOST_LOOKS,
    LookReplacedError,
    SeenPicture,
    Viewer,
)
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
            with hub.live.watch(door, "Grace") as viewer:
                said = await asyncio.wrap_future(wait)
                assert said.live
                assert await asyncio.to_thread(show, 1)
                seen = await viewer.next(LONG_S)
                assert seen == SeenPicture(1001.0, JPEG, (FACE,))
                # Whoever comes later has the newest one at once.
                with hub.live.watch(door, "Grace") as other:
                    assert await other.next(LONG_S) == seen
                assert await asyncio.to_thread(show, 2)
                assert await asyncio.to_thread(show, 3)
                while (seen := await viewer.next(LONG_S)).time != 1003.0:
                    pass
                assert await viewer.next(0.01) is None
            assert not await asyncio.to_thread(show, 4)
            with hub.live.watch(door, "Grace") as viewer:
                assert await viewer.next(0.01) is None

        run(work)
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "watched")).scalars().all()
    assert [json.loads(one)["operator"] for one in told] == ["Grace"]


def test_a_door_that_sends_hears_by_its_wait_that_nobody_looks(hub, joined) -> None:
    with waiting_door(joined("front")) as front:

        async def work() -> None:
            with hub.live.watch(front.id, "Grace"):
                wait = front.begin_wait(hub, live=True)
                await asyncio.sleep(0)
                assert not wait.done()
            assert not (await asyncio.wrap_future(wait)).live

        run(work)


def test_a_door_that_never_sends_is_not_answered_over_and_over(hub, joined, monkeypatch) -> None:
    monkeypatch.setattr("accessctl.hub.wait_api.WAIT_S", 0.05)
    with waiting_door(joined("front")) as front:

        async def work() -> None:
            with hub.live.watch(front.id, "Grace"):
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
            with hub.live.watch(front.id, "Grace") as viewer:
                sent = await asyncio.to_thread(back.ask, "POST", PICTURE, json=picture())
                assert sent.json() == {"live": False}
                assert await viewer.next(0.01) is None
            assert hub.live._newest == {}

        run(work)


def looking(hub, stack: ExitStack, door: str, operator: str, count: int) -> list[Viewer]:
    return [stack.enter_context(hub.live.watch(door, operator)) for _ in range(count)]


def test_only_so_many_looks_are_there_at_once(hub, joined) -> None:
    joined("front")
    door = hub.doors.id_of("front")

    async def work() -> None:
        with ExitStack() as stack:
            for one in range(0, MOST_LOOKS - LOOKS_EACH, LOOKS_EACH):
                looking(hub, stack, door, f"operator {one}", LOOKS_EACH)
            left = MOST_LOOKS - len(hub.live._viewers)
            with ExitStack() as others:
                looking(hub, others, door, "Ada", left)
                with pytest.raises(InputError, match="live pictures are looked at already"):
                    hub.live.watch(door, "Grace").__enter__()
                before = watched(hub)
                with pytest.raises(InputError, match="live pictures are looked at already"):
                    hub.live.begin("front", "Grace")
                # A look that was refused is not on record as one.
                assert watched(hub) == before
            looking(hub, stack, door, "Grace", 1)
        assert not hub.live.is_watched(door)

    run(work)


def test_the_newest_look_of_an_operator_takes_the_place_of_their_oldest(hub, joined) -> None:
    joined("front")
    joined("back")
    front, back = map(hub.doors.id_of, ("front", "back"))

    async def work() -> None:
        with ExitStack() as stack:
            (oldest,) = looking(hub, stack, back, "Ada", 1)
            (others,) = looking(hub, stack, front, "Grace", 1)
            rest = looking(hub, stack, front, "Ada", LOOKS_EACH - 1)
            assert hub.live.is_watched(back)
            hub.live.begin("front", "Ada")
            (newest,) = looking(hub, stack, front, "Ada", 1)
            with pytest.raises(LookReplacedError):
                await oldest.next(LONG_S)
            assert not hub.live.is_watched(back)
            # Nobody else's gave way, and no other of theirs.
            said = LivePicture.model_validate(picture(1))
            assert await asyncio.to_thread(hub.live.show, front, said)
            for viewer in (others, newest, *rest):
                assert await viewer.next(LONG_S) == SeenPicture(1001.0, JPEG, (FACE,))
        assert not hub.live.is_watched(front)

    run(work)


def watched(hub) -> int:
    """How many looks are on record."""
    with hub.database.reading() as db:
        return len(db.execute(select(JOURNAL).where(JOURNAL.c.kind == "watched")).all())


def test_nobody_looks_at_a_door_that_is_none(hub) -> None:
    with pytest.raises(InputError, match="No door called 'side' has joined"):
        hub.live.begin("side", "Grace")
