"""What systemd runs once the door has ended, however it ended (`ExecStopPost`).

    python -m accessctl.service.leave_safe CONFIG

It opens neither gallery nor event log: the next start of the door puts its own on record.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from accessctl.actions.safe import safe_commands, set_safe
from accessctl.config import load_config
from accessctl.errors import AccessctlError
from accessctl.service import logs


def main(argv: Sequence[str]) -> int:
    """0 where every safe state was set, 1 where one was not, 2 for a wrong configuration."""
    logs.set_up(sys.stderr)
    if len(argv) != 1:
        print("usage: python -m accessctl.service.leave_safe CONFIG", file=sys.stderr)
        return 2
    try:
        commands = safe_commands(load_config(Path(argv[0])).actions)
    except AccessctlError as error:
        print(f"accessctl: {error}", file=sys.stderr)
        return error.exit_code
    ended = set_safe(commands, "died")
    return 0 if all(result.ok for _, result in ended) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
