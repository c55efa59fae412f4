"""`accessctl preview`: watch the door at work."""

import argparse
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config
from accessctl.cli.engine import engine_of
from accessctl.cli.run import add_source, choose_config, stop_on_signals

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.preview.screen import Screen


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("preview", help="show the door at work in a window")
    add_config(parser)
    add_source(parser)
    parser.add_argument("--record", type=Path, metavar="OUT.mp4", help="write it to a video file")
    parser.add_argument("--seconds", type=float, metavar="N", help="stop after N seconds")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """With --record and no display it records only; without either there is an error."""
    from accessctl.administration.changes import Administration
    from accessctl.demo.door import enrol_demo_person
    from accessctl.door.assembly import open_audit
    from accessctl.door.session import open_session
    from accessctl.preview.app import Preview

    config = choose_config(args)
    with (
        closing(open_screen(args.record, config)) as screen,
        stop_on_signals() as stop,
        open_audit(config) as audit,
        engine_of(config) as engine,
    ):
        enrolment = engine.enrolment()
        administration = Administration(engine.gallery, audit, time.time)
        if config.camera.source == "demo":
            enrol_demo_person(enrolment, administration)
        with open_session(engine, audit, fast=args.fast) as session:
            preview = Preview(session, enrolment, administration, screen, stop.wait)
            preview.run(stop, time.monotonic, args.seconds)
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
