"""A hub and a door with its lock, its waiting thread and its camera's pictures, all of it real."""

import asyncio
import base64
from contextlib import contextmanager
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from accessctl.config import Config
from accessctl.door.fake import ScriptedObserver
from accessctl.errors import InputError
from accessctl.hub.commands import CommandState
from accessctl.hub.door_shots import take_shot
from accessctl.service.site_desk import SiteDesk
from accessctl.sync.client import DoorClient
from accessctl.sync.feed_link import HubWaiting
from accessctl.sync.feed_wire import CommandKind
from accessctl.sync.shot_wire import EnrolmentStep
from accessctl.vision.fake import fake_face
from tests.beside import repeated
from tests.hub.test_crossings import ADA, granted
from tests.hub.waiting import LONG_S, write_events
from tests.patience import wait_for
from tests.sync.commanded import CommandedDoor

OBSERVER = ScriptedObserver()
IMAGE = np.full((120, 120, 3), 90, np.uint8)

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
        session = SimpleNamespace(
            door=SimpleNamespace(
                gate=SimpleNamespace(doorway=gate), acting=True, hold_off=lambda *, on: None
            ),
            engine=SimpleNamespace(observer=OBSERVER),
        )
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
        with hub.live.watch(front.member.door, "Grace") as viewer:
            while True:
                desk.follow((), (frame, step))
                seen = await viewer.next(0.05)
                if seen is not None:
                    return seen.jpeg

    jpeg = asyncio.run(asyncio.wait_for(look(), LONG_S))
    assert base64.b64encode(jpeg).startswith(b"/9j/")
    wait_for(lambda: not desk.live.wanted, "the end")


@contextmanager
def watching(desk, *faces):
    """The door's loop, which sees these faces."""
    OBSERVER.faces = faces

    def work() -> None:
        desk.follow((), (SimpleNamespace(image=IMAGE), SimpleNamespace(faces=())))

    with repeated(work, 0.02):
        yield


@ALL
def test_a_photo_to_enrol_by_comes_sealed_and_is_on_record_at_the_door(hub, door, desk) -> None:
    with watching(desk, fake_face()):
        shot = take_shot(hub, "front", EnrolmentStep.FRONT, "Grace")
    assert shot.outcome.state is CommandState.DONE, shot
    picture = cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert abs(int(picture.mean()) - 90) < 3
    (record,) = door.records("enrolment_shot")
    assert (record["by"], record["via"], record["pose"]) == ("Grace", "hub", "front")
    assert hub.commands.enrol("front", EnrolmentStep.END, "Grace").state is CommandState.DONE
    assert len(door.records("enrolment_ended")) == 1


@ALL
def test_what_is_wrong_with_what_the_camera_sees_comes_in_one_word(hub, desk) -> None:
    with watching(desk, fake_face(), fake_face()):
        shot = take_shot(hub, "front", EnrolmentStep.FRONT, "Grace")
    assert (shot.outcome.state, shot.fault, shot.jpeg) == (
        CommandState.DONE,
        "several_faces",
        None,
    )


@pytest.mark.parametrize(
    "desk",
    [{}, {"live": True}, {"commands": "all"}],
    indirect=True,
    ids=["nothing", "no commands", "no pictures"],
)
def test_a_door_that_shows_nothing_or_takes_no_commands_enrols_nobody(hub, door, desk) -> None:
    shot = take_shot(hub, "front", EnrolmentStep.FRONT, "Grace")
    assert shot.outcome.state is CommandState.REFUSED
    assert "sync.live and sync.commands" in shot.outcome.sentence
    (record,) = door.records("hub_refused")
    assert (record["by"], record["command"]) == ("Grace", "enrolment")
    assert door.records("enrolment_begun") == []


def test_nobody_is_enrolled_by_a_command_to_the_lock(hub, joined) -> None:
    joined("front")
    with pytest.raises(InputError, match="in the console"):
        hub.commands.send("front", CommandKind.ENROLMENT, "front", "Grace")
