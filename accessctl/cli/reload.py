"""`accessctl reload`: have the running door read its configuration again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.service.client import ask


@dataclass(frozen=True, kw_only=True)
class ReloadOptions(ConfigOption, JsonOption):
    socket: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Default: service.socket of the configuration."),
    ] = None


def run(args: ReloadOptions) -> int:
    """Exit code 2 with the door's reason when it goes on with the configuration it had."""

    answer = ask(args.socket or config_from(args).service.socket, "reload")
    if args.json:
        print_json(answer)
    else:
        changed = ", ".join(map(str, answer["changed"])) or "nothing had changed"
        print(f"Reloaded: {changed}; {answer['people']} people enrolled.")
    return 0


RELOAD = Verb(
    run,
    ReloadOptions,
    "Has the running door read its configuration and its people again, and says what changed. "
    "Where the new configuration cannot be used, the door goes on with the old one and says why.",
    ("accessctl reload",),
)
