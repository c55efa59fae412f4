"""The face detectors in LiteRT and in the mediapipe package, side by side, in one run.

    python -m benchmarks.detectors [--shared DIR] [--faces N] [--rounds N] [--starts N]

The same files run in both, by turns, on the same pictures: the tiles into which the door cuts
the demo's drawn frames, and, where --shared has them, photographs of LFW. CPU ms is the time of
all threads of the process, which a busy machine stretches less than the wall's. Ready is a
fresh process from the import to the first detection of both detectors; its memory is what is
resident then.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models/cache/mediapipe"
CONFIDENCE = 0.3
RUNTIMES = ("mediapipe", "litert")
STANDING_S = 20.5


@dataclass
class Cost:
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--faces", type=int, default=200, help="photographs of LFW")
    parser.add_argument("--rounds", type=int, default=10, help="how often each tile is searched")
    parser.add_argument("--starts", type=int, default=3, help="fresh processes a runtime")
    parser.add_argument("--start", choices=RUNTIMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.start:
        print(json.dumps(started(options.start)))
        return
    print(f"{processor()}, {platform.machine()}, Python {platform.python_version()}")
    costs(options.rounds)
    agreement(options.shared / "lfw/images.zip", options.faces)
    starts(options.starts)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = {key.strip(): told.strip() for key, _, told in (line.partition(":") for line in lines)}
    name = facts.get("model name", "unknown processor")
    flags = facts.get("flags", facts.get("Features", "")).split()
    wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "asimd") if flag in flags]
    return f"{name} ({', '.join(wide)})"


def started(runtime: str) -> dict[str, float]:
    """Seconds from here to the first detection, and megabytes resident then."""
    wall, cpu = time.perf_counter(), time.process_time()
    import numpy as np

    from accessctl.vision.detector import full_range, short_range

    picture = np.full((360, 640, 3), 90, np.uint8)
    for opener in (short_range, full_range):
        opener(MODELS, CONFIDENCE, runtime).detect(picture)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return {"wall_s": wall, "cpu_s": cpu, "resident_mb": pages * resource.getpagesize() / 1e6}


def starts(count: int) -> None:
    runs: dict[str, list[dict[str, float]]] = {runtime: [] for runtime in RUNTIMES}
    for _ in range(count):
        for runtime in RUNTIMES:
            command = [sys.executable, "-m", "benchmarks.detectors", "--start", runtime]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            runs[runtime].append(json.loads(done.stdout))
    print(f"\nready, median of {count} fresh processes")
    for key in ("wall_s", "cpu_s", "resident_mb"):
        compare(key, [statistics.median(run[key] for run in runs[r]) for r in RUNTIMES])


def costs(rounds: int) -> None:
    """A tile's cost, the runtimes by turns on the same tile."""
    import cv2

    from accessctl.demo.scene import scene
    from accessctl.vision.detector import full_range, short_range
    from accessctl.vision.search import DOOR_SCHEDULE, Grid, Range

    cv2.setNumThreads(1)
    frame = scene(STANDING_S)
    height, width = frame.shape[:2]
    tiles = {
        short_range: DOOR_SCHEDULE.every(width, height),
        full_range: Grid(3, 2, 0.3, Range.FULL).tiles(width, height),
    }
    for opener, cut in tiles.items():
        detectors = {runtime: opener(MODELS, CONFIDENCE, runtime) for runtime in RUNTIMES}
        told = {runtime: Cost() for runtime in RUNTIMES}
        for number in range(rounds + 1):
            for tile in cut:
                part = frame[tile.top : tile.bottom, tile.left : tile.right]
                for runtime, detector in detectors.items():
                    wall, cpu = time.perf_counter(), time.process_time()
                    detector.detect(part)
                    if number:
                        told[runtime].cpu_ms.append(1000 * (time.process_time() - cpu))
                        told[runtime].wall_ms.append(1000 * (time.perf_counter() - wall))
        print(f"\n{opener.__name__}: a tile, median of {rounds * len(cut)}")
        for key in ("wall_ms", "cpu_ms"):
            compare(key, [statistics.median(getattr(told[r], key)) for r in RUNTIMES])
        for detector in detectors.values():
            detector.close()


def compare(what: str, values: Sequence[float]) -> None:
    shown = "   ".join(f"{r} {v:8.2f}" for r, v in zip(RUNTIMES, values, strict=True))
    print(f"  {what:12s} {shown}   ratio {values[1] / values[0]:.2f}", flush=True)


def agreement(lfw: Path, count: int) -> None:
    """How far apart the runtimes' best faces are in the same photographs."""
    import cv2
    import numpy as np

    from accessctl.domain import Box
    from accessctl.vision.detector import full_range, short_range

    if not lfw.is_file():
        print(f"\nno agreement measured: {lfw} is not there; name the data with --shared DIR")
        return
    with ZipFile(lfw) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith("_0001.jpg"))
        chosen = names[:: max(1, len(names) // count)][:count]
        photos = [cv2.imdecode(np.frombuffer(archive.read(n), np.uint8), 1) for n in chosen]

    def iou(one: Box, other: Box) -> float:
        across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
        down = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
        shared = max(0.0, across) * max(0.0, down)
        return shared / (one.area + other.area - shared)

    for opener in (short_range, full_range):
        detectors = [opener(MODELS, CONFIDENCE, runtime) for runtime in RUNTIMES]
        shares, scores, points, differing = [], [], [], 0
        for photo in photos:
            pair = [d.detect(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)) for d in detectors]
            differing += len(pair[0]) != len(pair[1])
            for theirs, ours in zip(*pair, strict=False):
                shares.append(iou(theirs.box, ours.box))
                scores.append(abs(theirs.score - ours.score))
                apart = np.abs(theirs.keypoints - ours.keypoints).max()
                points.append(apart / theirs.box.w)
        print(
            f"\n{opener.__name__}: {len(shares)} faces in {len(photos)} photographs, "
            f"{differing} with another number of faces\n"
            f"  IoU at least {min(shares):.4f}, scores at most {max(scores):.6f} apart, "
            f"keypoints at most {max(points):.6f} of the box's width",
            flush=True,
        )


if __name__ == "__main__":
    main()
