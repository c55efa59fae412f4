"""What a door costs while nobody is in view: processor time for each 1280 x 720 frame.

Two scenes: the idle corridor of the shared data (enlarged, with camera noise), and a still
room with noise alone. Each frame is decoded from JPEG, as a USB camera's is, and looked at
by an observer. Processor time, not wall time, so that other programs matter little; what
it comes to at 15 frames a second is a share of one core.

    python -m benchmarks.idle [--shared DIR] [--frames N] [--noise SIGMA]
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import skimage

from accessctl.camera.health import Freeze, condition_of
from accessctl.cli.common import table
from accessctl.config import VisionConfig
from accessctl.domain import Frame, Image
from accessctl.vision.observer import Observer
from benchmarks.bars.row import Row

WIDTH, HEIGHT, FPS = 1280, 720, 15
QUALITY = 90


@dataclass(eq=False)
class Costs:
    """Processor time of each frame's stages in milliseconds, and the frames with a face."""

    decode: list[float] = field(default_factory=list)
    watch: list[float] = field(default_factory=list)
    observe: list[float] = field(default_factory=list)
    faces: int = 0

    def total(self) -> float:
        return float(np.mean(self.decode) + np.mean(self.watch) + np.mean(self.observe))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--noise", type=float, default=3.0, help="grey levels, default 3")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    scenes: dict[str, list[Image]] = {"still room": room()}
    corridor = options.shared / "video/corridor_178x100.mp4"
    if corridor.is_file():
        scenes = {"corridor": list(enlarged(corridor)), **scenes}
    rows = []
    for name, pictures in scenes.items():
        costs = measure(islice(cycle(pictures), options.frames), options.noise)
        rows.append(row(name, costs))
    print(f"{options.frames} frames of {WIDTH}x{HEIGHT}, noise {options.noise:g} grey levels;")
    print("processor time of a frame in ms, and all of it at 15 frames a second:\n")
    columns = ["scene", "decode JPEG", "frozen, dark", "observe", "sum", "of one core", "faces"]
    print(table(columns, rows))


def rows(frames: int = 450) -> list[Row]:
    """For benchmarks.speed: the still room, which needs no shared data."""
    costs = measure(islice(cycle(room()), frames), 3.0)
    share = costs.total() * FPS / 10
    note = f"{costs.total():.1f} ms of processor time a frame, decoding a JPEG included"
    return [Row("nobody in view, 15 fps 720p", share, 10, "% of a core", note=note)]


def row(name: str, costs: Costs) -> tuple[str, ...]:
    stages = (costs.decode, costs.watch, costs.observe)
    means = [f"{np.mean(stage):.2f}" for stage in stages]
    share = f"{costs.total() * FPS / 10:.1f} %"
    return (name, *means, f"{costs.total():.2f}", share, str(costs.faces))


def measure(
    pictures: Iterator[Image], noise: float, *, vision: VisionConfig | None = None, fps: float = FPS
) -> Costs:
    rng = np.random.default_rng(0)
    grain = rng.normal(0, noise, (HEIGHT + 64, WIDTH + 64, 3)).round().astype(np.int16)
    costs, freeze, observer = Costs(), Freeze(4), Observer(vision or VisionConfig())
    for number, picture in enumerate(pictures):
        y, x = rng.integers(0, 64, 2)
        noisy = np.clip(picture + grain[y : y + HEIGHT, x : x + WIDTH], 0, 255).astype(np.uint8)
        bgr = cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1]
        marks = [time.process_time()]
        image = cv2.cvtColor(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        marks.append(time.process_time())
        condition_of(image)
        freeze.note(image, number / fps)
        marks.append(time.process_time())
        costs.faces += bool(observer.observe(Frame(image, number / fps, number)))
        marks.append(time.process_time())
        if number >= fps:
            for stage, ms in zip(
                (costs.decode, costs.watch, costs.observe), 1000 * np.diff(marks), strict=True
            ):
                stage.append(float(ms))
    observer.close()
    return costs


def enlarged(video: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(video))
    while True:
        there, picture = capture.read()
        if not there:
            break
        large = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        yield cv2.cvtColor(large, cv2.COLOR_BGR2RGB)
    capture.release()


def room() -> list[Image]:
    """A photograph without people, that never changes."""
    photo = cv2.imread(str(Path(skimage.__file__).parent / "data/motorcycle_left.png"))
    rgb = cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)
    height = round(rgb.shape[1] * HEIGHT / WIDTH)
    return [cv2.resize(rgb[:height], (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)]


if __name__ == "__main__":
    main()
