"""`accessctl run`: a session that systemd supervises and programs on this machine can ask."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from threading import Event
from typing import Any

from accessctl.administration.changes import Administration
from accessctl.audit.base import Recorder, write_down
from accessctl.audit.log import EventLog
from accessctl.audit.opening import Pause, Upkeep, retain
from accessctl.camera.choose import source_from
from accessctl.camera.source import Source
from accessctl.config import Config
from accessctl.config.guard import changed_names
from accessctl.control.server import ControlServer, Handler
from accessctl.demo.door import enrol_demo_person
from accessctl.domain import Decision, Frame
from accessctl.door.assembly import open_audit
from accessctl.door.demands import Asked
from accessctl.door.recorder import service_event
from accessctl.door.session import Session, open_session, watching_fact
from accessctl.door.visit import Step
from accessctl.errors import AccessctlError, FaultError
from accessctl.exposition import MetricsServer
from accessctl.gallery.people import StoredPhoto
from accessctl.recognition.engine import Engine, one_thread_each, open_engine
from accessctl.recognition.enrolment import Progress
from accessctl.service.clock_guard import ClockGuard
from accessctl.service.config_source import (
    ConfigSource,
    Reloads,
    UncheckedSource,
    on_hangup,
    refuse_what_needs_a_restart,
)
from accessctl.service.display import Ask, Display, Show
from accessctl.service.door_view import view_of
from accessctl.service.enrolling import Seated, nobody_seated
from accessctl.service.following import (
    Follow,
    bridge_of,
    follow_nothing,
    following,
    parts_of_bridge,
)
from accessctl.service.hub_beside import hub_beside
from accessctl.service.late import COMMANDS, Late, door_handlers
from accessctl.service.logs import use_format
from accessctl.service.metrics import Metrics
from accessctl.service.site_desk import SiteDesk
from accessctl.service.site_source import SiteSource
from accessctl.service.statistics import DoorView, Statistics
from accessctl.service.supervision import Notifier, Pulse, Watchdog
from accessctl.sync.outbox import unsent_after

log = logging.getLogger(__name__)

# One photo's embedding takes a tenth of a second; this is for one on a very slow disk.
EXTEND_START_S = 30.0
# A camera whose patience is over is looked at when the loop next waits for a frame.
NOTICE_S = 1.0
MAX_REASON = 300


def keep_quiet(_asked: Iterable[Asked]) -> None:
    """Where nobody reads what a visitor is asked for."""


@dataclass(frozen=True, slots=True)
class Orders:
    """How a door is to be run; `load` reads the configuration, at the start and to reload.

    `ask` is told what visitors are asked for. `accepted` takes the place of `load` for a door
    that can open something: what its file says has to be accepted. `seated` hears how whoever is
    enrolled by the camera is to look.
    """

    load: Callable[[], Config]
    config_file: str
    fast: bool = False
    seconds: float | None = None
    ask: Ask = keep_quiet
    accepted: ConfigSource | None = None
    seated: Seated = nobody_seated

    @property
    def source(self) -> ConfigSource:
        return self.accepted or UncheckedSource(self.load)


@dataclass(frozen=True, slots=True)
class ServiceMakers:
    """What opens the parts of a service, and what removes records and pictures by their age."""

    engine: Callable[[Config, Progress], AbstractContextManager[Engine]] = open_engine
    audit: Callable[[Config], AbstractContextManager[EventLog]] = open_audit
    source: Callable[..., Source] = source_from
    retain: Callable[..., object] = retain


USUAL = ServiceMakers()


class Service:
    """What happens around the door's frames; `now` are monotonic seconds."""

    def __init__(
        self,
        session: Session,
        audit: Recorder,
        notifier: Notifier,
        statistics: Statistics,
        watchdog: Watchdog,
        source: ConfigSource,
        show: Show,
        clock: Callable[[], float] = time.monotonic,
        ask: Ask = keep_quiet,
        guard: ClockGuard | None = None,
        follow: Follow = follow_nothing,
    ) -> None:
        self._ask = ask
        self._follow = follow
        self._guard = guard or ClockGuard(lambda: None)
        self._session = session
        self._audit = audit
        self._notifier = notifier
        self._statistics = statistics
        self._watchdog = watchdog
        self._source = source
        self._show = show
        self._clock = clock
        self._frames = 0
        self._frames_before_camera = 0

    def start(self) -> None:
        """Ready means that it answers; a camera may come later, and `status` says so."""
        self._guard.turn()
        self._statistics.look_at(self._view())
        self._notifier.ready(self._status)

    def between(self, reloads: Reloads) -> None:
        """At every turn of the loop, frame or not."""
        reloads.turn(self.reload)
        self._guard.turn()
        self._watchdog.turn(self._pulse(), self._clock())

    def note(self, frame: Frame, step: Step) -> None:
        first = self._opening
        self._frames += 1
        if first:
            self._notifier.status(self._status)
        self._statistics.note_step(frame, step)
        self._ask(step.asked)
        self._show(step.decisions, self._session.door.roster.names)
        self._follow(step.decisions, (frame, step))

    def finish(self) -> None:
        self._conclude(self._session.finish())

    def reload(self) -> dict[str, Any]:
        """What changed; AccessctlError when it is refused, and then nothing did."""
        session = self._session
        self._notifier.reloading()
        reader = session.reader
        try:
            config = self._source.reload()
            changed = changed_names(session.config, config)
            refuse_what_needs_a_restart(changed)
            self._conclude(session.take_over(config))
        except AccessctlError as error:
            log.error("Not reloaded: %s", error)
            self._write_down("reload_refused", reason=str(error)[:MAX_REASON])
            raise
        else:
            self._taken_over()
            session.door.roster.refresh()
            if session.reader is not reader:
                self._watch_another_camera()
            self._statistics.look_at(self._view())
            self._statistics.refused = tuple(map(str, self._source.refused))
        finally:
            self._notifier.ready(self._status)
        log.info("Reloaded: %s.", ", ".join(changed) or "nothing had changed")
        told = {**self._source.facts(), "changed": ", ".join(changed)}
        self._write_down("reloaded", **told)
        return {"changed": list(changed), "people": session.door.roster.matcher.people}

    def _view(self) -> DoorView:
        return view_of(self._session, self._guard)

    def _taken_over(self) -> None:
        try:
            self._source.taken_over()
        except AccessctlError as error:
            # It runs by now, and guards no less than what counts; the next start tries again.
            log.error("The configuration runs, but could not be kept as accepted: %s", error)

    def _watch_another_camera(self) -> None:
        self._watchdog.restarted(self._clock())
        self._frames_before_camera = self._frames
        self._statistics.note_camera("opening", "the configuration names another camera")

    def _pulse(self) -> Pulse:
        reader, camera = self._session.reader, self._session.config.camera
        patience = camera.open_timeout_s if self._opening else camera.read_timeout_s
        retried = reader.error is not None and not reader.exhausted
        return Pulse(self._frames, patience + NOTICE_S, retried)

    def _conclude(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            self._statistics.note_decision(decision)
            self._show([decision], self._session.door.roster.names)
            self._follow([decision], None)

    def _write_down(self, state: str, **data: Any) -> None:
        watching = watching_fact(self._session.door)
        write_down(self._audit, service_event(state, time.time(), **data, **watching))

    @property
    def _opening(self) -> bool:
        return self._frames == self._frames_before_camera

    @property
    def _status(self) -> str:
        reader, people = self._session.reader, self._session.door.roster.matcher.people
        if reader.error is not None:
            return f"Camera lost: {reader.error}"
        camera = reader.source.description
        if self._opening:
            return f"Waiting for the first picture of {camera}."
        return f"Watching {camera}; {people} people enrolled."


def serve(
    orders: Orders,
    show: Show,
    stop: Event,
    environment: Mapping[str, str],
    progress: Progress,
    makers: ServiceMakers = USUAL,
) -> None:
    """Run the door until its feed ends, `stop` is set or the time is over."""
    source = SiteSource(orders.source, environment)
    config = source.start()
    use_format(config.service.log_format)
    notifier = Notifier.of(environment)
    statistics = Statistics(version("accessctl"), orders.config_file)
    reloads = Reloads()

    def camera(state: str, detail: str) -> None:
        statistics.note_camera(state, detail)
        well = state in {"back", "clear"}
        notifier.status(f"Watching {detail}." if well else f"Camera {state}: {detail}")

    def infrared(state: str, detail: str) -> None:
        notifier.status(f"Infrared camera {state}: {detail}")

    def ping() -> None:
        notifier.watchdog()
        statistics.note_watchdog()

    late = Late()
    handlers = {
        "status": lambda _: statistics.report(),
        "reload": reloads.ask_and_wait,
        **{command: late.handler(command) for command in COMMANDS},
    }
    with ExitStack() as stack:
        stack.enter_context(on_hangup(reloads.ask, stop.set))
        _answer(stack, config, handlers, statistics)
        audit = stack.enter_context(makers.audit(config))
        source.confirm(audit, time.time)
        statistics.refused = tuple(map(str, source.refused))
        one_thread_each()
        bridge, desk = bridge_of(config, environment), SiteDesk.of(config, orders.seated)
        engine = stack.enter_context(makers.engine(config, _announcing(progress, notifier)))
        if config.camera.source == "demo":
            administration = Administration(engine.gallery, audit, time.time)
            enrol_demo_person(engine.enrolment(), administration)
        session = stack.enter_context(
            open_session(
                engine,
                audit,
                fast=orders.fast,
                patient=notifier.supervised,
                source=makers.source(
                    config.camera.source,
                    config.camera,
                    fast=orders.fast,
                    patient=notifier.supervised,
                ),
                on_camera=camera,
                on_infrared=infrared,
                on_action=statistics.note_action,
                facts=source.facts(),
                listeners=() if bridge is None else (bridge,),
                others=desk.others,
            )
        )
        source.taken_over()
        late.take(door_handlers(session.door.gate))
        stack.enter_context(Upkeep(partial(_forget, makers, audit, session)))
        stack.enter_context(desk.opened(config, session, audit))
        hub = hub_beside(config, environment, audit, source, reloads.ask, desk)
        statistics.hub = stack.enter_context(hub)
        if bridge is not None:
            stack.enter_context(bridge.link(parts_of_bridge(session, audit, statistics)))
            statistics.mqtt = bridge.report
        display = Display(show, orders.ask, partial(_note_lost_display, audit))
        stack.callback(notifier.stopping)
        stack.callback(reloads.close)
        watchdog = Watchdog.of(environment, ping, time.monotonic())
        service = Service(
            session,
            audit,
            notifier,
            statistics,
            watchdog,
            source,
            display.show,
            ask=display.ask,
            guard=ClockGuard(audit.clock_doubt_s),
            follow=following(desk.follow, *(() if bridge is None else (bridge.follow,))),
        )
        service.start()
        steps = session.steps(
            stop, time.monotonic, orders.seconds, lambda: service.between(reloads)
        )
        for frame, step in steps:
            service.note(frame, step)
        service.finish()


def _forget(makers: ServiceMakers, audit: EventLog, session: Session, pause: Pause) -> None:
    unsent = unsent_after(session.config)
    makers.retain(audit, session.config.audit, time.time(), pause, unsent_after=unsent)


def _note_lost_display(audit: Recorder, reason: str) -> None:
    write_down(audit, service_event("display_lost", time.time(), reason=reason[:MAX_REASON]))


def _answer(
    stack: ExitStack, config: Config, handlers: Mapping[str, Handler], statistics: Statistics
) -> None:
    """Control socket and metrics, from the start: a second door is refused at once."""
    port = config.service.metrics_port
    try:
        stack.enter_context(ControlServer(config.service.socket, handlers))
        if port is not None:
            shown = Metrics(statistics.totals)
            stack.enter_context(MetricsServer(port, shown, "service.metrics_port"))
    except FaultError as error:
        if config.camera.source != "demo":
            raise
        # The demo plays beside the real door, which keeps its socket and its port.
        log.warning("The demo cannot be asked how it is: %s", error)


def _announcing(progress: Progress, notifier: Notifier) -> Progress:
    """`progress` that asks systemd for patience with each photo."""

    def announced(photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
        for number, photo in enumerate(progress(photos, total), 1):
            notifier.extend_start(EXTEND_START_S)
            notifier.status(f"Embedding photo {number} of {total} again: the encoder is new.")
            yield photo

    return announced
