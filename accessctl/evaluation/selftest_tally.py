"""How many presentations of a self-test went wrong, species by species."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accessctl.evaluation.liveness import LIVE, ErrorRate, rate
from accessctl.evaluation.selftest import Presented, Result


@dataclass(frozen=True, slots=True)
class SpeciesTally:
    """One species: APCER of an attack, BPCER of the living (ISO/IEC 30107-3), of those
    presentations in which a face was seen; `rate` is None without any. `no_face` counts the
    others."""

    species: str
    rate: ErrorRate | None
    no_face: int

    @property
    def name(self) -> str:
        return "BPCER" if self.species == LIVE else "APCER"

    def content(self) -> dict[str, Any]:
        """For JSON; without an answered presentation there is no rate."""
        known: dict[str, Any] = {"species": self.species, "rate": self.name}
        if self.rate is not None:
            known |= {
                "errors": self.rate.errors,
                "trials": self.rate.trials,
                "low": self.rate.low,
                "high": self.rate.high,
            }
        return known | {"no_face": self.no_face}


def tally(done: Iterable[Presented]) -> list[SpeciesTally]:
    """Species in the order in which they were presented."""
    by_species: dict[str, list[Result]] = {}
    for one in done:
        by_species.setdefault(one.species, []).append(one.result)
    return [_tally(species, results) for species, results in by_species.items()]


def _tally(species: str, results: list[Result]) -> SpeciesTally:
    no_face = results.count(Result.NO_FACE)
    wrong = Result.REFUSED if species == LIVE else Result.ACCEPTED
    answered = len(results) - no_face
    found = rate(results.count(wrong), answered) if answered else None
    return SpeciesTally(species, found, no_face)


def worst(tallies: Iterable[SpeciesTally]) -> SpeciesTally | None:
    """The attack species with the highest APCER, and of equals the one known least well; None
    when no attack was answered."""
    attacks = [one for one in tallies if one.species != LIVE and one.rate is not None]
    return max(attacks, key=_height, default=None)


def _height(one: SpeciesTally) -> tuple[float, float]:
    return (-1.0, -1.0) if one.rate is None else (one.rate.value, one.rate.high)
