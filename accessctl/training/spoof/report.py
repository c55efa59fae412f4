"""Errors of a texture network by kind, of samples of people that it was not fitted on."""

import numpy as np
from numpy.typing import NDArray

from accessctl.training.spoof.samples import Samples
from accessctl.training.spoof.twins import LIVING

AT_BPCER = 0.05
CONFIRMED = 0.9


def rates(
    living: NDArray[np.float32], samples: Samples, confirmed: float = CONFIRMED
) -> dict[str, float]:
    """`auc` of living against attacks; for each source of living faces the share below
    `confirmed` (BPCER, ISO/IEC 30107-3) as `bpcer_SOURCE`; for each kind of attack the share above
    it (APCER) as `apcer_KIND`, and above the threshold that keeps 95 % of the living as
    `apcer95_KIND`."""
    alive = samples.living
    found = {"auc": auc(living[alive], living[~alive])}
    threshold = float(np.quantile(living[alive], AT_BPCER)) if alive.any() else float("nan")
    for source in sorted(set(samples.source[alive])):
        chosen = living[alive & (samples.source == source)]
        found[f"bpcer_{source}"] = float(np.mean(~(chosen >= confirmed)))
    for kind in sorted(set(samples.kind) - {LIVING}):
        chosen = living[samples.kind == kind]
        found[f"apcer_{kind}"] = float(np.mean(chosen >= confirmed))
        found[f"apcer95_{kind}"] = float(np.mean(chosen >= threshold))
    return found


def auc(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> float:
    """How often a living sample scores above an attack, ties half; NaN where either lacks."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    upto = np.searchsorted(ordered, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))
