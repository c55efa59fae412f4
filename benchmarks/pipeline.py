"""What one 720p frame costs, stage by stage, and how fast the door starts; for benchmarks.speed."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from accessctl.administration.changes import Administration
from accessctl.cli.common import table
from accessctl.config import load_config
from accessctl.demo.door import demo_config, enrol_demo_person
from accessctl.demo.people import demo_enrolment_photo
from accessctl.demo.scene import scene
from accessctl.domain import Frame
from accessctl.door.assembly import open_audit, open_door
from accessctl.recognition.engine import one_thread_each, open_engine

HERE = Path(__file__).parent
# The enrolled visitor stands at the door, face about 200 pixels wide.
STANDING_S = 20.5
# And comes from here on.
ARRIVES_S = 15.0
STAGES = ("search", "track", "landmarks", "encode", "match", "decide", "frame")


def config_text(encoder: Path) -> str:
    root = HERE.parent
    return (
        f"encoder: {{folder: {encoder}, device: cpu}}\n"
        f"vision: {{models: {root / 'models/cache/mediapipe'}}}\n"
        "liveness: {mode: passive}\n"
    )


def frame_times(config_file: Path, images: list[np.ndarray]) -> dict[str, list[float]]:
    """Milliseconds of each stage, every frame encoded as if its visit were undecided."""
    config = demo_config(load_config(config_file))
    # A rate that nobody reaches and no end of patience: the visit stays open.
    endless = {"target_fpir": 1e-12, "unknown_after_frames": 10**9, "unknown_after_s": 300.0}
    policy = config.policy.model_copy(update=endless)
    config = config.model_copy(update={"policy": policy})
    times: dict[str, list[float]] = {stage: [] for stage in STAGES}
    one_thread_each()
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        enrol_demo_person(engine.enrolment(), administration)
        with open_door(engine, audit) as door:
            for index, image in enumerate([*images[:15], *images]):
                step = door.step(Frame(image, index / 15, index))
                if index >= 15:
                    for stage in STAGES:
                        times[stage].append(step.timings[stage])
    return times


def startup(file: Path, folder: Path) -> dict[str, float]:
    """A fresh process, timed by itself from the moment the kernel started it.

    It is a door as people have it: somebody is enrolled, and the pictures come from elsewhere.
    """
    config = demo_config(load_config(file))
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        enrol_demo_person(engine.enrolment(), administration)
    film = folder / "visit.avi"
    write_film(film, [scene(ARRIVES_S + index / 15) for index in range(150)])
    command = [sys.executable, "-m", "benchmarks.startup", str(file), str(film)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def write_film(path: Path, images: list[np.ndarray]) -> None:
    """Motion JPEG at 15 frames a second, as most USB cameras give it."""
    height, width = images[0].shape[:2]
    fourcc = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), fourcc, 15, (width, height))
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()


def peer_times(python: str, images: list[np.ndarray], folder: Path) -> dict[str, object]:
    frames = folder / "frames.npz"
    np.savez(frames, frames=np.stack(images[:20]), portrait=demo_enrolment_photo())
    command = [python, str(HERE / "peer.py"), str(frames)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, object] = json.loads(done.stdout)
    return result


def report(ours: dict[str, list[float]], peer: dict[str, object]) -> str:
    columns = ["stage", "accessctl", *(["face_recognition"] if peer else [])]
    rows = []
    for stage in STAGES:
        theirs = peer.get(stage, [])
        rows.append((stage, figure(ours[stage]), *([figure(theirs)] if peer else [])))
    return table(columns, rows)


def figure(values: object) -> str:
    if not isinstance(values, list) or not values:
        return "-"
    return f"{np.median(values):8.2f} ({np.percentile(values, 95):.2f})"
