"""Commands of operators, from whoever asks to the door that waits, over real sockets."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import select

from accessctl.errors import InputError
from accessctl.hub.commands import ANSWER_S, CommandOutcome, Commands, CommandState
from accessctl.hub.tables import JOURNAL
from accessctl.sync.feed_wire import COMMAND_S, MAX_COMMANDS, CommandAnswer, CommandKind
from tests.hub.waiting import LONG_S, waiting_door
from tests.patience import wait_for

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""


@pytest.fixture
def pool():
    with ThreadPoolExecutor(MAX_COMMANDS + 2) as made:
        yield made


def journalled(hub) -> list[tuple[str, dict]]:
    """What the journal tells of commands."""
    with hub.database.reading() as db:
        rows = db.execute(select(JOURNAL).order_by(JOURNAL.c.number)).all()
    return [(row.kind, json.loads(row.data)) for row in rows if row.kind.startswith("command_")]


def test_a_command_ends_the_wait_and_is_done_when_the_door_says_so(hub, joined, pool) -> None:
    with waiting_door(joined("front")) as front:
        wait = front.begin_wait(hub)
        sent = pool.submit(hub.commands.send, "front", CommandKind.UNLOCK, "", "Grace")
        (command,) = wait.result(LONG_S).commands
        assert (command.kind, command.operator) == (CommandKind.UNLOCK, "Grace")
        assert 0 < command.expires_in_s <= COMMAND_S
        # Before the door has heard of it, it is written down who asked.
        ((kind, told),) = journalled(hub)
        assert (kind, told["name"], told["operator"]) == ("command_asked", "front", "Grace")
        assert not sent.done()
        assert front.settle(command.nonce).status_code == 200
        assert sent.result(LONG_S) == CommandOutcome(
            CommandState.DONE, "front did it, and has it on record."
        )
    assert [kind for kind, _ in journalled(hub)] == ["command_asked", "command_done"]
    assert journalled(hub)[1][1]["nonce"] == command.nonce


@EMBEDDED
def test_a_door_that_refuses_says_why(hub, joined, pool) -> None:
    with waiting_door(joined("front")) as front:
        wait = front.begin_wait(hub)
        sent = pool.submit(hub.commands.send, "front", CommandKind.POSTURE, "locked_down", "Grace")
        (command,) = wait.result(LONG_S).commands
        front.settle(command.nonce, done=False, problem="The door stands open.")
        assert sent.result(LONG_S) == CommandOutcome(
            CommandState.REFUSED, "front refuses: The door stands open."
        )
    assert journalled(hub)[1][0] == "command_refused"


@EMBEDDED
def test_a_door_that_does_not_wait_never_gets_it(hub, joined, monkeypatch) -> None:
    monkeypatch.setattr("accessctl.hub.wait_api.WAIT_S", 0.05)
    with waiting_door(joined("front")) as front:
        outcome = hub.commands.send("front", CommandKind.UNLOCK, "", "Grace")
        assert outcome == CommandOutcome(CommandState.REFUSED, "front is not connected.")
        assert front.wait().commands == ()
    assert [kind for kind, _ in journalled(hub)] == ["command_asked", "command_refused"]


@EMBEDDED
def test_a_command_is_handed_over_once(hub, joined, pool) -> None:
    with waiting_door(joined("front")) as front, waiting_door(joined("back")) as back:
        waits = [front.begin_wait(hub), front.begin_wait(hub)]
        other = back.begin_wait(hub)
        sent = pool.submit(hub.commands.send, "front", CommandKind.UNLOCK, "", "Grace")
        got = wait_for(lambda: [one for one in waits if one.done()], "the answer")
        (command,) = got[0].result().commands
        assert back.settle(command.nonce).status_code == 400
        assert front.settle(command.nonce).status_code == 200
        assert front.settle(command.nonce).status_code == 400
        assert sent.result(LONG_S).state is CommandState.DONE
        assert [one.done() for one in (*waits, other)].count(True) == 1
        hub.waking.close()
        later = [one.result(LONG_S).commands for one in (*waits, other) if one is not got[0]]
        assert later == [(), ()]


class Moment:
    """Monotonic time that moves by hand, and the waits of a command, which move it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Connected:
    """A waking of which every door is connected."""

    is_closing = False

    def is_connected(self, door: str) -> bool:
        return True

    def wake(self, door: str | None) -> None:
        pass


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def commands(hub, joined, moment) -> Commands:
    joined("front")
    counted = iter(range(1, 1000))
    return Commands(
        hub.database,
        hub.doors,
        Connected(),
        hub.now,
        lambda count: next(counted).to_bytes(count, "big"),
        moment,
    )


