"""`accessctl pin set | clear | enter`: the second factor that somebody knows."""

import argparse
import getpass
import os
import sys
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.errors import InputError

# Far more than a PIN: a file that is no PIN is told apart from one.
MAX_CHARACTERS = 64


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("pin", help="set a person's PIN, or enter one at the door")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    choose = commands.add_parser("set", help="set somebody's PIN, read from terminal or stdin")
    choose.add_argument("name", metavar="NAME")
    choose.set_defaults(func=run_set)
    clear = commands.add_parser("clear", help="take somebody's PIN away")
    clear.add_argument("name", metavar="NAME")
    clear.set_defaults(func=run_clear)
    enter = commands.add_parser(
        "enter", help="give the running door a PIN, read from terminal or stdin"
    )
    enter.set_defaults(func=run_enter)
    for parser in (choose, clear, enter):
        add_config(parser)


def run_set(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import open_administration

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


def run_clear(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.clear_pin(args.name)
    print(f"{person.name} has no PIN.")
    return 0


def run_enter(args: argparse.Namespace) -> int:
    from accessctl.service.client import ask

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
