"""From an encoder's card to what the gallery scores with."""

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.card import Card
from accessctl.errors import ModelError
from accessctl.gallery.calibration import Calibration
from accessctl.gallery.cohort import load_cohort


def scoring_of(card: Card) -> tuple[NDArray[np.float32], Calibration]:
    """Cohort float32 (C, D) and calibration; ModelError for an encoder that has none.

    Without them a similarity stands for no rate, and nobody could be let in on it.
    """
    if card.cohort is None or card.calibration is None:
        raise ModelError(
            f"The encoder {card.name} is not calibrated; "
            f"run: accessctl models calibrate {card.folder} --faces DIR"
        )
    table = card.calibration
    calibration = Calibration(table.neighbours, table.score, table.log10_fmr, table.log10_fmr_upper)
    return load_cohort(card.path(card.cohort)), calibration
