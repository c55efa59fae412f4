"""`accessctl console`: hub, console and the demo's door in one process, to try a site out."""

import getpass
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.background import BackgroundThread
from accessctl.cli.common import ConfigOption, config_path, photo_bar, whole_path
from accessctl.cli.front import Verb
from accessctl.cli.hub import console_address
from accessctl.cli.operators import invitation_at, invited
from accessctl.config import Config, SyncConfig, load_config
from accessctl.errors import AccessctlError, FaultError

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.hub.assembly import Hub

DEMO_DOOR = "demo-door"
START_S, CLOSE_S = 30.0, 10.0
HERE = "127.0.0.1"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ConsoleOptions(ConfigOption):
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Whether the demo's door is at work in it.")
    ] = True


def run_console(args: ConsoleOptions) -> int:
    from accessctl.cli.run import stop_on_signals
    from accessctl.console.app import open_console
    from accessctl.hub.assembly import open_hub

    path = whole_path(config_path(args.config, os.environ))
    config = load_config(path)
    with open_hub(config.hub, os.environ) as hub, stop_on_signals() as stop:
        console = open_console(hub, config, os.environ)
        with _serving(hub, console, config, stop):
            print(f"The console is at {console_address(config)}", flush=True)
            print(f"Fingerprint of its authority: {hub.authority.fingerprint}", flush=True)
            _welcome(console, config)
            if args.demo:
                _demo(hub, config, str(path), stop)
            stop.wait()
    return 0


@contextmanager
def _serving(hub: "Hub", console: "Console", config: Config, stop: Event) -> Iterator[None]:
    """Hub and console in a thread beside this one, from when they listen; `stop` is set when they
    end. FaultError."""
    from accessctl.console.server import console_beside, console_tls
    from accessctl.hub.server import serve

    ready, failed = Event(), list[AccessctlError]()
    with console_beside(console, console_tls(hub, config)) as served:

        def work() -> None:
            try:
                serve(hub, ready.set, (served,))
            except AccessctlError as error:
                failed.append(error)
            finally:
                ready.set()
                stop.set()

        def end() -> None:
            # The hub's own server ends with any that is beside it.
            served.server.should_exit = True

        with BackgroundThread(work, name="site", stop=end, patience_s=CLOSE_S):
            if not ready.wait(START_S):
                raise FaultError("The hub does not start; its log may say why.")
            if not failed:
                yield
        if failed:
            raise failed[0]


def _welcome(console: "Console", config: Config) -> None:
    """A link for the first operator, where nobody can sign in yet."""
    if any(one.can_sign_in for one in console.operators.listed()):
        return
    made = invited(console.operators, getpass.getuser(), "all")
    print(f"For the first operator, {made.operator.name}, once and within 15 minutes:")
    print(f"  {invitation_at(console_address(config), made)}", flush=True)


def _demo(hub: "Hub", config: Config, config_file: str, stop: Event) -> None:
    """The demo's door until `stop`, joined to this hub; where it cannot run, that is told."""
    from accessctl.door.assembly import open_audit
    from accessctl.service.daemon import Orders, serve
    from accessctl.sync.link import HubLink

    try:
        door = joined_demo(hub, config)
        hub_url = door.sync.hub or ""
        with open_audit(door):
            # What is sent has to be there before the link looks for it.
            pass
        with HubLink(door.audit.file, hub_url, door.sync_folder):
            # It can open nothing, so that its configuration need not be accepted.
            serve(Orders(lambda: door, config_file), _quiet, stop, os.environ, photo_bar)
    except AccessctlError as error:
        log.error("The demo's door is not at work: %s", error)


def _quiet(*_: object) -> None:
    """Its decisions are seen in the console."""


def joined_demo(hub: "Hub", config: Config) -> Config:
    """The demo door's configuration, with a log of its own, once it has joined this hub, as a new
    door where it is not one of the hub's doors yet. AccessctlError."""
    from accessctl.demo.door import demo_config
    from accessctl.sync.identity import load_membership
    from accessctl.sync.joining import fingerprint_in, join

    folder = config.audit.file.with_name("demo-door")
    host = config.hub.host if config.hub.host not in _EVERYWHERE else HERE
    url = f"https://{f'[{host}]' if ':' in host else host}:{config.hub.port}"
    audit = config.audit.model_copy(update={"file": folder / "events.sqlite"})
    sync = SyncConfig(hub=url, folder=folder / "sync")
    door = demo_config(config.model_copy(update={"audit": audit, "sync": sync}))
    member = load_membership(door.sync_folder)
    known = {one.id for one in hub.doors.listed() if one.state == "joined"}
    if member is None or member.door not in known:
        _make_room(hub)
        code = hub.doors.invite(DEMO_DOOR).code
        join(url, fingerprint_in(hub.authority.fingerprint), code, door.sync_folder)
    return door


def _make_room(hub: "Hub") -> None:
    """Take out a demo door whose keys are lost."""
    if any(one.name == DEMO_DOOR and one.state == "joined" for one in hub.doors.listed()):
        hub.doors.revoke(DEMO_DOOR)


_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared only

CONSOLE = Verb(
    run_console,
    ConsoleOptions,
    "Is a whole site on this machine, to try it out: the hub with its embedded database, the "
    "console in a browser, and the demo's door at work in it. Prints the console's address and, "
    "where nobody can sign in yet, a link for the first operator. Ctrl-C or SIGTERM ends it in "
    "order.",
    ("accessctl console", "accessctl console --no-demo"),
    tells=True,
)
