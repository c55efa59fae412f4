"""Enrolment by a door's camera in the console, with a door that answers as a real one does."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.phone_desk import LINK_S, MOST_TRIES
from accessctl.console.words import catalogue
from accessctl.recognition.recogniser import ADVICE
from tests.clocks import HandClock
from tests.console.camera_site import DOOR, CameraDoor, camera_door
from tests.console.phone_site import DESK, NAME
from tests.console.site_console import console_on, journal

PAGE = "/people/camera"


@pytest.fixture
def console(hub, config, clock) -> Console:
    return replace(console_on(hub, config, clock), photos=DESK)


@pytest.fixture
def door(console: Console):
    with camera_door(console.hub) as made:
        yield made


@pytest.fixture
def enroller(console, signed_in: Callable[..., httpx.Client]) -> httpx.Client:
    return signed_in(Capability.LOOK, Capability.ENROL, name="Ada")


def begin(client: httpx.Client, **asked: str) -> str:
    """The path of the visit."""
    answer = client.post(PAGE, data={"door": DOOR, **(asked or {"name": NAME})})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def agree(client: httpx.Client, path: str, **said: str) -> httpx.Response:
    return client.post(f"{path}/consent", data={"words": NAME, "agreed": "true", **said})


def shoot(client: httpx.Client, path: str, pose: str) -> httpx.Response:
    return client.post(f"{path}/shot", data={"pose": pose})


def taken(client: httpx.Client, **asked: str) -> str:
    """The path of a visit whose three photos are there."""
    path = begin(client, **asked)
    agree(client, path)
    for pose in ("front", "left", "right"):
        answer = shoot(client, path, pose)
        assert (answer.status_code, answer.headers.get("location")) == (303, path), answer.text
    return path


def test_three_photos_at_a_door_and_an_approval_enrol_somebody(console, enroller, door) -> None:
    assert f'action="{PAGE}"' in enroller.get("/people/new").text
    assert DOOR in enroller.get(f"{PAGE}?name=Eileen").text
    path = begin(enroller)
    assert "types their own name" in enroller.get(path).text
    assert agree(enroller, path).headers["location"] == path
    for pose, told in (("front", "Look straight"), ("left", "a little left"), ("right", "right")):
        assert told in enroller.get(path).text
        assert shoot(enroller, path, pose).status_code == 303
    assert "All three photos are there" in enroller.get(path).text
    assert [step for step, _ in door.asked] == ["begin", "front", "left", "right", "end"]
    assert {by for _, by in door.asked} == {"Ada"}
    assert console.hub.people.people() == []
    which = path.rpartition("/")[2]
    answer = enroller.post(f"/people/phone/{which}/approve")
    (person,) = console.hub.people.people()
    assert answer.headers["location"] == f"/people/{person.id}"
    assert (person.name, person.photos) == (NAME, 3)
    assert enroller.get(path).status_code == 410


def test_whatever_happens_is_on_record_without_a_name(console, enroller, door) -> None:
    path = taken(enroller)
    which = path.rpartition("/")[2]
    jpeg = enroller.get(f"{path}/0").content
    assert jpeg == console.phones.waiting()[0].photos[0].jpeg
    enroller.post(f"/people/phone/{which}/approve")
    told = [data for _, data in journal(console) if data.get("link") == which]
    assert [one["what"] for one in told] == [
        "enrolment by camera",
        "consent by camera",
        "photos by camera",
        "photo by camera",
        "approve photos by camera",
    ]
    assert NAME not in str(told)
    asked = [data["value"] for kind, data in journal(console) if kind == "command_asked"]
    assert asked == ["begin", "front", "left", "right", "end"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The face is too dark; make more light."), ("de", "Das Gesicht ist zu dunkel;")],
)
def test_what_is_wrong_is_said_at_once_in_the_readers_language(
    enroller, door: CameraDoor, language: str, said: str
) -> None:
    path = begin(enroller)
    agree(enroller, path)
    door.fault = "too_dark"
    enroller.headers["accept-language"] = language
    answer = shoot(enroller, path, "front")
    assert answer.status_code == 400
    assert said in answer.text
    assert "1 of 3" in enroller.get(path).text or "1 von 3" in enroller.get(path).text


def test_the_hubs_own_checks_have_the_last_word(enroller, door: CameraDoor) -> None:
    path = begin(enroller)
    agree(enroller, path)
    door.shade = 0
    answer = shoot(enroller, path, "front")
    assert answer.status_code == 400
    assert "The camera saw no face" in answer.text


def test_everything_that_can_be_wrong_has_words() -> None:
    faults = {reason.replace(" ", "_") for reason in ADVICE}
    faults |= {"no_face", "several_faces", "unfit", "somebody_else", "no_picture", "failed"}
    faults |= {"not_straight", "not_turned", "other_way"}
    assert {f"camera.{fault}" for fault in faults} <= catalogue().keys()


def test_a_photo_is_taken_again_in_the_place_of_the_one_there_is(
    console, enroller, door: CameraDoor
) -> None:
    path = taken(enroller)
    before = console.phones.waiting()[0].photos
    door.shade = 210
    assert shoot(enroller, path, "left").status_code == 303
    (visit,) = console.phones.waiting()
    assert visit.photos[0] is before[0]
    assert visit.photos[1] is not before[1]
    assert visit.photos[2] is before[2]
    door.fault = "no_face"
    assert shoot(enroller, path, "left").status_code == 400
    assert console.phones.waiting()[0].photos == visit.photos


def test_a_pose_that_is_not_due_is_passed_over(console, enroller, door) -> None:
    path = begin(enroller)
    agree(enroller, path)
    assert shoot(enroller, path, "right").status_code == 303
    assert "1 of 3" in enroller.get(path).text
    assert shoot(enroller, path, "away").status_code == 400


def test_nobody_is_photographed_without_consent(enroller, door: CameraDoor) -> None:
    path = begin(enroller)
    assert shoot(enroller, path, "front").status_code == 410
    assert "Tick the box" in agree(enroller, path, agreed="false").text
    assert "Type your name" in agree(enroller, path, words=" ").text
    enroller.headers["accept-language"] = "de"
    assert "Haken" in agree(enroller, path, agreed="false").text
    assert door.asked == []


def test_a_door_that_refuses_says_why(enroller, door: CameraDoor) -> None:
    door.refuses = "This door enrols nobody for its hub."
    path = begin(enroller)
    answer = agree(enroller, path)
    assert answer.status_code == 409
    assert "This door enrols nobody for its hub." in answer.text
    assert shoot(enroller, path, "front").status_code == 409


def test_a_photo_of_another_command_is_none(console, enroller, door: CameraDoor) -> None:
    path = begin(enroller)
    agree(enroller, path)
    door.sealed_as = "shot somewhere else"
    assert shoot(enroller, path, "front").status_code == 503
    assert "1 of 3" in enroller.get(path).text


def test_without_a_connected_door_none_is_offered(console, enroller) -> None:
    assert "No door is connected now" in enroller.get(PAGE).text
    answer = enroller.post(PAGE, data={"door": DOOR, "name": NAME})
    assert answer.status_code == 400


def test_it_runs_out_and_takes_only_so_many_tries(
    enroller, door: CameraDoor, clock: HandClock
) -> None:
    path = begin(enroller)
    agree(enroller, path)
    door.fault = "no_face"
    for _ in range(MOST_TRIES):
        assert shoot(enroller, path, "front").status_code == 400
    assert shoot(enroller, path, "front").status_code == 410
    clock.time += LINK_S
    assert enroller.get(path).status_code == 410


def test_what_is_stopped_is_gone_and_the_door_goes_on(console, enroller, door) -> None:
    path = taken(enroller)
    assert enroller.post(f"{path}/stop").headers["location"] == "/people"
    assert console.phones.waiting() == ()
    assert enroller.get(f"{path}/0").status_code == 404
    assert door.asked[-1] == ("end", "Ada")
    for answer in (enroller.post(f"{path}/stop"), agree(enroller, path, agreed="false")):
        assert answer.status_code == 410
        assert "These photos are not there any more" in answer.text


def test_more_photos_of_somebody_enrolled(console, enroller, door) -> None:
    which = taken(enroller).rpartition("/")[2]
    enroller.post(f"/people/phone/{which}/approve")
    (person,) = console.hub.people.people()
    assert f"{PAGE}?person={person.id}" in enroller.get(f"/people/{person.id}").text
    assert NAME in enroller.get(f"{PAGE}?person={person.id}").text
    which = taken(enroller, person=person.id).rpartition("/")[2]
    enroller.post(f"/people/phone/{which}/approve")
    assert [one.photos for one in console.hub.people.people()] == [6]
    assert enroller.get(f"{PAGE}?person={'0' * 32}").status_code == 404


def test_no_link_leads_to_it_and_only_who_may_enrol(
    console, enroller, door, signed_in: Callable[..., httpx.Client]
) -> None:
    path = taken(enroller)
    which = path.rpartition("/")[2]
    assert enroller.get(f"/phone/{which}").status_code == 410
    looker = signed_in(Capability.LOOK, Capability.COMMAND, Capability.PRIVACY)
    for answer in (
        looker.get(PAGE),
        looker.get(path),
        looker.get(f"{path}/0"),
        looker.post(PAGE, data={"door": DOOR, "name": NAME}),
        agree(looker, path),
        shoot(looker, path, "front"),
        looker.post(f"{path}/stop"),
    ):
        assert answer.status_code == 403
    assert len(console.phones.waiting()) == 1


def test_a_telephones_photos_are_no_doors(console, enroller, door) -> None:
    _, visit = console.phones.invite(NAME, None, "Ada")
    assert enroller.get(f"{PAGE}/{visit.id}").status_code == 410
