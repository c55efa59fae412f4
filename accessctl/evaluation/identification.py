"""Identification: who is it, of N people, and when it may be nobody enrolled.

Closed set, N-way k-shot: whose photo is this, of N people with k photos each? Lake,
Salakhutdinov, Gross and Tenenbaum, "One shot learning of simple visual concepts", CogSci 2011; on
pairs of pictures: Koch, Zemel and Salakhutdinov, "Siamese neural networks for one-shot image
recognition", ICML deep learning workshop 2015. The probe's person is always among the N, so
nothing is ever unknown: it is easier than what a door does.

Open set, as at a door: one gallery, drawn from photographs, and who comes to it. FPIR: the share
of strangers who are taken for somebody enrolled. FNIR: the share of enrolled people who are not
named, or named as somebody else (ISO/IEC 19795-1:2021; the candidate list holds one). Every
decision is that of `accessctl identify`: the gallery's own Matcher, the threshold from the stated
rate and the gallery's size, the margin over the second person, and nobody named whose face is
refused for its quality.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import PersonId
from accessctl.errors import SourceError
from accessctl.evaluation.embedded import Floats, Probes
from accessctl.evaluation.statistics import Count, count
from accessctl.gallery.people import Template
from accessctl.policy.decide import sure
from accessctl.recognition.calibration import Calibration, comparison_fmr
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool

Rows = NDArray[np.int64]

Bools = NDArray[np.bool_]

MATES_SHARE = 2 / 3
"""Of the people with photos enough to be enrolled and to come back, so many may be enrolled;
the others are strangers."""


@dataclass(frozen=True, slots=True, eq=False)
class Tasks:
    """Rows of photos: `probe` (T,), `support` (T, N, K); place 0 of N is the probe's person."""

    probe: Rows
    support: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Of each task's people (T, N), minus infinity where one has no photo with a face.

    `cosine` as the literature compares, `normalised` as the product does. Tasks whose probe
    shows no face are minus infinity throughout.
    """

    cosine: Floats
    normalised: Floats


def draw_tasks(
    person: NDArray[np.integer], ways: int, shots: int, trials: int, random: np.random.Generator
) -> Tasks:
    """Tasks over the photos of `person` (N,); the first people and shots are smaller tasks.

    The probe's person is drawn evenly among those with more than `shots` photos, the others
    among those with `shots`. SourceError when there are too few of them.
    """
    of = [np.flatnonzero(person == one) for one in np.unique(person)]
    enough = [index for index, own in enumerate(of) if len(own) >= shots]
    able = [index for index in enough if len(of[index]) > shots]
    if not able or len(enough) < ways:
        raise SourceError(
            f"{ways}-way tasks with {shots} photos a person need {ways} people with so many and "
            f"one with a photo more; these are {len(enough)} and {len(able)}: name more photos."
        )
    probe = np.empty(trials, np.int64)
    support = np.empty((trials, ways, shots), np.int64)
    for trial in range(trials):
        target = able[int(random.integers(len(able)))]
        own = random.choice(of[target], shots + 1, replace=False)
        probe[trial], support[trial, 0] = own[0], own[1:]
        others = random.choice([i for i in enough if i != target], ways - 1, replace=False)
        for place, other in enumerate(others, start=1):
            support[trial, place] = random.choice(of[other], shots, replace=False)
    return Tasks(probe, support)


def score_tasks(
    tasks: Tasks,
    shots: int,
    faces: Probes,
    normaliser: Normaliser,
) -> Scores:
    """Scores with the first `shots` photos of each person, pooled as the product pools.

    A photo counts where a face was found, whether or not the product would refuse it.
    `normaliser` is the encoder's.
    """
    embeddings, found = faces.embeddings, faces.found
    # The same photos come up in many tasks: each set of them is pooled and compared once.
    sets, place = np.unique(
        tasks.support[:, :, :shots].reshape(-1, shots), axis=0, return_inverse=True
    )
    pooled = np.zeros((len(sets), embeddings.shape[1]), np.float32)
    seen: NDArray[np.bool_] = np.any(found[sets], axis=1)
    for row in np.flatnonzero(seen):
        own = sets[row][found[sets[row]]]
        pooled[row] = pool(embeddings[own], faces.quality[own]).embedding
    probes = np.where(found[tasks.probe, None], embeddings[tasks.probe], np.float32(0))
    trials, ways = tasks.support.shape[:2]
    at = place.reshape(trials, ways)
    cosine = np.einsum("tnd,td->tn", pooled[at], probes)
    people = normaliser.sides(pooled).rows(at.ravel())
    side = normaliser.sides(probes).rows(np.arange(trials).repeat(ways))
    normalised = normaliser.pairs(people, side).reshape(trials, ways)
    lost = ~seen[at] | ~found[tasks.probe, None]
    return Scores(
        np.where(lost, -np.inf, cosine).astype(np.float32),
        np.where(lost, -np.inf, normalised).astype(np.float32),
    )


def accuracy(scores: Floats, ways: int) -> Count:
    """How often place 0 scores best among the first `ways` of (T, N); a draw is an error."""
    rivals = scores[:, 1:ways].max(axis=1, initial=-np.inf)
    return count(scores[:, 0] > rivals)


def table_of(
    tasks: Tasks,
    ways: Sequence[int],
    shots: Sequence[int],
    faces: Probes,
    normaliser: Normaliser,
) -> dict[tuple[int, int], tuple[Count, Count]]:
    """{(ways, shots): (by cosine, as the product scores)}, all over the same tasks."""
    found = {}
    for shot in shots:
        scores = score_tasks(tasks, shot, faces, normaliser)
        for way in ways:
            found[way, shot] = (accuracy(scores.cosine, way), accuracy(scores.normalised, way))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class GalleryDraw:
    """Rows of photos. `enrolled` (G,): one of each enrolled person. `mates` (M, K): others of
    enrolled people, whose place in the gallery is `own` (M,). `strangers` (S, K)."""

    enrolled: Rows
    mates: Rows
    own: Rows
    strangers: Rows

    def first(self, probes: int) -> "GalleryDraw":
        """The same people, everybody with the first `probes` photos only."""
        return replace(self, mates=self.mates[:, :probes], strangers=self.strangers[:, :probes])


def draw_gallery(
    person: NDArray[np.integer],
    size: int,
    probes: int,
    strangers: int,
    random: np.random.Generator,
) -> GalleryDraw:
    """A gallery of `size` people of `person` (N,), and at most `strangers` who are in none.

    Each probe is `probes` photos of somebody. Where too few people have a photo more than
    that, the gallery is filled up with people who do not come back. SourceError when there
    are not enough people, or no mate or no stranger is left.
    """
    of = [np.flatnonzero(person == one) for one in np.unique(person)]
    able = [index for index, photos in enumerate(of) if len(photos) > probes]
    coming = random.permutation(able)[: min(size, int(MATES_SHARE * len(able)))].astype(np.int64)
    rest = np.setdiff1d(np.arange(len(of)), coming)
    outside = random.permutation([i for i in rest if len(of[i]) >= probes]).astype(np.int64)
    left = outside[:strangers]
    filling = np.setdiff1d(rest, left)
    if not len(coming) or not len(left) or len(coming) + len(filling) < size:
        raise SourceError(
            f"A gallery of {size} people with {probes} photos a probe, and strangers, cannot be "
            f"drawn from {len(of)} people of whom {len(able)} have more than {probes}; "
            "name more photos or smaller galleries."
        )
    filled = random.permutation(filling)[: size - len(coming)]
    chosen = [random.choice(of[index], probes + 1, replace=False) for index in coming]
    enrolled = [photos[0] for photos in chosen]
    enrolled += [random.choice(of[index]) for index in filled]
    return GalleryDraw(
        enrolled=np.array(enrolled, np.int64),
        mates=np.array([photos[1:] for photos in chosen], np.int64),
        own=np.arange(len(coming)),
        strangers=np.array([random.choice(of[i], probes, replace=False) for i in left], np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """One search a row (P,). `score`, `margin` and `upper` (the bound of the false-match rate)
    are those of the best person, `right` whether it is the probe's; `cosine` and
    `cosine_right` are the same by cosine alone. A probe without a usable face has score and
    cosine of minus infinity. `photo` (P,) is the probe's first row: it says who it is."""

    photo: Rows
    score: NDArray[np.float64]
    margin: NDArray[np.float64]
    upper: NDArray[np.float64]
    right: Bools
    cosine: NDArray[np.float64]
    cosine_right: Bools

    def named(self, max_fmr: float, min_margin: float) -> Bools:
        """Whether the product would name somebody: (P,)."""
        found: Bools = np.isfinite(self.score)
        return found & sure(self.upper, self.margin, max_fmr, min_margin)


