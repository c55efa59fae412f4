import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.process import Ended, run_to_end
from tests.patience import wait_for


def run(*argv: str, given: bytes = b"", timeout_s: float = 20, keep_bytes: int = 1000) -> Ended:
    return run_to_end(
        argv,
        given=given,
        environment={"PATH": b"/usr/bin:/bin"},
        timeout_s=timeout_s,
        keep_bytes=keep_bytes,
    )


def python(code: str, **options: Any) -> Ended:
    return run(sys.executable, "-S", "-E", "-c", code, **options)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> None:
    wait_for(lambda: not is_alive(pid), f"the end of {pid}")


def test_feeds_input_and_collects_both_outputs() -> None:
    ended = run("/bin/sh", "-c", "cat; echo problem >&2; exit 3", given=b"hello\n")
    assert ended == Ended(3, False, b"hello\nproblem\n", 0)


def test_arguments_are_not_seen_by_a_shell() -> None:
    assert run("/bin/echo", "$HOME", "; exit 9", "*").output == b"$HOME ; exit 9 *\n"


def test_a_flood_is_drained_and_only_its_beginning_kept() -> None:
    ended = python(
        "import sys\nfor _ in range(500): sys.stdout.buffer.write(b'x' * 100_000)", keep_bytes=1000
    )
    assert ended.code == 0
    assert ended.output == b"x" * 1000
    assert ended.dropped == 50_000_000 - 1000


def test_input_larger_than_a_pipe_to_a_program_that_never_reads() -> None:
    assert run("/bin/true", given=b"x" * 1_000_000).code == 0


def test_large_input_and_output_at_once_do_not_deadlock() -> None:
    ended = run("/bin/cat", given=b"y" * 1_000_000)
    assert (ended.code, ended.dropped) == (0, 999_000)


def test_a_program_that_closes_its_output_is_still_waited_for() -> None:
    assert run("/bin/sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 4").code == 4


def test_killed_by_a_signal() -> None:
    assert run("/bin/sh", "-c", "kill -SEGV $$").code == -signal.SIGSEGV


def test_out_of_time_the_whole_group_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    ended = run(
        "/bin/sh", "-c", f"sleep 600 & echo $$ $! > {pids}; echo begun; wait", timeout_s=0.5
    )
    assert ended.timed_out
    assert ended.code == -signal.SIGTERM
    assert ended.output == b"begun\n"
    for pid in pids.read_text().split():
        wait_until_gone(int(pid))


def test_out_of_time_a_program_deaf_to_sigterm_is_killed() -> None:
    ended = python(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)",
        timeout_s=2,
    )
    assert (ended.timed_out, ended.code, ended.output) == (True, -signal.SIGKILL, b"deaf\n")


def test_out_of_time_a_program_may_release_the_relay() -> None:
    ended = run(
        "/bin/sh", "-c", "trap 'echo relay off; exit 0' TERM; sleep 600 & wait", timeout_s=0.5
    )
    assert (ended.timed_out, ended.output) == (True, b"relay off\n")


def test_a_background_child_that_holds_the_output_does_not_delay_the_end(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    began = time.monotonic()
    ended = run("/bin/sh", "-c", f"sleep 600 & echo $! > {pid_file}; echo opened")
    took = time.monotonic() - began
    pid = int(pid_file.read_text())
    try:
        assert (ended.code, ended.timed_out, ended.output) == (0, False, b"opened\n")
        assert took < 10
        # It may be what locks the door again: a program that ended by itself keeps it.
        assert is_alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_background_child_that_floods_the_output_does_not_delay_the_end() -> None:
    began = time.monotonic()
    ended = run("/bin/sh", "-c", "(exec /usr/bin/yes) & sleep 0.2")
    assert ended.code == 0
    assert time.monotonic() - began < 10


def test_leaves_no_open_descriptors(script: Callable[[str], str]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        run(script("exit 0"))
    assert len(os.listdir("/proc/self/fd")) == before


def test_missing_program_raises() -> None:
    with pytest.raises(FileNotFoundError):
        run("/no/such/program")
