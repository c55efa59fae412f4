import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

from accessctl.cli.watch import drawn, tell_changes
from accessctl.control.server import ControlServer
from accessctl.errors import FaultError, InputError
from tests.cli.watched_door import DOORWAY, GRANTED, NOW, REPORT

PATIENCE_S = 60.0
SHOWN_CURSOR, MAIN_SCREEN = b"\x1b[?25h", b"\x1b[?1049l"


def watching(folder: Path) -> list[str]:
    """The command, for a door whose socket lies in the folder."""
    config = folder / "config.yaml"
    config.write_text("service: {socket: state/door.sock}\n")
    return [sys.executable, "-m", "accessctl", "status", "--watch", "--config", str(config)]


class Terminal:
    """`accessctl status --watch` in a terminal of its own; `screen` is what it shows."""

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.drawn = b""
        self._stream = pyte.ByteStream(self.screen)
        self._outside, self.inside = pty.openpty()
        fcntl.ioctl(self.inside, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        dropped = {"COLUMNS", "LINES", "NO_COLOR"}
        environment = {name: kept for name, kept in os.environ.items() if name not in dropped}
        self.process = subprocess.Popen(
            watching(folder),
            stdin=self.inside,
            stdout=self.inside,
            stderr=self.inside,
            env={**environment, "TERM": "xterm-256color", "PYTHONUTF8": "1"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    @property
    def shown(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read what is drawn until it holds; AssertionError with the screen after PATIENCE_S."""
        ends = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < ends, f"not within {PATIENCE_S:g} s:\n{self.shown}"
            self._read()
        # A page comes in parts; what else is on it comes at once.
        while self._read():
            pass

    def press(self, key: bytes) -> None:
        os.write(self._outside, key)

    def end(self) -> int:
        """The exit code, once everything that it drew was read."""
        self.until(lambda: self.process.poll() is not None)
        return self.process.returncode

    def _read(self) -> bool:
        ready, _, _ = select.select([self._outside], [], [], 0.1)
        if ready:
            part = os.read(self._outside, 65536)
            self.drawn += part
            self._stream.feed(part)
        return bool(ready)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.inside)
        os.close(self._outside)


@pytest.fixture
def terminal(tmp_path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(columns: int = 80, rows: int = 24) -> Terminal:
        opened.append(Terminal(tmp_path, columns, rows))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@contextmanager
def door(folder: Path, **more: object) -> Iterator[dict[str, object]]:
    """A door that answers with what stands in the dictionary by then."""
    says = dict(REPORT) | more
    with ControlServer(folder / "state" / "door.sock", {"status": lambda _: says}):
        yield says


def test_the_page_follows_the_door_and_outlives_its_restart(tmp_path, terminal):
    with door(tmp_path) as says:
        at = terminal()
        before = termios.tcgetattr(at.inside)
        at.until(lambda: "closed, locked, posture normal" in at.shown)
        assert "│ closed ├─────────▶│ unlocked ├──────▶│ open ├" in at.shown
        lit = at.screen.buffer[2][2]
        assert (lit.data, lit.bg) == ("c", "green")
        says["doorway"] = DOORWAY | {"state": "open", "unlocked": True, "causes": ["grant"]}
        at.until(lambda: "open, unlocked (grant)" in at.shown)
        assert at.screen.buffer[2][2].bg == "default"
    at.until(lambda: "No door answers; waiting." in at.shown)
    assert "unlocked" not in at.shown
    with door(tmp_path, door="back"):
        at.until(lambda: "accessctl  back" in at.shown)
        at.press(b"q")
        assert at.end() == 0
    assert at.drawn.rindex(MAIN_SCREEN) > 0
    assert at.drawn.rindex(SHOWN_CURSOR) > at.drawn.index(b"\x1b[?25l")
    assert termios.tcgetattr(at.inside)[3] == before[3] | termios.ECHO | termios.ICANON


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
def test_a_signal_ends_it_and_leaves_the_terminal_as_it_was(terminal, number):
    at = terminal(80, 24)
    at.until(lambda: "No door answers" in at.shown)
    at.process.send_signal(number)
    assert at.end() == 0
    assert at.drawn.rindex(MAIN_SCREEN) > 0
    assert termios.tcgetattr(at.inside)[3] & termios.ICANON


def test_ctrl_c_ends_it_and_a_narrow_terminal_is_not_left(tmp_path, terminal):
    with door(tmp_path):
        at = terminal(40, 12)
        at.until(lambda: "closed  unlocked  open  held  forced" in at.shown)
        assert "granted  Zoë" in at.shown
        at.press(b"\x03")
        assert at.end() == 0
    assert b"Traceback" not in at.drawn


def test_without_a_terminal_there_is_a_line_for_each_change(tmp_path):
    command = watching(tmp_path)
    with (
        door(tmp_path) as says,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "camera: watching, USB camera /dev/video0\n"
        assert process.stdout.readline() == "doorway: closed, locked, posture normal\n"
        says["decisions"] = [GRANTED | {"visit": "new", "person": "Ada", "time": NOW}]
        lines = iter(process.stdout.readline, "")
        assert any("granted" in line and "Ada" in line for line in lines)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_a_door_that_is_away_is_said_once_and_then_everything_again():
    answers = iter([FaultError("No door is running."), FaultError("No door is running."), REPORT])
    said: list[str] = []
    left = iter([True, True, False])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    tell_changes(ask, lambda _: next(left), said.append)
    assert said[0] == "No door answers; waiting. No door is running."
    assert said[1] == "camera: watching, USB camera /dev/video0"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (InputError("Too many programs ask at once; try again."), "Too many programs"),
        ({"camera": None}, "cannot be shown"),
    ],
)
def test_what_does_not_answer_as_a_door_is_waited_for(answer, said):
    def ask():
        if isinstance(answer, Exception):
            raise answer
        return answer

    shown = drawn(ask, NOW, 80, 24).plain
    assert "waiting" in shown
    assert said in shown


@pytest.mark.parametrize("time", [float("nan"), 1e20, "noon"])
def test_an_answer_of_which_no_line_can_be_made_is_waited_out(time):
    said, left = [], iter([True, False])
    answers = iter([{**REPORT, "decisions": [{**GRANTED, "time": time}]}, REPORT])
    tell_changes(lambda: next(answers), lambda _: next(left), said.append)
    assert said[0] == "No door answers; waiting. its answer makes no sense"
    assert said[1].startswith("camera: watching")


def test_json_is_for_programs(site):
    refused = site("status", "--watch", "--json")
    assert refused.code == 2
    assert "--watch is for people" in refused.err
