"""What systemd runs once the door has ended, however it ended (`ExecStopPost`).

    python -m accessctl.service.leave_safe CONFIG

The configuration is the one that was accepted last, by which the door ran, else the file's. Neither
gallery nor event log is opened: the next start of the door puts its own on record.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from accessctl.actions.command import safe_commands, set_safe
from accessctl.administration.acceptance import AcceptedCopy
from accessctl.config import Config, load_config
from accessctl.doorway.opening import safe_outputs
from accessctl.errors import AccessctlError, StoreError
from accessctl.service import logs

log = logging.getLogger(__name__)


def _last_run(path: Path) -> Config:
    """ConfigError where there is neither a copy that can be opened nor a file."""
    try:
        accepted = AcceptedCopy(path, os.environ).read()
    except StoreError as error:
        log.warning("Going on with the configuration's file: %s", error)
        accepted = None
    return load_config(path) if accepted is None else accepted.config


def main(argv: Sequence[str]) -> int:
    """0 where every safe state was set, 1 where one was not, 2 for a wrong configuration."""
    logs.set_up(sys.stderr)
    if len(argv) != 1:
        print("usage: python -m accessctl.service.leave_safe CONFIG", file=sys.stderr)
        return 2
    try:
        config = _last_run(Path(argv[0]))
        commands = safe_commands(config.actions)
    except AccessctlError as error:
        print(f"accessctl: {error}", file=sys.stderr)
        return error.exit_code
    ended = set_safe(commands, "died")
    wrong = safe_outputs(config)
    for sentence in wrong:
        log.error("The safe state was not set. %s", sentence)
    return 0 if not wrong and all(result.ok for _, result in ended) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
