"""`accessctl clock` and `clock confirm`: whether the wall clock is believed."""

import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.clock import confirm_clock
from accessctl.audit.clock_watch import jump_in_words
from accessctl.audit.opening import open_log, open_log_to_check
from accessctl.cli.common import ConfigOption, JsonOption, config_from, print_json
from accessctl.cli.front import Verb
from accessctl.clock import synchronised
from accessctl.errors import InputError
from accessctl.policy.schedule import zone_of

if TYPE_CHECKING:
    from accessctl.config import Config


@dataclass(frozen=True, kw_only=True)
class ClockOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class ClockConfirmOptions(ConfigOption):
    today: Annotated[
        str,
        typer.Argument(metavar="TODAY", help="Today's date by your own calendar: 2026-01-31."),
    ]


def run(args: ClockOptions) -> int:
    """0 while the clock is believed, 1 while it is not."""
    config = config_from(args)
    now = datetime.fromtimestamp(time.time()).astimezone(zone_of(config.access))
    known, doubt_s = synchronised(), _doubt_s(config)
    if args.json:
        print_json(
            {
                "time": now.isoformat(timespec="seconds"),
                "synchronised": known,
                "believed": doubt_s is None,
                "jumped_s": doubt_s,
            }
        )
        return int(doubt_s is not None)
    print(f"It is {now:%Y-%m-%d %H:%M:%S %Z}.")
    print("A time server keeps it right." if known else "Nothing that is known keeps it right.")
    if doubt_s is None:
        print("The event log goes with it.")
        return 0
    print(f"It {jump_in_words(doubt_s)}; nothing is removed by its age meanwhile.")
    return 1


def run_confirm(args: ClockConfirmOptions) -> int:
    config = config_from(args)
    if not config.audit.file.exists():
        raise InputError(f"There is no event log {config.audit.file}; nothing to confirm.")
    with open_log(config.audit, os.environ) as log:
        day = confirm_clock(log, args.today, time.time(), zone_of(config.access))
    print(f"The clock is believed: today is {day}.")
    return 0


def _doubt_s(config: "Config") -> float | None:
    if not config.audit.file.exists():
        return None
    with open_log_to_check(config.audit, os.environ) as log:
        return log.clock_doubt_seen_s()


CLOCK = Verb(
    run,
    ClockOptions,
    "Says what the clock shows, and whether the event log believes it: after a jump nothing is "
    "removed by its age until the clock is synchronised or confirmed. It ends with 1 until then.",
    ("accessctl clock", "accessctl clock confirm 2026-01-31"),
)
CONFIRM = Verb(
    run_confirm,
    ClockConfirmOptions,
    "Says that the clock is right, after it jumped. You name today's date, so that a wrong clock "
    "is not confirmed in passing; that you did is written down.",
    ("accessctl clock confirm 2026-01-31",),
)
