"""What is found out about an encoder from a pack of faces, and written onto its card.

`calibrate_encoder`: which faces make up its cohort, nobody in them twice, and the table of rates
that strangers give; where the pack says who is like whom, the cohort holds as many of every kind
as it needs, and the rates are those of like strangers.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.base import Encoder, unit
from accessctl.encoder.card import update_card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import ModelError, SourceError
from accessctl.evaluation.balanced_cohort import balanced
from accessctl.evaluation.calibration_table import (
    PLAN,
    Table,
    TablePlan,
    calibrate,
    impostor_scores,
    pairs_descending,
    score_at_rate,
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
from accessctl.evaluation.like_groups import (
    Portion,
    choose_like,
    is_mixed,
    is_young,
    members,
    portion_of,
)
from accessctl.evaluation.like_strangers import ANYBODY, LikeExcess, like_excess, raised
from accessctl.evaluation.same_person import once_each, suspects
from accessctl.evaluation.sightings import RowCache
from accessctl.recognition.normalisation import Normaliser, load_cohort, save_cohort

Floats = NDArray[np.float32]

Progress = Callable[[Sequence[int]], Iterable[int]]

COHORT_NAME = "cohort.npz"

# Of a cohort whose faces nobody says anything of: of 6,000 unlabelled faces 200 and 320 did about
# equally well, of 15,000 200 and 400.
NEIGHBOURS = 300

# Of a cohort of about a hundred faces a group: so many are mostly of the side's own group. The
# deviation of so few would be uncertain, which costs 2 points of TAR at 1e-5.
LIKE_NEIGHBOURS, LIKE_SPREAD = 30, 300

# A third of them is the cohort, of which LIKE_SPREAD have to be near each side.
LEAST_LIKE = 5 * LIKE_SPREAD

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


@dataclass(frozen=True, slots=True)
class CalibrationOutcome:
    """What went in: the cohort's and the table's people, and the names dropped as twins."""

    cohort: int
    people: int
    faces: int
    twins: int
    table: Table
    excess: LikeExcess | None = None
    suspects: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPack:
    """What a calibration is made of. `unnamed` are embeddings (C, D) of faces without a name, of
    the groups `group` (C,) (empty: none), `probes` (P, D) those of labelled people (P,)."""

    unnamed: Floats
    group: tuple[str, ...]
    file: tuple[str, ...]
    probes: Floats
    identity: NDArray[np.int64]


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
    cache: Path | None = None,
) -> CalibrationOutcome:
    """Write cohort and calibration of `encoder` from the pack in `faces` to its card.

    The encoder must be the one that the product runs (precision, mirror averaging). `parts` of
    its embedding are scored by themselves; without them it is scored as a whole. Embeddings are
    kept in the folder `cache`. SourceError or PhotoError for the pack, ModelError for the
    encoder's folder.
    """
    random = np.random.default_rng(seed)
    card = encoder.card
    rows = read_rows(faces)
    like = choose_like_faces(rows, seed)
    if len(like) < LEAST_LIKE:
        like = []
    others = like or choose_cohort(rows, card.dimension, random)
    clear = _clear(rows, np.random.default_rng(seed) if like else random)
    labelled = [index for own in clear for index in own]
    files = [rows[index].file for index in (*others, *labelled)]
    embeddings = embed_pack(encoder, faces, files, progress, cache)
    pack = EmbeddedPack(
        embeddings[: len(others)],
        tuple(rows[index].group for index in others),
        tuple(rows[index].file for index in others),
        embeddings[len(others) :],
        np.repeat(np.arange(len(clear)), [len(own) for own in clear]),
    )
    made = _of_like(pack, parts, random) if like else _of_any(pack, parts)
    path = card.path(COHORT_NAME)
    _store(path, made.cohort)
    # The table is made with what the door will load: rounded to a byte a number.
    strangers = made.normaliser(load_cohort(path), parts)
    kept = without_twins(pack.probes, pack.identity, strangers)
    probes, identity = pack.probes[kept], pack.identity[kept]
    scores = impostor_scores(probes, identity, strangers)
    table = calibrate(scores, identity, random, plan)
    excess = None
    if made.groups:
        score = score_at_rate(pairs_descending(scores), ANYBODY)
        excess = like_excess(made.groups, strangers, score, random, plan.replicates)
        table = table if excess is None else raised(table, excess)
    section = _section(table, parts, made_by, today) | {
        "neighbours": strangers.neighbours,
        "spread": strangers.spread,
        "strangers": "any" if excess is None else "like",
        # Measured by itself: a new table alone is no reason to trust pooled photos more.
        "pooled": 0.0 if card.calibration is None else card.calibration.pooled,
    }
    update_card(card.folder, cohort=COHORT_NAME, calibration=section)
    remaining = len(np.unique(identity))
    return CalibrationOutcome(
        strangers.cohort_size,
        remaining,
        len(probes),
        len(clear) - remaining,
        table,
        excess,
        made.suspects,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A cohort (C, D), how many of it normalise, and groups of like strangers for the table."""

    cohort: Floats
    neighbours: int
    spread: int
    groups: Mapping[str, Floats]
    suspects: int = 0

    def normaliser(self, cohort: Floats, parts: Sequence[ScoredPart]) -> Normaliser:
        return Normaliser(cohort, self.neighbours, parts, self.spread)


