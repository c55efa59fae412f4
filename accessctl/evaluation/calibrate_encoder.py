"""What is found out about an encoder from a pack of faces, and written onto its card.

`calibrate_encoder`: which faces make up its cohort, nobody in them twice, and the table of rates
that strangers give. `try_inputs`: which crop and which scaling of pixels it was trained on, found
by trying.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import update_card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import ModelError, SourceError
from accessctl.evaluation.calibration_table import (
    PLAN,
    Table,
    TablePlan,
    calibrate,
    impostor_scores,
    twins,
)
from accessctl.evaluation.data import (
    PackRow,
    clear_of_each,
    cut_canvas,
    open_canvases,
    read_canvas,
    read_rows,
    unlabelled,
)
from accessctl.recognition.normalisation import Normaliser, load_cohort, save_cohort

Floats = NDArray[np.float32]

Progress = Callable[[Sequence[int]], Iterable[int]]

COHORT_NAME = "cohort.npz"

# Of 6,000 unlabelled faces 200 and 320 did about equally well, of 15,000 200 and 400.
NEIGHBOURS = 300

# A face that had to be enlarged more than this is smaller than the 60 pixels that the
# product asks for; such faces look more alike, and would make every threshold stricter.
MAX_SCALE = 1.3

# More faces of a person add pairs but hardly anything new to the tail.
FACES_A_PERSON = 4

MIN_CLEAR_PEOPLE = 400

# One byte a number; 15,000 faces of 128 numbers, searched in half a millisecond.
MAX_COHORT_BYTES = 1_920_000

MIN_FACES = 1000

BATCH = 32

# Between these rates a set of a few thousand people is large enough to be counted and
# pairs of the same person are still rare among the strangers.
TWIN_START, TWIN_LIMIT = 1e-3, 1e-4

PEOPLE = 100

PHOTOS = 2


@dataclass(frozen=True, slots=True)
class CalibrationOutcome:
    """What went in: the cohort's and the table's people, and the names dropped as twins."""

    cohort: int
    people: int
    faces: int
    twins: int
    table: Table


def calibrate_encoder(
    encoder: Encoder,
    faces: Path,
    progress: Progress,
    *,
    seed: int,
    made_by: str,
    today: datetime.date,
    parts: Sequence[ScoredPart] = (),
    plan: TablePlan = PLAN,
) -> CalibrationOutcome:
    """Write cohort and calibration of `encoder` from the pack in `faces` to its card.

    The encoder must be the one that the product runs (precision, mirror averaging). `parts` of
    its embedding are scored by themselves; without them it is scored as a whole.
    SourceError or PhotoError for the pack, ModelError for the encoder's folder.
    """
    random = np.random.default_rng(seed)
    card = encoder.card
    rows = read_rows(faces)
    others = choose_cohort(rows, card.dimension, random)
    clear = _clear(rows, random)
    labelled = [index for own in clear for index in own]
    files = [rows[index].file for index in (*others, *labelled)]
    embeddings = embed_pack(encoder, faces, files, progress)
    unnamed, probes = embeddings[: len(others)], embeddings[len(others) :]
    identity = np.repeat(np.arange(len(clear)), [len(own) for own in clear])
    path = card.path(COHORT_NAME)
    once = without_twins(unnamed, np.arange(len(unnamed)), Normaliser(probes, NEIGHBOURS, parts))
    _store(path, unnamed[once])
    # The table is made with what the door will load: rounded to a byte a number.
    strangers = Normaliser(load_cohort(path), NEIGHBOURS, parts)
    kept = without_twins(probes, identity, strangers)
    probes, identity = probes[kept], identity[kept]
    table = calibrate(impostor_scores(probes, identity, strangers), identity, random, plan)
    update_card(card.folder, cohort=COHORT_NAME, calibration=_section(table, parts, made_by, today))
    remaining = len(np.unique(identity))
    return CalibrationOutcome(
        strangers.cohort_size, remaining, len(probes), len(clear) - remaining, table
    )


def choose_cohort(
    rows: Sequence[PackRow], dimension: int, random: np.random.Generator
) -> list[int]:
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


def embed_pack(encoder: Encoder, folder: Path, files: Sequence[str], progress: Progress) -> Floats:
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


def _clear(rows: Sequence[PackRow], random: np.random.Generator) -> list[list[int]]:
    """Faces of each person that are as clear as the product asks for; SourceError."""
    clear = list(clear_of_each(rows, MAX_SCALE, FACES_A_PERSON, random).values())
    if len(clear) < MIN_CLEAR_PEOPLE:
        raise SourceError(
            f"A calibration needs {MIN_CLEAR_PEOPLE} people with a face of scale {MAX_SCALE} or "
            f"less; these are {len(clear)}: name a larger set of faces."
        )
    return clear


def _section(
    table: Table, parts: Sequence[ScoredPart], made_by: str, today: datetime.date
) -> dict[str, Any]:
    return {
        "neighbours": NEIGHBOURS,
        "parts": [part.model_dump() for part in parts] or None,
        "score": table.score.round(3).tolist(),
        "log10_fmr": table.log10_fmr.round(4).tolist(),
        "log10_fmr_upper": table.log10_fmr_upper.round(4).tolist(),
        "made_by": made_by,
        "date": today,
    }


def _store(path: Path, cohort: Floats) -> None:
    try:
        save_cohort(path, cohort)
    except OSError as error:
        raise ModelError(f"Cannot write {path} ({error.strerror}); allow writing there.") from error


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
