"""The pictures of a camera one after the other, and who is where in them."""

import numpy as np

from accessctl.domain import Face, Frame, Image
from accessctl.vision.observer import Observer

FPS = 15
HOPPER = (325, 290)
COLLINS = (925, 225)
"""Where the two faces are in the picture `two_people`, read off by hand."""


def film(observer: Observer, pictures: list[Image], start: float = 0.0) -> list[list[Face]]:
    return [observer.observe(Frame(p, start + i / FPS, i)) for i, p in enumerate(pictures)]


def at(faces: list[Face], place: tuple[float, float]) -> Face:
    (face,) = [f for f in faces if np.hypot(*(np.subtract(f.box.centre, place))) < 40]
    return face