@dataclass(frozen=True, slots=True, eq=False)
class GalleryOutcome:
    """The searches of one gallery of `people` enrolled people."""

    people: int
    mates: Searches
    strangers: Searches


def search_all(
    draw: GalleryDraw, faces: Probes, normaliser: Normaliser, calibration: Calibration
) -> GalleryOutcome:
    """Everybody of `draw` searched in its gallery.

    Whoever's enrolment photo shows no usable face stays out of the gallery, as `accessctl
    enroll` refuses it, and is missed whenever they come.
    """
    places = np.flatnonzero(faces.usable[draw.enrolled])
    rows = draw.enrolled[places]
    templates = [
        Template(PersonId(str(place)), faces.embeddings[row], float(faces.quality[row]))
        for place, row in zip(places, rows, strict=True)
    ]
    gallery = _Gallery(Matcher(templates, normaliser, calibration), faces.embeddings[rows], places)
    nobody = np.full(len(draw.strangers), -1)
    return GalleryOutcome(
        people=len(rows),
        mates=_searches(gallery, draw.mates, draw.own, faces),
        strangers=_searches(gallery, draw.strangers, nobody, faces),
    )


def decide(
    outcome: GalleryOutcome, target_fpir: float, min_margin: float
) -> tuple[Bools, Bools, Bools]:
    """Of mates (M,): missed, misidentified; of strangers (S,): accepted. FNIR counts both
    of the first."""
    max_fmr = comparison_fmr(target_fpir, outcome.people)
    named = outcome.mates.named(max_fmr, min_margin)
    wrong = named & ~outcome.mates.right
    return ~named, wrong, outcome.strangers.named(max_fmr, min_margin)


