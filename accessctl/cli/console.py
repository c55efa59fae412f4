"""`accessctl console`: hub, console and the demo's door in one process, to try a site out."""

import getpass
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.background import BackgroundThread
from accessctl.cli.common import ConfigOption, config_path, photo_bar, whole_path
from accessctl.cli.front import Verb
from accessctl.cli.hub import console_address
from accessctl.cli.operators import invitation_at, invited
from accessctl.config import Config, SyncConfig, config_in, load_config
from accessctl.errors import AccessctlError, FaultError, InputError

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.hub.assembly import Hub

DEMO_DOOR, DEMO_CAMERA = "demo-door", "demo://door"
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

    config, path = config_to_try(args.config, os.environ)
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


def config_to_try(named: Path | None, environ: Mapping[str, str]) -> tuple[Config, Path]:
    """The configuration and its path; where none is named, and none lies in this folder, what holds
    without any, with all that is kept below this folder. ConfigError."""
    here = whole_path(Path("config.yaml"))
    if named is None and not environ.get("ACCESSCTL_CONFIG") and not here.exists():
        return config_in(b"", here), here
    path = whole_path(config_path(named, environ))
    return load_config(path), path


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
            except Exception as error:
                log.exception("The hub ended with a fault.")
                failed.append(FaultError(f"The hub ended with a fault ({type(error).__name__})."))
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
    made = invited(console.operators, _own_name(), "all")
    print(f"For the first operator, {made.operator.name}, once and within 15 minutes:")
    print(f"  {invitation_at(console_address(config), made)}", flush=True)


def _own_name() -> str:
    """Of whoever started this, as far as it can be an operator's."""
    from accessctl.console.operators import checked_name

    try:
        return checked_name(getpass.getuser())
    except (KeyError, OSError, InputError):
        # A container may run under a number that nobody has a name for.
        return "operator"


def _demo(hub: "Hub", config: Config, config_file: str, stop: Event) -> None:
    """The demo's door until `stop`, joined to this hub; where it cannot run, that is told."""
    from accessctl.demo.scene import Scene
    from accessctl.demo.sitting import Sitting, SittingSource
    from accessctl.door.assembly import open_audit
    from accessctl.service.daemon import Orders, ServiceMakers, serve

    try:
        door = joined_demo(hub, config)
        with open_audit(door):
            # What is sent has to be there before the link to the hub looks for it.
            pass
        # It can open nothing, so that its configuration need not be accepted.
        sitting = Sitting()
        orders = Orders(lambda: door, config_file, seated=sitting)
        source = SittingSource(door.camera.fps, sitting, Scene(0))
        makers = ServiceMakers(source=lambda *_, **__: source)
        serve(orders, _quiet, stop, os.environ, photo_bar, makers)
    except AccessctlError as error:
        log.error("The demo's door is not at work: %s", error)


def _quiet(*_: object) -> None:
    """Its decisions are seen in the console."""


def joined_demo(hub: "Hub", config: Config) -> Config:
    """The demo door's configuration, with a log, people and a socket of its own, once it has joined
    this hub: as a new door, whose second visitor is enrolled at the hub, where it is not one of the
    hub's doors yet. AccessctlError."""
    from accessctl.sync.identity import load_membership
    from accessctl.sync.joining import fingerprint_in, join

    host = config.hub.host if config.hub.host not in _EVERYWHERE else HERE
    url = f"https://{f'[{host}]' if ':' in host else host}:{config.hub.port}"
    door = _demo_door(config, url)
    member = load_membership(door.sync_folder)
    known = {one.id for one in hub.doors.listed() if one.state == "joined"}
    if member is None or member.door not in known:
        _make_room(hub)
        code = hub.doors.invite(DEMO_DOOR).code
        join(url, fingerprint_in(hub.authority.fingerprint), code, door.sync_folder)
        _enrol_visitor(hub, config)
    return door


def _demo_door(config: Config, hub: str) -> Config:
    """As the demo plays it, but one that belongs to the hub at that address: operators may have it
    do everything, and see what it sees."""
    from accessctl.demo.door import demo_config

    folder = config.audit.file.with_name(DEMO_DOOR)
    door = demo_config(config)
    return door.model_copy(
        update={
            # The drawn camera by an address: a door whose source is `demo` knows no hub.
            "camera": door.camera.model_copy(update={"source": DEMO_CAMERA}),
            "audit": config.audit.model_copy(update={"file": folder / "events.sqlite"}),
            "gallery": config.gallery.model_copy(update={"folder": folder / "gallery"}),
            "service": config.service.model_copy(
                update={"socket": folder / "door.sock", "metrics_port": None}
            ),
            "sync": SyncConfig(hub=hub, folder=folder / "sync", commands="all", live=True),
        }
    )


def _enrol_visitor(hub: "Hub", config: Config) -> None:
    """Have the hub know the demo's second visitor, who then comes to the door from there."""
    from accessctl.administration.changes import Administration
    from accessctl.console.operators import COMMAND_LINE
    from accessctl.demo.door import DEMO_PERSON
    from accessctl.hub.demo_play import demo_candidate
    from accessctl.hub.people_journal import PeopleJournal

    if any(one.name == DEMO_PERSON for one in hub.people.people()):
        return
    journal = PeopleJournal(hub.database, hub.people, COMMAND_LINE)
    Administration(hub.people, journal, hub.now).enrol(DEMO_PERSON, [demo_candidate(config)])


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
