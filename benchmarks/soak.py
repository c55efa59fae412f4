"""A long looped feed at full speed: does memory, the number of open files or the latency grow?

    python -m benchmarks.soak [--minutes-of-video N] [--write]

The demo's visits, one after another, through the whole door with passive liveness; a line a
minute of video, and at the end the slopes, fitted to what comes after the first tenth, and
the first minute at least.
"""

import argparse
import datetime
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from accessctl.administration.changes import Administration
from accessctl.config import load_config
from accessctl.demo.door import demo_config, enrol_demo_person
from accessctl.demo.scene import scene
from accessctl.demo.script import LENGTH_S
from accessctl.domain import Frame
from accessctl.door.assembly import open_audit, open_door
from accessctl.recognition.engine import one_thread_each, open_engine
from benchmarks.pipeline import config_text
from benchmarks.startup import resident_mb

ROOT = Path(__file__).resolve().parents[1]
FPS = 15
EVERY = 60 * FPS


@dataclass(frozen=True, slots=True)
class Sample:
    minutes: float
    resident_mb: float
    open_files: int
    threads: int
    frame_ms: float
    decisions: int


def main() -> None:
    args = _arguments()
    began = time.perf_counter()
    samples = []
    for sample in run(ROOT / args.encoder, args.minutes_of_video):
        samples.append(sample)
        print("  ".join(f"{value:.1f}" for value in astuple(sample)), flush=True)
    text = report(samples, args, time.perf_counter() - began)
    print(text)
    if args.write:
        (ROOT / "docs" / "results" / "soak.md").write_text(text, encoding="utf-8")


def run(encoder: Path, minutes: int) -> Iterator[Sample]:
    one_thread_each()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "config.yaml"
        file.write_text(config_text(encoder.resolve()), encoding="utf-8")
        config = demo_config(load_config(file))
        with (
            open_audit(config) as audit,
            open_engine(config, lambda photos, _: iter(photos)) as engine,
        ):
            administration = Administration(engine.gallery, audit, time.time)
            enrol_demo_person(engine.enrolment(), administration)
            with open_door(engine, audit) as door:
                times, decisions = [], 0
                for number in range(minutes * EVERY):
                    moment = number / FPS
                    image = scene(moment % LENGTH_S)
                    started = time.perf_counter()
                    decisions += len(door.step(Frame(image, moment, number)).decisions)
                    times.append((time.perf_counter() - started) * 1e3)
                    if (number + 1) % EVERY == 0:
                        yield _sample(number + 1, times, decisions)
                        times.clear()


def slope(samples: list[Sample], name: str) -> float:
    """Of the least-squares line, a minute of video."""
    settled = samples[max(1, len(samples) // 10) :]
    x = [sample.minutes for sample in settled]
    return float(np.polyfit(x, [getattr(sample, name) for sample in settled], 1)[0])


def report(samples: list[Sample], args: argparse.Namespace, took_s: float) -> str:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    command = " ".join(["python -m benchmarks.soak", *sys.argv[1:]])
    names = [field.name for field in fields(Sample)][1:5]
    lines = [
        "# A long feed",
        "",
        f"{today}; `{command}`; {args.minutes_of_video} minutes of video at 15 frames a second "
        f"in {took_s / 60:.1f} minutes; {samples[-1].decisions} decisions; "
        f"encoder `{args.encoder}`.",
        "",
        "| | first | middle | last | slope an hour of video |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        shown = [getattr(samples[i], name) for i in (0, len(samples) // 2, -1)]
        cells = " | ".join(f"{value:.1f}" for value in shown)
        lines.append(f"| {name.replace('_', ' ')} | {cells} | {60 * slope(samples, name):+.2f} |")
    return "\n".join(lines) + "\n"


def _sample(frames: int, times: list[float], decisions: int) -> Sample:
    return Sample(
        frames / EVERY,
        resident_mb(),
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
        float(np.median(times)),
        decisions,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes-of-video", type=int, default=60)
    parser.add_argument("--encoder", default="models/encoder", help="relative to the repository")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.minutes_of_video < 3:
        parser.error("a slope takes at least 3 minutes of video")
    return args


if __name__ == "__main__":
    main()
