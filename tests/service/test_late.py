import pytest

from accessctl.config import PolicyConfig
from accessctl.config.policy import AccessConfig
from accessctl.door.access_gate import AccessGate
from accessctl.errors import FaultError, InputError
from accessctl.service.late import COMMANDS, Late, door_handlers


def test_commands_that_come_too_early() -> None:
    late = Late()
    press, pin = late.handler("press"), late.handler("pin")
    with pytest.raises(FaultError, match="still starting"):
        press({})
    late.take({"press": lambda _: {"message": "Accepted."}})
    assert press({}) == {"message": "Accepted."}
    with pytest.raises(FaultError, match="no use for 'pin'"):
        pin({})


def test_a_door_answers_each_of_them() -> None:
    handlers = door_handlers(AccessGate(AccessConfig(), PolicyConfig()))
    assert sorted(handlers) == sorted(COMMANDS)
    for command, fields, said in (
        ("badge", {"number": "1"}, "reads no badges"),
        ("badge", {"number": 1}, "given as text"),
        ("badge-learn", {"ticket": "a" * 16}, "reads no badges"),
        ("badge-learn", {"ticket": "short"}, "hex digits"),
        ("badge-learn", {}, "hex digits"),
    ):
        with pytest.raises(InputError, match=said):
            handlers[command](fields)
