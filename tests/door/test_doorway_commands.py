from typing import Any

import pytest

from accessctl.domain import PersonRules, Posture
from accessctl.door.doorway_commands import command_from, doorway_handlers
from accessctl.door.doorway_gate import NO_DOORWAY, NoDoorway
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import InputError


class Desk(NoDoorway):
    """A doorway that takes every command, or refuses with a sentence."""

    def __init__(self, refuses: str | None = None) -> None:
        self.refuses = refuses
        self.commands: list[OperatorCommand] = []

    def command(self, command: OperatorCommand) -> str | None:
        self.commands.append(command)
        return self.refuses

    def report(self) -> dict[str, Any]:  # type: ignore[override]
        return {"state": "closed"}

    def objection(self, rules: PersonRules) -> None:
        return None


def test_a_command_is_read_from_a_request() -> None:
    request = {"do": "posture", "posture": "open_hours", "seconds": 60, "operator": "janitor"}
    assert command_from(request) == OperatorCommand(
        CommandVerb.POSTURE,
        "janitor",
        "control socket",
        posture=Posture.OPEN_HOURS,
        seconds=60.0,
    )


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"do": "explode"},
        {"do": 3},
        {"do": "posture", "posture": "ajar"},
        {"do": "posture", "posture": "open_hours", "seconds": "60"},
        {"do": "posture", "posture": "open_hours", "seconds": True},
        {"do": "face_entry", "on": "yes"},
        {"do": "open", "operator": "a\nb"},
        {"do": "open", "operator": "x" * 65},
    ],
)
def test_what_is_no_command_is_refused(request_: dict[str, object]) -> None:
    with pytest.raises(InputError):
        command_from(request_)


def test_a_report_commands_nothing() -> None:
    desk = Desk()
    assert doorway_handlers(desk)["doorway"]({}) == {"doorway": {"state": "closed"}}
    assert desk.commands == []


def test_a_command_is_answered_with_what_came_of_it() -> None:
    desk = Desk()
    answer = doorway_handlers(desk)["doorway"]({"do": "open", "operator": "janitor"})
    assert answer == {"doorway": {"state": "closed"}}
    assert [command.verb for command in desk.commands] == [CommandVerb.OPEN]
    with pytest.raises(InputError, match="not now"):
        doorway_handlers(Desk("not now"))["doorway"]({"do": "open"})


def test_without_a_doorway_there_is_nothing_to_ask() -> None:
    with pytest.raises(InputError, match="Nothing hangs on this door"):
        doorway_handlers(NO_DOORWAY)["doorway"]({})
