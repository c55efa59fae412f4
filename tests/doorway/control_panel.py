"""An access controller at the other end of a pseudo-terminal: libosdp's own, in a process of its
own, as it stands apart from the door in life, too.
"""

import json
import os
import pty
import queue
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osdp

from accessctl.doorway.osdp import ReaderPlace
from accessctl.doorway.serial_line import SerialLine

ADDRESS = 5
PLACE = ReaderPlace(ADDRESS, 1)
KEY = bytes.fromhex("a3b1c4d2e5f6079811223344556677aa")
OTHER_KEY = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
PATIENCE_S = 20.0
PROGRAM = Path(__file__).with_name("controller_process.py")


@dataclass(eq=False)
class Wire:
    """A line of which `device` is the door's end; `heard` is all that controllers have read of
    it."""

    device: Path
    heard: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.far, self._near = pty.openpty()
        for end in (self.far, self._near):
            tty.setraw(end)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(self._near))
        self._whole = True

    def cut(self) -> None:
        """As an adapter that is unplugged, once no controller holds the other end."""
        if self._whole:
            self._whole = False
            self.device.unlink()
            os.close(self.far)
            os.close(self._near)

    def open(self) -> SerialLine:
        return SerialLine(self.device, 9600)


class Panel:
    """See `panel`."""

    def __init__(self, wire: Wire, asked: dict[str, Any]) -> None:
        self.secure = self.online = False
        self._wire = wire
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(wire.far), json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[wire.far],
            text=True,
        )
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()

    def card(self, timeout_s: float = PATIENCE_S) -> tuple[int, int, bytes] | None:
        """Format, bits and data of the next card; None where none comes."""
        event = self._next(osdp.Event.CardRead, timeout_s)
        if event is None:
            return None
        return event["format"], event["length"], bytes.fromhex(event["data"])

    def status(self) -> bytes | None:
        """The next report of tamper and power."""
        event = self._next(osdp.Event.Status, PATIENCE_S)
        return None if event is None else bytes.fromhex(event["report"])

    def tell(self, **command: Any) -> None:
        """A command of osdp.Command; a `key` is put where KEYSET has it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _next(self, kind: int, timeout_s: float) -> dict[str, Any] | None:
        with suppress(queue.Empty):
            while True:
                event = self._events.get(timeout=timeout_s)
                if event["event"] == kind:
                    return event
        return None

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            self._wire.heard += bytes.fromhex(said.get("heard", ""))
            if "event" in said:
                self._events.put(said["event"])
            if "secure" in said:
                self.online, self.secure = said["online"], said["secure"]


@contextmanager
def panel(
    wire: Wire, key: bytes | None = KEY, *, installs: bool = False, secures: bool = True
) -> Iterator[Panel]:
    """`key` is the one that it has for the reader; `installs`: it hands that out by the
    standard's. One that does not secure takes cards in clear as well."""
    asked = {
        "address": ADDRESS,
        "key": None if key is None else key.hex(),
        "installs": installs,
        "secures": secures and not installs,
    }
    # An adapter that is opened forgets what nobody read.
    termios.tcflush(wire.far, termios.TCIFLUSH)
    there = Panel(wire, asked)
    try:
        yield there
    finally:
        there.end()
