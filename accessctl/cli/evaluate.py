"""`accessctl evaluate`: what the parts of this door are worth, measured on recordings."""

from typing import Any

from accessctl.cli.evaluate_liveness import add_liveness


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("evaluate", help="measure on recordings what the door is worth")
    add_liveness(group.add_subparsers(required=True, metavar="COMMAND"))
