"""The whole door, and `enroll`, killed at random moments.

ACCESSCTL_KILLS says how often, at least ten times; `make faults` kills them a hundred times.
"""

import json
import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from accessctl.audit.opening import open_log_to_check
from accessctl.config import load_config
from tests.faults.cameras import Mjpeg
from tests.faults.running import Door

SEED = 11
STANDING = 20
"""So many pictures of a visit show somebody."""
KILLS = int(os.environ.get("ACCESSCTL_KILLS", "10"))
ENROLLING = max(4, KILLS // 10)
OPENING = (KILLS - ENROLLING) // 2
LIVES = {"starting": KILLS - ENROLLING - OPENING, "opening": OPENING, "enrolling": ENROLLING}


def killed_at_the_door(door: Door, camera: str, kind: str, moments: random.Random) -> set[str]:
    """The visits of the decisions that were printed."""
    door.start("--source", camera)
    if kind == "opening":
        door.open_once_more()
    time.sleep(moments.uniform(0, 0.6 if kind == "opening" else 1.5))
    door.kill()
    return {decision["visit"] for decision in door.decisions()}


def killed_enrolling(door: Door, name: str, photo: Path, moments: random.Random) -> bool:
    """Whether it said that `name` is enrolled; every other one is killed once it did."""
    # The same face under many names.
    argv = door.command("enroll", "--anyway", name, photo)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = process.stdout.readline() if moments.random() < 0.5 else b""
        if not said:
            time.sleep(moments.uniform(0, 3.0))
        process.kill()
        said += process.stdout.read()
    return said.startswith(f"Enrolled {name} ".encode())


def people(door: Door) -> set[str]:
    argv = door.command("people", "--json")
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {json.loads(line)["person"] for line in done.stdout.splitlines()}


@pytest.mark.timeout(900)
def test_no_kill_loses_what_was_acknowledged_or_opens_twice(
    door: Door, mjpeg: Mjpeg, another: Path
) -> None:
    # A machine that does other things besides looks once a second, and has to keep her in sight.
    mjpeg.shown = mjpeg.shown[:STANDING]
    door.configure(vision={"track_timeout_s": 5})
    moments = random.Random(SEED)
    lives = [kind for kind, count in LIVES.items() for _ in range(count)]
    moments.shuffle(lives)
    decided: set[str] = set()
    enrolled = {"Eileen Collins"}
    for number, kind in enumerate(lives):
        name = f"Person {number}"
        if kind != "enrolling":
            decided |= killed_at_the_door(door, mjpeg.url, kind, moments)
        elif killed_enrolling(door, name, another, moments):
            enrolled.add(name)
    # Nothing has to be repaired: it opens again, and ends as it should.
    door.start("--source", mjpeg.url)
    door.open_once_more()
    assert door.stop() == 0, door.said()
    decided |= {decision["visit"] for decision in door.decisions()}

    with open_log_to_check(load_config(door.config).audit, {}) as log:
        report = log.verify()
    assert not report.alarm, report
    written = Counter(event.data["visit"] for event in door.events() if "reason" in event.data)
    opened, granted = Counter(door.opened()), set(door.granted())
    assert len(opened) > LIVES["opening"]
    # Each opening found its grant on record, and no visit opened twice.
    assert opened.keys() <= granted
    assert max(opened.values()) == max(written.values()) == 1
    assert decided <= written.keys()
    assert len(enrolled) > 1
    assert enrolled <= people(door)