def _of_any(pack: EmbeddedPack, parts: Sequence[ScoredPart]) -> _Made:
    judge = Normaliser(pack.probes, NEIGHBOURS, parts)
    once = without_twins(pack.unnamed, np.arange(len(pack.unnamed)), judge)
    return _Made(pack.unnamed[once], NEIGHBOURS, NEIGHBOURS, {})


def _of_like(
    pack: EmbeddedPack,
    parts: Sequence[ScoredPart],
    random: np.random.Generator,
) -> _Made:
    again = suspected_in(pack.unnamed, pack.group, parts)
    kept = [place for place in range(len(pack.group)) if place not in again]

    def of(portion: Portion) -> dict[str, NDArray[np.int64]]:
        own = [place for place in kept if portion_of(pack.file[place]) is portion]
        told = members([pack.group[place] for place in own])
        return {name: np.array(own)[places] for name, places in told.items()}

    # Children are counted apart, and people of no common origin are not like each other.
    table = {
        name: pack.unnamed[places]
        for name, places in of(Portion.TABLE).items()
        if not is_young(name) and not is_mixed(name)
    }

    def excess(cohort: NDArray[np.int64]) -> Mapping[str, float]:
        strangers = Normaliser(pack.unnamed[cohort], LIKE_NEIGHBOURS, parts, LIKE_SPREAD)
        scores = impostor_scores(pack.probes[::2], pack.identity[::2], strangers)
        score = score_at_rate(pairs_descending(scores), ANYBODY)
        found = like_excess(table, strangers, score, random, 1)
        return {} if found is None else found.groups

    chosen = balanced(of(Portion.COHORT), excess, random)
    return _Made(pack.unnamed[chosen], LIKE_NEIGHBOURS, LIKE_SPREAD, table, len(again))


def choose_like_faces(rows: Sequence[PackRow], seed: int) -> list[int]:
    """Indices of the faces without a name but of a known group, at most so many of each."""
    others = unlabelled(rows)
    chosen = choose_like([rows[index].group for index in others], np.random.default_rng(seed))
    return [others[place] for place in chosen]


def suspected_in(faces: Floats, groups: Sequence[str], parts: Sequence[ScoredPart]) -> set[int]:
    """Places of faces (N, D) to leave out so that nobody is suspected to be in a group twice."""
    ends = np.cumsum([part.numbers for part in parts]) if parts else [faces.shape[1]]
    columns = [faces[:, start:end] for start, end in pairwise([0, *ends])]
    again: set[int] = set()
    for places in members(groups).values():
        pairs = suspects([unit(column[places]) for column in columns])
        again |= {int(places[place]) for place in once_each(pairs)}
    return again


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


def embed_pack(
    encoder: Encoder,
    folder: Path,
    files: Sequence[str],
    progress: Progress,
    cache: Path | None = None,
) -> Floats:
    """Unit embeddings (N, D) of the pack's faces; `progress` may show the batches passing.

    What is new is kept in the folder `cache`, also when interrupted.
    """
    geometry = encoder.card.crop_geometry
    kept = RowCache(None if cache is None else cache / _cache_name(encoder))
    missing = [file for file in dict.fromkeys(files) if file not in kept.rows]
    try:
        with open_canvases(folder) as archive:
            for start in progress(range(0, len(missing), BATCH)):
                batch = missing[start : start + BATCH]
                crops = [cut_canvas(read_canvas(archive, file), geometry) for file in batch]
                embedded = encoder.embed(np.stack(crops))
                kept.rows |= {file: (row,) for file, row in zip(batch, embedded, strict=True)}
    finally:
        kept.save()
    return np.stack([kept.rows[file][0] for file in files]).astype(np.float32)


def _cache_name(encoder: Encoder) -> str:
    """The pack's files are taken to keep their names; the encoder is told by its weights, what it
    eats, and whether it averages with the mirror image."""
    card = encoder.card
    told = (card.fingerprint, card.input.model_dump_json(), card.geometry.model_dump_json())
    key = "\n".join((*told, type(encoder).__name__))
    return f"pack-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"


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
