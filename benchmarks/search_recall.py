"""How soon a face of a given width is found in 1280 x 720 video, and what it costs.

LFW faces are pasted, with a soft edge, at random places on photographs without people
that scikit-image and scikit-learn carry. For every face a few frames of the bare
background come first, so that the search is at a random point of its round; then the face
stays for six frames. Camera noise differs from frame to frame. Face width is that of the
face mesh. A false face is any other face the observer reports.

    python -m benchmarks.search_recall [--shared DIR] [--faces N] [--bare N]
        [--schedule NAME] [--fps N] [--runtime NAME]
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from zipfile import ZipFile

import cv2
import numpy as np
import skimage
import sklearn.datasets

from accessctl.config import DetectorRuntime, VisionConfig
from accessctl.domain import Box, Face, Frame, Image
from accessctl.vision.observer import Observer
from accessctl.vision.search import (
    DOOR_SCHEDULE,
    Grid,
    Range,
    Schedule,
    door_schedule,
    same_face,
)

WIDTH, HEIGHT, FPS = 1280, 720, 15
FACE_WIDTHS = (50, 70, 100, 140, 200, 300)
WITHIN = (1, 3, 6)
NOISE = 2.0
SURROUND = 2.2
BARE_FRAMES = 1600

SKIMAGE_PHOTOS = (
    "coffee.png", "rocket.jpg", "chelsea.png", "motorcycle_left.png", "brick.png", "grass.png",
    "gravel.png", "retina.jpg", "hubble_deep_field.jpg", "ihc.png", "coins.png", "text.png",
)  # fmt: skip
SKLEARN_PHOTOS = ("china.jpg", "flower.jpg")

SHORT, FULL = Range.SHORT, Range.FULL
SCHEDULES = {
    "door": DOOR_SCHEDULE,
    "door, 2 a frame": door_schedule(2),
    "door, 1 a frame": door_schedule(1),
    "full 2x1, 1 a frame": Schedule((Grid(2, 1, 0.2, FULL),), 1),
    "full 2x1, 2 a frame": Schedule((Grid(2, 1, 0.2, FULL),), 2),
    "full 3x2, 2 a frame": Schedule((Grid(3, 2, 0.25, FULL),), 2),
    "short 3x2 + whole, 3 a frame": Schedule((Grid(3, 2, 0.25, SHORT), Grid(1, 1, 0, SHORT)), 3),
    "short 4x2, 2 a frame": Schedule((Grid(4, 2, 0.25, SHORT),), 2),
    "short 4x2, 3 a frame": Schedule((Grid(4, 2, 0.25, SHORT),), 3),
    "short 4x2 + whole full, 3 a frame": Schedule(
        (Grid(4, 2, 0.25, SHORT), Grid(1, 1, 0.0, FULL)), 3
    ),
    "short 5x3 + whole, 4 a frame": Schedule((Grid(5, 3, 0.25, SHORT), Grid(1, 1, 0, SHORT)), 4),
}


@dataclass(frozen=True, eq=False)
class Cutout:
    """A face with its surroundings; `face` is the width of the face in it, in pixels."""

    image: Image
    face: float


@dataclass(eq=False)
class Tally:
    found_after: list[int | None]
    frames: int = 0
    false_frames: int = 0
    cpu_ms: float = 0.0
    search_ms: float = 0.0
    observe_ms: float = 0.0


class Film:
    """Feeds an observer frame after frame, and starts a new scene on demand."""

    def __init__(self, observer: Observer, rng: np.random.Generator, fps: float) -> None:
        self._observer, self._rng, self._fps = observer, rng, fps
        noise = rng.normal(0, NOISE, (HEIGHT + 64, WIDTH + 64, 3))
        self._noise = noise.round().astype(np.int16)
        self._time, self._number = 0.0, 0

    def new_scene(self) -> None:
        self._time += 60.0

    def show(self, picture: Image, tally: Tally) -> list[Face]:
        x, y = self._rng.integers(0, 64, 2)
        grain = self._noise[y : y + HEIGHT, x : x + WIDTH]
        image = np.clip(picture + grain, 0, 255).astype(np.uint8)
        self._time += 1 / self._fps
        self._number += 1
        start, cpu = time.perf_counter(), time.process_time()
        faces = self._observer.observe(Frame(image, self._time, self._number))
        tally.observe_ms += 1000 * (time.perf_counter() - start)
        tally.cpu_ms += 1000 * (time.process_time() - cpu)
        tally.search_ms += self._observer.timings["search"]
        tally.frames += 1
        return faces


def backgrounds() -> list[Image]:
    folder = Path(skimage.__file__).parent / "data"
    photos = [_read((folder / name).read_bytes()) for name in SKIMAGE_PHOTOS]
    return photos + [sklearn.datasets.load_sample_image(name) for name in SKLEARN_PHOTOS]


def _read(data: bytes) -> Image:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def scene(photos: list[Image], rng: np.random.Generator) -> Image:
    """A random 16:9 part, at least half as wide as it can be, of a random photograph."""
    photo = photos[rng.integers(len(photos))]
    height, width = photo.shape[:2]
    widest = min(width, height * WIDTH / HEIGHT)
    w = int(rng.uniform(0.5, 1) * widest)
    h = int(w * HEIGHT / WIDTH)
    x, y = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    part = photo[y : y + h, x : x + w]
    return cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def cutouts(lfw: Path, count: int, observer: Observer, rng: np.random.Generator) -> list[Cutout]:
    """One face each of `count` people, the one in the middle of the photograph."""
    with ZipFile(lfw) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith("_0001.jpg"))
        found: list[Cutout] = []
        for name in rng.permutation(names):
            image = _read(archive.read(str(name)))
            faces = [f for f in observer.still(image) if _central(f.box)]
            if faces:
                found.append(_cutout(image, faces[0].box))
            if len(found) == count:
                break
    return found


def _central(box: Box) -> bool:
    x, y = box.centre
    return abs(x - 125) < 40 and abs(y - 125) < 40


def _cutout(image: Image, box: Box) -> Cutout:
    half = round(SURROUND / 2 * box.w)
    x, y = (round(c) for c in box.centre)
    padded = cv2.copyMakeBorder(image, half, half, half, half, cv2.BORDER_REPLICATE)
    return Cutout(padded[y : y + 2 * half, x : x + 2 * half], box.w)


def paste(picture: Image, cutout: Cutout, width: float, rng: np.random.Generator) -> Box:
    """Draw the face into `picture` so that all of it is in view; returns where it is."""
    scale = width / cutout.face
    side = round(len(cutout.image) * scale)
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    patch = cv2.resize(cutout.image, (side, side), interpolation=shrink).astype(np.float32)
    w, h = 1.1 * width, 1.35 * width
    x, y = rng.uniform(w / 2, WIDTH - w / 2), rng.uniform(h / 2, HEIGHT - h / 2)
    left, top = round(x - side / 2), round(y - side / 2)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, WIDTH), min(top + side, HEIGHT)
    inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    mask = _soft_disc(side)[inside]
    under = picture[y0:y1, x0:x1]
    picture[y0:y1, x0:x1] = (mask * patch[inside] + (1 - mask) * under).astype(np.uint8)
    return Box(x - width / 2, y - 0.6 * width, width, 1.2 * width)


def _soft_disc(side: int) -> np.ndarray:
    across = np.linspace(-1, 1, side)
    radius = np.hypot(across[:, None], across[None, :])
    return np.clip((1 - radius) / 0.15, 0, 1).astype(np.float32)[..., None]


def search_one_width(
    film: Film, photos: list[Image], people: list[Cutout], width: float, rng: np.random.Generator
) -> Tally:
    tally = Tally([])
    for person in people:
        film.new_scene()
        picture = scene(photos, rng)
        for _ in range(rng.integers(1, 7)):
            tally.false_frames += bool(film.show(picture, tally))
        place = paste(picture, person, width, rng)
        tally.found_after.append(None)
        for number in range(1, max(WITHIN) + 1):
            faces = film.show(picture, tally)
            hits = [f for f in faces if _hit(f.box, place)]
            tally.false_frames += len(hits) < len(faces)
            if hits:
                tally.found_after[-1] = number
                break
    return tally


def _hit(box: Box, place: Box) -> bool:
    return same_face(box, place) and 0.6 < box.w / place.w < 1.6


def bare(film: Film, photos: list[Image], frames: int, rng: np.random.Generator) -> Tally:
    """Frames without a face, eight of each scene."""
    tally = Tally([])
    for _ in range(frames // 8):
        film.new_scene()
        picture = scene(photos, rng)
        for _ in range(8):
            tally.false_frames += bool(film.show(picture, tally))
    return tally


def corridor(observer: Observer, path: Path, fps: float) -> Tally:
    """The idle corridor, enlarged to 1280 x 720."""
    tally = Tally([])
    film = Film(observer, np.random.default_rng(0), fps)
    for small in _frames(path):
        picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        tally.false_frames += bool(film.show(picture, tally))
    return tally


def _frames(path: Path) -> Iterator[Image]:
    video = cv2.VideoCapture(str(path))
    while True:
        there, picture = video.read()
        if not there:
            break
        yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    video.release()


def measure(name: str, options: argparse.Namespace) -> None:
    observer = Observer(VisionConfig(runtime=options.runtime), SCHEDULES[name])
    rng = np.random.default_rng(options.seed)
    photos = backgrounds()
    people = cutouts(options.shared / "lfw/images.zip", options.faces, observer, rng)
    film = Film(observer, rng, options.fps)
    print(
        f"\nschedule {name}: {len(people)} faces, {len(photos)} backgrounds, seed {options.seed}, "
        f"{options.fps:g} frames a second, {options.runtime}"
    )
    print(
        "face width | "
        + " | ".join(f"within {n}" for n in WITHIN)
        + " | search ms | observe ms | CPU ms"
    )
    tallies = []
    for width in FACE_WIDTHS:
        tally = search_one_width(film, photos, people, width, rng)
        tallies.append(tally)
        shares = [
            np.mean([after is not None and after <= n for after in tally.found_after])
            for n in WITHIN
        ]
        cells = " | ".join(f"{100 * share:6.1f} %" for share in shares)
        per_frame = (tally.search_ms, tally.observe_ms, tally.cpu_ms)
        times = " | ".join(f"{ms / tally.frames:9.1f}" for ms in per_frame)
        print(f"{width:7d} px | {cells} | {times}", flush=True)
    tallies.append(bare(film, photos, options.bare, rng))
    _report_false("bare frames", tallies[-1:])
    _report_false("all frames", tallies)
    empty = corridor(observer, options.shared / "video/corridor_178x100.mp4", options.fps)
    _report_false("corridor", [empty])
    observer.close()


def _report_false(what: str, tallies: list[Tally]) -> None:
    frames, wrong = sum(t.frames for t in tallies), sum(t.false_frames for t in tallies)
    search, cpu = (sum(getattr(t, n) for t in tallies) / frames for n in ("search_ms", "cpu_ms"))
    print(
        f"{what}: {wrong} of {frames} with a false face ({100 * wrong / frames:.2f} %), "
        f"search {search:.1f} ms, CPU {cpu:.1f} ms a frame"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--bare", type=int, default=BARE_FRAMES, help="frames without a face")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--schedule", choices=[*SCHEDULES, "all"], default="door")
    parser.add_argument("--fps", type=float, default=FPS, help="frames a second")
    parser.add_argument("--runtime", choices=get_args(DetectorRuntime), default="litert")
    options = parser.parse_args()
    if not options.shared.is_dir():
        parser.exit(2, f"{options.shared} is not there; name the data with --shared DIR.\n")
    cv2.setNumThreads(1)
    for name in SCHEDULES if options.schedule == "all" else [options.schedule]:
        measure(name, options)


if __name__ == "__main__":
    main()
