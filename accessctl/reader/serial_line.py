"""A badge reader on a serial line: it writes a number and an end of line for each badge.

The line is opened raw, for this program alone, and what was written before is thrown away. Lines
end with CR, LF or ETX; readers that put STX before a number and ETX behind it are understood, too
(ASCII, ISO/IEC 646). What is written there is hostile: anybody may have the other end of the wire.
"""

import errno
import fcntl
import logging
import os
import re
import select
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Self

from accessctl.background import BackgroundThread
from accessctl.errors import InputError, LineError

MOST_BYTES = 200
"""No number and no visitor's pass is longer: of such a line nothing is taken."""

GAP_S = 1.0
"""After so long a pause in a line its beginning was noise."""

TURN_S, RETRY_S, CLOSE_S = 0.2, 2.0, 2.0
_ENDS = re.compile(rb"[\r\n\x03]")

log = logging.getLogger(__name__)


class NumberLines:
    """The numbers in what a serial line brings; times are monotonic seconds."""

    def __init__(self) -> None:
        self._begun = b""
        self._last = float("-inf")
        self._overlong = False

    def feed(self, data: bytes, now: float) -> list[str]:
        """The lines that `data` ends, without STX and blanks; empty ones and those that are no
        printable ASCII are left out."""
        if not now - self._last <= GAP_S:
            self._begun, self._overlong = b"", False
        self._last = now
        *ended, begun = _ENDS.split(self._begun + data)
        numbers = []
        for line in ended:
            text = self._number(line)
            self._overlong = False
            if text:
                numbers.append(text)
        self._overlong = self._overlong or len(begun) > MOST_BYTES
        self._begun = b"" if self._overlong else begun
        return numbers

    def _number(self, line: bytes) -> str:
        if self._overlong or len(line) > MOST_BYTES:
            return ""
        text = line.strip(b" \t\x02\x00").decode("ascii", errors="replace")
        return text if text.isascii() and text.isprintable() else ""


@contextmanager
def opened(path: Path, baud: int) -> Iterator[int]:
    """The descriptor of a serial line at `baud`, 8 data bits, raw; LineError."""
    try:
        line = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise _taken(path) from error
        raise LineError(
            f"The badge reader {path} cannot be opened ({error.strerror}); plug it in, or correct "
            "badges.serial."
        ) from error
    try:
        _set_up(line, path, baud)
        try:
            yield line
        finally:
            # Somebody else may have it open who could open it no more.
            with suppress(OSError):
                fcntl.ioctl(line, termios.TIOCNXCL)
    finally:
        os.close(line)


def _taken(path: Path) -> LineError:
    return LineError(f"The badge reader {path} is read by another program; stop that one.")


def _set_up(line: int, path: Path, baud: int) -> None:
    if not os.isatty(line):
        raise LineError(f"{path} is no serial line; correct badges.serial.")
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.ioctl(line, termios.TIOCEXCL)
        speed = getattr(termios, f"B{baud}")
        *_, characters = termios.tcgetattr(line)
        control = termios.CS8 | termios.CREAD | termios.CLOCAL
        raw = [termios.IGNBRK, 0, control, 0, speed, speed, characters]
        termios.tcsetattr(line, termios.TCSANOW, raw)
        termios.tcflush(line, termios.TCIFLUSH)
    except BlockingIOError as error:
        raise _taken(path) from error
    except (OSError, termios.error) as error:
        raise LineError(f"The badge reader {path} cannot be set up ({error}).") from error


def numbers(
    path: Path, baud: int, go_on: Callable[[], bool], clock: Callable[[], float] = monotonic
) -> Iterator[str]:
    """Each number that the reader writes, while `go_on` says so; asked several times a second.

    An empty text comes first, once the line is open: what is written from then on is heard.
    LineError where the line cannot be opened, or is lost.
    """
    lines = NumberLines()
    with opened(path, baud) as line:
        yield ""
        while go_on():
            ready, _, _ = select.select([line], [], [], TURN_S)
            if ready:
                yield from lines.feed(_read(line, path), clock())


def _read(line: int, path: Path) -> bytes:
    try:
        data = os.read(line, MOST_BYTES)
    except BlockingIOError:
        return b""
    except OSError as error:
        raise LineError(f"The badge reader {path} is lost ({error.strerror}).") from error
    if not data:
        raise LineError(f"The badge reader {path} is lost; is it plugged in?")
    return data


class BadgeLine:
    """Reads the line in a thread of its own, from `with` to its end, and again where it is lost.

    `hear` gets each number there, and may raise InputError for what is none; `tell` hears of "lost"
    with the reason and of "back". Held only while `wanted` says so. `trouble` says in a sentence
    why nothing is read, None while it is; it may be read from any thread.
    """

    def __init__(
        self,
        path: Path,
        baud: int,
        hear: Callable[[str], object],
        tell: Callable[[str, str], object],
        *,
        wanted: Callable[[], bool] = lambda: True,
        retry_s: float = RETRY_S,
    ) -> None:
        self._path, self._baud = path, baud
        self._hear, self._tell, self._wanted = hear, tell, wanted
        self._retry_s = retry_s
        self._stop = threading.Event()
        self.trouble: str | None = "It is not open yet."
        self._lost = False
        self._thread = BackgroundThread(
            self._run, name="badge-reader", stop=self._stop.set, patience_s=CLOSE_S
        )

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.__exit__(None, None, None)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._wanted():
                    self._listen()
                self.trouble = "Another door acts, which reads it."
            except LineError as error:
                self._note_loss(str(error))
            except Exception:  # the reader goes on; the log has the traceback
                log.exception("What a badge reader wrote could not be used.")
            self._stop.wait(self._retry_s)

    def _listen(self) -> None:
        for number in numbers(self._path, self._baud, self._goes_on):
            self._note_well()
            if number:
                self._say(number)

    def _say(self, number: str) -> None:
        try:
            self._hear(number)
        except InputError as error:
            log.warning("The badge reader: %s", error)

    def _goes_on(self) -> bool:
        return not self._stop.is_set() and self._wanted()

    def _note_well(self) -> None:
        self.trouble = None
        if self._lost:
            self._lost = False
            self._tell("back", str(self._path))

    def _note_loss(self, why: str) -> None:
        self.trouble = why
        if not self._lost:
            self._lost = True
            log.error("%s", why)
            self._tell("lost", why)
