"""`accessctl pin set | clear | enter`: the second factor that somebody knows."""

import getpass
import os
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.administration.changes import open_administration
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.errors import InputError
from accessctl.service.client import ask

# Far more than a PIN: a file that is no PIN is told apart from one.
MAX_CHARACTERS = 64


@dataclass(frozen=True, kw_only=True)
class PinOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose PIN it is.")]


def run_set(args: PinOptions) -> int:

    config = config_from(args)
    with open_administration(config, os.environ) as administration:
        # Before anything is typed: a name that nobody has.
        administration.person(args.name)
    pin = read_pin("PIN: ")
    if sys.stdin.isatty() and read_pin("The same again: ") != pin:
        raise InputError("The two PINs differ; nothing was changed.")
    with open_administration(config, os.environ) as administration:
        person = administration.set_pin(args.name, pin)
    print(f"{person.name} has a new PIN.")
    return 0


def run_clear(args: PinOptions) -> int:

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.clear_pin(args.name)
    print(f"{person.name} has no PIN.")
    return 0


def run_enter(args: ConfigOption) -> int:

    path = config_from(args).service.socket
    print(ask(path, "pin", pin=read_pin("PIN: ")).get("message", "Accepted."))
    return 0


def read_pin(prompt: str) -> str:
    """One line without its end; on a terminal it is not shown. InputError when there is none."""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(prompt)
        except EOFError:
            line = ""
    else:
        line = sys.stdin.readline(MAX_CHARACTERS)
    if not line:
        raise InputError("No PIN was given; type it, or write it to standard input.")
    return line.rstrip("\r\n")


SET = Verb(
    run_set,
    PinOptions,
    "Sets the PIN of somebody enrolled. It is read from the terminal, twice and unseen, or from "
    "standard input; never from the command line, which others can see.",
    ("accessctl pin set Grace",),
)
CLEAR = Verb(
    run_clear,
    PinOptions,
    "Takes somebody's PIN away; where the door asks for a second factor they cannot enter then.",
    ("accessctl pin clear Grace",),
)
ENTER = Verb(
    run_enter,
    ConfigOption,
    "Gives the running door the PIN of whoever stands before it, as a keypad would.",
    ("accessctl pin enter", "keypad-reader | accessctl pin enter"),
)
