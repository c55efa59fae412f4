"""`accessctl reload`: have the running door read its configuration again."""

import argparse
from pathlib import Path
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("reload", help="apply a changed configuration to a running door")
    parser.add_argument(
        "--socket", type=Path, metavar="FILE", help="default: service.socket of the configuration"
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 2 with the door's reason when it goes on with the configuration it had."""
    from accessctl.service.client import ask

    answer = ask(args.socket or config_from(args).service.socket, "reload")
    if args.json:
        print_json(answer)
    else:
        changed = ", ".join(map(str, answer["changed"])) or "nothing had changed"
        print(f"Reloaded: {changed}; {answer['people']} people enrolled.")
    return 0
