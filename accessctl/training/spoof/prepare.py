"""From photographs and films to samples on disk: people, films and folds kept apart."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from accessctl.errors import InputError
from accessctl.training.spoof.optics import draw_camera
from accessctl.training.spoof.pictures import FacePicture
from accessctl.training.spoof.samples import Samples, write_samples
from accessctl.training.spoof.scene import draw_framing, living
from accessctl.training.spoof.teachers import Teacher, cut
from accessctl.training.spoof.twins import LIVING, Twin, sampled, twins

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


def folded(pictures: Sequence[FacePicture], folds: Folds) -> dict[Fold, list[FacePicture]]:
    """Pictures to fit on and to check with, nobody on both sides.

    A kind that grows to FEW groups gives up some of those it had set aside, not the reverse.
    """
    groups: dict[str, set[str]] = {}
    for one in pictures:
        groups.setdefault(one.kind, set()).add(one.group)
    shares: dict[str, float] = {}
    for members in groups.values():
        share = SHARE_OF_FEW if len(members) < FEW else SHARE_OF_MANY
        # Who is in several kinds is set aside in all of them or in none.
        shares |= {group: max(share, shares.get(group, 0.0)) for group in members}
    found: dict[Fold, list[FacePicture]] = {"fit": [], "check": []}
    for one in pictures:
        found[folds.of(one, shares[one.group])].append(one)
    return found


def missing(folder: Path, count: int) -> list[tuple[int, Fold, Path]]:
    """Number, fold and file of each piece that `count` samples need and that is not there yet."""
    wanted = -(-count // PIECE) + CHECK_PIECES
    every = []
    for number in range(wanted):
        fold: Fold = "check" if number < CHECK_PIECES else "fit"
        every.append((number, fold, folder / f"{fold}-{number:04d}.npz"))
    return [piece for piece in every if not piece[2].exists()]


def make_piece(
    number: int, pictures: Sequence[FacePicture], teachers: Sequence[Teacher], seed: int
) -> Samples:
    """PIECE samples of one fold's pictures; the same numbers give the same samples.

    At least one of the pictures is of somebody living.
    """
    rng = np.random.default_rng((seed, number))
    alive = _alive(pictures)
    draw = _drawer(pictures, rng)
    made: list[tuple[Twin, FacePicture]] = []
    while len(made) < PIECE:
        picture = draw()
        if picture.kind == REAL_ATTACK:
            seen = living(picture, draw_framing(picture, rng), rng)
            made.append((sampled(seen, draw_camera(rng), REAL_ATTACK, rng), picture))
        else:
            made += [(twin, picture) for twin in twins(picture, alive, rng)]
    return _samples(made[:PIECE], teachers)


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


def prepare(
    folder: Path,
    count: int,
    pictures: Callable[[], Sequence[FacePicture]],
    folds: Folds,
    teachers: Callable[[], Sequence[Teacher]],
    *,
    seed: int = 0,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Make the pieces that are missing; `pictures` and `teachers` are asked for only then.

    `told` hears how many pieces of those missing are made. Raises InputError where one side is
    left without a picture of somebody living.
    """
    pieces = missing(folder, count)
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
        write_samples(path, make_piece(number, sides[fold], opened, seed))

    with ThreadPoolExecutor(THREADS) as pool:
        for done, _ in enumerate(pool.map(make, pieces), start=1):
            told(done, len(pieces))
