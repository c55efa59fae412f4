"""Run a program to its end, within a time and with bounded memory."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

POLL_S = 0.02
TERM_GRACE_S = 0.5
REAP_S = 1.0
CHUNK = 65536
LAST_DRAIN_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Ended:
    """`code` is the exit status, negative for a signal, None if it could not be killed.

    `output` is the beginning of standard output and error, `dropped` how many bytes
    followed.
    """

    code: int | None
    timed_out: bool
    output: bytes
    dropped: int


def run_to_end(
    argv: Sequence[str],
    *,
    given: bytes,
    environment: Mapping[str, bytes],
    timeout_s: float,
    keep_bytes: int,
) -> Ended:
    """Start `argv` in its own session, feed it `given`, and wait at most `timeout_s`.

    The end of the program is the end, even if something it left in the background
    still holds its output. When time is up its whole process group gets SIGTERM and,
    half a second later, SIGKILL. Raises OSError or ValueError if it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - running the owner's argv, without a shell, is the purpose
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        env=environment,
        start_new_session=True,
    )
    timed_out = False
    with _Pipes(process, given, keep_bytes) as pipes:
        try:
            timed_out = not _wait(process.pid, pipes, timeout_s)
        finally:
            if timed_out or not _has_ended(process.pid):
                _end_group(process.pid, pipes)
        pipes.drain()
        return Ended(_reap(process), timed_out, bytes(pipes.kept), pipes.dropped)


class _Pipes:
    """A child's standard input and output, served without ever blocking on either."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes, keep_bytes: int) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process must have pipes")
        self.kept = bytearray()
        self.dropped = 0
        self._stdin: IO[bytes] = process.stdin
        self._stdout: IO[bytes] = process.stdout
        self._given = memoryview(given)
        self._keep_bytes = keep_bytes
        self._selector = selectors.DefaultSelector()
        for stream, event in (
            (self._stdin, selectors.EVENT_WRITE),
            (self._stdout, selectors.EVENT_READ),
        ):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, event)

    def __enter__(self) -> "_Pipes":
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._stdin.close()
        self._stdout.close()

    def serve(self, timeout_s: float) -> None:
        """Move what can be moved, waiting at most `timeout_s` for something to do."""
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._stdin:
                self._write()
            else:
                self._read()

    def drain(self) -> None:
        """Take what is in the pipe now; bounded, since a grandchild may go on writing."""
        limit = self.dropped + LAST_DRAIN_BYTES
        while not self._stdout.closed and self.dropped < limit and self._read():
            pass

    def _write(self) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._given[:CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self._given)
        self._given = self._given[written:]
        if not self._given:
            self._selector.unregister(self._stdin)
            self._stdin.close()

    def _read(self) -> bool:
        try:
            chunk = os.read(self._stdout.fileno(), CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(self._stdout)
            self._stdout.close()
            return False
        room = self._keep_bytes - len(self.kept)
        self.kept += chunk[:room]
        self.dropped += max(0, len(chunk) - room)
        return True


def _wait(pid: int, pipes: _Pipes, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not _has_ended(pid):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        pipes.serve(min(left, POLL_S))
    return True


def _has_ended(pid: int) -> bool:
    # WNOWAIT leaves the zombie, so its id cannot be given to a stranger that a later
    # killpg would hit.
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _end_group(pid: int, pipes: _Pipes) -> None:
    _signal_group(pid, signal.SIGTERM)
    _wait(pid, pipes, TERM_GRACE_S)
    _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        # Gone, or another user's (sudo): _reap then reports what is left.
        return


def _reap(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(REAP_S)
    except subprocess.TimeoutExpired:
        return None