@pytest.fixture
def door(hub, commands) -> str:
    return hub.doors.id_of("front")


def begun(pool, commands: Commands, hub, **what: object) -> "Future[CommandOutcome]":
    """A command that waits for its door."""
    asked = {"kind": CommandKind.UNLOCK, "value": "", "operator": "Grace", **what}
    before = len(commands._pending)
    sent = pool.submit(commands.send, "front", **asked)
    wait_for(lambda: len(commands._pending) > before, "the command")
    return sent


def passes(moment: Moment, commands: Commands, seconds: float) -> None:
    """The clock moves on, and whoever waits by it looks again."""
    moment.time += seconds
    for pending in list(commands._pending.values()):
        pending.settled.set()


@EMBEDDED
def test_what_is_not_fetched_in_its_time_is_not_handed_over(
    hub, commands, door, moment, pool
) -> None:
    sent = begun(pool, commands, hub)
    moment.time += COMMAND_S - 0.5
    assert commands.has_for(door)
    moment.time += 0.5
    assert not commands.has_for(door)
    assert commands.fetch(door) == ()
    passes(moment, commands, 0.0)
    assert sent.result(LONG_S).sentence == "front is not connected."


@EMBEDDED
def test_what_is_left_of_its_time_comes_with_it(hub, commands, door, moment, pool) -> None:
    sent = begun(pool, commands, hub)
    moment.time += 4.0
    (command,) = commands.fetch(door)
    assert command.expires_in_s == pytest.approx(COMMAND_S - 4.0)
    assert commands.fetch(door) == ()
    commands.settle(door, command.nonce, CommandAnswer(done=True))
    assert sent.result(LONG_S).state is CommandState.DONE


@EMBEDDED
def test_a_door_that_never_answers_leaves_it_open(hub, commands, door, moment, pool) -> None:
    sent = begun(pool, commands, hub)
    (command,) = commands.fetch(door)
    passes(moment, commands, COMMAND_S + ANSWER_S)
    assert sent.result(LONG_S).state is CommandState.UNANSWERED
    with pytest.raises(InputError, match="No such command"):
        commands.settle(door, command.nonce, CommandAnswer(done=True))
    assert [kind for kind, _ in journalled(hub)] == ["command_asked", "command_lost"]


@EMBEDDED
def test_of_too_many_at_once_the_rest_is_refused(hub, commands, door, moment, pool) -> None:
    sent = [begun(pool, commands, hub) for _ in range(MAX_COMMANDS)]
    assert commands.send("front", CommandKind.UNLOCK, "", "Grace").sentence.startswith("Too many")
    assert len(commands.fetch(door)) == MAX_COMMANDS
    passes(moment, commands, COMMAND_S + ANSWER_S)
    assert {one.result(LONG_S).state for one in sent} == {CommandState.UNANSWERED}
    assert commands._pending == {}


@EMBEDDED
@pytest.mark.parametrize(
    ("kind", "value", "operator"),
    [
        (CommandKind.UNLOCK, "twice", "Grace"),
        (CommandKind.POSTURE, "ajar", "Grace"),
        (CommandKind.POSTURE, "open_hours", "Grace"),
        (CommandKind.FACE_ENTRY, "maybe", "Grace"),
        (CommandKind.UNLOCK, "", ""),
        (CommandKind.UNLOCK, "", "Gra\nce"),
    ],
    ids=["value", "posture", "no time", "switch", "nobody", "unprintable"],
)
def test_what_no_door_understands_is_refused_before_it_is_asked(
    hub, commands, kind, value, operator
) -> None:
    with pytest.raises(InputError):
        commands.send("front", kind, value, operator)
    with pytest.raises(InputError, match="No door called 'side' has joined"):
        commands.send("side", CommandKind.UNLOCK, "", "Grace")
    assert journalled(hub) == []


@EMBEDDED
def test_a_hub_that_ends_hands_over_nothing_more(hub, joined) -> None:
    joined("front")
    threading.Thread(target=hub.waking.close).start()
    wait_for(lambda: hub.waking.is_closing, "the end")
    outcome = hub.commands.send("front", CommandKind.UNLOCK, "", "Grace")
    assert outcome.sentence == "front is not connected."
