"""What `accessctl init --small` saves: a door as it writes it beside one as `init` writes it.

    python -m benchmarks.small_board [--rounds N]

Both stand in one process and take turns, so that other work on the machine meets both alike.
Processor time, of all threads of the process, the least of all rounds; milliseconds. A share of a
core is that at the rate of the door's camera. Memory is that of a process of its own.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from accessctl.administration.changes import Administration
from accessctl.bundled import release
from accessctl.config import Config, VisionConfig, load_config
from accessctl.demo.door import demo_config, enrol_demo_person
from accessctl.demo.scene import scene
from accessctl.domain import Frame
from accessctl.door.assembly import open_audit, open_door
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.recognition.engine import one_thread_each, open_engine
from accessctl.service.door_folder import make_door
from accessctl.service.small_board import SMALL_BOARD
from benchmarks import idle, pipeline

FRAMES = 30
WARM = 8
PROFILES = {"default": (), "small": SMALL_BOARD}
Work = Callable[[], float]


@dataclass(frozen=True)
class Site:
    """A door's folder as `init` makes it, its file, and the demo on it."""

    file: Path
    config: Config
    fps: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    one_thread_each()
    print(line("", {name: name for name in PROFILES}, "", "small / default"))
    with tempfile.TemporaryDirectory() as scratch:
        sites = {name: site(Path(scratch) / name, name) for name in PROFILES}
        with ExitStack() as stack:
            frame = best(rounds, {n: door_work(each, stack) for n, each in sites.items()})
        tell("720p frame, one face, visit undecided, mean", frame, "ms")
        tell("the same at the camera's rate", share(sites, frame), "% of a core")
        embed = best(rounds, {name: embed_work(each) for name, each in sites.items()})
        tell("one embedding", embed, "ms")
        empty = best(max(1, rounds // 3), {n: idle_work(each) for n, each in sites.items()})
        tell("nobody in view, decoding a JPEG included", empty, "ms")
        tell("the same at the camera's rate", share(sites, empty), "% of a core")
        memory = {name: started(each, Path(scratch) / name) for name, each in sites.items()}
        tell("resident memory after a decision", memory, "MB")


def site(folder: Path, name: str) -> Site:
    file = make_door(folder, [], PROFILES[name])
    found = demo_config(load_config(file))
    models = release() / "models/cache/mediapipe"
    # A rate that nobody reaches and no end of patience: the visit stays open.
    endless = {"target_fpir": 1e-12, "unknown_after_frames": 10**9, "unknown_after_s": 300.0}
    update = {
        "vision": found.vision.model_copy(update={"models": models}),
        "policy": found.policy.model_copy(update=endless),
    }
    return Site(file, found.model_copy(update=update), found.camera.fps)


def door_work(site: Site, stack: ExitStack) -> Work:
    """Frames of somebody who stands there and whose visit stays undecided; ms a frame."""
    audit = stack.enter_context(open_audit(site.config))
    engine = stack.enter_context(open_engine(site.config, lambda photos, _: iter(photos)))
    enrol_demo_person(engine.enrolment(), Administration(engine.gallery, audit, time.time))
    door = stack.enter_context(open_door(engine, audit))
    images = [scene(pipeline.STANDING_S + index / site.fps) for index in range(FRAMES)]
    number = 0

    def show(pictures: list[np.ndarray]) -> None:
        nonlocal number
        for image in pictures:
            door.step(Frame(image, number / site.fps, number))
            number += 1

    def work() -> float:
        show(images[:WARM])
        began = time.process_time()
        show(images)
        return 1000 * (time.process_time() - began) / FRAMES

    return work


def idle_work(site: Site) -> Work:
    vision: VisionConfig = site.config.vision
    pictures = idle.room()
    return lambda: idle.measure(
        islice(cycle(pictures), 150), 3.0, vision=vision, fps=site.fps
    ).total()


def embed_work(site: Site) -> Work:
    """One crop and not its mirror image, as a frame at a door has it."""
    update = {"flip_average": False, "device": "cpu"}
    settings = site.config.encoder.model_copy(update=update)
    encoder, size = load_encoder(settings), load_card(settings.folder).input.size
    crop = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)

    def work() -> float:
        began = time.process_time()
        encoder.embed(crop)
        return 1000 * (time.process_time() - began)

    return lambda: min(work() for _ in range(10))


def started(site: Site, folder: Path) -> float:
    text = site.file.read_text(encoding="utf-8")
    site.file.write_text(
        text.replace("vision:\n", f"vision:\n  models: {site.config.vision.models}\n", 1),
        encoding="utf-8",
    )
    return pipeline.startup(site.file, folder)["decision_mb"]


def best(rounds: int, works: dict[str, Work]) -> dict[str, float]:
    """The least of each, by turns."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(work())
    return {name: min(times) for name, times in found.items()}


def share(sites: dict[str, Site], ms: dict[str, float]) -> dict[str, float]:
    return {name: cost * sites[name].fps / 10 for name, cost in ms.items()}


def tell(what: str, figures: dict[str, float], unit: str) -> None:
    ratio = figures["small"] / figures["default"]
    shown = {name: f"{figure:.1f}" for name, figure in figures.items()}
    print(line(what, shown, unit, f"{ratio:.2f}"), flush=True)


def line(what: str, shown: dict[str, str], unit: str, ratio: str) -> str:
    figures = "".join(f"{shown[name]:>9}" for name in PROFILES)
    return f"{what:44}{figures} {unit:12}{ratio:>7}".rstrip()


if __name__ == "__main__":
    main()
