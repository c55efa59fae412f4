"""`accessctl evaluate`: what the parts of this door are worth, measured on recordings."""

from typing import Any

from accessctl.cli.evaluate_calibration import add_calibration
from accessctl.cli.evaluate_challenge import add_challenge
from accessctl.cli.evaluate_fairness import add_fairness
from accessctl.cli.evaluate_identify import add_identify
from accessctl.cli.evaluate_lfw import add_lfw
from accessctl.cli.evaluate_liveness import add_liveness
from accessctl.cli.evaluate_oneshot import add_oneshot
from accessctl.cli.evaluate_robustness import add_robustness


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("evaluate", help="measure on recordings what the door is worth")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    add_lfw(commands)
    add_calibration(commands)
    add_fairness(commands)
    add_oneshot(commands)
    add_identify(commands)
    add_robustness(commands)
    add_liveness(commands)
    add_challenge(commands)
