import datetime
from pathlib import Path

import pytest

from accessctl.encoder.card_parts import CalibrationTable, ScoredPart
from accessctl.encoder.fake import FAKE_CARD
from accessctl.errors import ModelError
from accessctl.gallery.fake import random_units
from accessctl.recognition import normalisation
from accessctl.recognition.cohort import save_cohort
from accessctl.recognition.scoring import scoring_of

TABLE = CalibrationTable(
    neighbours=20,
    score=(0.0, 4.0),
    log10_fmr=(0.0, -4.0),
    log10_fmr_upper=(0.0, -2.0),
    made_by="a test",
    date=datetime.date(2000, 1, 1),
)


HALF = FAKE_CARD.dimension // 2
PARTS = (
    ScoredPart(numbers=HALF, weight=1.0),
    ScoredPart(numbers=FAKE_CARD.dimension - HALF, weight=0.5),
)


@pytest.mark.parametrize("parts", [(), PARTS])
def test_cohort_parts_and_calibration_come_from_the_card(
    parts: tuple[ScoredPart, ...], tmp_path: Path
) -> None:
    kept = random_units(30, FAKE_CARD.dimension, seed=3)
    save_cohort(tmp_path / "cohort.npz", kept)
    table = TABLE.model_copy(update={"parts": parts or None})
    update = {"cohort": "cohort.npz", "calibration": table, "folder": tmp_path}
    normaliser, calibration = scoring_of(FAKE_CARD.model_copy(update=update))
    scored = [normalisation.ScoredPart(part.numbers, part.weight) for part in parts]
    expected = normalisation.Normaliser(kept, 20, scored)
    faces = random_units(2, kept.shape[1], seed=4)
    scores = [
        float(one.pairs(*(one.sides(face[None]) for face in faces))[0])
        for one in (normaliser, expected)
    ]
    # The cohort is kept rounded to a byte a number.
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    assert calibration.fmr(2.0) == pytest.approx(1e-2)
    assert calibration.fmr_upper(2.0) == pytest.approx(1e-1)


@pytest.mark.parametrize("given", [{}, {"cohort": "cohort.npz"}, {"calibration": TABLE}])
def test_an_uncalibrated_encoder_is_refused_with_the_way_out(given: dict) -> None:
    card = FAKE_CARD.model_copy(update=given)
    with pytest.raises(ModelError, match=r"models calibrate fake --faces DIR$"):
        scoring_of(card)


def test_a_cohort_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    update = {"cohort": "cohort.npz", "calibration": TABLE, "folder": tmp_path}
    with pytest.raises(ModelError, match="missing or damaged"):
        scoring_of(FAKE_CARD.model_copy(update=update))
