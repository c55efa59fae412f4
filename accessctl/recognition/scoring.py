"""From an encoder's card to what the gallery scores with."""

from accessctl.encoder.card import Card
from accessctl.errors import ModelError
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.cohort import load_cohort
from accessctl.recognition.normalisation import Normaliser, ScoredPart


def scoring_of(card: Card) -> tuple[Normaliser, Calibration]:
    """What makes scores, and what they stand for; ModelError for an encoder that has none.

    Without them a similarity stands for no rate, and nobody could be let in on it.
    """
    if card.cohort is None or card.calibration is None:
        raise ModelError(
            f"The encoder {card.name} is not calibrated; "
            f"run: accessctl models calibrate {card.folder} --faces DIR"
        )
    table = card.calibration
    parts = [ScoredPart(part.numbers, part.weight) for part in table.parts or ()]
    normaliser = Normaliser(load_cohort(card.path(card.cohort)), table.neighbours, parts)
    return normaliser, Calibration(table.score, table.log10_fmr, table.log10_fmr_upper)
