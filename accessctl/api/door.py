"""A door in a program of one's own: it watches any source, decides, and tells of each decision.

It is the door of `accessctl run`: each decision is in the event log before anything is acted on or
told, the configured actions are performed, and what is to be kept no longer is removed. It has no
control socket, and no watchdog.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Any, TypeAlias

from accessctl import demo
from accessctl.api.engine import FaceEngine
from accessctl.audit.log import EventLog
from accessctl.audit.opening import Pause, Upkeep, retain
from accessctl.camera.iterable import FrameSource, GivenFrame
from accessctl.camera.source import Source
from accessctl.config import Config
from accessctl.demo.door import enrol_demo_person
from accessctl.domain import Decision, Frame, PersonId
from accessctl.door.assembly import open_audit
from accessctl.door.session import Session, open_session
from accessctl.door.visit import Step
from accessctl.errors import SourceError
from accessctl.recognition.engine import Engine
from accessctl.runtime import standard_error_untouched
from accessctl.sync.link import hub_link
from accessctl.sync.outbox import unsent_after

Watched: TypeAlias = Source | str | Iterable[GivenFrame] | None
"""A source, what names one in config.yaml, pictures RGB uint8 (H, W, 3), or None: the configured
camera."""

OnDecision: TypeAlias = Callable[[Decision, str | None], object]
"""Told of a decision and of the name of the person that it is about, None for nobody."""

PROGRAM_PATIENCE_S = 3600.0
"""A program may take so long for its next picture, seconds; a camera has its own limit."""


@dataclass(slots=True, eq=False)
class WatchedDoor:
    """A door that is open for work; `open_door` gives one.

    `engine` are its parts and `session` the camera and door at work, for whoever needs more than
    is here; both may change from release to release.
    """

    engine: Engine
    session: Session
    _stop: Event

    def steps(self, seconds: float | None = None) -> Iterator[tuple[Frame, Step]]:
        """Each frame with what it brought (faces, decisions, prompts, times), until the source
        ends, `stop` is called or `seconds` have passed.

        Raises CameraError or PhotoError when a recording cannot be read further, and what a
        program's pictures raise. A camera that is away is waited for.
        """
        return self.session.steps(self._stop, time.monotonic, seconds)

    def decisions(self, seconds: float | None = None) -> Iterator[Decision]:
        """Each decision once it is on record and its actions are queued; see `steps`.

        At the end the visits that are still open are closed, as if everybody had left.
        """
        for _, step in self.steps(seconds):
            yield from step.decisions
        yield from self.session.finish()

    def name_of(self, person: PersonId | None) -> str | None:
        """The name of somebody enrolled, None for nobody."""
        return None if person is None else self.engine.roster.names.get(person)

    def stop(self) -> None:
        """End `steps` and `decisions` after the frame in hand; from any thread."""
        self._stop.set()


@contextmanager
def open_door(
    engine: FaceEngine, source: Watched = None, *, stop: Event | None = None, fast: bool = True
) -> Iterator[WatchedDoor]:
    """A door that watches `source` with the configuration of `engine`, until the block ends.

    `fast` plays recordings as fast as they can be looked at, every frame in order; cameras do not
    heed it. Setting `stop` ends it as `WatchedDoor.stop` does. Gallery and event log are made,
    with their keys, where there are none. Leaving the block waits for actions that are under way.
    ConfigError, ExtensionError, ModelError, SourceError, CameraError, StoreError, before anything
    is watched.

    >>> import accessctl, numpy
    >>> empty = numpy.zeros((240, 320, 3), numpy.uint8)
    >>> with accessctl.open_engine() as engine, accessctl.open_door(engine, [empty] * 3) as door:
    ...     [len(step.faces) for frame, step in door.steps()]
    [0, 0, 0]
    """
    with ExitStack() as stack:
        parts = stack.enter_context(engine._for_a_door())
        audit = stack.enter_context(open_audit(engine.config))
        if parts.config.camera.source == demo.WORD:
            with engine._administration_for(audit, make=True) as administration:
                enrol_demo_person(parts.enrolment(), administration)
        given, parts = _given(source, parts)
        with standard_error_untouched():
            session = stack.enter_context(open_session(parts, audit, fast=fast, source=given))
        stack.enter_context(Upkeep(partial(_forget, audit, parts.config)))
        stack.enter_context(hub_link(parts.config))
        yield WatchedDoor(parts, session, stop or Event())


def run_door(
    engine: FaceEngine,
    source: Watched = None,
    on_decision: OnDecision | None = None,
    *,
    seconds: float | None = None,
    stop: Event | None = None,
    fast: bool = True,
) -> int:
    """Watch `source` until it ends, `seconds` have passed or `stop` is set; how many decisions.

    `on_decision` is called with each decision and the name of its person, in the calling thread,
    after the decision is on record; what it raises ends the door and is raised here. See
    `open_door` for the rest.

    >>> import accessctl
    >>> from accessctl.bundled import asset
    >>> unasked = {"liveness": {"mode": "off"}}  # a photograph opens this door
    >>> with accessctl.open_engine(unasked) as engine:
    ...     person = engine.enrol("Grace", asset("grace_hopper.jpg"))
    ...     pictures = [engine.read(asset("grace_hopper.jpg"))] * 5
    ...     accessctl.run_door(engine, pictures, lambda it, name: print(it.outcome.value, name))
    granted Grace
    1
    """
    count = 0
    with open_door(engine, source, stop=stop, fast=fast) as door:
        for decision in door.decisions(seconds):
            count += 1
            if on_decision is not None:
                on_decision(decision, door.name_of(decision.person))
    return count


def _forget(audit: EventLog, config: Config, pause: Pause) -> object:
    """What the configuration keeps no longer, once a day, in a thread beside the loop."""
    unsent = unsent_after(config)
    return retain(audit, config.audit, time.time(), pause, unsent_after=unsent)


def _given(source: Watched, parts: Engine) -> tuple[Source | None, Engine]:
    """The source that was handed over, and the door's parts, whose configuration names any other.

    SourceError for the demo beside real people: its drawn visitors are for a door of their own.
    """
    camera = parts.config.camera
    if source is None:
        return None, parts
    if isinstance(source, str):
        if source == demo.WORD and camera.source != demo.WORD:
            raise SourceError(
                "The demo is a door of its own, with people of its own; open the engine with "
                "camera.source: demo."
            )
        return None, _watching(parts, source=source)
    if isinstance(source, Iterable):
        patient = _watching(
            parts, read_timeout_s=PROGRAM_PATIENCE_S, open_timeout_s=PROGRAM_PATIENCE_S
        )
        return FrameSource(source, camera.fps), patient
    return source, parts


def _watching(parts: Engine, **camera: Any) -> Engine:
    """The parts of a door whose configuration says that of its camera."""
    config = parts.config
    changed = config.camera.model_copy(update=camera)
    return replace(parts, config=config.model_copy(update={"camera": changed}))
