"""From photographs and films to samples on disk: people, films and folds kept apart.

Each sample is a twin: one picture of somebody living and an attack made of it go through the same
crop and the same camera.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image
from accessctl.errors import InputError
from accessctl.liveness.texture_card import crops
from accessctl.training.spoof.optics import MEDIA, Camera, Picture, draw_camera, taken
from accessctl.training.spoof.samples import (
    LIVING,
    REACHES,
    SAMPLING,
    SIZE,
    FacePicture,
    Samples,
    write_samples,
)
from accessctl.training.spoof.scene import (
    Framing,
    Held,
    Seen,
    draw_framing,
    draw_pose,
    extents,
    living,
    presented,
)
from accessctl.training.spoof.teachers import Teacher, cut

WEIGHTS = {"paper": 0.33, "photo_paper": 0.17, "phone": 0.28, "monitor": 0.22}

WIDER = 0.15

BARS, MOST_BARRED = 0.4, 0.35
"""How often a phone shows bars above and below a film, and how high, as a share of its height."""

BOX_JITTER = 0.06
"""A face's box wanders by so much of its size, as the mesh's does."""

Fold: TypeAlias = Literal["fit", "check"]

REAL_ATTACK = "real"

THREADS = 2

PIECE = 1000

CHECK_PIECES = 4

FEW = 1000

SHARE_OF_FEW, SHARE_OF_MANY = 0.5, 0.08
"""So much is set aside for checking of a kind with fewer groups than FEW, and of a larger one."""

SHARES: Mapping[str, float] = {"film": 0.2, "portrait": 0.1, "feed": 0.03, REAL_ATTACK: 0.09}

REST = 0.62
"""How often a sample is of a picture of each kind, before all are scaled to add up to one; of any
other kind as often as REST."""


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """`crops` uint8 (3, 80, 80, 3) RGB, `kind` LIVING or what the attack was shown on, `image`
    the whole frame and `box` the face in it, for teachers that cut for themselves."""

    crops: NDArray[np.uint8]
    kind: str
    image: Image
    box: Box


@dataclass(frozen=True, slots=True)
class Rendering:
    """What draws a scene of somebody living, one of an attack, and what a camera makes of it."""

    living: Callable[[FacePicture, Framing, np.random.Generator], Seen] = living
    presented: Callable[[Held, Framing, np.random.Generator], Seen] = presented
    taken: Callable[[Picture, Camera], Image] = taken


USUAL = Rendering()


@dataclass(frozen=True, slots=True)
class Pieces:
    """Samples are written in pieces of `size`; the first `checking` of them are for checking."""

    size: int = PIECE
    checking: int = CHECK_PIECES


WHOLE = Pieces()


@dataclass(frozen=True, slots=True)
class Folds:
    """Who is for checking only: the films named, and of photographs a share by a hash of whose
    they are, so that other people that are added move nobody."""

    films: frozenset[str]

    def of(self, picture: FacePicture, share: float) -> Fold:
        """`share` of all groups of photographs are for checking, in [0, 1]."""
        if picture.film:
            return "check" if picture.group in self.films else "fit"
        number = int(hashlib.sha256(picture.group.encode()).hexdigest(), 16) % 1000
        return "check" if number < share * 1000 else "fit"


def prepare(
    folder: Path,
    count: int,
    pictures: Callable[[], Sequence[FacePicture]],
    folds: Folds,
    teachers: Callable[[], Sequence[Teacher]],
    *,
    seed: int = 0,
    told: Callable[[int, int], None] = lambda _done, _all: None,
    size: Pieces = WHOLE,
) -> None:
    """Make the pieces that are missing; `pictures` and `teachers` are asked for only then.

    `told` hears how many pieces of those missing are made. Raises InputError where one side is
    left without a picture of somebody living.
    """
    pieces = missing(folder, count, size)
    if not pieces:
        return
    # First what fails at once: to look at all pictures takes minutes.
    opened = teachers()
    sides = folded(pictures(), folds)
    for fold, side in sides.items():
        if not _alive(side):
            raise InputError(
                f"No picture of a living face is left to {fold} with; name pictures of more "
                "people, or other --check-films."
            )

    def make(piece: tuple[int, Fold, Path]) -> None:
        number, fold, path = piece
        write_samples(path, make_piece(number, sides[fold], opened, seed, size.size))

    with ThreadPoolExecutor(THREADS) as pool:
        for done, _ in enumerate(pool.map(make, pieces), start=1):
            told(done, len(pieces))


def folded(
    pictures: Sequence[FacePicture], folds: Folds, few: int = FEW
) -> dict[Fold, list[FacePicture]]:
    """Pictures to fit on and to check with, nobody on both sides.

    A kind that grows to `few` groups gives up some of those it had set aside, not the reverse.
    """
    groups: dict[str, set[str]] = {}
    for one in pictures:
        groups.setdefault(one.kind, set()).add(one.group)
    shares: dict[str, float] = {}
    for members in groups.values():
        share = SHARE_OF_FEW if len(members) < few else SHARE_OF_MANY
        # Who is in several kinds is set aside in all of them or in none.
        shares |= {group: max(share, shares.get(group, 0.0)) for group in members}
    found: dict[Fold, list[FacePicture]] = {"fit": [], "check": []}
    for one in pictures:
        found[folds.of(one, shares[one.group])].append(one)
    return found


def missing(folder: Path, count: int, pieces: Pieces = WHOLE) -> list[tuple[int, Fold, Path]]:
    """Number, fold and file of each piece that `count` samples need and that is not there yet."""
    wanted = -(-count // pieces.size) + pieces.checking
    every = []
    for number in range(wanted):
        fold: Fold = "check" if number < pieces.checking else "fit"
        every.append((number, fold, folder / f"{fold}-{number:04d}.npz"))
    return [piece for piece in every if not piece[2].exists()]


def make_piece(
    number: int,
    pictures: Sequence[FacePicture],
    teachers: Sequence[Teacher],
    seed: int,
    size: int = PIECE,
) -> Samples:
    """`size` samples of one fold's pictures; the same numbers give the same samples.

    At least one of the pictures is of somebody living.
    """
    rng = np.random.default_rng((seed, number))
    alive = _alive(pictures)
    draw = _drawer(pictures, rng)
    made: list[tuple[Twin, FacePicture]] = []
    while len(made) < size:
        picture = draw()
        if picture.kind == REAL_ATTACK:
            seen = living(picture, draw_framing(picture, rng), rng)
            made.append((sampled(seen, draw_camera(rng), REAL_ATTACK, rng), picture))
        else:
            made += [(twin, picture) for twin in twins(picture, alive, rng)]
    return _samples(made[:size], teachers)


def _alive(pictures: Sequence[FacePicture]) -> list[FacePicture]:
    return [one for one in pictures if one.kind != REAL_ATTACK]


def _drawer(pictures: Sequence[FacePicture], rng: np.random.Generator) -> Callable[[], FacePicture]:
    kinds: dict[str, list[FacePicture]] = {}
    for one in pictures:
        kinds.setdefault(one.kind, []).append(one)
    weights = list(accumulate(SHARES.get(kind, REST) for kind in kinds))

    def draw() -> FacePicture:
        at = int(np.searchsorted(weights, rng.uniform(0, weights[-1])))
        chosen = list(kinds.values())[min(at, len(weights) - 1)]
        return chosen[int(rng.integers(len(chosen)))]

    return draw


def _samples(made: Sequence[tuple[Twin, FacePicture]], teachers: Sequence[Teacher]) -> Samples:
    says, holds = [], []
    for teacher in teachers:
        cuts = np.stack([cut(twin.image, twin.box, teacher.reach) for twin, _ in made])
        parts = [teacher(cuts[first : first + 64]) for first in range(0, len(cuts), 64)]
        says.append(np.concatenate([said for said, _ in parts]))
        holds.append(np.concatenate([held for _, held in parts]))
    kinds = np.array([twin.kind for twin, _ in made])
    return Samples(
        crops=np.stack([twin.crops for twin, _ in made]),
        living=kinds == LIVING,
        kind=kinds,
        source=np.array([picture.kind for _, picture in made]),
        group=np.array([picture.group for _, picture in made]),
        film=np.array([picture.film for _, picture in made]),
        says=np.stack(says, axis=1).astype(np.float16),
        holds=np.stack(holds, axis=1).astype(np.float16),
    )


def twins(
    picture: FacePicture,
    rooms: Sequence[FacePicture],
    rng: np.random.Generator,
    rendering: Rendering = USUAL,
) -> tuple[Twin, Twin]:
    """A living sample and an attack of the same picture, through the same camera.

    The face is as wide in both; now and then the attack shows more of its room, which is seldom,
    because a living face of the same reach would be missing beside it.
    """
    picture = _as_found(picture, rng)
    framing = draw_framing(picture, rng)
    camera = draw_camera(rng)
    room = rooms[int(rng.integers(len(rooms)))]
    kind = str(rng.choice(list(WEIGHTS), p=list(WEIGHTS.values())))
    wider = _widened(framing, rng) if rng.random() < WIDER else framing
    held = _held(kind, picture, wider, room, rng)
    alive = rendering.living(picture, framing, rng)
    shown = rendering.presented(held, wider, rng)
    take = rendering.taken
    return (
        sampled(alive, camera, LIVING, rng, take=take),
        sampled(shown, camera, kind, rng, take=take),
    )


def sampled(
    seen: Seen,
    camera: Camera,
    kind: str,
    rng: np.random.Generator,
    *,
    jitter: float = BOX_JITTER,
    take: Callable[[Picture, Camera], Image] = taken,
) -> Twin:
    """What the camera delivers of it, mirrored or not, and the crops around where a mesh would
    find the face."""
    image = take(seen.picture, camera)
    size = np.array([seen.box.w, seen.box.h])
    dx, dy = rng.normal(0, jitter / 2, 2) * size
    grown = float(np.exp(rng.normal(0, jitter)))
    x, y = seen.box.centre
    w, h = size * grown
    box = Box(x + dx - w / 2, y + dy - h / 2, w, h)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        box = Box(image.shape[1] - box.x - box.w, box.y, box.w, box.h)
    return Twin(crops(image, box, REACHES, SIZE, SAMPLING), kind, image, box)


def _widened(framing: Framing, rng: np.random.Generator) -> Framing:
    """More of the room than the living twin's picture shows."""
    return replace(
        framing,
        left=framing.left + float(rng.uniform(0, 1.2)),
        above=framing.above + float(rng.uniform(0, 0.8)),
        right=framing.right + float(rng.uniform(0, 1.2)),
        below=framing.below + float(rng.uniform(0, 0.8)),
    )


