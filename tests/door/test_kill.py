"""A door's process that is killed again and again while it writes down and opens."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from accessctl.audit.opening import open_log_to_check
from accessctl.config import AuditConfig

KILLS = 25

DOOR = """
import os, secrets, sys
from pathlib import Path
from accessctl.audit.opening import open_log
from accessctl.config import AuditConfig
from accessctl.domain import Decision, Outcome, PersonId, Reason
from accessctl.door.recorder import DecisionRecorder

class Lock:
    name = "lock"
    target = "lock"
    opens = True
    joins = True

class OpensAtOnce:
    def submit(self, action, payload, on_result, **_):
        os.write(opened, payload["visit"].encode() + b"\\n")
        return True

def decide(folder):
    log = open_log(AuditConfig(file=folder / "events.sqlite"), {})
    recorder = DecisionRecorder(log, OpensAtOnce(), lambda: 2.0)
    recorder.use({Outcome.GRANTED: [Lock()]}, ())
    while True:
        visit = secrets.token_hex(6)
        decision = Decision(
            1.0, visit, Outcome.GRANTED, Reason.MATCHED, PersonId("p"), None, 3, 100.0
        )
        if recorder.enact(decision, {}):
            os.write(1, visit.encode() + b"\\n")

folder = Path(sys.argv[1])
opened = os.open(folder / "opened", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
# Each door is a process of its own that has loaded all there is: to load it takes far longer than
# any of them lives.
for _ in sys.stdin:
    door = os.fork()
    if not door:
        os.write(1, b"%d\\n" % os.getpid())
        decide(folder)
    os.write(1, b"ended %d\\n" % os.waitstatus_to_exitcode(os.waitpid(door, 0)[1]))
"""


def kill_after(doors: "subprocess.Popen[str]", lines: int, seconds: float) -> list[str]:
    """The visits that a door's process said it was done with before it was killed."""
    assert doors.stdin is not None
    assert doors.stdout is not None
    doors.stdin.write("begin\n")
    doors.stdin.flush()
    process = int(doors.stdout.readline())
    done = [doors.stdout.readline() for _ in range(lines)]
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    while not (line := doors.stdout.readline()).startswith("ended"):
        assert line
        done.append(line)
    assert line == f"ended {-signal.SIGKILL}\n"
    return [line.strip() for line in done]


def test_no_kill_loses_a_record_breaks_the_chain_or_opens_twice(tmp_path: Path) -> None:
    moments = random.Random(5)
    done: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", DOOR, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as doors:
        for _ in range(KILLS):
            done += kill_after(doors, moments.randint(1, 8), moments.uniform(0, 0.02))
    assert doors.returncode == 0
    with open_log_to_check(AuditConfig(file=tmp_path / "events.sqlite"), {}) as log:
        report = log.verify()
        written = Counter(event.data["visit"] for _, event in log.query())
    opened = Counter((tmp_path / "opened").read_text().split())
    assert not report.alarm, report
    assert len(done) >= KILLS
    # Acknowledged is on record, opened is on record, and nothing is there twice.
    assert set(done) <= opened.keys() <= written.keys()
    assert max(written.values()) == max(opened.values()) == 1
    # A kill hits at most the one decision that was under way.
    assert len(written) - len(done) <= KILLS
    # The head is at most the one record behind that was being written at the last kill.
    assert report.covered is not None
    assert report.last - report.covered <= 1
