"""Labeled Faces in the Wild: View 2, the tail where a door works, and whether stated rates hold.

Huang, Ramesh, Berg and Learned-Miller, "Labeled Faces in the Wild", University of
Massachusetts, Amherst, Technical Report 07-49, 2007. View 2 says which photos are compared, and
in which fold; the tail is every pair of the photos that it names. A false-match rate that a
calibration states is observed on the same pairs: people who had no part in setting it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError
from accessctl.evaluation.data import Photos, open_photos
from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.pairs import AllPairs, Scorer, all_pairs
from accessctl.evaluation.statistics import (
    REPLICATES,
    FoldAccuracy,
    Measured,
    cross_validated_accuracy,
    equal_error_rate,
    rates_at,
    roc_auc,
    tar_at_fmr,
    tar_with_intervals,
)
from accessctl.recognition.calibration import Calibration

PAIRS = "pairs.txt"

ARCHIVE = "images.zip"

VIEW_2_RATES = (1e-2, 1e-3)

TAIL_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)

RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class View2:
    """P pairs: names of the `first` and the `second` photo, whether they are the `same`
    person bool (P,) and the `fold` int64 (P,) that each belongs to."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    same: NDArray[np.bool_]
    fold: NDArray[np.int64]

    @property
    def photos(self) -> tuple[str, ...]:
        """Every photo that some pair names, once."""
        return tuple(sorted({*self.first, *self.second}))


def open_lfw(folder: Path) -> tuple[Photos, View2]:
    """The photos, in images.zip or unpacked beside pairs.txt, and the pairs; SourceError."""
    view = read_pairs(folder / PAIRS)
    archive = folder / ARCHIVE
    photos = open_photos(archive if archive.exists() else folder)
    absent = set(view.photos).difference(photos.names)
    if absent:
        raise SourceError(
            f"{len(absent)} photos that {folder / PAIRS} names are not there, "
            f"{min(absent)} for one; get the whole of LFW."
        )
    return photos, view


def read_pairs(path: Path) -> View2:
    """A list of folds: a line "folds TAB n", then for each fold n lines "name i j" and
    n lines "name i other j"; SourceError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        folds, each = (int(field) for field in lines[0].split("\t"))
        pairs = [_pair(line) for line in lines[1:] if line.strip()]
        if len(pairs) != 2 * folds * each or folds < 2 or each < 1:
            raise ValueError(f"{len(pairs)} pairs in {folds} folds of 2 x {each}")
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(
            f"Cannot read {path} as LFW's list of pairs ({error}); name a folder that holds "
            f"View 2's {PAIRS} and {ARCHIVE}."
        ) from error
    return View2(
        tuple(first for first, _, _ in pairs),
        tuple(second for _, second, _ in pairs),
        np.array([same for _, _, same in pairs]),
        np.arange(len(pairs)) // (2 * each),
    )


def _pair(line: str) -> tuple[str, str, bool]:
    fields = line.split("\t")
    if len(fields) == 3:
        name, first, second = fields
        return _photo(name, first), _photo(name, second), True
    name, first, other, second = fields
    return _photo(name, first), _photo(other, second), False


def _photo(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"


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
    view: Mapping[str, View2Result],
    tails: Mapping[str, TailResult],
) -> dict[str, Any]:
    """The figures by name of the scorer, as a card keeps them."""
    record: dict[str, Any] = {
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
