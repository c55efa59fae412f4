"""A few stills of a turned head that take each other's place before a still room."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from accessctl.demo.people import COLLINS, HOPPER, collins, cutouts, hopper
from accessctl.demo.scene import place
from accessctl.demo.script import DOOR_X, EYE_Y, Stance
from accessctl.demo.sheet import Sheet
from accessctl.domain import Face, Frame, Image
from accessctl.evaluation.rendered import Hand, as_seen, turned_head
from benchmarks.films.sheets import FPS, SIZE, FramesSource, backdrop

SECONDS = 8
COUNT = 200
FEWEST, MOST = 2, 12
PERIODS_S = (0.1, 0.2, 0.33, 0.5, 0.7, 1.0)
ORDERS = ("to and fro", "round", "shuffled")


@dataclass(frozen=True, slots=True)
class FlipBook:
    """`yaws` of its stills in degrees, in the order in which they are shown over and over, each
    for `period_s`; `face_px` wide in a picture of 640x360."""

    drawn: bool
    yaws: tuple[float, ...]
    period_s: float
    face_px: float
    seed: int

    @property
    def kind(self) -> str:
        return "drawn head" if self.drawn else "real head"


def flip_book(number: int) -> FlipBook:
    """One of COUNT; the same for the same number. Every other one is of a drawn head."""
    random = np.random.default_rng((7, number))
    stills = FEWEST + number // 2 % (MOST - FEWEST + 1)
    reach = random.uniform(8, 25)
    yaws = np.linspace(-reach, reach, stills)
    order = ORDERS[int(random.integers(len(ORDERS)))]
    if order == "to and fro":
        yaws = np.concatenate([yaws, yaws[-2:0:-1]])
    elif order == "shuffled":
        random.shuffle(yaws)
    period_s = PERIODS_S[int(random.integers(len(PERIODS_S)))]
    face_px = random.uniform(80, 160)
    return FlipBook(number % 2 == 0, tuple(map(float, yaws)), period_s, face_px, number)


def stills_of(book: FlipBook, photo: Image | None, face: Face | None) -> list[Image]:
    """RGB uint8 (360, 640, 3), without noise; of a real head those of `photo`, in which `face`
    was found, and of a drawn one of the demo's figures."""
    if book.drawn:
        return [_drawn(book, yaw) for yaw in book.yaws]
    assert photo is not None
    assert face is not None
    width = photo.shape[1] * book.face_px / face.box.w
    rest = Sheet(SIZE[0] / 2, SIZE[1] / 2, width)
    quiet = {"frames": 1, "fps": FPS, "seed": 0, "blur": 0.0, "noise": 0.0}
    still = Hand(0.0, 0.0, 0.0, 0.0, 0.0)
    pictures = []
    for yaw in book.yaws:
        at = Sheet(rest.x, rest.y, rest.width, yaw)
        frames = turned_head(photo, face.landmarks, backdrop(SIZE), at, still, **quiet)
        pictures.append(next(frames).image)
    return pictures


def presented(book: FlipBook, stills: list[Image]) -> FramesSource:
    return FramesSource(partial(_shown, book, stills), f"a flip-book ({book.kind})")


def _shown(book: FlipBook, stills: list[Image]) -> Iterator[Frame]:
    random = np.random.default_rng(book.seed)
    for index in range(FPS * SECONDS):
        at = index / FPS
        still = stills[int(at / book.period_s + 1e-6) % len(stills)]
        yield Frame(as_seen(still, random, 0.8, 3.0), at, index)


def _drawn(book: FlipBook, yaw: float) -> Image:
    photo, figure = (hopper(), HOPPER) if book.seed % 4 == 0 else (collins(), COLLINS)
    picture = backdrop((1280, 720))
    place(picture, cutouts(photo, figure), Stance(2 * book.face_px, DOOR_X, EYE_Y, yaw))
    return cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8)
