"""From the first clear frame to the decision, in real time, through the reader's thread.

A live camera plays the demo's person at 15 frames a second: standing there from one frame to
the next, then gone, then there again.
"""

import time
from dataclasses import dataclass

import numpy as np

from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config import CameraConfig
from accessctl.domain import Image
from accessctl.door.door import Door
from benchmarks.bars.row import Row

FPS = 15
SHOWN, AWAY = 24, 24


@dataclass(slots=True)
class Played:
    """A live source that shows `images` in real time, once."""

    images: list[Image]
    description: str = "recorded frames in real time"
    live: bool = True
    endless: bool = False
    shown: int = 0

    def open(self) -> "Played":
        return self

    def read(self) -> Shot | None:
        if self.shown == len(self.images):
            return None
        self.shown += 1
        return Shot(self.images[self.shown - 1], (self.shown - 1) / FPS)

    def close(self) -> None:
        """Nothing is held."""


def measure(door: Door, person: list[Image], empty: Image, visits: int) -> list[Row]:
    """`person`: frames with a face at the door; the door must know who it is."""
    # To and fro: a face that jumps from the last frame to the first is followed as another one.
    swaying = [*person, *person[-2:0:-1]]
    images = []
    for visit in range(visits):
        start = (7 * visit) % len(swaying)
        images += [swaying[(start + index) % len(swaying)] for index in range(SHOWN)]
        images += [empty] * AWAY
    latencies, added = [], []
    with Reader(Played(images), CameraConfig(source="bench")) as reader:
        while not reader.ended:
            frame = reader.next(1.0)
            if frame is None:
                continue
            step = door.step(frame)
            for decision in step.decisions:
                added.append((time.monotonic() - frame.captured) * 1e3)
                latencies.append(decision.latency_ms)
    note = f"{len(latencies)} decisions of {visits} visits"
    return [
        Row("first clear frame to decision, p95", p95(latencies), 500, "ms", note=note),
        Row("capture to decision, added by the pipeline, p95", p95(added), 60, "ms", note=note),
    ]


def p95(values: list[float]) -> float:
    return float(np.percentile(values, 95)) if values else float("nan")
