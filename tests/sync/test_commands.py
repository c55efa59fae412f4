"""What a door does of what operators at its hub ask: once, in time, as it may, and on record."""

from collections.abc import Callable, Iterator

import pytest

from accessctl.domain import Posture
from accessctl.door.doorway_gate import NO_DOORWAY, DoorwayGate
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import FaultError, HubError, InputError
from accessctl.sync.commands import NOT_KNOWN, HubOrders, is_taken, operator_command
from accessctl.sync.feed_wire import (
    COMMAND_S,
    CommandAnswer,
    CommandKind,
    FeedHead,
    HubCommand,
    Waited,
    as_received,
)
from tests.sync.commanded import CommandedDoor

HEAD = FeedHead(seq=0, time=0, signature="0" * 128)


def command(kind: str = CommandKind.UNLOCK, value: str = "", **more: object) -> HubCommand:
    said = {"nonce": "ab" * 16, "kind": kind, "operator": "Grace", "value": value}
    return HubCommand.model_validate({**said, "expires_in_s": COMMAND_S, **more})


def waited(*commands: HubCommand, held_s: float = 0.0) -> Waited:
    return Waited(changes=False, commands=commands, held_s=held_s, head=HEAD)


class Clock:
    """Seconds that move by so many at each look."""

    def __init__(self, *steps: float) -> None:
        self._steps = list(steps)
        self.time = 500.0

    def __call__(self) -> float:
        self.time += self._steps.pop(0) if self._steps else 0.0
        return self.time


@pytest.fixture
def door() -> CommandedDoor:
    return CommandedDoor()


@pytest.fixture
def gate(door: CommandedDoor) -> Iterator[DoorwayGate]:
    with door.opened() as opened:
        yield opened


@pytest.fixture
def answers() -> list[tuple[str, CommandAnswer]]:
    return []


@pytest.fixture
def orders(door, gate, answers) -> Callable[..., HubOrders]:
    def make(takes: str = "all", **more: object) -> HubOrders:
        def answer(nonce: str, said: CommandAnswer) -> None:
            answers.append((nonce, said))

        return HubOrders(takes, gate.command, door.log, answer, **more)

    return make


def test_the_record_names_the_operator_and_is_there_before_the_hub_is_told(
    door, gate, answers
) -> None:
    recorded: list[list] = []

    def answer(nonce: str, said: CommandAnswer) -> None:
        recorded.append(door.records("unlocked"))
        answers.append((nonce, said))

    HubOrders("all", gate.command, door.log, answer)(waited(command()))
    assert answers == [("ab" * 16, CommandAnswer(done=True))]
    ((record,),) = recorded
    assert (record["operator"], record["via"]) == ("Grace", "hub")
    assert door.lock.on is True


def test_the_same_command_again_is_refused_and_on_record(door, orders, answers) -> None:
    take = orders()
    for _ in range(2):
        take(waited(command()))
    assert [said.done for _, said in answers] == [True, False]
    assert answers[1][1].problem == "That command was heard before."
    assert len(door.records("unlocked")) == 1
    (refused,) = door.records("command_refused")
    assert (refused["why"], refused["operator"]) == ("repeated", "Grace")


@pytest.mark.parametrize(
    ("left_s", "took_s", "is_done"),
    [(10.0, 0.0, True), (2.0, 1.9, True), (2.0, 2.1, False), (0.1, 30.0, False)],
    ids=["at once", "just in time", "just too late", "long ago"],
)
def test_what_is_over_since_it_was_received_is_not_done(
    door, orders, answers, left_s: float, took_s: float, is_done: bool
) -> None:
    orders(clock=Clock(0.0, took_s))(waited(command(expires_in_s=left_s)))
    assert answers[0][1].done is is_done
    assert door.lock.on is is_done
    if not is_done:
        assert [record["why"] for record in door.records("command_refused")] == ["age"]


@pytest.mark.parametrize(
    ("took_s", "held_s", "left_s"),
    [(25.0, 25.0, 10.0), (25.5, 25.0, 9.5), (40.0, 25.0, -5.0), (1.0, 25.0, 10.0)],
    ids=["no time on the way", "half a second", "lay on its way", "a hub that counts wrong"],
)
def test_time_that_the_answer_lay_on_its_way_is_taken_off(
    took_s: float, held_s: float, left_s: float
) -> None:
    received = as_received(waited(command(), held_s=held_s), took_s)
    assert received.commands[0].expires_in_s == pytest.approx(left_s)


def test_a_command_that_lay_on_its_way_is_not_done(door, orders, answers) -> None:
    orders()(as_received(waited(command(), held_s=1.0), 12.0))
    assert not answers[0][1].done
    assert door.lock.on is False


