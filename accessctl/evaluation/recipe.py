"""Calibrate an encoder: its cohort, its table, written into its folder."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from accessctl.encoder.base import Encoder
from accessctl.encoder.card import update_card
from accessctl.errors import ModelError
from accessctl.evaluation.calibrate import PLAN, Plan, Table, calibrate
from accessctl.evaluation.cohort import Progress, choose, embed, without_twins
from accessctl.evaluation.impostors import impostor_scores
from accessctl.evaluation.pack import read_rows
from accessctl.gallery.cohort import load_cohort, save_cohort

COHORT_NAME = "cohort.npz"
# On people held out of the cohort 100 to 300 of some 8,000 did equally well, fewer and
# more did worse.
NEIGHBOURS = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What went in: faces kept, and how many were dropped as the same person again."""

    people: int
    unlabelled: int
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
    plan: Plan = PLAN,
) -> Outcome:
    """Write cohort and calibration of `encoder` from the pack in `faces` to its card.

    The encoder must be the one that the product runs (precision, mirror averaging).
    SourceError or PhotoError for the pack, ModelError for the encoder's folder.
    """
    random = np.random.default_rng(seed)
    card = encoder.card
    rows = read_rows(faces)
    people, others = choose(rows, card.dimension, random)
    embeddings = embed(encoder, faces, [rows[i].file for i in (*people, *others)], progress)
    labelled, unlabelled = embeddings[: len(people)], embeddings[len(people) :]
    share = _neighbours(len(unlabelled), len(embeddings))
    kept = without_twins(labelled, unlabelled, share)
    rest = without_twins(unlabelled, labelled, NEIGHBOURS - share)
    path = card.path(COHORT_NAME)
    _store(path, np.concatenate([kept, rest]))
    # Calibrate what the door will load: rounded to a byte a number.
    cohort = load_cohort(path)
    scores = impostor_scores(
        cohort[: len(kept)], cohort[len(kept) :], _neighbours(len(rest), len(cohort))
    )
    table = calibrate(scores, random, plan)
    update_card(
        card.folder,
        cohort=COHORT_NAME,
        calibration={
            "neighbours": NEIGHBOURS,
            "score": table.score.round(3).tolist(),
            "log10_fmr": table.log10_fmr.round(4).tolist(),
            "log10_fmr_upper": table.log10_fmr_upper.round(4).tolist(),
            "made_by": made_by,
            "date": today,
        },
    )
    return Outcome(len(kept), len(rest), len(embeddings) - len(cohort), table)


def _neighbours(part: int, whole: int) -> int:
    """The same share of a part of the cohort as NEIGHBOURS is of the whole."""
    return max(round(NEIGHBOURS * part / whole), 2)


def _store(path: Path, cohort: np.ndarray) -> None:
    scratch = path.with_suffix(".new.npz")
    try:
        save_cohort(scratch, cohort)
        scratch.replace(path)
    except OSError as error:
        raise ModelError(f"Cannot write {path} ({error.strerror}); allow writing there.") from error