def _held(
    kind: str, picture: FacePicture, framing: Framing, room: FacePicture, rng: np.random.Generator
) -> Held:
    available = np.array(extents(picture))
    frame = np.array([framing.left, framing.above, framing.right, framing.below])
    if rng.random() < 0.7:
        # The rim is somewhere in view, at least on one side.
        shown = np.minimum(available, frame * rng.uniform(0.45, 1.05, 4))
        shown = np.maximum(shown, np.minimum(available, (0.55, 0.68, 0.55, 0.68)))
    else:
        shown = frame * 1.5
    left, above, right, below = (float(value) for value in shown)
    barred = rng.uniform(0, MOST_BARRED, 2) if kind == "phone" and rng.random() < BARS else (0, 0)
    printed = kind in {"paper", "photo_paper"}
    return Held(
        MEDIA[kind],
        picture,
        (left, above, right, below),
        draw_pose(rng, bendable=printed),
        room,
        fingers=bool(rng.random() < 0.4),
        cut=bool(printed and rng.random() < 0.15),
        eyes=bool(printed and rng.random() < 0.08),
        bars=(float(barred[0]), float(barred[1])),
    )


def _as_found(picture: FacePicture, rng: np.random.Generator) -> FacePicture:
    """What pictures of living people go through before anybody sees them: a beauty filter, bars
    beside an upright film, things with straight rims behind the head."""
    image = picture.image
    if rng.random() < 0.2:
        image = _furnished(image, picture.box, rng)
    if rng.random() < 0.08:
        image = np.asarray(cv2.bilateralFilter(image, 5, 40, 5), np.uint8)
    if rng.random() < 0.1:
        return _barred(replace(picture, image=image), rng)
    return replace(picture, image=image)


