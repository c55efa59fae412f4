"""Which crop and which scaling of pixels an encoder was trained on, found by trying."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.base import Encoder
from accessctl.errors import SourceError
from accessctl.evaluation.data import PackRow, cut_canvas, open_canvases, read_canvas, read_rows

PEOPLE = 100

PHOTOS = 2


def separation(embeddings: NDArray[np.float32]) -> float:
    """How far pairs of a person lie from pairs of strangers, in standard deviations (d').

    `embeddings` are unit rows (P, 2, D), two photos of each of P people. The difference of
    the mean cosines over the root of the mean variance: Green and Swets, "Signal detection
    theory and psychophysics", 1966.
    """
    first, second = embeddings[:, 0], embeddings[:, 1]
    cosines = first @ second.T
    same = np.diag(cosines)
    strangers = cosines[~np.eye(len(cosines), dtype=bool)]
    spread = np.sqrt((same.var() + strangers.var()) / 2)
    return float((same.mean() - strangers.mean()) / max(spread, 1e-9))


def choose_pairs(rows: Sequence[PackRow], random: np.random.Generator) -> list[PackRow]:
    """Two photos each of PEOPLE people, one person after the other; SourceError if too few."""
    by_person: dict[str, list[PackRow]] = defaultdict(list)
    for row in rows:
        if row.identity:
            by_person[row.identity].append(row)
    several = sorted(person for person, photos in by_person.items() if len(photos) >= PHOTOS)
    if len(several) < PEOPLE:
        raise SourceError(
            f"Trying inputs needs {PEOPLE} people with two photos each; these are "
            f"{len(several)}: name a larger set of faces."
        )
    chosen = random.choice(several, PEOPLE, replace=False)
    return [
        by_person[person][index]
        for person in chosen.tolist()
        for index in random.choice(len(by_person[person]), PHOTOS, replace=False)
    ]


def read_pairs(faces: Path, random: np.random.Generator) -> list[Image]:
    """The canvases of `choose_pairs`; SourceError or PhotoError."""
    chosen = choose_pairs(read_rows(faces), random)
    with open_canvases(faces) as archive:
        return [read_canvas(archive, row.file) for row in chosen]


def try_inputs(
    canvases: Sequence[Image], candidates: Iterable[str], load: Callable[[str], Encoder]
) -> dict[str, float]:
    """{candidate: separation}, the best first; `load` gives the encoder of a candidate."""
    found = {}
    for candidate in candidates:
        encoder = load(candidate)
        crops = np.stack([cut_canvas(canvas, encoder.card.crop_geometry) for canvas in canvases])
        found[candidate] = separation(
            encoder.embed(crops).reshape(-1, PHOTOS, encoder.card.dimension)
        )
    return dict(sorted(found.items(), key=lambda item: -item[1]))
