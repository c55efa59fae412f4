"""`accessctl controller set | clear | pair`: the access controller that drives the lock."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.changes import open_administration
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.doorway import door_runs
from accessctl.cli.front import Verb
from accessctl.cli.rules import read_pin
from accessctl.errors import FaultError, InputError

if TYPE_CHECKING:
    from accessctl.config import Config

WHAT = "number"


@dataclass(frozen=True, kw_only=True)
class NumberOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose number it is.")]


@dataclass(frozen=True, kw_only=True)
class PairOptions(ConfigOption):
    seconds: Annotated[
        float,
        typer.Option(metavar="S", min=1, max=3600, help="How long to wait for the controller."),
    ] = 120.0
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the new key in the place of the present one.")
    ] = False


def run_set(args: NumberOptions) -> int:
    from accessctl.door.controller_gate import bits_of
    from accessctl.gallery.person import controller_number

    config = config_from(args)
    with open_administration(config, os.environ) as administration:
        # Before anything is typed: a name that nobody has.
        administration.person(args.name)
    number = controller_number(read_pin("Number: ", WHAT))
    if config.doorway.controller is not None:
        bits_of(number, config.doorway.controller)
    with open_administration(config, os.environ) as administration:
        person = administration.set_controller_number(args.name, number)
    print(f"{person.name} has a new controller number.")
    return 0


def run_clear(args: NumberOptions) -> int:
    with open_administration(config_from(args), os.environ) as administration:
        person = administration.set_controller_number(args.name, None)
    print(f"{person.name} has no controller number.")
    return 0


def run_pair(args: PairOptions) -> int:
    """1 where no controller handed out a key in time."""
    config = config_from(args)
    _paired(config, args.seconds, replace=args.replace, say=print)
    return 0


def _paired(
    config: "Config", seconds: float, *, replace: bool, say: Callable[[str], object]
) -> None:
    from accessctl.door.controller_gate import check_library, kept, place_of
    from accessctl.doorway.controller_key import CREDENTIAL, key_file
    from accessctl.doorway.pairing import pair
    from accessctl.doorway.serial_line import SerialLine
    from accessctl.storage.passwords import credential

    controller = config.doorway.controller
    if controller is None:
        raise InputError("There is no controller; see doorway.controller in config.yaml.")
    check_library()
    if credential(CREDENTIAL, os.environ) is not None:
        raise InputError("systemd hands out the controller's key; put the new one there yourself.")
    path = key_file(config)
    if path.exists() and not replace:
        raise InputError(f"There is a key in {path} already; to pair anew say --replace.")
    if door_runs(config.service.socket):
        raise InputError("The door is running and holds the line; stop it to pair.")
    with closing(SerialLine(controller.device, controller.baud_rate)) as line:
        say(f"Waiting for the controller on {controller.device}: set it to install a reader.")
        sys.stdout.flush()
        done = pair(line, place_of(config), lambda key: kept(config, key, os.environ), seconds)
    if not done:
        raise FaultError(
            "No controller handed out a key that it then used; check wires, address and baud rate, "
            "and that it is set to install a reader (to send KEYSET)."
        )
    say(f"Paired: the key is in {path}.")


SET = Verb(
    run_set,
    NumberOptions,
    "Sets the number by which an access controller knows somebody enrolled: what their card says, "
    "as NUMBER or FACILITY:NUMBER. It is read from the terminal, unseen, or from standard input, "
    "and kept sealed.",
    ("accessctl controller set Grace", "echo 23:4711 | accessctl controller set Grace"),
)
CLEAR = Verb(
    run_clear,
    NumberOptions,
    "Takes somebody's number away: the controller is told of them no more, so it lets them in no "
    "more.",
    ("accessctl controller clear Grace",),
)
PAIR = Verb(
    run_pair,
    PairOptions,
    "Waits until the controller hands out the key of the secure channel, and keeps it. Until then "
    "the line is protected by the key of the standard only: do it once, with nobody else on the "
    "wires. Stop the running door first.",
    ("accessctl controller pair", "accessctl controller pair --seconds 300"),
)
