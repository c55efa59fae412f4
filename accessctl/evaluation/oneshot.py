"""N-way k-shot identification: whose photo is this, of N people with k photos each?

Lake, Salakhutdinov, Gross and Tenenbaum, "One shot learning of simple visual concepts",
CogSci 2011; on pairs of pictures: Koch, Zemel and Salakhutdinov, "Siamese neural networks for
one-shot image recognition", ICML deep learning workshop 2015. The probe's person is always
among the N, so nothing is ever unknown: it is easier than what a door does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError
from accessctl.evaluation.counted import Count, count
from accessctl.evaluation.probes import Floats, Probes
from accessctl.recognition.matcher import pool
from accessctl.recognition.normalisation import Normaliser

Rows = NDArray[np.int64]


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
        pooled[row] = pool(embeddings[own], faces.quality[own])
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
