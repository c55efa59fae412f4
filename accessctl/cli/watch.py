"""`accessctl status --watch`: asks the running door about once a second, and shows what it says
until somebody has seen enough.
"""

import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from accessctl.cli.watch_page import changes, page, waiting_page
from accessctl.control.client import answer_of, request_line
from accessctl.errors import AccessctlError

if TYPE_CHECKING:
    from rich.text import Text

EVERY_S = 1.0
# A door that hangs must not keep the page from telling so, nor `q` from ending it.
ANSWER_S = 2.0
ENDS = b"qQ\x03\x04"
"""Keys: q, and what Ctrl-C and Ctrl-D are where the terminal passes them on."""

Ask: TypeAlias = Callable[[], Mapping[str, Any]]
Pause: TypeAlias = Callable[[float], bool]
"""Waits so many seconds; False ends the watching."""


def watch(socket: Path) -> int:
    """On a terminal a page that is drawn anew, elsewhere a line for each change; always 0, for
    only its reader ends it. The door may come and go."""

    def ask() -> Mapping[str, Any]:
        return answer_of(socket, request_line("status", {}), timeout_s=ANSWER_S)

    try:
        if sys.stdout.isatty():
            _on_terminal(ask)
        else:
            tell_changes(ask, sleep_through, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        return 0
    return 0


def tell_changes(ask: Ask, pause: Pause, say: Callable[[str], object]) -> None:
    """Say what is new at each look, until `pause` says that it is enough."""
    before: Mapping[str, Any] | None = None
    silent: str | None = None
    going = True
    while going:
        try:
            answer = ask()
            new = list(changes(before, answer))
        except (
            AccessctlError,
            KeyError,
            TypeError,
            AttributeError,
            ValueError,
            OverflowError,
        ) as error:
            why = str(error) if isinstance(error, AccessctlError) else "its answer makes no sense"
            if why != silent:
                say(f"No door answers; waiting. {why}")
            before, silent = None, why
        else:
            for line in new:
                say(line)
            before, silent = answer, None
        going = pause(EVERY_S)


def drawn(ask: Ask, now: float, width: int, height: int) -> "Text":
    """The page of this moment."""
    try:
        return page(ask(), now, width, height)
    except AccessctlError as error:
        return waiting_page(str(error), now, width, height)
    except ValueError as error:
        return waiting_page(f"What answers cannot be shown: {error}.", now, width, height)


def sleep_through(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def _on_terminal(ask: Ask) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with (
        _ended_in_order(),
        _keys(sys.stdin.fileno()) as pause,
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        going = True
        while going:
            size = console.size
            live.update(drawn(ask, time.time(), size.width, size.height), refresh=True)
            going = pause(EVERY_S)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Whoever ends it by a signal gets the terminal back as it was, as after Ctrl-C."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _keys(descriptor: int) -> Iterator[Pause]:
    """A pause that a key ends, where there is a keyboard; the terminal is left as it was."""
    if not os.isatty(descriptor):
        yield sleep_through
        return
    before = termios.tcgetattr(descriptor)

    def pause(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([descriptor], [], [], left)
            if ready:
                pressed = os.read(descriptor, 64)
                if not pressed or any(key in ENDS for key in pressed):
                    return False
        return True

    try:
        tty.setcbreak(descriptor)
        yield pause
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
