"""The demo: the real door on a synthetic camera, with a gallery and a lock of its own."""

import logging

from accessctl import demo
from accessctl.administration.changes import Administration
from accessctl.config import (
    ActionsConfig,
    CommandAction,
    Config,
    DoorwayConfig,
    LockoutConfig,
    MqttConfig,
)
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.demo.people import demo_enrolment_photo
from accessctl.recognition.enrolment import Enrolment

log = logging.getLogger(__name__)

DEMO_PERSON = "Eileen Collins"


def demo_config(config: Config) -> Config:
    """The same door, but it can neither open a real lock nor enrol anybody at a real door; from
    now on `demo` names a camera."""
    demo.register()
    unlock = CommandAction(type="command", argv=("echo", "demo: the lock would open now"))
    return config.model_copy(
        update={
            "camera": config.camera.model_copy(update={"source": "demo"}),
            "gallery": config.demo_gallery,
            "actions": ActionsConfig(granted=(unlock,)),
            "doorway": DoorwayConfig(),
            "mqtt": MqttConfig(),
            # A door of its own: your schedules do not bind it, nobody on the tape can enter a PIN
            # or is told what to do, and it may be played often though it refuses most visitors.
            "access": AccessConfig(door="demo"),
            # Its visitors are drawn, and a network that knows skin is right to doubt them; without
            # one, the cues look as often as they were measured.
            "liveness": LivenessConfig(texture="off", every_s=0.5),
            "policy": config.policy.model_copy(
                update={
                    "lockout": LockoutConfig(attempts=0, off_after=0, door_attempts=0),
                    "second_factor": "off",
                    "intent": "off",
                }
            ),
        }
    )


def enrol_demo_person(enrolment: Enrolment, administration: Administration) -> None:
    """Enrol the demo's second visitor from one photo, unless that is done already."""
    if DEMO_PERSON in enrolment.roster.names.values():
        return
    photo = enrolment.examine(demo_enrolment_photo(), "the demo's photo")
    administration.enrol(DEMO_PERSON, [photo])
    enrolment.roster.refresh()
    log.info("Enrolled %s from one photo for the demo.", DEMO_PERSON)
