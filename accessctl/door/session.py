"""A door that is being watched, from "started" to "stopped" in the audit log: the newest frame in,
steps out, until the feed ends or somebody says stop. Frames that could not be looked at are dropped
and counted; too many of them end the loop.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from threading import Event
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from accessctl.administration.crossings import NO_OTHER_DOORS, OtherDoors
from accessctl.audit.base import write_down
from accessctl.audit.log import EventLog
from accessctl.camera.choose import infrared_config, infrared_source, source_from
from accessctl.camera.companion import companion_of
from accessctl.camera.reader import Reader
from accessctl.camera.source import Source
from accessctl.config import Config
from accessctl.config.camera import CameraConfig
from accessctl.domain import Decision, Frame
from accessctl.door.assembly import live_settings_of, open_door
from accessctl.door.door import Door
from accessctl.door.doorway_gate import PartsMaker
from accessctl.door.frame_faults import FrameFaults
from accessctl.door.liveness_gate import InfraredView
from accessctl.door.recorder import ActionListener, ignore, service_event
from accessctl.door.visit import Step
from accessctl.doorway.keeper import DoorwayListener
from accessctl.doorway.opening import parts_of
from accessctl.errors import ConfigError
from accessctl.recognition.engine import Engine

# How long to wait for a frame before looking whether to stop, seconds.
PATIENCE_S = 0.2
NO_FACTS: Mapping[str, Any] = MappingProxyType({})

log = logging.getLogger(__name__)

CameraListener: TypeAlias = Callable[[str, str], None]


class FrameReader(Protocol):
    @property
    def ended(self) -> bool: ...

    def next(self, timeout_s: float) -> Frame | None: ...


def nothing() -> None:
    """What there is to do between two frames, usually."""


def watch(
    reader: FrameReader,
    door: Door,
    stop: Event,
    clock: Callable[[], float],
    seconds: float | None = None,
    between: Callable[[], None] = nothing,
    *,
    faults: FrameFaults | None = None,
) -> Iterator[tuple[Frame, Step]]:
    """Each frame with what it brought; at most `seconds` of `clock`.

    A frame on which the door fails is dropped and told to `faults`, which may raise.

    `between` is called before each look for a frame, so at least every PATIENCE_S while none
    comes; what it raises ends the loop.
    """
    faults = faults or FrameFaults()
    until = None if seconds is None else clock() + seconds
    while not stop.is_set() and not (until is not None and clock() >= until):
        between()
        frame = reader.next(PATIENCE_S)
        if frame is not None:
            step = _stepped(door, frame, faults)
            if step is not None:
                yield frame, step
        elif reader.ended:
            return


def _stepped(door: Door, frame: Frame, faults: FrameFaults) -> Step | None:
    try:
        step = door.step(frame)
    except Exception as error:  # noqa: BLE001 - not swallowed: counted, told of, raised in a row
        door.drop_frame(frame.captured)
        faults.failed(error, frame.captured)
        return None
    faults.good(frame.captured)
    return step


def unheard(_state: str, _detail: str) -> None:
    """Where nobody listens."""


@dataclass(slots=True)
class Session:
    """`reader` and `config` change when another configuration is taken over.

    `camera` closes the reader that is at work, `beside` the infrared camera, which `infrared`
    looks through where there is one.
    """

    engine: Engine
    reader: Reader
    door: Door
    config: Config = field(default_factory=Config)
    fast: bool = False
    patient: bool = False
    on_camera: CameraListener | None = None
    camera: ExitStack = field(default_factory=ExitStack)
    on_infrared: CameraListener = unheard
    beside: ExitStack = field(default_factory=ExitStack)
    infrared: InfraredView | None = None
    faults: FrameFaults = field(default_factory=FrameFaults)
    _dropped: int = 0

    def steps(
        self,
        stop: Event,
        clock: Callable[[], float],
        seconds: float | None,
        between: Callable[[], None] = nothing,
    ) -> Iterator[tuple[Frame, Step]]:
        """Each frame with what it brought; `between` is called before each look for one."""
        return watch(self, self.door, stop, clock, seconds, between, faults=self.faults)

    @property
    def ended(self) -> bool:
        return self.reader.ended

    def next(self, timeout_s: float) -> Frame | None:
        return self.reader.next(timeout_s)

    @property
    def dropped(self) -> int:
        """Frames that a newer one replaced, of this camera and those before it."""
        return self._dropped + self.reader.dropped

    def finish(self) -> list[Decision]:
        """Close the visits still open; what they come to."""
        last = self.reader.last_captured
        return [] if last is None else self.door.close(last)

    def take_over(self, config: Config) -> list[Decision]:
        """Go on by `config`, from the next frame; call it from the loop only.

        All that can be refused is made before anything is changed: ConfigError, ModelError,
        SourceError or CameraError leave the session as it was. Visits, grants, refused attempts
        and tracks stay; where other proofs are asked for, open visits have to show them. Another
        camera shows another place: its visits begin anew, and what the open ones come to is
        returned. What only a restart can change is not looked at.
        """
        gate = self.door.gate.under(config.access, config.policy)
        settings = live_settings_of(config, gate)
        source = None
        if config.camera != self.config.camera:
            source = self._other_camera(config.camera)
        infrared = None
        other_infrared = source is not None or (
            config.liveness.infrared != self.config.liveness.infrared
        )
        if other_infrared:
            infrared = infrared_beside(source or self.reader.source, config, fast=self.fast)
        gate.doorway.plan_by(config)
        self.engine.roster.retarget(config.policy)
        self.door.gallery.max_stale_s = config.gallery.max_stale_s
        self.engine.observer.reconfigure(config.vision)
        self.door.take_over(settings)
        if other_infrared:
            self._look_away()
        decisions = [] if source is None else self._watch(source, config.camera)
        self.config = config
        if infrared is not None:
            self.look_through(infrared)
        return decisions

    def _other_camera(self, config: CameraConfig) -> Source:
        source = source_from(config.source, config, fast=self.fast, patient=self.patient)
        if self.reader.source.endless and not source.endless:
            raise ConfigError(
                "camera.source: a door that watches a camera cannot go on with a recording, "
                "which ends; restart it to play one."
            )
        return source

    def _watch(self, source: Source, config: CameraConfig) -> list[Decision]:
        decisions = self.finish()
        self._dropped += self.reader.dropped
        # The old one first: it may be the same device, asked for another size.
        self.camera.close()
        reader = Reader(source, config, on_event=self.on_camera)
        self.reader = self.camera.enter_context(reader)
        return decisions

    def look_through(self, source: Source) -> None:
        """Open the infrared camera; CameraError for a recording that cannot be played."""
        companion = companion_of(
            source,
            infrared_config(self.config.liveness.infrared or "", self.config.camera),
            self.on_infrared,
            in_step=not self.reader.source.live,
        )
        self.beside.enter_context(companion)
        self.infrared = InfraredView(companion, self.engine.observer)
        self.door.look_through(self.infrared)
        log.info("Looking for living faces through %s, too.", companion.description)

    def _look_away(self) -> None:
        self.infrared = None
        self.door.look_through(None)
        self.beside.close()


def watching_fact(door: Door) -> Mapping[str, Any]:
    """What marks a record of a door in whose place another one acts."""
    return NO_FACTS if door.acting else {"watching": True}


def infrared_beside(first: Source, config: Config, *, fast: bool) -> Source | None:
    """The infrared camera that `config` names beside `first`, if any; SourceError for none."""
    spec = config.liveness.infrared
    if spec is None:
        return None
    return infrared_source(spec, config.camera, first, fast=fast)


@contextmanager
def open_session(
    engine: Engine,
    audit: EventLog,
    *,
    fast: bool,
    patient: bool = False,
    source: Source | None = None,
    on_camera: CameraListener | None = None,
    on_infrared: CameraListener = unheard,
    on_action: ActionListener = ignore,
    facts: Mapping[str, Any] = NO_FACTS,
    spectator: bool = False,
    doorway: PartsMaker = parts_of,
    listeners: Sequence[DoorwayListener] = (),
    others: OtherDoors = NO_OTHER_DOORS,
) -> Iterator[Session]:
    """Open the camera and the door; start, stop and faults are written to the audit log. Of a door
    that watches only, its start and its end are, marked as such, and nothing between.

    `source` is looked at in place of the configured one. A `patient` session waits for a first
    USB camera that is not attached yet. `on_camera` hears of "lost" and "back" with the reason or
    the camera's description, on the reading thread or inside `steps`; `on_infrared` of the same
    of the infrared camera, on a thread of that one or inside `steps`; `on_action` of each
    action's name and whether it worked, on its own thread. `facts` are what the record of the
    start says besides. A `spectator` acts only where no other door does at the start.
    `doorway` takes the doorway's lines; `listeners` follow it; `others` know what the logs of the
    area's other doors say.
    """
    config = engine.config
    if source is None:
        source = source_from(config.camera.source, config.camera, fast=fast, patient=patient)
    people, device = engine.roster.matcher.people, engine.recogniser.device

    def note(state: str, **data: Any) -> None:
        write_down(audit, service_event(state, time.time(), **data))

    def note_condition(state: str, **data: Any) -> None:
        # The log is that of the door that acts: what is wrong with this one is not wrong with it.
        if door.acting:
            note(state, **data)
        else:
            log.warning("Of this door, which watches only: %s (%s).", state, data.get("detail"))

    def camera_event(state: str, detail: str) -> None:
        note_condition(f"camera_{state}", detail=detail)
        if on_camera is not None:
            on_camera(state, detail)

    def infrared_event(state: str, detail: str) -> None:
        note_condition(f"infrared_{state}", detail=detail)
        on_infrared(state, detail)

    def frame_fault(error: Exception) -> None:
        note_condition("frame_fault", detail=type(error).__name__)

    infrared = infrared_beside(source, config, fast=fast)
    reader = Reader(source, config.camera, on_event=camera_event)
    session: Session | None = None
    ending: str | None = None
    watching: Mapping[str, Any] = NO_FACTS
    try:
        with (
            open_door(
                engine,
                audit,
                on_action=on_action,
                every_frame=not source.live,
                spectator=spectator,
                doorway=doorway,
                listeners=listeners,
                others=others,
            ) as door,
            ExitStack() as camera,
            ExitStack() as beside,
        ):
            watching = watching_fact(door)
            started = {
                "door": config.access.door,
                "software": version("accessctl"),
                "camera": source.description,
                "people": people,
                "device": device,
                "encoder": engine.recogniser.fingerprint,
                "calibration": engine.roster.calibration.mark,
                "liveness": config.liveness.mode,
            }
            note("started", **started, **facts, **watching)
            if watching:
                note("watching_only")
            ending = "fault"
            log.info(
                "Watching %s; %d people enrolled; encoder on %s.",
                source.description,
                people,
                device,
            )
            camera.enter_context(reader)
            session = Session(
                engine,
                reader,
                door,
                config,
                fast,
                patient,
                camera_event,
                camera,
                infrared_event,
                beside,
                faults=FrameFaults(frame_fault),
            )
            if infrared is not None:
                session.look_through(infrared)
            try:
                yield session
            finally:
                watching = watching_fact(door)
            ending = "stopped"
    finally:
        # Last of all: the actions that were still running have been written down by now.
        if ending is not None:
            dropped = reader.dropped if session is None else session.dropped
            note(ending, dropped_frames=dropped, **watching)
