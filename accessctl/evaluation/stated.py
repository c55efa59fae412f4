"""Does a stated false-match rate hold on people who had no part in setting it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from accessctl.evaluation.all_pairs import AllPairs
from accessctl.evaluation.bootstrap import REPLICATES, Measured, rates_at
from accessctl.evaluation.lfw_results import rounded
from accessctl.recognition.calibration import Calibration

RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True)
class StatedRate:
    """What is observed at the threshold that the product takes for a `stated` rate."""

    stated: float
    threshold: float
    fmr: Measured
    fnmr: Measured

    @property
    def ratio(self) -> Measured:
        """Observed over stated FMR: above 1, more strangers match than the owner was told."""
        return Measured(
            self.fmr.value / self.stated, self.fmr.low / self.stated, self.fmr.high / self.stated
        )


def stated_and_observed(
    pairs: AllPairs,
    calibration: Calibration,
    rates: Sequence[float],
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> list[StatedRate]:
    """One row for each rate, as far as the calibration reaches; `pairs` are normalised.

    ValueError where impostor scores were not kept down to a rate's threshold.
    """
    kept = []
    for rate in rates:
        threshold = calibration.threshold(rate)
        if np.isfinite(threshold):
            fmr, fnmr = rates_at(pairs, threshold, random, replicates)
            kept.append(StatedRate(rate, threshold, fmr, fnmr))
    return kept


def stated_record(kept: Sequence[StatedRate]) -> list[dict[str, Any]]:
    """For a card and for JSON."""
    return [
        {
            "stated_fmr": row.stated,
            "threshold": round(row.threshold, 3),
            "observed_fmr": float(f"{row.fmr.value:.3g}"),
            "interval_95": [float(f"{end:.3g}") for end in (row.fmr.low, row.fmr.high)],
            "fnmr": round(row.fnmr.value, 5),
            "fnmr_interval_95": rounded((row.fnmr.low, row.fnmr.high), 5),
        }
        for row in kept
    ]
