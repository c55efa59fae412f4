"""What is lost when the face at the door is worse than the one that was enrolled.

People are enrolled from an untouched photo; another photo of theirs, and those of strangers,
are degraded before anything looks at them. Nothing is dropped: a face that is not found, or
that the product refuses for its quality, is a failure.

A condition does to a photograph what a door does to a face. It is a pure function of the photo
(RGB uint8 (H, W, 3)), the mesh that was found in it undamaged (468, 3), and a generator.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image, Points
from accessctl.errors import SourceError
from accessctl.evaluation.data import Photos, people_of
from accessctl.evaluation.embedded import Bench, Probes, probes_of
from accessctl.evaluation.identification import GalleryDraw, decide, search_all
from accessctl.evaluation.rendered import hat, mask, sunglasses
from accessctl.evaluation.sightings import Alter, Sightings
from accessctl.evaluation.statistics import Count, PeopleRate, count, rate_over_people
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]

Change: TypeAlias = Callable[[Image, Points, np.random.Generator], Image]

CLEAN = "untouched"

DRAWING = 1
"""Raised whenever a condition is drawn otherwise under its old name: caches are kept by it."""

GAMMA = 2.2

FULL_WELL = 10_000.0
"""Electrons that a pixel of a small door camera holds at white."""

READ_NOISE = 5.0
"""Electrons of noise that are there without any light."""


@dataclass(frozen=True, slots=True)
class RobustnessRules:
    """What the product asks for, and how it is tried: `draws` galleries of `gallery` people."""

    target_fmr: float
    target_fpir: float
    min_margin: float
    gallery: int
    draws: int


@dataclass(frozen=True, slots=True)
class ConditionLoss:
    """One condition. Of probes: `faceless`, `refused` (found, but not good enough), `tar` at
    the stated rate, and `tar_unjudged` if nothing were refused. `false_matches` of how many
    pairs of strangers with usable faces. Then identification: not named or wrongly, named as
    somebody else, and strangers who were named."""

    condition: str
    faceless: Count
    refused: Count
    tar: Count
    tar_unjudged: Count
    false_matches: int
    stranger_pairs: int
    fnir: PeopleRate
    misidentified: PeopleRate
    fpir: PeopleRate


@dataclass(frozen=True, slots=True)
class Subset:
    """Names of photos: `enrolled` and `probes` of the same people, place by place."""

    enrolled: tuple[str, ...]
    probes: tuple[str, ...]


def choose_subset(names: Sequence[str], people: int, random: np.random.Generator) -> Subset:
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
    conditions: Mapping[str, Change],
) -> Iterator[ConditionLoss]:
    """Each of `conditions` in turn, the untouched photos first; all with the same galleries."""
    # Loaded once and lent in turn, not again for each of a dozen conditions.
    encoders = itertools.cycle([bench.encoder() for _ in range(bench.workers)])
    bench = replace(bench, encoder=lambda: next(encoders))
    sightings = bench.sight(photos, subset.probes)
    enrolled = probes_of(bench, photos, subset.enrolled)
    untouched = probes_of(bench, photos, subset.probes)
    yield loss(CLEAN, enrolled, untouched, normaliser, calibration, rules, seed)
    for condition, change in conditions.items():
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


def loss(
    condition: str,
    enrolled: Probes,
    coming: Probes,
    normaliser: Normaliser,
    calibration: Calibration,
    rules: RobustnessRules,
    seed: int,
) -> ConditionLoss:
    """`coming` holds a probe of each of the `enrolled`, in their order. Whoever is left out of a
    gallery comes to it as a stranger."""
    scores = pair_scores(enrolled, coming, normaliser)
    passed = scores >= calibration.threshold(rules.target_fmr)
    usable = enrolled.usable[:, None] & coming.usable
    strangers = usable & ~np.eye(len(enrolled), dtype=bool)
    genuine = np.diag(passed)
    random = np.random.default_rng(seed)
    tried = _identification(enrolled, coming, normaliser, calibration, rules, random)
    return ConditionLoss(
        condition=condition,
        faceless=count(~coming.found),
        refused=count(coming.found & ~coming.usable),
        tar=count(genuine & np.diag(usable)),
        tar_unjudged=count(genuine),
        false_matches=int((passed & strangers).sum()),
        stranger_pairs=int(strangers.sum()),
        fnir=rate_over_people(tried.missed | tried.wrong, tried.mates, random),
        misidentified=rate_over_people(tried.wrong, tried.mates, random),
        fpir=rate_over_people(tried.accepted, tried.strangers, random),
    )


def pair_scores(one: Probes, other: Probes, normaliser: Normaliser) -> Floats:
    """Normalised scores (N, M), minus infinity where either shows no face."""
    a, b = (np.where(s.found[:, None], s.embeddings, np.float32(0)) for s in (one, other))
    scores = normaliser.scores(normaliser.sides(a), normaliser.sides(b))
    seen = one.found[:, None] & other.found
    return np.where(seen, scores, -np.inf).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Over all draws: mates (M,) `missed` or named `wrong`, strangers (S,) `accepted`, and the
    rows of `mates` and `strangers` whose trials those were."""

    missed: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    mates: NDArray[np.int64]
    strangers: NDArray[np.int64]


