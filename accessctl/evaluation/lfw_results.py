"""What an encoder is worth on LFW: View 2, and out in the tail where a door works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from accessctl.evaluation.all_pairs import AllPairs, all_pairs
from accessctl.evaluation.bootstrap import REPLICATES, Measured, tar_with_intervals
from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.lfw import View2
from accessctl.evaluation.scorer import Scorer
from accessctl.evaluation.verification import (
    FoldAccuracy,
    cross_validated_accuracy,
    equal_error_rate,
    roc_auc,
    tar_at_fmr,
)

VIEW_2_RATES = (1e-2, 1e-3)
TAIL_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True)
class View2Result:
    """Of View 2's 6,000 pairs: `tar` holds the TAR at each FMR, all folds together."""

    accuracy: FoldAccuracy
    auc: float
    eer: float
    tar: Mapping[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class TailResult:
    """Of every pair of the photos in View 2."""

    pairs: AllPairs
    tar: Mapping[float, Measured]


def view_2(faces: Embedded, view: View2, scorer: Scorer) -> View2Result:
    """The official protocol, "unrestricted, labeled outside data" for most encoders."""
    scores = scorer.pairs(faces.rows(view.first), faces.rows(view.second))
    genuine, impostor = scores[view.same], scores[~view.same]
    return View2Result(
        cross_validated_accuracy(scores, view.same, view.fold),
        roc_auc(genuine, impostor),
        equal_error_rate(genuine, impostor),
        {rate: tar_at_fmr(genuine, impostor, rate) for rate in VIEW_2_RATES},
    )


def tail(
    faces: Embedded,
    scorer: Scorer,
    random: np.random.Generator,
    *,
    down_to: float = np.inf,
    replicates: int = REPLICATES,
) -> TailResult:
    """Every genuine and impostor pair; impostor scores are kept at least from `down_to` up."""
    pairs = all_pairs(scorer, faces.person, down_to=down_to)
    measured = tar_with_intervals(pairs, np.array(TAIL_RATES), random, replicates)
    return TailResult(pairs, dict(zip(TAIL_RATES, measured, strict=True)))


def as_record(
    faces: Embedded,
    view: Mapping[str, View2Result],
    tails: Mapping[str, TailResult],
) -> dict[str, Any]:
    """The figures by name of the scorer, as a card keeps them."""
    record: dict[str, Any] = {
        "photos": len(faces.names),
        "photos_without_a_face": int((~faces.found).sum()),
        "view_2": {name: _view_record(result) for name, result in view.items()},
    }
    if tails:
        pairs = next(iter(tails.values())).pairs
        record["all_pairs"] = {
            "genuine": len(pairs.genuine),
            "impostor": pairs.impostors,
            **{name: _tail_record(result) for name, result in tails.items()},
        }
    return record


def _view_record(result: View2Result) -> dict[str, Any]:
    return {
        "accuracy": round(result.accuracy.mean, 5),
        "standard_error": round(result.accuracy.standard_error, 5),
        "auc": round(result.auc, 6),
        "eer": round(result.eer, 5),
        "tar": {f"{rate:.0e}": round(value, 5) for rate, value in result.tar.items()},
    }


def _tail_record(result: TailResult) -> dict[str, Any]:
    return {
        "tar": {f"{rate:.0e}": round(m.value, 5) for rate, m in result.tar.items()},
        "interval_95": {
            f"{rate:.0e}": rounded((m.low, m.high), 5) for rate, m in result.tar.items()
        },
    }


def rounded(values: Sequence[float], digits: int) -> list[float | None]:
    """None for what is not defined: JSON knows no NaN."""
    return [round(v, digits) if np.isfinite(v) else None for v in values]
