"""`accessctl run` and `preview`: the door itself, without a window and with one."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_path,
    photo_bar,
    print_json,
    seconds,
    whole_path,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import OpenEngine, engine_of, usual_engine
from accessctl.config import Config
from accessctl.domain import Decision, PersonId

if TYPE_CHECKING:
    from accessctl.door.demands import Asked
    from accessctl.preview.screen import Screen
    from accessctl.service.config_source import AcceptedSource
    from accessctl.service.daemon import ServiceMakers
    from accessctl.service.display import Ask, Show

log = logging.getLogger(__name__)
Names: TypeAlias = Mapping[PersonId, str]


@dataclass(frozen=True, kw_only=True)
class SourceOptions(ConfigOption):
    """Which pictures a door looks at, and for how long."""

    source: Annotated[
        str | None, typer.Option(metavar="S", help="Camera instead of the configured one.")
    ] = None
    fast: Annotated[
        bool, typer.Option("--fast", help="Play a recording as fast as it can be looked at.")
    ] = False
    or_demo: Annotated[
        bool, typer.Option("--or-demo", help="Play the demo when no camera is attached.")
    ] = False
    seconds: Annotated[float | None, typer.Option(metavar="N", help="Stop after N seconds.")] = None


@dataclass(frozen=True, kw_only=True)
class RunOptions(SourceOptions, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class PreviewOptions(SourceOptions):
    record: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Write it to a video file.")
    ] = None


def run(args: RunOptions, *, makers: "ServiceMakers | None" = None) -> int:
    from accessctl.service.daemon import USUAL, Orders, serve

    limit = seconds(args.seconds)
    source = accepted_source(args)
    orders = Orders(
        source.start,
        str(source.path),
        args.fast,
        limit,
        asker(args, os.environ),
        source,
    )
    with stop_on_signals() as stop:
        show = teller(args, os.environ)
        serve(orders, show, stop, os.environ, photo_bar, makers or USUAL)
    return 0


def first_camera() -> str | None:
    """See camera.usb.first_usb_camera, which is imported here."""
    from accessctl.camera.usb import first_usb_camera

    return first_usb_camera()


def accepted_source(
    args: SourceOptions, attached: Callable[[], str | None] = first_camera
) -> "AcceptedSource":
    """The configuration as far as it was accepted, with --source laid over it.

    `attached` gives the first camera, for --or-demo.
    """
    from accessctl.service.config_source import AcceptedSource

    path = whole_path(config_path(args.config, os.environ))
    return AcceptedSource(path, partial(overlaid, args, attached=attached), os.environ)


def overlaid(
    args: SourceOptions, config: Config, attached: Callable[[], str | None] = first_camera
) -> Config:
    """`config` with --source laid over it; the demo keeps to itself."""
    from accessctl.demo.door import demo_config

    source = args.source or config.camera.source
    if source == "auto" and args.or_demo and attached() is None:
        log.info("No camera is attached: playing the demo.")
        source = "demo"
    if source == "demo":
        return demo_config(config)
    camera = config.camera.model_copy(update={"source": source})
    return config.model_copy(update={"camera": camera})


def teller(args: RunOptions, environment: Mapping[str, str]) -> "Show":
    """Who is told of decisions: the person at the terminal, or the journal, without names."""
    from accessctl.service.logs import log_decision
    from accessctl.service.supervision import SOCKET_VARIABLE

    if args.json or not environment.get(SOCKET_VARIABLE):
        return partial(show, as_json=args.json)

    def tell_the_log(decisions: Iterable[Decision], _names: Names) -> None:
        for decision in decisions:
            log_decision(decision)

    return tell_the_log


def asker(args: RunOptions, environment: Mapping[str, str]) -> "Ask":
    """Who reads what visitors are asked for: the terminal, or nobody."""
    from accessctl.service.daemon import keep_quiet
    from accessctl.service.supervision import SOCKET_VARIABLE

    if args.json or not environment.get(SOCKET_VARIABLE):
        return partial(show_asked, as_json=args.json)
    return keep_quiet


def show_asked(asked: "Iterable[Asked]", *, as_json: bool) -> None:
    for one in asked:
        if as_json:
            prompt = one.prompt
            words = {"prompt": prompt.text, "ask": prompt.ask}
            steps = {"step": prompt.step, "steps": prompt.steps}
            print_json({"kind": "prompt", "visit": one.visit} | words | steps)
        else:
            print(f"{'':<21}{'asked':<10}{one.prompt.text}", flush=True)


def show(decisions: Iterable[Decision], names: Names, *, as_json: bool) -> None:
    from accessctl.audit import views
    from accessctl.door.recorder import decision_event

    for event in map(decision_event, decisions):
        if as_json:
            print_json(views.as_json(event, names.get))
        else:
            print(views.as_text(event, names.get), flush=True)


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """SIGINT and SIGTERM set the event once; a second SIGINT interrupts at once."""
    stop = threading.Event()

    def handle(signum: int, _frame: object) -> None:
        if stop.is_set() and signum == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_preview(args: PreviewOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    """With --record and no display it records only; without either there is an error."""
    from accessctl.administration.changes import Administration
    from accessctl.demo.door import enrol_demo_person
    from accessctl.door.assembly import open_audit
    from accessctl.door.session import open_session
    from accessctl.preview.app import Preview
    from accessctl.sync.link import hub_link

    limit = seconds(args.seconds)
    source = accepted_source(args)
    config = source.start()
    with (
        closing(open_screen(args.record, config)) as screen,
        stop_on_signals() as stop,
        open_audit(config) as audit,
        engine_of(config, open_engine) as engine,
        hub_link(config),
    ):
        source.confirm(audit, time.time)
        enrolment = engine.enrolment()
        administration = Administration(engine.gallery, audit, time.time)
        if config.camera.source == "demo":
            enrol_demo_person(enrolment, administration)
        with open_session(
            engine, audit, fast=args.fast, facts=source.facts(), spectator=True
        ) as session:
            source.taken_over()
            preview = Preview(session, enrolment, administration, screen, stop.wait)
            preview.run(stop, time.monotonic, limit)
            session.finish()
    return 0


def open_screen(
    record: Path | None,
    config: Config,
    *,
    recording: "Callable[[Path, float], Screen] | None" = None,
    window: "Callable[[], Screen] | None" = None,
) -> "Screen":
    """A window, where there is a display, and a `record`, where one is wanted; DisplayError without
    either."""
    from accessctl.errors import DisplayError
    from accessctl.preview.screen import Recording, Screens, open_window

    screens: list[Screen] = []
    if record is not None:
        screens.append((recording or Recording)(record, config.camera.fps))
    try:
        screens.append((window or open_window)())
    except DisplayError:
        if record is None:
            raise
    return Screens(screens)


RUN = Verb(
    run,
    RunOptions,
    "Is the door: watches the camera, decides on everybody who comes before it, performs the "
    "actions of the configuration and writes everything down. Each decision is a line. Ctrl-C or "
    "SIGTERM ends it in order.",
    (
        "accessctl run",
        "accessctl run --source visitors.mp4 --fast --json",
        "accessctl run --source demo",
    ),
    tells=True,
)
PREVIEW = Verb(
    run_preview,
    PreviewOptions,
    "Shows what the door sees and decides, in a window: faces, names, liveness and why. Keys in "
    "the window enrol and end. Alone it is the door, so its actions are performed, too; beside a "
    "running door it watches only. "
    "With --record and no screen it only records.",
    ("accessctl preview", "accessctl preview --source demo --record demo.mp4 --seconds 30"),
    tells=True,
)
