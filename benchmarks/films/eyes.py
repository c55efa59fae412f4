"""A photograph with its eyes cut out and a living person's behind the holes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from accessctl.demo.sheet import lay_sheet
from accessctl.domain import Face, Frame, Image, Points
from accessctl.evaluation.disturbed import at_most, time_of, until
from accessctl.evaluation.rendered import as_seen
from accessctl.liveness.evidence import LEFT_EYE, RIGHT_EYE
from accessctl.vision.observer import Observer
from benchmarks.films.clips import shots
from benchmarks.films.sheets import FPS, FramesSource, at_rest, backdrop, held

SECONDS = 8
LEAST_PX = 190
"""Narrower faces have no eyes to speak of."""

HOLE = 1.5
"""Size of a hole over that of the opening of the eye in the photograph."""

MOTIONS = ("stand", "flat", "sheet")
PHOTOS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A living person's face at one moment: a picture of it, and its mesh there."""

    captured: float
    image: Image
    landmarks: Points


def looks_of(film: Path, observer: Observer) -> list[Look]:
    """The first SECONDS of a film, 15 frames a second, where a face is found."""
    found = []
    for number, shot in enumerate(at_most(FPS)(until(SECONDS)(shots(film)))):
        at = time_of(shot)
        faces = observer.observe(Frame(shot.image, at, number))
        if faces:
            face = max(faces, key=lambda one: one.box.w)
            low = np.floor(np.clip(face.landmarks[:, :2].min(axis=0), 0, None)).astype(int)
            high = np.ceil(face.landmarks[:, :2].max(axis=0)).astype(int) + 1
            part = shot.image[low[1] : high[1], low[0] : high[0]].copy()
            mesh = face.landmarks - np.array([low[0], low[1], 0], np.float32)
            found.append(Look(at, part, mesh))
    return found


def with_eyes(photo: Image, landmarks: Points, look: Look) -> Image:
    """`photo` with what `look` shows where its eyes are cut out."""
    picture = photo
    for eye in (LEFT_EYE, RIGHT_EYE):
        picture = _with_eye(picture, landmarks[list(eye), :2], look, list(eye))
    return picture


def _with_eye(photo: Image, hole: Points, look: Look, eye: list[int]) -> Image:
    """Both eyes' corners are laid on each other; the hole is the photo's eye, enlarged."""
    behind = look.landmarks[eye, :2]
    transform = _by_corners(behind[[0, 3]], hole[[0, 3]])
    size = (photo.shape[1], photo.shape[0])
    layer = cv2.warpAffine(look.image, transform, size, borderMode=cv2.BORDER_REPLICATE)
    middle = hole.mean(axis=0)
    outline = (middle + (hole - middle) * HOLE).round().astype(np.int32)
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA)
    cover = mask[:, :, None].astype(np.uint16)
    mixed = (layer.astype(np.uint16) * cover + photo.astype(np.uint16) * (255 - cover) + 127) // 255
    return mixed.astype(np.uint8)


def _by_corners(source: Points, target: Points) -> np.ndarray:
    """The similarity (2, 3) that carries two points onto two others."""
    (a, b), (c, d) = source.astype(np.float64), target.astype(np.float64)
    away, onto = complex(*(b - a)), complex(*(d - c))
    turn = onto / away if away else complex(0)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, c - linear @ a])


def presented(
    photo: Image, face: Face, looks: Sequence[Look], motion: str, seed: int
) -> FramesSource:
    """The photograph, held as `motion` says with its rim in view, for as long as `looks` last."""
    hand = held(motion, np.random.default_rng(seed))
    size, rest = at_rest(photo, face, rim=True)

    def make() -> Iterator[Frame]:
        random = np.random.default_rng(seed)
        room = backdrop(size)
        for index, look in enumerate(looks):
            at = look.captured - looks[0].captured
            picture = room.copy()
            lay_sheet(picture, with_eyes(photo, face.landmarks, look), hand.at(at, rest))
            yield Frame(as_seen(picture, random, 0.8, 3.0), at, index)

    return FramesSource(make, f"a photograph with cut-out eyes ({motion})")
