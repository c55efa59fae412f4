"""A serial line as bytes in and out, without waiting."""

import errno
import fcntl
import os
import termios
import tty
from contextlib import suppress
from pathlib import Path

from accessctl.errors import LineError

_TAKEN = "The serial line {device} cannot be used: it is none, or another program has it."


class SerialLine:
    """Eight bits, no parity, one stop bit, taken for this program alone."""

    def __init__(self, device: Path, baud_rate: int) -> None:
        """LineError where it is not there, is no serial line, or is held by another program."""
        self._device = device
        try:
            self._descriptor = os.open(
                device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise LineError(_TAKEN.format(device=device)) from error
            raise LineError(
                f"The serial line {device} cannot be opened ({error.strerror}); check its name, "
                "its cable, and that the door's user is in the group dialout."
            ) from error
        try:
            self._set_up(baud_rate)
        except (OSError, termios.error) as error:
            os.close(self._descriptor)
            raise LineError(_TAKEN.format(device=device)) from error

    def _set_up(self, baud_rate: int) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.ioctl(self._descriptor, termios.TIOCEXCL)
        tty.setraw(self._descriptor, termios.TCSANOW)
        settings = termios.tcgetattr(self._descriptor)
        settings[2] = settings[2] & ~termios.CRTSCTS | termios.CLOCAL | termios.CREAD
        settings[4] = settings[5] = getattr(termios, f"B{baud_rate}")
        termios.tcsetattr(self._descriptor, termios.TCSANOW, settings)
        termios.tcflush(self._descriptor, termios.TCIOFLUSH)

    def fileno(self) -> int:
        return self._descriptor

    def read(self, most: int) -> bytes:
        """What has come, at most so many bytes; LineError once the line is gone."""
        try:
            part = os.read(self._descriptor, most)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error.strerror) from error
        if not part:
            # A line on which nothing has come says so otherwise.
            raise self._gone("it hung up")
        return part

    def write(self, content: bytes) -> int:
        """How many of the bytes were taken; LineError once the line is gone."""
        try:
            return os.write(self._descriptor, content)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone(error.strerror) from error

    def close(self) -> None:
        with suppress(OSError):
            # What has gone is nobody's.
            fcntl.ioctl(self._descriptor, termios.TIOCNXCL)
        os.close(self._descriptor)

    def _gone(self, why: str | None) -> LineError:
        return LineError(f"The serial line {self._device} is gone ({why}); check its cable.")
