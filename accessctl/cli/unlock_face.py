"""`accessctl unlock-face`: end a lockout, and turn face entry on again."""

import argparse
import os
import time
from typing import Any

from accessctl.cli.common import add_config, config_from


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "unlock-face", help="let faces open the door again after a lockout"
    )
    parser.add_argument("--door", metavar="NAME", help="default: the door of the configuration")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import DeferredLog, end_lockout
    from accessctl.policy.lockout import Lockout
    from accessctl.policy.lockout_store import LockoutStore

    config = config_from(args)
    door = args.door or config.access.door
    file = config.lockout_file
    if not file.exists():
        print(f"No face was refused at the door {door} yet.")
        return 0
    with LockoutStore(file) as lockouts, DeferredLog(config.audit, os.environ) as audit:
        ended = end_lockout(lockouts, door, audit, time.time)
    if ended == Lockout():
        print(f"The door {door} is not locked out.")
        return 0
    print(f"Faces count again at the door {door}; {ended.refused} had been refused in a row.")
    return 0
