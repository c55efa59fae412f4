"""`accessctl preview`: watch the door at work."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.bounds import seconds
from accessctl.cli.engine import engine_of
from accessctl.cli.front import Verb
from accessctl.cli.run import SourceOptions, accepted_source, stop_on_signals

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.preview.screen import Screen


@dataclass(frozen=True, kw_only=True)
class PreviewOptions(SourceOptions):
    record: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Write it to a video file.")
    ] = None


def run(args: PreviewOptions) -> int:
    """With --record and no display it records only; without either there is an error."""
    from accessctl.administration.changes import Administration
    from accessctl.demo.door import enrol_demo_person
    from accessctl.door.assembly import open_audit
    from accessctl.door.session import open_session
    from accessctl.preview.app import Preview

    limit = seconds(args.seconds)
    source = accepted_source(args)
    config = source.start()
    with (
        closing(open_screen(args.record, config)) as screen,
        stop_on_signals() as stop,
        open_audit(config) as audit,
        engine_of(config) as engine,
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


def open_screen(record: Path | None, config: "Config") -> "Screen":
    from accessctl.errors import DisplayError
    from accessctl.preview.screen import PreviewWindow, Recording, Screens, require_display

    screens: list[Screen] = []
    if record is not None:
        screens.append(Recording(record, config.camera.fps))
    try:
        require_display()
        screens.append(PreviewWindow())
    except DisplayError:
        if record is None:
            raise
    return Screens(screens)


PREVIEW = Verb(
    run,
    PreviewOptions,
    "Shows what the door sees and decides, in a window: faces, names, liveness and why. Keys in "
    "the window enrol and end. Alone it is the door, so its actions are performed, too; beside a "
    "running door it watches only. "
    "With --record and no screen it only records.",
    ("accessctl preview", "accessctl preview --source demo --record demo.mp4 --seconds 30"),
    tells=True,
)
