"""EventLog as other processes, kills and a full disk see it."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError

MakeEvent = Callable[..., Event]

PRELUDE = """
import os, sys
from pathlib import Path
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError
path = Path(sys.argv[1])
"""

WRITE_FOR_EVER = """
log = EventLog(path)
turn = 0
while True:
    number = log.append(Event(1.0, EventKind.DECISION, {"turn": turn, "who": os.getpid()}))
    os.write(1, b"%d %d\\n" % (number, turn))
    turn += 1
"""

WRITE_SOME = """
log = EventLog(path)
for turn in range(100):
    log.append(Event(1.0, EventKind.DECISION, {"turn": turn, "who": os.getpid()}))
log.close()
"""

DISK_FULL = """
import resource
log = EventLog(path)
log.append(Event(1.0, EventKind.SERVICE, {"state": "started"}))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
kept = 1
for attempt in range(1000):
    try:
        log.append(Event(1.0, EventKind.DECISION, {"attempt": attempt, "text": "x" * 300}))
        kept += 1
    except StoreError as error:
        print(error)
        break
for attempt in range(5):
    try:
        log.append(Event(1.0, EventKind.DECISION, {"text": "y" * 5000}))
        kept += 1
    except StoreError:
        pass
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
last = log.append(Event(1.0, EventKind.SERVICE, {"state": "room again"}))
kept += 1
print(kept, last, len(list(log.query())))
"""

READ_ONLY = """
os.setgid(65534)
os.setuid(65534)
try:
    EventLog(path).append(Event(1.0, EventKind.SERVICE))
except StoreError as error:
    print(error)
"""


def start(code: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(code: str, path: Path) -> str:
    with start(code, path) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    acknowledged: dict[int, int] = {}
    for round_number in range(4):
        with start(WRITE_FOR_EVER, path) as process:
            assert process.stdout is not None
            for _ in range(5 + 20 * round_number):
                number, turn = process.stdout.readline().split()
                acknowledged[int(number)] = int(turn)
            process.send_signal(signal.SIGKILL)
            # Not communicate(): it would pass by the lines that readline() has read ahead.
            for line in process.stdout:
                number, turn = line.split()
                acknowledged[int(number)] = int(turn)
        assert process.returncode == -signal.SIGKILL
    with EventLog(path) as log:
        written = {number: event.data["turn"] for number, event in log.query()}
    assert len(acknowledged) >= 140
    assert acknowledged.items() <= written.items()
    # At most the one append that was under way in each round was written unacknowledged.
    assert len(written) - len(acknowledged) <= 4


def test_several_processes_create_and_write_one_log(path: Path) -> None:
    processes = [start(WRITE_SOME, path) for _ in range(3)]
    for process in processes:
        with process:
            _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    with EventLog(path) as log:
        events = [event for _, event in log.query()]
    for process in processes:
        assert [e.data["turn"] for e in events if e.data["who"] == process.pid] == list(range(100))
    assert len(events) == 300


def test_another_process_reads_while_this_one_writes(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            written.append(log.append(event()))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        out = finish(
            "log = EventLog(path)\n"
            "while len(list(log.query())) < 20: pass\n"
            "print([n for n, _ in log.query(limit=20)] == list(range(1, 21)))",
            path,
        )
    finally:
        stop.set()
        thread.join()
    assert out == "True\n"
    assert written == list(range(1, len(written) + 1))


def test_disk_full_is_one_sentence_and_passes_without_reopening(path: Path) -> None:
    complaint, counts = finish(DISK_FULL, path).splitlines()
    assert complaint.startswith(f"The event log {path} cannot be ")
    assert "full" in complaint
    kept, last, read = map(int, counts.split())
    assert kept > 10
    assert kept == read
    with EventLog(path) as log:
        events = list(log.query())
    assert len(events) == kept
    assert events[-1][0] == last
    assert events[-1][1].data == {"state": "room again"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize("owner", ["folder", "nothing"])
def test_a_log_of_somebody_else_is_one_sentence(owner: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "events.sqlite"
        EventLog(path).close()
        path.chmod(0o644)
        if owner == "folder":
            os.chown(folder, 65534, 65534)
        complaint = finish(READ_ONLY, path)
        assert complaint.startswith(f"The event log {path} ")
        assert complaint.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_without_permission_is_one_sentence(path: Path) -> None:
    EventLog(path).close()
    path.chmod(0o400)
    with pytest.raises(StoreError), EventLog(path) as log:
        log.append(Event(1.0, EventKind.SERVICE))
