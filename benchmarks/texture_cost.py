"""What one look of the texture network costs, on one core, beside one embedding in the same run.

    python -m benchmarks.texture_cost [--texture DIR] [--encoder DIR] [--looks N]

A look is the cutting of the crops and the network; a visit that is undecided has some five a
second. Milliseconds: the median, and in brackets what 95 % of the looks stay below.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from accessctl.cli.common import table
from accessctl.config import EncoderConfig, VisionConfig
from accessctl.demo.scene import scene
from accessctl.domain import Face, Image
from accessctl.encoder.choose import load_encoder
from accessctl.liveness.texture_card import crops
from accessctl.liveness.texture_network import TextureNetwork
from accessctl.recognition.engine import one_thread_each
from accessctl.vision.alignment import cut
from accessctl.vision.observer import Observer
from benchmarks.pipeline import STANDING_S, figure

ROOT = Path(__file__).resolve().parents[1]
SCALES = {"720p": 1.0, "1080p": 1.5, "480p": 2 / 3}
BAR_MS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texture", type=Path, default=ROOT / "models/texture", metavar="DIR")
    parser.add_argument("--encoder", type=Path, default=ROOT / "models/encoder", metavar="DIR")
    parser.add_argument("--looks", type=int, default=200, metavar="N")
    args = parser.parse_args()
    one_thread_each()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    network = TextureNetwork.open(args.texture)
    encoder = load_encoder(EncoderConfig(folder=args.encoder, device="cpu", flip_average=False))
    observer = Observer(VisionConfig(models=ROOT / "models/cache/mediapipe"))
    eats = network.card.input
    rows = []
    for name, scale in SCALES.items():
        image = scaled(scene(STANDING_S), scale)
        face = widest(observer.still(image))
        box = face.box

        def embed(image: Image = image, face: Face = face) -> object:
            crop = cut(image, face.landmarks, encoder.card.crop_geometry)
            return encoder.embed(crop[None])

        measured = together(
            args.looks,
            lambda image=image, box=box: crops(image, box, eats.reaches, eats.size, eats.sampling),
            lambda image=image, box=box: network.score(image, box),
            embed,
        )
        rows.append((name, f"{box.w:.0f} px", *map(figure, measured)))
    print(table(("frame", "face", "crops", "a look in all", "an embedding"), rows))
    size = network.card.path.stat().st_size / 1e6
    print(
        f"{network.card.name} {network.card.version}, {size:.2f} MB; meant: {BAR_MS:g} ms a look."
    )


def together(times: int, *calls: Callable[[], object]) -> list[list[float]]:
    """Milliseconds of each call, by turns, so that a busy moment falls on all of them."""
    for call in calls:
        call()
    spent: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, took in zip(calls, spent, strict=True):
            begun = perf_counter()
            call()
            took.append((perf_counter() - begun) * 1e3)
    return spent


def scaled(image: Image, scale: float) -> Image:
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale), np.uint8)


def widest(faces: list[Face]) -> Face:
    return max(faces, key=lambda face: face.box.w)


if __name__ == "__main__":
    main()
