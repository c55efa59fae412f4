"""The demo in real time while every core is kept busy: is its visitor let in, its photo refused?

    python -m benchmarks.demo_busy [--times 10] [--busy N]

Each time `accessctl run --source demo` is started in a folder of its own, beside one process
for each core (or N) that does nothing but compute; what the door wrote down counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from accessctl.config.camera import CameraConfig
from accessctl.demo.script import ACTS, BETWEEN_S, LENGTH_S, Performer
from benchmarks.pipeline import config_text

ROOT = Path(__file__).resolve().parents[1]
SLOW = 10.0
"""A busy machine takes longer to start and to stop; nobody waits longer than so many demos."""


@dataclass(frozen=True, slots=True)
class Played:
    """Decisions on the enrolled visitor and on the photograph, in words, and how many of the
    demo's frames were looked at a second."""

    visitor: tuple[str, ...]
    photograph: tuple[str, ...]
    fps: float

    @property
    def visitor_in(self) -> bool:
        return "granted (matched)" in self.visitor

    @property
    def photograph_out(self) -> bool:
        return bool(self.photograph) and not any(
            word.startswith("granted") for word in self.photograph
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--encoder", type=Path, default=ROOT / "models" / "encoder")
    args = parser.parse_args()
    runs = []
    for number in range(1, args.times + 1):
        with cores_busy(args.busy):
            run = play(args.encoder)
        runs.append(run)
        print(
            f"{number:3}  {run.fps:4.1f} frames a second  visitor: {', '.join(run.visitor)}  "
            f"photograph: {', '.join(run.photograph)}",
            flush=True,
        )
    granted = sum(run.visitor_in for run in runs)
    refused = sum(run.photograph_out for run in runs)
    print(
        f"Beside {args.busy} busy processes the visitor was let in {granted} times of "
        f"{len(runs)}, the photograph kept out {refused} times."
    )
    return 0 if granted == refused == len(runs) else 1


@contextmanager
def cores_busy(count: int) -> Iterator[None]:
    """So many processes that compute without end."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
        for process in busy:
            process.wait()


def play(encoder: Path) -> Played:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "config.yaml"
        file.write_text(config_text(encoder.resolve()), encoding="utf-8")
        _accessctl(file, "run", "--source", "demo", "--json")
        events = _accessctl(file, "events", "--json")
    return told([json.loads(line) for line in events.splitlines()])


def told(events: Sequence[Mapping[str, Any]]) -> Played:
    """What the log says: who was decided on is told by when they were first seen.

    The door says that it has started when it has looked round, seconds after the first frame on a
    busy machine; so time is counted from the stranger on, who comes first.
    """
    stopped = next(event for event in events if event.get("state") == "stopped")
    decisions = [event for event in events if event["kind"] == "decision"]
    begins = {act.performer: act.start for act in ACTS}
    origin = _first_seen(decisions[0]) - begins[Performer.STRANGER] if decisions else 0.0
    visitor, photograph = [], []
    for event in decisions:
        since = _first_seen(event) - origin
        words = f"{event['decision']} ({event['reason']})"
        if since >= begins[Performer.PRINT] - BETWEEN_S:
            photograph.append(words)
        elif since >= begins[Performer.ENROLLED] - BETWEEN_S:
            visitor.append(words)
    frames = LENGTH_S * CameraConfig().fps - stopped["dropped_frames"]
    return Played(tuple(visitor), tuple(photograph), frames / LENGTH_S)


def _first_seen(decision: Mapping[str, Any]) -> float:
    return _time(decision) - decision["latency_ms"] / 1e3


def _time(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def _accessctl(config: Path, *words: str) -> str:
    command = [sys.executable, "-m", "accessctl", *words, "--config", str(config)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=SLOW * LENGTH_S
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
