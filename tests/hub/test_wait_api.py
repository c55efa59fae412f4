"""Waits of doors over real sockets: what ends them, what they cost, and who may wait."""

import asyncio
import ssl
import threading
from contextlib import ExitStack, suppress

import httpx
import pytest
from sqlalchemy import event

from accessctl.hub.pass_rows import tell_doors
from accessctl.hub.wait_api import WAIT_S, Awaited, DoorWait
from accessctl.hub.waking import Handed, Newest
from accessctl.policy.retrying import EARLIEST
from accessctl.sync.client import BY_NAME
from accessctl.sync.feed_wire import WAIT, Waited, head_of_feed
from accessctl.sync.identity import pinned
from accessctl.sync.wire import API, HUB_NAME
from tests.hub.conftest import START_S, serving
from tests.hub.feeding import enrol, scope, told_of
from tests.hub.waiting import LONG_S, waiting_door, waits_at
from tests.patience import wait_for

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""
WAITS = 500


@pytest.fixture
def held_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait ends by itself while a test goes on, however slow the machine is."""
    monkeypatch.setattr("accessctl.hub.wait_api.WAIT_S", 10 * LONG_S)


@EMBEDDED
def test_a_wait_for_nothing_ends_by_itself_and_says_how_far_the_feed_is(
    hub, joined, monkeypatch
) -> None:
    monkeypatch.setattr("accessctl.hub.wait_api.WAIT_S", 0.05)
    with waiting_door(joined("front")) as front:
        said = front.wait(after=hub.waking.newest.seq)
        assert not said.changes
        assert (said.commands, said.live, said.crossings) == ((), False, ())
        assert 0.05 * EARLIEST <= said.held_s < LONG_S
        key = front.door.member.hub.receipts
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = head_of_feed(front.id, said.head.seq, said.head.time)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    public.verify(bytes.fromhex(said.head.signature), signed)


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_a_door_that_has_more_than_the_hub_is_told_to_ask(hub, joined) -> None:
    with waiting_door(joined("front")) as front:
        said = front.wait(after=hub.waking.newest.seq + 5)
        assert said.changes
        assert said.held_s < LONG_S


def caught_up(hub, front) -> int:
    """The number of the feed, which that door has been told of."""
    return hub.door_feed.changes_after(front.id, 0).head.seq


def test_a_change_comes_with_the_answer_to_the_wait(hub, joined) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:
        seq = caught_up(hub, front)
        waits = front.begin_wait(hub, after=seq), back.begin_wait(hub, after=seq)
        grace = enrol(hub, "Grace")
        said, other = (wait.result(LONG_S) for wait in waits)
        assert (said.changes, other.changes) == (True, True)
        (change,) = said.handed
        assert (change.subject, change.seq) == (grace, said.head.seq)
        front.door.member.check_head(said.head)
        assert told_of(hub, front.id) == said.head.seq
        # The hub has never told the other door how far that is: it has to begin anew.
        assert other.handed is None
        # Somebody removed is gone with the answer, too.
        wait = front.begin_wait(hub, after=said.head.seq)
        hub.people.remove("Grace")
        (change,) = wait.result(LONG_S).handed
        assert (change.subject, change.removed, change.sealed) == (grace, True, None)
        # Whoever comes too late for that asks.
        assert front.wait(after=said.head.seq).handed is None


@EMBEDDED
def test_what_was_handed_up_to_another_number_is_not_told(hub, joined) -> None:
    with waiting_door(joined("front")) as front:
        seq = caught_up(hub, front)
        wait = front.begin_wait(hub, after=seq)
        (waiter,) = hub.waking._waiters[front.id]
        # The next look has seen more, and has not handed it out.
        waiter.handed = Handed(seq + 1, ())
        hub.waking.newest = Newest(seq + 2)
        hub.waking.wake(front.id)
        said = wait.result(LONG_S)
        assert (said.changes, said.handed, said.head.seq) == (True, None, seq + 2)


@EMBEDDED
def test_a_door_hears_of_what_is_none_of_its_own_when_its_wait_is_over(hub, joined) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:
        seq = caught_up(hub, front)
        caught_up(hub, back)
        waits = front.begin_wait(hub, after=seq), back.begin_wait(hub, after=seq)
        hub.site.set_setting(front.id, "policy.cooldown_s", 9.0, "operator")
        said = waits[0].result(LONG_S)
        assert [change.subject for change in said.handed] == ["settings"]
        assert not waits[1].done()

        async def looked_at() -> Waited:
            with hub.live.watch(back.id, "Grace"):
                return await asyncio.to_thread(waits[1].result, LONG_S)

        over = asyncio.run(looked_at())
        assert (over.changes, over.handed, over.head.seq) == (True, (), seq + 1)


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_a_door_does_not_ask_for_what_its_release_does_not_know(hub, joined) -> None:
    with waiting_door(joined("front")) as front:
        enrol(hub, "Grace")
        seq = caught_up(hub, front)
        with hub.database.writing() as db:
            tell_doors(db, hub.feed)
        hub.waking.look()
        # One that knows them hears of it at once, one of an earlier release waits on.
        knowing = front.wait(after=seq, knows=["passes", "doorbells"])
        assert (knowing.changes, knowing.head.seq) == (True, seq + 1)
        other = front.begin_wait(hub, after=seq)
        assert not other.done()
        hub.people.rename("Grace", "Grace H")
        said = other.result(LONG_S)
        assert (said.changes, said.head.seq) == (True, seq + 2)
        # It has to begin anew, which nobody else is told of.
        scope(hub, front.id, ["staff"])
        hub.waking.look()
        assert front.wait(after=seq + 2).changes


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_a_door_does_not_ask_for_what_was_said_to_others(hub, joined) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:
        seq = caught_up(hub, front)
        hub.site.set_setting(back.id, "policy.cooldown_s", 9.0, "operator")
        hub.waking.look()
        wait = front.begin_wait(hub, after=seq)
        assert not wait.done()
        enrol(hub, "Grace")
        assert wait.result(LONG_S).changes


def test_a_door_that_is_revoked_is_let_go_at_once(hub, joined) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:
        seq = hub.waking.newest.seq
        said: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: said.append(front.ask("GET", WAIT, params={"after": seq}))
        )
        asking.start()
        wait_for(lambda: waits_at(hub, front.id), "the wait")
        other = back.begin_wait(hub, after=seq)
        hub.doors.revoke("front")
        asking.join(START_S)
        assert said[0].status_code == 401
        assert "does not count, or no more" in said[0].json()["problem"]
        assert not other.done()
        hub.waking.close()


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_the_end_of_the_hub_answers_all_who_wait(hub, joined_at) -> None:
    with ExitStack() as doors:
        with serving(hub) as address:
            front = doors.enter_context(waiting_door(joined_at(address, "front")))
            wait = front.begin_wait(hub, after=hub.waking.newest.seq)
        said = wait.result(0)
        assert not said.changes
        assert said.held_s < 2 * LONG_S


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_a_door_that_hangs_up_is_forgotten_and_handed_nothing(hub, joined) -> None:
    front = joined("front")

    async def hang_up() -> None:
        wait = asyncio.ensure_future(
            held_wait(front.url, front.member.tls(), hub.waking.newest.seq)
        )
        while not waits_at(hub, front.member.door):
            await asyncio.sleep(0.01)
        wait.cancel()
        while waits_at(hub, front.member.door):
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(hang_up(), LONG_S))


@EMBEDDED
def test_without_a_certificate_nobody_waits(hub, url: str) -> None:
    with httpx.Client(verify=pinned(hub.authority.pem)) as anybody:
        for method, path in (("GET", "/wait?after=0"), ("POST", "/picture")):
            said = anybody.request(method, url + API + path, json={}, extensions=BY_NAME)
            assert said.status_code == 401


@EMBEDDED
@pytest.mark.parametrize(
    "what",
    [
        "",
        "after=-1",
        "after=x",
        "after=0&crossing=-1",
        "after=0&area=" + "a" * 65,
        "after=0&live=2",
    ],
    ids=["nothing", "negative", "word", "crossing", "area", "live"],
)
def test_a_wait_that_is_not_understood_is_one_sentence(hub, joined, what: str) -> None:
    with waiting_door(joined("front")) as front:
        said = front.ask("GET", f"{WAIT}?{what}")
        assert said.status_code == 400
        assert said.json()["problem"].startswith("The request is not understood: ")


async def held_wait(url: str, context: ssl.SSLContext, seq: int) -> Waited:
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname=HUB_NAME, ssl_handshake_timeout=LONG_S
    )
    asked = f"GET {API}{WAIT}?after={seq} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n"
    writer.write(asked.encode())
    try:
        said = await reader.read()
    finally:
        writer.close()
        # Else it is open still when the loop ends.
        with suppress(OSError):
            await writer.wait_closed()
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return Waited.model_validate_json(body)


@EMBEDDED
@pytest.mark.usefixtures("held_long")
def test_five_hundred_waits_cost_neither_threads_nor_queries(hub, joined) -> None:
    front = joined("front")
    statements: list[str] = []
    event.listen(
        hub.database._engine, "before_cursor_execute", lambda *what: statements.append(what[2])
    )
    context = front.member.tls()
    seq = hub.waking.newest.seq
    there_already = threading.active_count()

    async def all_of_them() -> list[Waited]:
        waits = [asyncio.ensure_future(held_wait(front.url, context, seq)) for _ in range(WAITS)]
        while waits_at(hub, front.member.door) < WAITS:
            assert not any(wait.done() for wait in waits)
            await asyncio.sleep(0.01)
        before, threads = len(statements), threading.active_count()
        await asyncio.sleep(1.0)
        # The look that backs up what nobody told of takes a few, however many wait.
        assert len(statements) - before < 10
        assert threading.active_count() <= threads
        assert threads - there_already < 60
        with hub.live.watch(front.member.door, "Grace"):
            return await asyncio.wait_for(asyncio.gather(*waits), LONG_S)

    said = asyncio.run(all_of_them())
    assert len(said) == WAITS
    assert all(one.live for one in said)
    assert waits_at(hub, front.member.door) == 0


@EMBEDDED
def test_of_many_doors_that_are_ahead_the_database_is_asked_once_for_all(hub) -> None:
    """Each look reads which doors count: one for each of a thousand would be a million rows."""
    statements: list[str] = []

    event.listen(
        hub.database._engine, "before_cursor_execute", lambda *what: statements.append(what[2])
    )

    async def waiting() -> list[Waited]:
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waits = [DoorWait(hub, f"{one:032x}", Awaited(9), gone) for one in range(WAITS)]
        with hub.waking._looking:
            answers = [asyncio.ensure_future(wait.answer()) for wait in waits]
            # All have asked, and the first look waits for its turn.
            await asyncio.sleep(0)
        return await asyncio.wait_for(asyncio.gather(*answers), LONG_S)

    said = asyncio.run(waiting())
    assert all(one.changes for one in said)
    looks = [one for one in statements if "state" in one]
    assert 1 <= len(looks) <= 2


@EMBEDDED
@pytest.mark.parametrize(("drawn", "lasts_s"), [(0.0, 20.0), (0.5, 22.5), (1.0, WAIT_S)])
def test_each_wait_ends_at_a_moment_of_its_own(hub, drawn: float, lasts_s: float) -> None:
    async def lasting() -> float:
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        times = iter([1000.0, 1000.0 + lasts_s - 0.001, 1000.0 + lasts_s, 1000.0 + lasts_s])
        wait = DoorWait(
            hub, "d" * 32, Awaited(0), gone, monotonic=lambda: next(times), draw=lambda: drawn
        )
        return (await wait.answer()).held_s

    assert asyncio.run(lasting()) == lasts_s
