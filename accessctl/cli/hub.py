"""`accessctl hub ...`: the hub of a site with many doors, and what its owner does with them."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.audit.views import moment
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    config_from,
    local_time,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.config import Config, HubConfig
from accessctl.domain import EventKind
from accessctl.errors import InputError
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.hub.assembly import Hub
    from accessctl.hub.doors import KnownDoor
    from accessctl.hub.records import KeptRecord
    from accessctl.hub.server import Served

NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class HubOptions(ConfigOption):
    pass


@dataclass(frozen=True, kw_only=True)
class HubListOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class HubDoorOptions(ConfigOption):
    door: Annotated[str, typer.Argument(metavar="DOOR", help="The door's name.")]


@dataclass(frozen=True, kw_only=True)
class HubInviteOptions(ConfigOption, JsonOption):
    door: Annotated[str, typer.Argument(metavar="DOOR", help="What the door shall be called.")]


@dataclass(frozen=True, kw_only=True)
class HubEventsOptions(SinceOption, ConfigOption, JsonOption):
    door: Annotated[
        str | None, typer.Option(metavar="DOOR", help="Only of doors of this name.")
    ] = None
    kind: Annotated[EventKind | None, typer.Option(help="Only of this kind.")] = None


@contextmanager
def opened_hub(args: ConfigOption) -> "Iterator[Hub]":
    """The hub that is there: whoever only looks makes none; InputError."""
    from accessctl.hub.assembly import is_made, open_hub

    config = config_from(args).hub
    if not is_made(config):
        raise InputError(
            f"There is no hub in {config.folder}; `accessctl hub run` makes one on this machine."
        )
    with open_hub(config, os.environ) as hub:
        yield hub


def run_hub(args: HubOptions) -> int:
    from accessctl.cli.models import named_for
    from accessctl.cli.run import stop_on_signals
    from accessctl.hub.assembly import open_hub
    from accessctl.hub.door_beside import DoorBeside
    from accessctl.hub.likeness import CardYardsticks
    from accessctl.hub.server import serve
    from accessctl.service.logs import use_format
    from accessctl.service.supervision import Notifier

    config = config_from(args)
    use_format(config.service.log_format)
    notifier = Notifier.of(os.environ)

    def ready() -> None:
        door.listening()
        notifier.ready("Serving the doors.")
        print(
            f"The hub listens at {hub_address(config.hub)}. {hub.authority.fingerprint}", flush=True
        )

    # Signals that end the server come once more when it has ended.
    yardsticks = CardYardsticks(config.encoder, config.policy)
    models = partial(named_for, config)
    with (
        open_hub(config.hub, os.environ, yardsticks=yardsticks, models=models) as hub,
        stop_on_signals(),
        _console_where_wanted(hub, config) as beside,
        DoorBeside(hub, config, _has_joined) as door,
    ):
        serve(hub, ready, beside)
    notifier.stopping()
    return 0


def _has_joined(door: str) -> None:
    print(f"The door {door} on this machine has joined.", flush=True)


@contextmanager
def _console_where_wanted(hub: "Hub", config: Config) -> "Iterator[tuple[Served, ...]]":
    """What is served beside the hub: nothing, or the console."""
    if not config.console.enabled:
        yield ()
        return
    from accessctl.console.app import open_console
    from accessctl.console.server import console_beside, console_tls

    console = open_console(hub, config, os.environ)
    with console_beside(console, console_tls(hub, config)) as served:
        print(f"The console is at {console_address(config)}", flush=True)
        yield (served,)


def console_address(config: Config) -> str:
    """How a browser reaches the console."""
    return f"https://{config.console_name}:{config.console.port}"


def hub_address(config: HubConfig) -> str:
    """How a door may reach it; the machine's name where it listens at all addresses."""
    host = config.host
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared only
        host = config.names[0] if config.names else socket.gethostname()
    return f"https://{f'[{host}]' if ':' in host else host}:{config.port}"


def run_invite(args: HubInviteOptions) -> int:
    from accessctl.hub.assembly import open_hub

    with open_hub(config_from(args).hub, os.environ) as hub:
        invitation = hub.doors.invite(args.door)
        told = {
            "door": invitation.name,
            "code": invitation.code,
            "expires": local_time(invitation.expires).isoformat(timespec="seconds"),
            "fingerprint": hub.authority.fingerprint,
            "url": hub_address(hub.config),
        }
    if args.json:
        print_json(told)
        return 0
    until = f"{local_time(invitation.expires):%H:%M}"
    print(f"Code for {invitation.name}, once and until {until}: {invitation.code}")
    print("At the door, which asks for the code:")
    print(f"  accessctl join {told['url']} --fingerprint {told['fingerprint']}")
    return 0


def run_revoke(args: HubDoorOptions) -> int:
    with opened_hub(args) as hub:
        door = hub.doors.revoke(args.door)
    if door:
        print(f"{args.door} counts no more: its certificate is refused from now on.")
    else:
        print(f"The invitation of {args.door} counts no more.")
    return 0


