"""Calibrate an encoder: its cohort, its table, written into its folder."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.encoder.base import Encoder
from accessctl.encoder.card import update_card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import ModelError, SourceError
from accessctl.evaluation.calibrate import PLAN, Table, TablePlan, calibrate
from accessctl.evaluation.cohort import Floats, Progress, choose, embed, without_twins
from accessctl.evaluation.impostors import impostor_scores
from accessctl.evaluation.pack import PackRow, clear_of_each, read_rows
from accessctl.recognition.cohort import load_cohort, save_cohort
from accessctl.recognition.normalisation import Normaliser

COHORT_NAME = "cohort.npz"
# Of 6,000 unlabelled faces 200 and 320 did about equally well, of 15,000 200 and 400.
NEIGHBOURS = 300


# A face that had to be enlarged more than this is smaller than the 60 pixels that the
# product asks for; such faces look more alike, and would make every threshold stricter.
MAX_SCALE = 1.3
# More faces of a person add pairs but hardly anything new to the tail.
FACES_A_PERSON = 4
MIN_CLEAR_PEOPLE = 400


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
    others = choose(rows, card.dimension, random)
    clear = _clear(rows, random)
    labelled = [index for own in clear for index in own]
    files = [rows[index].file for index in (*others, *labelled)]
    embeddings = embed(encoder, faces, files, progress)
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
    scratch = path.with_suffix(".new.npz")
    try:
        save_cohort(scratch, cohort)
        scratch.replace(path)
    except OSError as error:
        raise ModelError(f"Cannot write {path} ({error.strerror}); allow writing there.") from error
