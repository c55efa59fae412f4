"""From a normalised score to the false-match rate it stands for, and back."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError

_LOG10_FLOOR = -15.0


class Calibration:
    """The card's table, linear between its rows in (score, log10 rate).

    `score` ascends strictly; `log10_fmr` and its upper 95 % bound `log10_fmr_upper`
    fall or stay (float64 (N,), N at least 2, between -15 and 0, the bound never below
    the rate). Raises ModelError for any other table.
    """

    def __init__(
        self,
        score: Sequence[float] | NDArray[np.float64],
        log10_fmr: Sequence[float] | NDArray[np.float64],
        log10_fmr_upper: Sequence[float] | NDArray[np.float64],
    ) -> None:
        self._score = np.asarray(score, dtype=np.float64)
        self._rate = np.asarray(log10_fmr, dtype=np.float64)
        self._upper = np.asarray(log10_fmr_upper, dtype=np.float64)
        complaint = self._complaint()
        if complaint:
            raise ModelError(
                f"The encoder's calibration {complaint}; "
                "run `accessctl models calibrate` or fetch the encoder again."
            )

    def fmr(self, score: float) -> float:
        """The rate at which strangers reach `score`; never outside what is tabulated."""
        return float(10 ** np.interp(score, self._score, self._rate))

    def fmr_upper(self, score: float) -> float:
        """The upper 95 % bound of `fmr`."""
        return float(10 ** np.interp(score, self._score, self._upper))

    @property
    def smallest_fmr(self) -> float:
        """The lowest rate whose upper bound the table can vouch for."""
        return float(10 ** self._upper[-1])

    def threshold(self, fmr: float) -> float:
        """The lowest score whose upper bound is at most `fmr`.

        Infinite, so that nobody matches, where the table does not reach so low; see
        `smallest_fmr`. ValueError unless `fmr` is in (0, 1].
        """
        if not 0 < fmr <= 1:
            raise ValueError(f"a false-match rate lies in (0, 1], not {fmr}")
        wanted = math.log10(fmr)
        reached = np.flatnonzero(self._upper <= wanted)
        if not len(reached):
            return math.inf
        first = int(reached[0])
        if first == 0:
            return float(self._score[0])
        above, below = self._upper[first - 1], self._upper[first]
        part = (above - wanted) / (above - below)
        step = self._score[first] - self._score[first - 1]
        return float(self._score[first - 1] + part * step)

    def _complaint(self) -> str | None:
        columns = (self._score, self._rate, self._upper)
        if self._score.ndim != 1 or len(self._score) < 2:
            return "has fewer than 2 rows"
        if any(column.shape != self._score.shape for column in columns):
            return "has columns of different lengths"
        if not all(np.isfinite(column).all() for column in columns):
            return "holds numbers that are not finite"
        if (np.diff(self._score) <= 0).any():
            return "has scores that do not ascend"
        if any((np.diff(column) > 0).any() for column in columns[1:]):
            return "has rates that rise with the score"
        if (self._upper < self._rate).any():
            return "has upper bounds below their rates"
        if self._upper.max() > 0 or self._rate.min() < _LOG10_FLOOR:
            return "has rates that are no rates"
        return None