def run_doors(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        doors = hub.doors.listed()
    if args.json:
        for door in doors:
            print_json(_door_json(door))
    elif doors:
        head = ("door", "state", "seen", "certificate until", "records", "alarms", "id")
        print_table(head, map(_door_cells, doors))
    else:
        print("No door has joined yet; see `accessctl hub invite`.")
    return 0


def _door_cells(door: "KnownDoor") -> tuple[str, ...]:
    expires = NEVER if door.expires is None else f"{local_time(door.expires):%Y-%m-%d}"
    seen = NEVER if door.seen is None else f"{local_time(door.seen):%Y-%m-%d %H:%M:%S}"
    return door.name, door.state, seen, expires, str(door.records), str(door.alarms), door.id


def _door_json(door: "KnownDoor") -> dict[str, Any]:
    return {
        "door": door.name,
        "id": door.id,
        "state": door.state,
        "joined": local_time(door.joined).isoformat(timespec="seconds"),
        "seen": None if door.seen is None else local_time(door.seen).isoformat(timespec="seconds"),
        "expires": None
        if door.expires is None
        else local_time(door.expires).isoformat(timespec="seconds"),
        "records": door.records,
        "alarms": door.alarms,
    }


def run_events(args: HubEventsOptions) -> int:
    since = None if args.since is None else moment(args.since, time.time())
    kind = None if args.kind is None else args.kind.value
    with opened_hub(args) as hub:
        for record in hub.records.query(name=args.door, since=since, kind=kind):
            _show(record, args)
    return 0


def _show(kept: "KeptRecord", args: HubEventsOptions) -> None:
    _, _, _, person, text = json.loads(kept.record)
    if args.json:
        print_json(
            {
                "door": kept.name,
                "door_id": kept.door,
                "record": kept.number,
                "time": local_time(kept.time).isoformat(timespec="milliseconds"),
                "kind": kept.kind,
                "person": person,
                "data": json.loads(text),
                "hash": kept.hash.hex(),
            }
        )
        return
    who = "" if person is None else f"  {person}"
    when = f"{local_time(kept.time):%Y-%m-%d %H:%M:%S}"
    print(printable(f"{when}  {kept.name}  {kept.number}  {kept.kind}{who}  {text}"))


def run_alarms(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        alarms = hub.records.alarms()
    for alarm in alarms:
        when = local_time(alarm.time)
        if args.json:
            print_json(
                {
                    "time": when.isoformat(timespec="seconds"),
                    "door": alarm.name,
                    "door_id": alarm.door,
                    "kind": alarm.kind,
                    "record": alarm.number,
                    "problem": alarm.problem,
                }
            )
        else:
            what = f"{alarm.name}, record {alarm.number} ({alarm.kind}): {alarm.problem}."
            print(f"{when:%Y-%m-%d %H:%M:%S}  {what}")
    if not alarms and not args.json:
        print("No door's log has given cause for alarm.")
    return 0


def run_verify(args: HubListOptions) -> int:
    """1 where something is broken, or an alarm was raised."""
    from accessctl.hub.verify import verify_site

    with opened_hub(args) as hub:
        report = verify_site(hub.database)
    if args.json:
        print_json(
            {
                "doors": report.doors,
                "records": report.records,
                "journal": report.journal,
                "alarms": report.alarms,
                "broken": [
                    {"door": one.door, "id": one.id, "record": one.number, "problem": one.problem}
                    for one in report.findings
                ],
            }
        )
    else:
        print(
            f"{report.records} records of {report.doors} doors and {report.journal} of the hub's "
            "journal were read."
        )
        for one in report.findings:
            whose = f"{one.door} ({one.id})" if one.door else "The journal"
            print(f"{whose}: record {one.number}: {one.problem}.")
        if report.alarms:
            print(f"{report.alarms} alarms were raised; see `accessctl hub alarms`.")
        if report.is_sound:
            print("All chains are whole.")
    return 0 if report.is_sound else 1


HUB = Verb(
    run_hub,
    HubOptions,
    "Alone the same as `accessctl hub run`: is the hub of a site. The words behind it look at that "
    "hub and change what it has.",
    ("accessctl hub", "accessctl hub doors"),
    tells=True,
)
RUN = Verb(
    run_hub,
    HubOptions,
    "Is the hub: takes the event logs of all doors that have joined, over HTTPS, and keeps them "
    "as they were written. Keys, certificates and an embedded database are made at the first "
    "start. It serves the console, too, where console.enabled is set. Ctrl-C or SIGTERM ends it in "
    "order.",
    ("accessctl hub run",),
    tells=True,
)
INVITE = Verb(
    run_invite,
    HubInviteOptions,
    "Prints a code with which one door joins, once and within 15 minutes, and the fingerprint by "
    "which that door knows this hub.",
    ("accessctl hub invite front-door",),
)
REVOKE = Verb(
    run_revoke,
    HubDoorOptions,
    "Lets a door's certificate count no more, at once and for good, or withdraws its invitation. "
    "What it sent stays. The door itself works on; it can be invited again.",
    ("accessctl hub revoke front-door",),
)
DOORS = Verb(
    run_doors,
    HubListOptions,
    "Lists all doors that ever joined: when each was last seen, until when its certificate counts, "
    "how far its log is here, and how many alarms were raised of it.",
    ("accessctl hub doors", "accessctl hub doors --json"),
)
EVENTS = Verb(
    run_events,
    HubEventsOptions,
    "Shows what the doors wrote down, by its time, one record a line. People are ids, as in the "
    "doors' own logs.",
    ("accessctl hub events --since 1d", "accessctl hub events --door front-door --json"),
)
ALARMS = Verb(
    run_alarms,
    HubListOptions,
    "Lists what the doors' logs did that no honest log does: records that are missing, that were "
    "rewritten or damaged, and logs that were put back to an older state.",
    ("accessctl hub alarms",),
)
VERIFY = Verb(
    run_verify,
    HubListOptions,
    "Reads all records of all doors and the hub's own journal again and names the first one of "
    "each chain that is not what was written. It ends with 1 where there is one, or an alarm.",
    ("accessctl hub verify",),
)
