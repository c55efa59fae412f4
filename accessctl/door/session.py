"""A door that is being watched: from "started" to "stopped" in the audit log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from accessctl.audit.log import EventLog
from accessctl.camera.choose import source_from
from accessctl.camera.reader import Reader
from accessctl.domain import Decision, Frame
from accessctl.door.assembly import Engine, open_door
from accessctl.door.door import Door, Step
from accessctl.door.events import service_event
from accessctl.door.record import write_down
from accessctl.door.watch import watch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    engine: Engine
    reader: Reader
    door: Door

    def steps(
        self, stop: Event, clock: Callable[[], float], seconds: float | None
    ) -> Iterator[tuple[Frame, Step]]:
        return watch(self.reader, self.door, stop, clock, seconds)

    def finish(self) -> list[Decision]:
        """Close the visits still open; what they come to."""
        last = self.reader.last_captured
        return [] if last is None else self.door.close(last)


@contextmanager
def open_session(engine: Engine, audit: EventLog, *, fast: bool) -> Iterator[Session]:
    """Open the camera and the door; start, stop and faults are written to the audit log."""
    source = source_from(engine.config.camera.source, engine.config.camera, fast=fast)
    people, device = engine.roster.matcher.people, engine.recogniser.device

    def note(state: str, **data: str | int) -> None:
        write_down(audit, service_event(state, time.time(), **data))

    def camera_event(state: str, detail: str) -> None:
        note(f"camera_{state}", detail=detail)

    reader = Reader(source, engine.config.camera, on_event=camera_event)
    ending: str | None = None
    try:
        with open_door(engine, audit) as door:
            note("started", camera=source.description, people=people, device=device)
            ending = "fault"
            log.info(
                "Watching %s; %d people enrolled; encoder on %s.",
                source.description,
                people,
                device,
            )
            with reader:
                yield Session(engine, reader, door)
            ending = "stopped"
    finally:
        # Last of all: the actions that were still running have been written down by now.
        if ending is not None:
            note(ending, dropped_frames=reader.dropped)
