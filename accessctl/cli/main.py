"""The command line: finds the command, runs it, turns its errors into a sentence."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from accessctl import __version__, demo
from accessctl.cli.leave import leave
from accessctl.cli.system_libraries import explain_import_error
from accessctl.errors import AccessctlError
from accessctl.service import logs

COMMANDS = (
    "init",
    "cameras",
    "run",
    "status",
    "reload",
    "doctor",
    "preview",
    "enroll",
    "people",
    "show",
    "rename",
    "rules",
    "pin",
    "remove",
    "identify",
    "verify",
    "embed",
    "policy",
    "unlock-face",
    "events",
    "replay",
    "models",
    "train",
    "liveness",
    "evaluate",
    "config",
    "service",
)


def entry() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file's name need not be text; in JSON the escape is even the right one.
            stream.reconfigure(errors="backslashreplace")
    leave(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Exit code: 0 done, 1 a fault, 2 wrong usage or input, 130 interrupted."""
    logs.set_up(sys.stderr)
    demo.register()
    try:
        args = parser().parse_args(argv)
        code: int = args.func(args)
        sys.stdout.flush()
    except AccessctlError as error:
        print(f"accessctl: {error}", file=sys.stderr)
        return error.exit_code
    except ImportError as error:
        sentence = explain_import_error(error)
        if sentence is None:
            raise
        print(f"accessctl: {sentence}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (`head`, a pager) has enough; keep the interpreter from flushing into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="accessctl", description="Face access control for a door.")
    top.add_argument("--version", action="version", version=f"accessctl {__version__}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        module = command.replace("-", "_")
        importlib.import_module(f"accessctl.cli.{module}").add_parser(subparsers)
    return top
