"""From a hub's command to the photo that the hub can open, with a hub in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.errors import FaultError
from accessctl.sync.commands import EnrolmentOrder, HubOrders
from accessctl.sync.fake import FakeHub
from accessctl.sync.feed_wire import CommandAnswer, CommandKind, WaitBeside
from accessctl.sync.shot_wire import EnrolmentStep, ShotTaken
from accessctl.sync.shots import ShotLine

JPEG = b"\xff\xd8\xff a photo \xff\xd9"


class Line:
    """Straight to that hub."""

    def __init__(self, hub: FakeHub) -> None:
        self._hub = hub

    def ask(self, what: Callable[[FakeHub], None]) -> None:
        what(self._hub)


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def line(hub: FakeHub, tmp_path: Path) -> ShotLine:
    return ShotLine(Line(hub), tmp_path, lambda _: hub)


def never(_command: object) -> None:
    raise AssertionError("the doorway was asked")


def orders(hub: FakeHub, takes: str, enrol: Callable[[EnrolmentOrder], object]) -> HubOrders:
    return HubOrders(takes, never, MemoryLog(), hub.settle, enrol)


@pytest.mark.parametrize("takes", ["shutting", "all"])
def test_a_photo_is_sealed_for_the_hub_alone_under_its_own_command(
    hub: FakeHub, line: ShotLine, takes: str
) -> None:
    first, second = (hub.command(CommandKind.ENROLMENT, step) for step in ("front", "left"))
    asked: list[EnrolmentOrder] = []

    def enrol(order: EnrolmentOrder) -> None:
        asked.append(order)
        line.give(order.nonce, "", JPEG)

    orders(hub, takes, enrol)(hub.wait(0, WaitBeside()))
    assert [(one.step, one.by) for one in asked] == [
        (EnrolmentStep.FRONT, "Grace"),
        (EnrolmentStep.LEFT, "Grace"),
    ]
    assert hub.pictures == {first: JPEG, second: JPEG}
    assert hub.wait(0, WaitBeside()).commands == ()


def test_what_is_wrong_goes_without_a_photo(hub: FakeHub, line: ShotLine) -> None:
    nonce = hub.command(CommandKind.ENROLMENT, "front")
    line.give(nonce, "too_dark", None)
    assert (hub.faults, hub.pictures) == ({nonce: "too_dark"}, {})


@pytest.mark.parametrize(("takes", "step"), [("none", "front"), ("all", "back"), ("all", "")])
def test_what_is_not_taken_or_not_understood_is_refused(
    hub: FakeHub, takes: str, step: str
) -> None:
    nonce = hub.command(CommandKind.ENROLMENT, step)
    orders(hub, takes, never)(hub.wait(0, WaitBeside()))
    assert not hub.settled[nonce].done


def test_a_door_that_shows_no_pictures_refuses(hub: FakeHub) -> None:
    log, nonce = MemoryLog(), hub.command(CommandKind.ENROLMENT, "begin")
    HubOrders("all", never, log, hub.settle)(hub.wait(0, WaitBeside()))
    assert "sync.live and sync.commands" in hub.settled[nonce].problem
    ((_, event),) = log.query()
    assert (event.data["state"], event.data["by"]) == ("hub_refused", "Grace")


def test_a_door_that_has_left_its_hub_gives_nothing(hub: FakeHub, tmp_path: Path) -> None:
    gone = ShotLine(Line(hub), tmp_path, lambda _: None)
    with pytest.raises(FaultError, match="has just left its hub"):
        gone.give("1" * 32, "", JPEG)
    gone.settle("1" * 32, CommandAnswer(done=True))
    assert hub.settled["1" * 32].done


def test_a_fault_is_one_word() -> None:
    with pytest.raises(ValueError, match="fault"):
        ShotTaken(fault="The face is too dark.")