@pytest.mark.parametrize(
    ("takes", "kind", "value", "is_done"),
    [
        ("none", CommandKind.POSTURE, "locked_down", False),
        ("none", CommandKind.UNLOCK, "", False),
        ("shutting", CommandKind.UNLOCK, "", False),
        ("shutting", CommandKind.POSTURE, "normal", False),
        ("shutting", CommandKind.POSTURE, "evacuation", False),
        ("shutting", CommandKind.FACE_ENTRY, "on", False),
        ("shutting", CommandKind.POSTURE, "locked_down", True),
        ("shutting", CommandKind.FACE_ENTRY, "off", True),
        ("all", CommandKind.POSTURE, "open_hours 60", True),
        ("all", CommandKind.FACE_ENTRY, "on", True),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_a_door_takes_what_its_owner_lets_it(
    door, orders, answers, takes: str, kind: CommandKind, value: str, is_done: bool
) -> None:
    orders(takes)(waited(command(kind, value)))
    assert answers[0][1].done is is_done
    refused = door.records("hub_refused")
    assert len(refused) == (0 if is_done else 1)
    if refused:
        assert (refused[0]["by"], refused[0]["command"]) == ("Grace", kind.value)
        assert "sync.commands" in refused[0]["why"]
        assert door.lock.on is False


def test_a_door_on_which_nothing_hangs_says_so(door, answers) -> None:
    answer = lambda nonce, said: answers.append((nonce, said))  # noqa: E731
    HubOrders("all", NO_DOORWAY.command, door.log, answer)(waited(command()))
    assert "Nothing hangs on this door" in answers[0][1].problem
    assert len(door.records("hub_refused")) == 1


@pytest.mark.parametrize("error", [HubError("away"), FaultError("left")], ids=["away", "left"])
def test_a_hub_that_cannot_be_told_does_not_stop_the_next_command(
    door, gate, error: Exception, caplog
) -> None:
    def answer(nonce: str, said: CommandAnswer) -> None:
        raise error

    both = command(), command(CommandKind.FACE_ENTRY, "off", nonce="cd" * 16)
    HubOrders("all", gate.command, door.log, answer)(waited(*both))
    assert len(door.records("unlocked")) == len(door.records("face_entry")) == 1
    assert caplog.text.count("was not told what became of its command") == 2


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (CommandKind.UNLOCK, "", (CommandVerb.OPEN, Posture.NORMAL, None, True)),
        (CommandKind.POSTURE, "normal", (CommandVerb.POSTURE, Posture.NORMAL, None, True)),
        (CommandKind.POSTURE, "release", (CommandVerb.RELEASE, Posture.NORMAL, None, True)),
        (
            CommandKind.POSTURE,
            "open_hours 90",
            (CommandVerb.POSTURE, Posture.OPEN_HOURS, 90.0, True),
        ),
        (CommandKind.FACE_ENTRY, "off", (CommandVerb.FACE_ENTRY, Posture.NORMAL, None, False)),
    ],
    ids=["unlock", "posture", "release", "hours", "face entry"],
)
def test_what_a_command_asks_of_the_doorway(kind, value, wanted) -> None:
    asked = operator_command(command(kind, value), 1.5)
    assert (asked.verb, asked.posture, asked.seconds, asked.on) == wanted
    assert (asked.by, asked.via, asked.age_s) == ("Grace", "hub", 1.5)
    assert asked.nonce == "hub " + "ab" * 16


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CommandKind.UNLOCK, "wide"),
        (CommandKind.POSTURE, ""),
        (CommandKind.POSTURE, "normal 5"),
        (CommandKind.POSTURE, "open_hours"),
        (CommandKind.POSTURE, "open_hours soon"),
        (CommandKind.POSTURE, "release 3"),
        (CommandKind.FACE_ENTRY, ""),
        (CommandKind.FACE_ENTRY, "ON"),
    ],
    ids=lambda value: str(value).replace(" ", "-") or "nothing",
)
def test_what_is_not_understood_is_refused(kind, value) -> None:
    with pytest.raises(InputError):
        operator_command(command(kind, value))


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e9"])
def test_hours_without_a_sensible_end_are_refused_by_the_doorway(
    door, orders, answers, seconds: str
) -> None:
    orders()(waited(command(CommandKind.POSTURE, f"open_hours {seconds}")))
    assert not answers[0][1].done
    assert door.lock.on is False
    assert door.records("posture") == []


def test_nothing_is_taken_that_is_not_named() -> None:
    assert not is_taken("none", OperatorCommand(CommandVerb.ACKNOWLEDGE, "Grace", "hub"))
    assert not is_taken("shutting", OperatorCommand(CommandVerb.RELEASE, "Grace", "hub"))


def test_a_command_of_a_newer_hub_is_refused_and_the_others_are_done(door, orders, answers) -> None:
    said = waited(command("doorbell"), command(nonce="cd" * 16))
    orders()(Waited.model_validate_json(said.model_dump_json()))
    assert answers == [
        ("ab" * 16, CommandAnswer(done=False, problem=NOT_KNOWN)),
        ("cd" * 16, CommandAnswer(done=True)),
    ]
    assert door.records("hub_refused")[0]["command"] == "doorbell"
    assert door.lock.on is True
