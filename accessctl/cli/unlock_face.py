"""`accessctl unlock-face`: end a lockout, and turn face entry on again."""

import argparse
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
    from accessctl.door.assembly import open_audit
    from accessctl.door.events import service_event
    from accessctl.policy.lockout import Lockout
    from accessctl.policy.lockout_store import LockoutStore

    config = config_from(args)
    door = args.door or config.access.door
    file = config.lockout_file
    if not file.exists():
        print(f"No face was refused at the door {door} yet.")
        return 0
    with LockoutStore(file) as store, open_audit(config) as audit:
        before = store.read(door)
        if before == Lockout():
            print(f"The door {door} is not locked out.")
            return 0
        # The record first: nobody ends a lockout unseen.
        audit.append(service_event("face_unlocked", time.time(), door=door, refused=before.refused))
        store.change(door, lambda _: Lockout())
    print(f"Faces count again at the door {door}; {before.refused} had been refused in a row.")
    return 0
