from pathlib import Path

import pytest

from accessctl.config import (
    ActionsConfig,
    AuditConfig,
    CommandAction,
    Config,
    GalleryConfig,
    PolicyConfig,
    WebhookAction,
)
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.demo.door import DEMO_PERSON, demo_config, enrol_demo_person
from accessctl.door.fake import FACE_BOX, FakeHouse
from accessctl.errors import NoFaceError
from accessctl.recognition.enrolment import Enrolment
from accessctl.vision.fake import fake_face

UNLOCK = CommandAction(type="command", argv=("/usr/local/bin/unlock",))
RING = WebhookAction(type="webhook", url="https://door.example/ring")
REAL = Config(
    gallery=GalleryConfig(folder=Path("/door/enrolled"), max_photo_mb=7),
    audit=AuditConfig(file=Path("/door/state/events.sqlite")),
    actions=ActionsConfig(granted=(UNLOCK,), unknown=(RING,)),
    policy=PolicyConfig(target_fpir=0.01),
)


def test_the_demo_has_a_gallery_and_a_lock_of_its_own() -> None:
    demo = demo_config(REAL)
    assert demo.camera.source == "demo"
    assert demo.gallery.folder == Path("/door/state/demo")
    (unlock,) = demo.actions.granted
    assert isinstance(unlock, CommandAction)
    assert unlock.argv[0] == "echo"
    assert demo.actions.denied == demo.actions.unknown == ()


def test_the_demo_is_a_door_of_its_own_for_schedules_and_lockouts() -> None:
    nights_only = AccessConfig(door="front", without_group="refuse")
    demo = demo_config(REAL.model_copy(update={"access": nights_only}))
    assert demo.access.door == "demo"
    assert demo.access.without_group == "allow"


def test_nobody_has_to_enter_a_pin_in_the_demo() -> None:
    strict = REAL.policy.model_copy(update={"second_factor": "pin"})
    assert demo_config(REAL.model_copy(update={"policy": strict})).policy.second_factor == "off"


def test_it_may_be_played_again_and_again() -> None:
    strict = PolicyConfig(second_factor="pin", intent="look_up", target_fpir=0.01)
    demo = demo_config(
        REAL.model_copy(update={"policy": strict, "liveness": LivenessConfig(mode="off")})
    )
    assert (demo.policy.lockout.attempts, demo.policy.lockout.off_after) == (0, 0)
    assert (demo.policy.second_factor, demo.policy.intent) == ("off", "off")
    assert demo.policy.target_fpir == 0.01
    assert demo.liveness.mode == "passive"
    assert demo.liveness.texture == "off"


def test_the_rules_and_the_record_are_the_doors() -> None:
    demo = demo_config(REAL)
    assert demo.policy.target_fpir == REAL.policy.target_fpir
    assert demo.audit == REAL.audit
    assert demo.gallery.max_photo_mb == 7
    assert REAL.actions.granted == (UNLOCK,)


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    return house


def enrolment_in(house: FakeHouse) -> Enrolment:
    return Enrolment(house.observer, house.recogniser, house.roster())


def test_the_demo_person_is_enrolled_once(house: FakeHouse) -> None:
    enrolment = enrolment_in(house)
    enrol_demo_person(enrolment, house.administration())
    assert list(enrolment.roster.names.values()) == [DEMO_PERSON]
    assert enrolment.roster.matcher.people == 1
    enrol_demo_person(enrolment, house.administration())
    enrol_demo_person(enrolment_in(house), house.administration())
    assert [person.photos for person in house.gallery.people()] == [1]
    assert len(house.events()) == 1


def test_a_demo_photo_without_a_face_is_no_silent_failure(house: FakeHouse) -> None:
    house.observer.faces = []
    with pytest.raises(NoFaceError, match="the demo's photo"):
        enrol_demo_person(enrolment_in(house), house.administration())
