"""What the door costs, side by side with what was promised and with a peer, in one run.

    python -m benchmarks.speed [--peer PYTHON] [--encoder DIR] [--avx2-only] [--write]

PYTHON is an interpreter with the face_recognition package (`make bench` makes one): the same
frames go through it in the same run. --write puts table and plot into docs/results/.
--avx2-only, on a processor with AVX-512, measures what one without it gets (see avx2_only).
"""

import argparse
import datetime
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from accessctl.administration.changes import Administration
from accessctl.config import Config, EncoderConfig, load_config
from accessctl.demo.door import demo_config, enrol_demo_person
from accessctl.demo.scene import scene
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.door import Door
from accessctl.encoder.card import load_card
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.engine import Engine, one_thread_each, open_engine
from accessctl.service.machine_checks import processor_of
from benchmarks import avx2_only, idle, pipeline
from benchmarks.bars import crowd, enrolling, kinds, matching, roofline, visits
from benchmarks.bars.machine import CPUINFO, processor_name
from benchmarks.bars.row import Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
FRAMES = 60
BAR_TIMES = 30
DOOR = (
    "somebody enrolled, frames of a Motion JPEG; the demo, which draws its frames, has 30 MB more"
)
AVX2_ONLY = (
    f'"{avx2_only.KIND}" is a run with `--avx2-only`: what asks the processor for its kernels '
    "(XNNPACK, OpenBLAS, OpenCV, numpy) is told that it has AVX2 and nothing newer. The clock and "
    "the caches are that machine's, and so are glibc's memcpy and strlen, which are chosen before."
)
# The demo's enrolled visitor stands still from here on.
STANDING = [pipeline.STANDING_S + index / visits.FPS for index in range(30)]


def main() -> int:
    args = _arguments()
    cpuinfo = CPUINFO.read_text(encoding="utf-8")
    if args.avx2_only and not avx2_only.in_force():
        command = [sys.executable, "-m", "benchmarks.speed", *sys.argv[1:]]
        return avx2_only.run(command, cpuinfo)
    if args.avx2_only:
        avx2_only.check()
    encoder = (ROOT / args.encoder).resolve()
    limits = roofline.measure(encoder)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        file = folder / "config.yaml"
        file.write_text(pipeline.config_text(encoder), encoding="utf-8")
        stages, peer, rows = _frame_rows(file, args.peer, folder)
        started = pipeline.startup(file, folder)
        rows += [
            Row("ready for the first frame", started["ready_s"], 1.0, "s"),
            Row("resident memory after a decision", started["decision_mb"], 220, "MB", note=DOOR),
            *idle.rows(),
            *_door_rows(file),
            *matching.measure(*scoring_of(load_card(encoder)), limits.bytes_s),
            *_enrolling(file, folder, args.photos),
        ]
    run = kinds.Measured(
        kind=avx2_only.KIND if args.avx2_only else processor_of(cpuinfo, 1).multiplies,
        date=str(datetime.datetime.now(tz=datetime.UTC).date()),
        command=" ".join(["python -m benchmarks.speed", *sys.argv[1:]]),
        machine=_machine(),
        encoder=f"{args.encoder} ({load_card(ROOT / args.encoder).fingerprint[:12]})",
        rows=tuple(rows),
        stages=pipeline.report(stages, peer),
        limits=_limits(limits, float(np.median(stages["encode"]))),
    )
    runs = kinds.read(RESULTS / "speed.json") | {run.kind: run}
    text = report(runs)
    print(text)
    if args.write:
        kinds.write(RESULTS / "speed.json", runs)
        (RESULTS / "speed.md").write_text(text, encoding="utf-8")
        draw(runs, RESULTS / "speed.png")
    return 0


def _frame_rows(
    file: Path, peer_python: str | None, folder: Path
) -> tuple[dict[str, list[float]], dict[str, object], list[Row]]:
    images = [scene(pipeline.STANDING_S + index / visits.FPS) for index in range(FRAMES)]
    stages = pipeline.frame_times(file, images)
    peer = pipeline.peer_times(peer_python, images, folder) if peer_python else {}
    frame = float(np.median(stages["frame"]))
    mean = float(np.mean(stages["frame"]))
    note = "visit undecided; a frame that repeats the one before is not encoded"
    rows = [
        Row("720p frame, one tracked face, median", frame, 18, "ms", note=note),
        Row("the same, mean of all frames", mean, float("inf"), "ms"),
    ]
    theirs = peer.get("frame")
    if isinstance(theirs, list):
        times = float(np.median(theirs)) / frame
        note = f"face_recognition: {np.median(theirs):.0f} ms on the same frames"
        if times < BAR_TIMES:
            encode = float(np.median(stages["encode"]))
            note += (
                f"; {BAR_TIMES} times would be {np.median(theirs) / BAR_TIMES:.1f} ms, and "
                f"encoding alone takes {encode:.1f}"
            )
        rows.append(Row("the peer's time over ours", times, BAR_TIMES, "times", False, note))
    return stages, peer, rows


