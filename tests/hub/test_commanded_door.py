"""A hub and a door with its lock, its waiting thread and its camera's pictures, all of it real."""

import asyncio
import base64
from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.config import Config
from accessctl.hub.commands import CommandState
from accessctl.service.site_desk import SiteDesk
from accessctl.sync.client import DoorClient
from accessctl.sync.feed_link import HubWaiting
from accessctl.sync.feed_wire import CommandKind
from tests.hub.test_crossings import ADA, granted
from tests.hub.waiting import LONG_S, write_events
from tests.patience import wait_for
from tests.sync.commanded import CommandedDoor

pytestmark = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


class Link:
    """The feed's own link, of a door that has all there is."""

    def __init__(self, hub, door) -> None:
        self._hub = hub
        self._door = door

    @property
    def position(self) -> int:
        return self._hub.waking.newest.seq

    def dialled(self) -> tuple[DoorClient, object]:
        member = self._door.member
        return DoorClient(self._door.url, member, self._hub.now()), member

    def waited(self, waited: object, after: int) -> None:
        pass


@pytest.fixture
def front(joined):
    return joined("front")


@pytest.fixture
def door() -> CommandedDoor:
    return CommandedDoor()


def configured(front, **sync: object) -> Config:
    return Config.model_validate(
        {
            "sync": {"hub": front.url, "folder": front.folder, **sync},
            "access": {"direction": "in", "area": "lab"},
        }
    )


@pytest.fixture
def desk(hub, front, door, request):
    """Of a door that waits at the hub, as its configuration says."""
    config = configured(front, **request.param)
    made = SiteDesk.of(config)
    with door.opened() as gate:
        session = SimpleNamespace(door=SimpleNamespace(gate=SimpleNamespace(doorway=gate)))
        with (
            made.opened(config, session, door.log),
            HubWaiting(Link(hub, front), made.listeners, made.asked),
        ):
            wait_for(lambda: hub.waking.is_connected(front.member.door), "the first wait")
            yield made
            # The thread need not wait out its wait.
            hub.waking.close()


ALL = pytest.mark.parametrize("desk", [{"commands": "all", "live": True}], indirect=True)
NOTHING = pytest.mark.parametrize("desk", [{}], indirect=True)


@ALL
def test_an_operator_opens_the_door_and_its_record_names_them(hub, door, desk) -> None:
    outcome = hub.commands.send("front", CommandKind.UNLOCK, "", "Grace")
    assert outcome.state is CommandState.DONE, outcome
    assert door.lock.on is True
    (record,) = door.records("unlocked")
    assert (record["operator"], record["via"]) == ("Grace", "hub")
    outcome = hub.commands.send("front", CommandKind.POSTURE, "locked_down", "Grace")
    assert outcome.state is CommandState.DONE, outcome
    assert door.records("posture")[0]["posture"] == "locked_down"
    outcome = hub.commands.send("front", CommandKind.POSTURE, "release", "Grace")
    assert outcome.sentence == "front refuses: The door is not set to evacuation."


@NOTHING
def test_a_door_whose_owner_said_nothing_does_nothing(hub, door, desk) -> None:
    outcome = hub.commands.send("front", CommandKind.UNLOCK, "", "Grace")
    assert outcome.state is CommandState.REFUSED
    assert "see sync.commands" in outcome.sentence
    assert door.lock.on is False
    assert door.records("hub_refused")[0]["by"] == "Grace"
    assert desk.asked().live is None


@NOTHING
def test_a_crossing_at_another_door_comes_to_this_one(hub, joined, desk, clock) -> None:
    back = joined("back")
    write_events(back, granted(clock.time - 5, ADA, "in", "w1"))
    found = wait_for(lambda: desk.crossings.latest(ADA, "lab"), "the crossing")
    assert found.way == "in"
    assert desk.report() == {"alone": False, "watched": False}


@ALL
def test_who_looks_at_the_hub_sees_what_the_camera_sees(hub, front, desk) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    frame, step = SimpleNamespace(image=image), SimpleNamespace(faces=())

    async def look() -> bytes:
        with hub.live.watch(front.member.door) as viewer:
            while True:
                desk.follow((), (frame, step))
                seen = await viewer.next(0.05)
                if seen is not None:
                    return seen.jpeg

    jpeg = asyncio.run(asyncio.wait_for(look(), LONG_S))
    assert base64.b64encode(jpeg).startswith(b"/9j/")
    wait_for(lambda: not desk.live.wanted, "the end")
