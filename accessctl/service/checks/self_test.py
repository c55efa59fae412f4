"""One visitor through the whole house: a fake camera, the real models, a fake lock.

People, event log and lockouts are those of a scratch folder; nothing of the door's own is
touched, and no action of the configuration is performed.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from accessctl.administration.people import Administration
from accessctl.camera.fake import FakeSource
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config import (
    ActionsConfig,
    AuditConfig,
    CommandAction,
    Config,
    GalleryConfig,
    PolicyConfig,
)
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.demo.photos import collins, demo_enrolment_photo
from accessctl.domain import Decision, Outcome
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.watch import watch
from accessctl.recognition.engine import open_engine
from accessctl.service.checks.finding import Finding, failure, ok

NAME = "Self Test"
FPS = 15.0
FRAMES = 45
PATIENCE_S = 60.0
FAKE_LOCK = ("true",)


def check_chain(config: Config) -> Iterator[Finding]:
    """Raises the AccessctlError of whatever room fails."""
    with tempfile.TemporaryDirectory(prefix="accessctl-doctor-") as scratch:
        opened: list[bool] = []
        decisions, milliseconds = _visit(beside(config, Path(scratch)), opened)
    if not decisions:
        yield failure("self test", "A face was shown to the door, and it decided nothing.")
    elif decisions[0].outcome is not Outcome.GRANTED:
        yield failure(
            "self test",
            f"Somebody enrolled was shown to the door, and it said {decisions[0].outcome} "
            f"({decisions[0].reason}).",
        )
    elif opened != [True]:
        yield failure("self test", "The door granted, but the fake lock was not opened once.")
    else:
        yield ok(
            "self test",
            f"A frame went through: somebody enrolled was granted, the fake lock opened, "
            f"{milliseconds:.0f} ms a frame.",
        )


def beside(config: Config, scratch: Path) -> Config:
    """The same models and nothing else of the door's; a photograph may open this one."""
    return config.model_copy(
        update={
            "gallery": GalleryConfig(folder=scratch / "enrolled"),
            "audit": AuditConfig(file=scratch / "events.sqlite"),
            "actions": ActionsConfig(granted=(CommandAction(type="command", argv=FAKE_LOCK),)),
            "access": AccessConfig(door="self-test"),
            "policy": PolicyConfig(),
            "liveness": LivenessConfig(mode="off"),
        }
    )


def _visit(config: Config, opened: list[bool]) -> tuple[list[Decision], float]:
    """What the door decided, and how long its frames took in the median, milliseconds."""
    source = FakeSource([[Shot(collins(), number / FPS) for number in range(FRAMES)]])
    decisions: list[Decision] = []
    spent: list[float] = []
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        photo = engine.enrolment().examine(demo_enrolment_photo(), "the demo's photo")
        Administration(engine.gallery, audit, time.time).enrol(NAME, [photo])
        engine.roster.refresh()
        with (
            open_door(engine, audit, on_action=lambda _, worked: opened.append(worked)) as door,
            Reader(source, config.camera) as reader,
        ):
            for _, step in watch(reader, door, Event(), time.monotonic, PATIENCE_S):
                spent.append(step.timings["frame"])
                decisions += step.decisions
                if decisions:
                    break
    return decisions, sorted(spent)[len(spent) // 2] if spent else 0.0
