"""The hub's control socket: commands of another process on the hub's machine."""

import stat

import pytest

from accessctl.control.client import ask_hub
from accessctl.errors import FaultError, InputError
from accessctl.hub.operators import SOCKET, operator_socket
from accessctl.sync.feed_wire import CommandKind
from tests.hub.waiting import LONG_S, waiting_door
from tests.patience import wait_for

pytestmark = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
UNLOCK = {"door": "front", "do": "unlock", "value": "", "operator": "Grace"}


@pytest.fixture
def socket(hub):
    with operator_socket(hub):
        yield hub.config.folder / SOCKET


def outcome(socket, number: int) -> dict:
    return wait_for(
        lambda: (said := ask_hub(socket, "outcome", number=number))["state"] != "pending" and said,
        "the outcome",
    )


def test_a_command_is_begun_and_asked_for(hub, joined, socket) -> None:
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    with waiting_door(joined("front")) as front:
        wait = front.begin_wait(hub)
        number = ask_hub(socket, "command", **UNLOCK)["number"]
        assert ask_hub(socket, "outcome", number=number)["state"] == "pending"
        (command,) = wait.result(LONG_S).commands
        assert (command.kind, command.operator) == (CommandKind.UNLOCK, "Grace")
        front.settle(command.nonce)
        said = outcome(socket, number)
        assert said == {"state": "done", "sentence": "front did it, and has it on record."}
        with pytest.raises(InputError, match="No command has that number"):
            ask_hub(socket, "outcome", number=number)


def test_a_door_that_is_not_there_is_said_to_be(hub, joined, socket) -> None:
    joined("front")
    number = ask_hub(socket, "command", **UNLOCK)["number"]
    assert outcome(socket, number) == {"state": "refused", "sentence": "front is not connected."}
    number = ask_hub(socket, "command", **{**UNLOCK, "door": "side"})["number"]
    with pytest.raises(InputError, match="No door called 'side' has joined"):
        outcome(socket, number)


@pytest.mark.parametrize(
    ("command", "fields", "why"),
    [
        ("command", {**UNLOCK, "do": "explode"}, "No command is called 'explode'"),
        ("command", {**UNLOCK, "door": 1}, "The field 'door' is a text"),
        ("outcome", {}, "No command has that number"),
        ("outcome", {"number": True}, "No command has that number"),
        ("outcome", {"number": "1"}, "No command has that number"),
        ("status", {}, "This hub does not know 'status'; it knows command, outcome"),
    ],
    ids=["kind", "door", "no number", "truth", "text", "unknown"],
)
def test_nonsense_is_one_sentence(socket, command: str, fields: dict, why: str) -> None:
    with pytest.raises(InputError, match=why):
        ask_hub(socket, command, **fields)


def test_without_a_running_hub_it_is_one_sentence(hub) -> None:
    with pytest.raises(
        FaultError, match=r"No hub is running on .*start it with `accessctl hub run`"
    ):
        ask_hub(hub.config.folder / SOCKET, "command", **UNLOCK)


def test_two_hubs_do_not_share_a_folder(hub, socket) -> None:
    with (
        pytest.raises(FaultError, match=r"Another hub is running on .* or set hub.folder to"),
        operator_socket(hub),
    ):
        pass
