"""Which faces make up the cohort, and which of them are the same person twice."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.base import Encoder
from accessctl.errors import SourceError
from accessctl.evaluation.impostors import impostor_scores, twins
from accessctl.evaluation.pack import (
    Row,
    cut_canvas,
    open_canvases,
    read_canvas,
    sharpest_of_each,
    unlabelled,
)
from accessctl.gallery.normalisation import Normaliser

Floats = NDArray[np.float32]
Progress = Callable[[Sequence[int]], Iterable[int]]

# One byte a number; 15,000 faces of 128 numbers, searched in half a millisecond.
MAX_COHORT_BYTES = 1_920_000
MIN_FACES = 1000
BATCH = 32
# Between these rates a set of a few thousand people is large enough to be counted and
# pairs of the same person are still rare among the strangers.
TWIN_START, TWIN_LIMIT = 1e-3, 1e-4


def choose(
    rows: Sequence[Row], dimension: int, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Indices of one face of each labelled person, and of unlabelled ones; SourceError.

    The sharpest face of a person is taken; on people held out of the cohort, the face
    nearest to the person's mean and a random one were measured to do just as well. People
    fill at most half of MAX_COHORT_BYTES, unlabelled faces the rest.
    """
    most = MAX_COHORT_BYTES // dimension
    people = _some(sharpest_of_each(rows), most // 2, random)
    others = _some(unlabelled(rows), most - len(people), random)
    if min(len(people), len(others)) < MIN_FACES:
        raise SourceError(
            f"A cohort needs {MIN_FACES} labelled people and as many unlabelled faces; these are "
            f"{len(people)} and {len(others)}: name a larger set of faces."
        )
    return people, others


def embed(encoder: Encoder, folder: Path, files: Sequence[str], progress: Progress) -> Floats:
    """Unit embeddings (N, D) of the pack's faces; `progress` may show the batches passing."""
    geometry = encoder.card.crop_geometry
    embeddings = np.empty((len(files), encoder.card.dimension), np.float32)
    with open_canvases(folder) as archive:
        for start in progress(range(0, len(files), BATCH)):
            batch = files[start : start + BATCH]
            crops = [cut_canvas(read_canvas(archive, file), geometry) for file in batch]
            embeddings[start : start + BATCH] = encoder.embed(np.stack(crops))
    return embeddings


def without_twins(
    faces: Floats, identity: NDArray[np.int64], others: Normaliser
) -> NDArray[np.bool_]:
    """Which of `faces` (N, D) to keep so that nobody is in them under two names: (N,)."""
    scores = impostor_scores(faces, identity, others)
    again = twins(scores, identity, TWIN_START, TWIN_LIMIT)
    kept: NDArray[np.bool_] = ~np.isin(identity, list(again))
    return kept


def _some(indices: list[int], most: int, random: np.random.Generator) -> list[int]:
    if len(indices) <= most:
        return indices
    return sorted(random.choice(indices, most, replace=False).tolist())