def _furnished(image: Image, box: Box, rng: np.random.Generator) -> Image:
    """Door frames, shelves and pictures on the wall: straight rims that are no attack's."""
    drawn = image.copy()
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        colour = [int(value) for value in rng.integers(0, 256, 3)]
        a = [int(rng.integers(0, width)), int(rng.integers(0, height))]
        b = [int(a[0] + rng.normal(0, width / 3)), int(a[1] + rng.normal(0, height / 3))]
        if rng.random() < 0.5:
            cv2.rectangle(
                drawn, a, b, colour, -1 if rng.random() < 0.5 else int(rng.integers(1, 6))
            )
        else:
            end = [a[0] + int(rng.normal(0, 6)), height] if rng.random() < 0.6 else [width, a[1]]
            cv2.line(drawn, [a[0], 0], end, colour, int(rng.integers(1, 8)))
    head = np.zeros(image.shape[:2], np.uint8)
    x, y = box.centre
    axes = (int(box.w * 0.75), int(box.h * 0.9))
    cv2.ellipse(head, (int(x), int(y - 0.1 * box.h)), axes, 0, 0, 360, 255, -1)
    top = int(y + box.h * 0.5)
    shoulders = (int(x - box.w * 1.4), top, int(x + box.w * 1.4), height)
    cv2.rectangle(head, shoulders[:2], shoulders[2:], 255, -1)
    soft = (
        cv2.GaussianBlur(head, (0, 0), max(1.0, box.w * 0.02)).astype(np.float32)[..., None] / 255
    )
    return np.asarray(drawn * (1 - soft) + image * soft, np.uint8)


def _barred(picture: FacePicture, rng: np.random.Generator) -> FacePicture:
    side = [int(picture.box.w * rng.uniform(0, 1.0)) for _ in range(2)]
    shade = int(rng.choice([0, 0, 0, 255]))
    image = cv2.copyMakeBorder(
        picture.image, 0, 0, side[0], side[1], cv2.BORDER_CONSTANT, value=(shade, shade, shade)
    )
    box = picture.box
    return replace(
        picture, image=np.asarray(image, np.uint8), box=Box(box.x + side[0], box.y, box.w, box.h)
    )