def joined(searches: Sequence[Searches]) -> Searches:
    """The searches of several galleries as one."""
    columns = {
        field.name: np.concatenate([getattr(one, field.name) for one in searches])
        for field in fields(Searches)
    }
    return Searches(**columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Gallery:
    matcher: Matcher
    embeddings: Floats
    places: Rows


def _searches(gallery: _Gallery, probes: Rows, own: Rows, faces: Probes) -> Searches:
    count = len(probes)
    lowest = np.full(count, -np.inf)
    found = Searches(
        photo=probes[:, 0],
        score=lowest,
        margin=lowest.copy(),
        upper=np.ones(count),
        right=np.zeros(count, bool),
        cosine=lowest.copy(),
        cosine_right=np.zeros(count, bool),
    )
    for row, photos in enumerate(probes):
        usable = photos[faces.usable[photos]]
        if not len(usable) or not len(gallery.places):
            continue
        probe = pool(faces.embeddings[usable], faces.quality[usable])
        match = gallery.matcher.search(probe)
        if match is None:
            continue
        similarities = gallery.embeddings @ probe.embedding
        nearest = int(np.argmax(similarities))
        found.score[row], found.margin[row] = match.score, match.margin
        found.upper[row] = match.fmr_upper
        found.right[row] = match.person == str(own[row])
        found.cosine[row] = similarities[nearest]
        found.cosine_right[row] = gallery.places[nearest] == own[row]
    return found
