"""What operators at the hub's machine have doors do, and who is inside."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from accessctl.cli.doorway import operator
from accessctl.cli.hub_orders import PATIENCE_S, awaited
from accessctl.config import load_config
from accessctl.errors import FaultError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.commands import CommandOutcome, CommandState
from accessctl.hub.operators import OperatorSocket, operator_socket
from accessctl.hub.tables import CROSSING, DOOR, JOINED
from accessctl.sync.feed_wire import CommandKind
from tests.hub.made_tables import with_tables

DOOR_ID, ADA = "d" * 32, "a" * 32


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


class Asked:
    """In place of hub.commands: what it is asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, CommandKind, str, str]] = []
        self.outcome = CommandOutcome(CommandState.DONE, "It did it.")

    def send(self, door: str, kind: CommandKind, value: str, by: str) -> CommandOutcome:
        self.asked.append((door, kind, value, by))
        return self.outcome


@pytest.fixture
def asked(hub: Hub) -> Iterator[Asked]:
    made = Asked()
    with operator_socket(SimpleNamespace(config=hub.config, commands=made)):
        yield made


@pytest.mark.parametrize(
    ("words", "kind", "value"),
    [
        (["unlock", "front"], CommandKind.UNLOCK, ""),
        (["posture", "front", "locked_down"], CommandKind.POSTURE, "locked_down"),
        (["posture", "front", "release"], CommandKind.POSTURE, "release"),
        (["posture", "front", "open_hours", "--for", "30"], CommandKind.POSTURE, "open_hours 1800"),
        (["face-entry", "front", "off"], CommandKind.FACE_ENTRY, "off"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_a_command_goes_to_the_running_hub_with_who_typed_it(
    site, asked: Asked, words: list[str], kind: CommandKind, value: str
) -> None:
    said = site("hub", *words)
    assert (said.code, said.out, said.err) == (0, "It did it.\n", "")
    assert asked.asked == [("front", kind, value, operator(os.environ, os.geteuid()))]


@pytest.mark.parametrize(
    ("state", "code"), [(CommandState.REFUSED, 2), (CommandState.UNANSWERED, 1)], ids=str
)
def test_what_was_not_done_is_said_and_ends_otherwise(site, asked: Asked, state, code) -> None:
    asked.outcome = CommandOutcome(state, "front is not connected.")
    said = site("hub", "unlock", "front")
    assert (said.code, said.out) == (code, "")
    assert "front is not connected." in said.err


@pytest.mark.parametrize(
    "words",
    [["open_hours"], ["normal", "--for", "5"]],
    ids=["hours without an end", "an end without hours"],
)
def test_how_long_goes_with_open_hours_alone(site, asked: Asked, words: list[str]) -> None:
    said = site("hub", "posture", "front", *words)
    assert said.code == 2
    assert "open_hours goes with --for MINUTES" in said.err
    assert asked.asked == []


def test_without_a_running_hub_it_ends_with_1(site) -> None:
    said = site("hub", "unlock", "front")
    assert said.code == 1
    assert "start it with `accessctl hub run`" in said.err


def test_a_hub_that_never_says_is_not_waited_for_for_ever() -> None:
    time = [0.0]

    def pause(seconds: float) -> None:
        time[0] += seconds

    with pytest.raises(FaultError, match="does not say what became of it"):
        awaited(lambda: ("pending", ""), lambda: time[0], pause)
    assert time[0] == pytest.approx(PATIENCE_S, abs=0.2)


def test_outcomes_that_nobody_asks_for_are_forgotten() -> None:
    with ExitStack() as stack:
        desk = OperatorSocket(Asked())
        stack.callback(desk.close)
        request = {"door": "front", "do": "unlock", "value": "", "operator": "Grace"}
        for number in range(1, 201):
            assert desk.command(request)["number"] == number
            assert desk._begun[number].result(PATIENCE_S).state is CommandState.DONE
        assert len(desk._begun) == 64
        assert desk.outcome({"number": 200})["state"] == "done"


def test_who_is_inside_by_all_doors(site, hub: Hub) -> None:
    assert site("hub", "inside").out.startswith("Nobody went in")
    with hub.database.writing() as db:
        db.execute(DOOR.insert().values(id=DOOR_ID, name="front", state=JOINED, joined=0.0))
        db.execute(
            CROSSING.insert().values(
                number=1, door=DOOR_ID, area="lab", person=ADA, way="in", time=hub.now() - 90
            )
        )
    (told,) = [json.loads(one) for one in site("hub", "inside", "--json").out.splitlines()]
    assert (told["area"], told["person"], told["id"]) == ("lab", None, ADA)
    assert 90 <= told["since_s"] < 150
    assert "lab   (removed)  00:01:" in site("hub", "inside", "--area", "lab").out
    assert site("hub", "inside", "--area", "office").out.startswith("Nobody went in")


def test_where_there_is_no_hub_nobody_is_inside(site) -> None:
    said = site("hub", "inside")
    assert said.code == 2
    assert "There is no hub in " in said.err
    assert not Path(site.folder / "state" / "hub").exists()