def _door_rows(file: Path) -> list[Row]:
    person = [scene(t) for t in STANDING]
    with _demo_door(file, liveness="off") as (_, door):
        rows = visits.measure(door, person, scene(0.0), visits=30)
    with _demo_door(file, liveness="off", patient=True) as (_, door):
        return rows + crowd.measure(door, FRAMES)


def _enrolling(file: Path, folder: Path, photos: int) -> list[Row]:
    pictures = folder / "photos"
    pictures.mkdir()
    config = demo_config(load_config(file))
    gallery = config.gallery.model_copy(update={"folder": folder / "enrolled"})
    config = config.model_copy(update={"gallery": gallery})
    one_thread_each()
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        return enrolling.measure(engine, audit, pictures, photos)


@contextmanager
def _demo_door(
    file: Path, *, liveness: str, patient: bool = False
) -> Iterator[tuple[Engine, Door]]:
    """The demo's door; `patient`: no visit is ever decided, so every frame costs its all."""
    config = _tuned(demo_config(load_config(file)), liveness, patient)
    one_thread_each()
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        enrol_demo_person(engine.enrolment(), administration)
        with open_door(engine, audit) as door:
            yield engine, door


def _tuned(config: Config, liveness: str, patient: bool) -> Config:
    changes: dict[str, object] = {"cooldown_s": 0.0}
    if patient:
        changes |= {"target_fpir": 1e-12, "unknown_after_frames": 10**9, "unknown_after_s": 300.0}
    return config.model_copy(
        update={
            "policy": config.policy.model_copy(update=changes),
            "liveness": config.liveness.model_copy(update={"mode": liveness}),
        }
    )


def report(runs: dict[str, kinds.Measured]) -> str:
    lines = [
        "# What the door costs",
        "",
        "`make bench` measures the machine at hand; `accessctl doctor` says of which kind it "
        "is. What misses its bar is bold.",
        "",
        *kinds.table(runs),
        "",
        "![Share of each bar used](speed.png)",
        "",
        "Liveness is off where a decision is timed: its cues need a second or two of motion, "
        "whatever the machine. `match` without its cohort is what grows with the gallery. Which "
        "frames are not encoded: [repeated frames](../decisions/repeated-frames.md).",
    ]
    if avx2_only.KIND in runs:
        lines += ["", AVX2_ONLY]
    for run in reversed(runs.values()):
        lines += [
            "",
            f"## {run.kind}",
            "",
            f"{run.date}; `{run.command}`; {run.machine}; encoder {run.encoder}.",
            "",
            *kinds.notes(run),
            "",
            "Milliseconds for a 1280x720 frame with one face whose visit is undecided, median "
            "(95th percentile); the peer on the same frames in the same run.",
            "",
            "```",
            run.stages,
            "```",
            "",
            run.limits,
        ]
    return "\n".join([*lines, ""])


def _limits(limits: roofline.Limits, encode: float) -> str:
    threads = min(EncoderConfig().threads, len(os.sched_getaffinity(0)))
    return (
        f"One core here does {limits.flops / 1e9:.0f} Gflop/s in numpy's float32 matrix products "
        f"and reads {limits.bytes_s / 1e9:.1f} GB/s. A crop asks "
        f"{limits.encoder_flops / 1e9:.2f} Gflop and {limits.encoder_bytes / 1e6:.1f} MB of "
        f"weights of the encoder: {limits.encoder_ms:.1f} ms at that pace. Measured in the median "
        f"frame: {encode:.1f} ms with cutting the crop, threads: {threads}."
    )


def draw(runs: dict[str, kinds.Measured], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    barred = [row.what for row in [*runs.values()][-1].rows if np.isfinite(row.bar)][::-1]
    figure, axes = pyplot.subplots(figsize=(9, 0.6 * len(barred) + 1.2), layout="constrained")
    height, most = 0.8 / len(runs), 0.0
    for number, (kind, run) in enumerate(runs.items()):
        rows = {row.what: row for row in run.rows if np.isfinite(row.bar)}
        places = [place + number * height for place, what in enumerate(barred) if what in rows]
        shown = [rows[what] for what in barred if what in rows]
        axes.barh(places, [100 * row.share for row in shown], height=height, label=kind)
        for place, row in zip(places, shown, strict=True):
            axes.text(100 * row.share, place, f" {row.figure:.3g} {row.unit}", va="center", size=8)
            most = max(most, 100 * row.share)
    axes.set_yticks(np.arange(len(barred)) + 0.4 - height / 2, barred)
    axes.axvline(100, color="black", lw=1)
    axes.set(xlabel="share of the bar that is used (%); the line is the bar", xscale="log")
    axes.xaxis.set_major_locator(FixedLocator([25, 50, 100, 200, 400]))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(right=most * 4)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _machine() -> str:
    return f"{processor_name()}, Python {platform.python_version()}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer", metavar="PYTHON")
    parser.add_argument("--encoder", default="models/encoder", help="relative to the repository")
    parser.add_argument("--avx2-only", action="store_true", help="as if there were no AVX-512")
    parser.add_argument("--photos", type=int, default=200, help="photos to enrol")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
