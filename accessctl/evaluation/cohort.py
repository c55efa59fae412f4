"""Which faces make up the cohort, and which of them are the same person twice."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.base import Encoder
from accessctl.errors import SourceError
from accessctl.evaluation.impostors import impostor_scores, twins
from accessctl.evaluation.pack import (
    PackRow,
    cut_canvas,
    open_canvases,
    read_canvas,
    unlabelled,
)
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]
Progress = Callable[[Sequence[int]], Iterable[int]]

# One byte a number; 15,000 faces of 128 numbers, searched in half a millisecond.
MAX_COHORT_BYTES = 1_920_000
MIN_FACES = 1000
BATCH = 32
# Between these rates a set of a few thousand people is large enough to be counted and
# pairs of the same person are still rare among the strangers.
TWIN_START, TWIN_LIMIT = 1e-3, 1e-4


def choose(rows: Sequence[PackRow], dimension: int, random: np.random.Generator) -> list[int]:
    """Indices of the unlabelled faces, as many as fit in MAX_COHORT_BYTES; SourceError.

    The labelled people are left for the table: the cohort must come from other sources than
    they do, as it does from other sources than the people at a door.
    """
    chosen = _some(unlabelled(rows), MAX_COHORT_BYTES // dimension, random)
    if len(chosen) < MIN_FACES:
        raise SourceError(
            f"A cohort needs {MIN_FACES} faces without an identity; these are {len(chosen)}: "
            "name a larger set of faces."
        )
    return chosen


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