def _identification(
    enrolled: Probes,
    coming: Probes,
    normaliser: Normaliser,
    calibration: Calibration,
    rules: RobustnessRules,
    random: np.random.Generator,
) -> _Tried:
    people = len(enrolled)
    faces = enrolled.then(coming)
    outcomes, events = [], []
    for _ in range(rules.draws):
        order = random.permutation(people)
        inside, outside = order[: rules.gallery], order[rules.gallery :]
        draw = GalleryDraw(
            enrolled=inside,
            mates=people + inside[:, None],
            own=np.arange(len(inside)),
            strangers=people + outside[:, None],
        )
        outcome = search_all(draw, faces, normaliser, calibration)
        outcomes.append(outcome)
        events.append(decide(outcome, rules.target_fpir, rules.min_margin))
    missed, wrong, accepted = (np.concatenate(kind) for kind in zip(*events, strict=True))
    return _Tried(
        missed,
        wrong,
        accepted,
        np.concatenate([outcome.mates.photo for outcome in outcomes]),
        np.concatenate([outcome.strangers.photo for outcome in outcomes]),
    )


def smaller(photo: Image, mesh: Points, draw: np.random.Generator, *, face_px: float) -> Image:
    """The whole photo shrunk until the face's mesh is `face_px` wide; never enlarged."""
    del draw
    scale = face_px / _width(mesh)
    if scale >= 1:
        return photo
    height, width = photo.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def darker(photo: Image, mesh: Points, draw: np.random.Generator, *, light: float) -> Image:
    """`light` of the light, without gain, with the sensor's shot and read noise.

    The values are made linear (gamma 2.2), so that a tenth is a tenth of the photons.
    """
    del mesh
    electrons = FULL_WELL * light * (photo.astype(np.float32) / 255) ** GAMMA
    noise = draw.standard_normal(photo.shape, np.float32)
    noisy = electrons + noise * np.sqrt(electrons + READ_NOISE**2)
    shown = 255 * np.clip(noisy / FULL_WELL, 0, 1) ** (1 / GAMMA)
    seen: Image = np.rint(shown).astype(np.uint8)
    return seen


def defocused(photo: Image, mesh: Points, draw: np.random.Generator, *, share: float) -> Image:
    """Gaussian blur whose deviation is `share` of the face's width."""
    del draw
    blurred = cv2.GaussianBlur(photo, (0, 0), share * _width(mesh))
    return blurred.astype(np.uint8, copy=False)


def moved(photo: Image, mesh: Points, draw: np.random.Generator, *, share: float) -> Image:
    """Blur along a line as long as `share` of the face's width, in a drawn direction."""
    length = max(2, round(share * _width(mesh)))
    angle = draw.uniform(0, np.pi)
    middle = (length - 1) / 2
    reach = middle * np.array([np.cos(angle), np.sin(angle)])
    kernel = np.zeros((length, length), np.float32)
    start, end = (tuple(round(float(v)) for v in middle + sign * reach) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    blurred = cv2.filter2D(photo, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return blurred.astype(np.uint8, copy=False)


def compressed(photo: Image, mesh: Points, draw: np.random.Generator, *, quality: int) -> Image:
    """Written as JPEG of `quality` (1 to 100) and read back."""
    del mesh, draw
    bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[..., ::-1])


CONDITIONS: Mapping[str, Change] = MappingProxyType(
    {
        "mask": mask,
        "sunglasses": sunglasses,
        "hat": hat,
        "face 80 px": partial(smaller, face_px=80),
        "face 60 px": partial(smaller, face_px=60),
        "face 40 px": partial(smaller, face_px=40),
        "light 1/10": partial(darker, light=1 / 10),
        "light 1/30": partial(darker, light=1 / 30),
        "defocus 2 %": partial(defocused, share=0.02),
        "defocus 4 %": partial(defocused, share=0.04),
        "motion 10 %": partial(moved, share=0.10),
        "JPEG 30": partial(compressed, quality=30),
        "JPEG 10": partial(compressed, quality=10),
    }
)
"""By name; shares are of the face's width, JPEG is its quality."""


def _width(mesh: Points) -> float:
    return float(np.ptp(mesh[:, 0]))
