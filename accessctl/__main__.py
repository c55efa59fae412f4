"""Where the process begins; little is imported before Ctrl-C is heeded."""

import sys


def entry() -> None:
    try:
        from accessctl.cli import main

        main.entry()
    except KeyboardInterrupt:
        # While the command's code was still being imported.
        print("interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    entry()
