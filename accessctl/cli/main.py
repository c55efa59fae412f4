"""The command line: finds the command, runs it, turns its errors into a sentence, and ends."""

import errno
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import typer

from accessctl import extensions
from accessctl.cli.commands import ADDED, CommandRow
from accessctl.cli.error_text import explain_import_error, usage_sentence
from accessctl.cli.front import Typed, application
from accessctl.errors import AccessctlError

PROGRAM = "accessctl"
COMPLETE = "_ACCESSCTL_COMPLETE"
INTERRUPTED = 130
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

QUIET = {
    "GLOG_minloglevel": "2",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "SILENT",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""Keeps native libraries from writing to the terminal; what the user has set stays."""

# The name that accessctl/camera/reader.py gives its threads; importing it here would cost
# every command the time that OpenCV takes to load.
CAMERA_THREAD = "camera-reader"


def entry() -> None:
    try:
        fill_standard_streams()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A file's name need not be text; in JSON the escape is even the right one.
                stream.reconfigure(errors="backslashreplace")
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = interrupted()
    leave(code)


def main(argv: Sequence[str], perform: Callable[[Typed], int] = Typed.run) -> int:
    """Exit code: 0 done, 1 a fault, 2 wrong usage or input, 130 interrupted.

    `perform` runs the command once it is understood.
    """
    try:
        code = performed(argv, perform)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return interrupted()
    except BrokenPipeError:
        # The reader (`head`, a pager) has enough.
        give_up_output()
        return 0
    except OSError as error:
        # Only an error on standard output names no file; those on files are told elsewhere.
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        give_up_output()
        why = os.strerror(error.errno)
        complain(f"The output cannot be written ({why}); make room.")
        return 1
    return code


def performed(argv: Sequence[str], perform: Callable[[Typed], int]) -> int:
    """The exit code of the command, which has told of what went wrong."""
    try:
        meant = understood(argv)
        if not isinstance(meant, Typed):
            # Another package's command, which has run.
            return int(meant or 0)
        set_up(tells=meant.verb.tells)
        return perform(meant)
    except typer.Exit as end:
        return end.exit_code
    except typer.TyperException as error:
        print(usage_sentence(error), file=sys.stderr)
        return error.exit_code
    except AccessctlError as error:
        complain(str(error))
        return error.exit_code
    except ImportError as error:
        told = explain_import_error(error)
        if told is None:
            raise
        complain(told)
        return 1


def understood(argv: Sequence[str]) -> Any:
    """A Typed or, of another package's command, its exit code."""
    app = application(added_commands())
    if COMPLETE in os.environ:
        app.main(list(argv), PROGRAM, COMPLETE)
    with app.make_context(PROGRAM, list(argv)) as context:
        return app.invoke(context)


def set_up(*, tells: bool) -> None:
    from accessctl import demo
    from accessctl.service import logs

    logs.set_up(sys.stderr)
    if tells:
        logs.tell_all()
    demo.register()


def complain(sentence: str) -> None:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)


def interrupted() -> int:
    print("interrupted", file=sys.stderr)
    return INTERRUPTED


def give_up_output() -> None:
    """Keep the interpreter from flushing into standard output once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fill_standard_streams() -> None:
    """/dev/null for each that was closed (`people >&-`); else the next file opened would be it."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def added_commands() -> Iterator[tuple[CommandRow, extensions.Extension]]:
    """Each with what loads it; nothing is loaded before it is named."""
    for name, command in extensions.commands().items():
        yield CommandRow(name, ADDED, command.help), command


def leave(code: int) -> NoReturn:
    """End with exit status `code`, having written what is still buffered.

    A thread that comes back from native code while the interpreter is taken down is ended in
    the middle of C++, which aborts the process ("terminate called without an active
    exception"). So with one left behind, nothing is taken down: everything that has to be
    closed was closed by the command itself.
    """
    if not any(thread.name == CAMERA_THREAD for thread in threading.enumerate()):
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
