"""The photographs of the robustness evaluation: which ones, and degraded how."""

import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from accessctl.domain import Image
from accessctl.errors import SourceError
from accessctl.evaluation.degrade import CONDITIONS, Change
from accessctl.evaluation.embedded import Bench
from accessctl.evaluation.photos import Photos, people_of
from accessctl.evaluation.probes import probes_of
from accessctl.evaluation.robustness import ConditionLoss, RobustnessRules, loss
from accessctl.evaluation.sightings import Alter, Sightings
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

CLEAN = "untouched"
DRAWING = 1
"""Raised whenever a condition is drawn otherwise under its old name: caches are kept by it."""


@dataclass(frozen=True, slots=True)
class Subset:
    """Names of photos: `enrolled` and `probes` of the same people, place by place."""

    enrolled: tuple[str, ...]
    probes: tuple[str, ...]


def choose(names: Sequence[str], people: int, random: np.random.Generator) -> Subset:
    """Two photos each of `people` people; SourceError."""
    _, person = people_of(tuple(names))
    of = [np.flatnonzero(person == one) for one in np.unique(person)]
    several = [index for index, own in enumerate(of) if len(own) > 1]
    if len(several) < people:
        raise SourceError(
            f"This needs {people} people with two photos each, and these are {len(several)}: "
            "name more photos or ask for fewer people."
        )
    chosen = random.choice(several, people, replace=False)
    pairs = [random.choice(of[index], 2, replace=False) for index in chosen]
    return Subset(tuple(names[row] for row, _ in pairs), tuple(names[row] for _, row in pairs))


def losses(
    bench: Bench,
    photos: Photos,
    subset: Subset,
    normaliser: Normaliser,
    calibration: Calibration,
    rules: RobustnessRules,
    seed: int,
) -> Iterator[ConditionLoss]:
    """Each condition in turn, the untouched photos first; all with the same galleries."""
    # Loaded once and lent in turn, not again for each of a dozen conditions.
    encoders = itertools.cycle([bench.encoder() for _ in range(bench.workers)])
    bench = replace(bench, encoder=lambda: next(encoders))
    sightings = bench.sight(photos, subset.probes)
    enrolled = probes_of(bench, photos, subset.enrolled)
    untouched = probes_of(bench, photos, subset.probes)
    yield loss(CLEAN, enrolled, untouched, normaliser, calibration, rules, seed)
    for condition, change in CONDITIONS.items():
        coming = probes_of(
            bench,
            photos,
            subset.probes,
            alter=alteration(change, sightings, seed),
            variant=f"{condition} {DRAWING} seed {seed}",
        ).wide(normaliser.dimension)
        yield loss(condition, enrolled, coming, normaliser, calibration, rules, seed)


def alteration(change: Change, sightings: Sightings, seed: int) -> Alter:
    """`change` with the mesh of each photo and randomness of its own, the same in every run.

    A photo in which no face was seen has no mesh to go by and stays as it is.
    """
    meshes = {
        name: mesh
        for name, mesh, found in zip(
            sightings.names, sightings.landmarks, sightings.found, strict=True
        )
        if found
    }

    def alter(name: str, photo: Image) -> Image:
        mesh = meshes.get(name)
        if mesh is None:
            return photo
        draw = np.random.default_rng([seed, zlib.crc32(name.encode("utf-8", "surrogateescape"))])
        return change(photo, mesh, draw)

    return alter
