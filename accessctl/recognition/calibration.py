"""What a score stands for: from a normalised score to a false-match rate, and from the rate that an
owner states for a whole search to the one that a single comparison must keep (ISO/IEC 19795-1).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.config import PolicyConfig
from accessctl.encoder.card import Card
from accessctl.encoder.card_parts import table_complaint
from accessctl.errors import ModelError
from accessctl.recognition.normalisation import Normaliser, load_stored_cohort


def comparison_fmr(target_fpir: float, people: int) -> float:
    """False-match rate per comparison at which a search among `people` keeps `target_fpir`.

    A stranger is accepted when any of N independent comparisons matches:
    FPIR = 1 - (1 - FMR)^N, so FMR = 1 - (1 - FPIR)^(1/N). An empty gallery is treated as
    one of a single person. ValueError unless 0 < target_fpir < 1 and people >= 0.
    """
    if not 0 < target_fpir < 1:
        raise ValueError(f"a target FPIR lies between 0 and 1, not {target_fpir}")
    if people < 0:
        raise ValueError("the number of people is not negative")
    # expm1 and log1p: the plain formula loses all digits at rates near 1e-12.
    return -math.expm1(math.log1p(-target_fpir) / max(people, 1))


def most_people(target_fpir: float, smallest_fmr: float) -> int:
    """The largest N for which `comparison_fmr` is not below `smallest_fmr`, 0 for none.

    ValueError unless both are between 0 and 1.
    """
    if not 0 < smallest_fmr < 1:
        raise ValueError(f"a false-match rate lies between 0 and 1, not {smallest_fmr}")
    if comparison_fmr(target_fpir, 1) < smallest_fmr:
        return 0
    most = max(1, math.floor(math.log1p(-target_fpir) / math.log1p(-smallest_fmr)))
    # The quotient may be off by a rounding where it is nearly whole.
    while comparison_fmr(target_fpir, most + 1) >= smallest_fmr:
        most += 1
    while comparison_fmr(target_fpir, most) < smallest_fmr:
        most -= 1
    return most


def search_fpir(fmr: float, people: int) -> float:
    """The inverse: how often a stranger matches any of `people` at `fmr` per comparison."""
    if not 0 <= fmr < 1:
        raise ValueError(f"a false-match rate lies in [0, 1), not {fmr}")
    if people < 0:
        raise ValueError("the number of people is not negative")
    return -math.expm1(people * math.log1p(-fmr))


MARK_CHARACTERS = 12

COUNTED_FMR = 1e-6
"""The rarest match of strangers that was ever counted and not extrapolated: of LFW's 30 million
pairs some ten reach a score that is stated so rare."""


def attempt_rate(policy: PolicyConfig, people: int) -> float:
    """What one comparison of an attempt may spend at a door with so many enrolled: in a search
    among them, or, where they are too many for one, with whoever a badge names."""
    if people > policy.identify_up_to:
        return policy.claimed_fmr
    return comparison_fmr(policy.attempt_fpir, people)


NEARLY = 0.9
"""From this share of policy.identify_up_to on it is said that badges will be required."""


def badge_notice(policy: PolicyConfig, people: int) -> str | None:
    """What to say where `people` are too many to be told by their faces alone, or nearly; else
    None."""
    limit = policy.identify_up_to
    if people > limit:
        return (
            f"{people:,} people are enrolled, more than policy.identify_up_to ({limit:,}): nobody "
            "is let in without a badge (accessctl badge set)"
        )
    if people <= NEARLY * limit:
        return None
    return (
        f"{people:,} people are enrolled; with more than {limit:,} (policy.identify_up_to) nobody "
        "is let in without a badge (accessctl badge set)"
    )


def rate_doubt(policy: PolicyConfig, people: int) -> str | None:
    """What to say where nobody can show that a door with so many `people` keeps the rate that is
    asked for, as its comparisons would have to be rarer matches than were ever counted; None where
    it can be shown."""
    asked = attempt_rate(policy, people)
    if asked >= COUNTED_FMR:
        return None
    target_fpir = policy.attempt_fpir
    if people > policy.identify_up_to:
        return (
            f"policy.target_fmr leaves {asked:.1e} for an attempt by badge, and none below "
            f"{COUNTED_FMR:.0e} was ever counted: the threshold is an extrapolation that nothing "
            "has shown to be right"
        )
    shown = search_fpir(COUNTED_FMR, people)
    return (
        f"A rate of {target_fpir:.2g} an attempt among {people:,} people asks for {asked:.1e} a "
        f"comparison, and none below {COUNTED_FMR:.0e} was ever counted: the threshold is an "
        f"extrapolation that nothing has shown to be right. What can be shown for so many is "
        f"{shown:.2g} an attempt"
    )


class Calibration:
    """The card's table, linear between its rows in (score, log10 rate).

    `score` ascends strictly; `log10_fmr` and its upper 95 % bound `log10_fmr_upper`
    fall or stay (float64 (N,), N at least 2, between -15 and 0, the bound never below
    the rate; see `encoder.card_parts.table_complaint`). Raises ModelError for any other table.

    The table is of single photos. By `pooled` times the spreads of both sides (see
    `pooling.Pooled`) the log10 of a rate rises where several were pooled: 0 leaves it.
    """

    def __init__(
        self,
        score: Sequence[float] | NDArray[np.float64],
        log10_fmr: Sequence[float] | NDArray[np.float64],
        log10_fmr_upper: Sequence[float] | NDArray[np.float64],
        pooled: float = 0.0,
    ) -> None:
        self._score = np.asarray(score, dtype=np.float64)
        self._rate = np.asarray(log10_fmr, dtype=np.float64)
        self._upper = np.asarray(log10_fmr_upper, dtype=np.float64)
        self._pooled = pooled
        complaint = table_complaint(self._score.tolist(), self._rate.tolist(), self._upper.tolist())
        if complaint is None and not (math.isfinite(pooled) and pooled >= 0):
            complaint = "pooled must be a finite number, at least 0"
        if complaint is not None:
            raise ModelError(
                f"The encoder's calibration does not fit: {complaint}; "
                "run `accessctl models calibrate` or fetch the encoder again."
            )

    def raised(self, spread: float) -> float:
        """The log10 of the factor by which rates rise where the spreads of both sides of a
        comparison add up to `spread`; 0 for two single photos. ValueError unless it is at least 0.
        """
        if not spread >= 0:
            raise ValueError(f"a spread is not negative, not {spread}")
        return self._pooled * spread

    def fmr(self, score: float, raised: float = 0.0) -> float:
        """The rate at which strangers reach `score`, never outside what is tabulated, times
        10 to the power of `raised`; at most 1."""
        return _rate(np.interp(score, self._score, self._rate), raised)

    def fmr_upper(self, score: float, raised: float = 0.0) -> float:
        """The upper 95 % bound of `fmr`."""
        return _rate(np.interp(score, self._score, self._upper), raised)

    @property
    def mark(self) -> str:
        """Twelve hexadecimal digits that another table would not have."""
        rows = np.stack([self._score, self._rate, self._upper]).astype("<f8").tobytes()
        # What was counted by a table before cards could say `pooled` is still of that table.
        if self._pooled:
            rows += np.float64(self._pooled).astype("<f8").tobytes()
        return hashlib.sha256(rows).hexdigest()[:MARK_CHARACTERS]

    @property
    def smallest_fmr(self) -> float:
        """The lowest rate whose upper bound the table can vouch for, of two single photos."""
        return float(10 ** self._upper[-1])

    def threshold(self, fmr: float, raised: float = 0.0) -> float:
        """The lowest score whose upper bound, by that much `raised`, is at most `fmr`.

        Infinite, so that nobody matches, where the table does not reach so low; see
        `smallest_fmr`. ValueError unless `fmr` is in (0, 1].
        """
        if not 0 < fmr <= 1:
            raise ValueError(f"a false-match rate lies in (0, 1], not {fmr}")
        # No rate is raised above 1, so what may be 1 may be anything.
        wanted = math.log10(fmr) - raised if fmr < 1 else 0.0
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


def _rate(log10_rate: float, raised: float) -> float:
    return float(10 ** min(log10_rate + raised, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """How faces of one encoder are compared, and what counts.

    A photo shows the same person as others up to a false-match rate of `target_fmr`; a search by
    one photo takes strangers for somebody at `target_fpir`, the whole of it. One attempt at a door
    is held to less, so whom a single photo shows to be alike here may still be told apart there.
    """

    normaliser: Normaliser
    calibration: Calibration
    target_fpir: float
    target_fmr: float


def beyond_calibration(policy: PolicyConfig, people: int, calibration: Calibration) -> str | None:
    """Why a door with so many `people` can let nobody in: the rate that is left for one comparison
    of an attempt is lower than any that the calibration can vouch for. None where it is not."""
    wanted = attempt_rate(policy, people)
    if wanted >= calibration.smallest_fmr:
        return None
    if people > policy.identify_up_to:
        return (
            f"Nobody can be let in by a badge: policy.target_fmr ({policy.target_fmr:g}) over "
            f"{policy.attempts} attempts leaves {wanted:.1e} for one comparison, and the encoder "
            f"is calibrated down to {calibration.smallest_fmr:.1e}; raise policy.target_fmr or "
            "lower policy.attempts."
        )
    most = most_people(policy.attempt_fpir, calibration.smallest_fmr)
    return (
        f"Nobody can be let in with {people:,} people enrolled: policy.target_fpir "
        f"({policy.target_fpir:g}) over {policy.attempts} attempts leaves {wanted:.1e} for one "
        f"comparison, and the encoder is calibrated down to {calibration.smallest_fmr:.1e}, "
        f"enough for {most:,} people; raise policy.target_fpir, lower policy.attempts, or give "
        "each door a gallery of its own people."
    )


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
    cohort = load_stored_cohort(card.path(card.cohort))
    normaliser = Normaliser(cohort, table.neighbours, table.parts or (), table.spread)
    return normaliser, Calibration(
        table.score, table.log10_fmr, table.log10_fmr_upper, table.pooled
    )
