"""What an evaluation could not measure: photos without a subject, and why.

Such a photo counts as a miss, as it does at a door; a table that does not say how many there are
says something else about the encoder than it seems to.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accessctl.evaluation.sightings import Absence

logger = logging.getLogger(__name__)

MOST = 0.02
"""Of the photos, so many may be without a subject before a warning is given."""


@dataclass(frozen=True, slots=True)
class WithoutSubject:
    """Of so many `photos` those without a subject, by why, the most frequent reason first."""

    photos: int
    why: tuple[tuple[Absence, int], ...]

    @classmethod
    def of(cls, absent: Sequence[Absence | None]) -> "WithoutSubject":
        """`absent` (N,) says of each photo why it has no subject; None: it has one."""
        why = Counter(one for one in absent if one is not None)
        return cls(len(absent), tuple(why.most_common()))

    @property
    def absent(self) -> int:
        return sum(number for _, number in self.why)

    @property
    def too_many(self) -> bool:
        """Whether the figures say much about the photos and little about the encoder."""
        return self.absent > MOST * self.photos

    def __str__(self) -> str:
        """ "8,120 photos, 14 without a subject: 12 no face is found, 2 cannot be read"."""
        reasons = ", ".join(f"{number} {why}" for why, number in self.why)
        return f"{self.photos:,} photos, {self.absent} without a subject" + (
            f": {reasons}" if reasons else ""
        )

    def warn(self) -> None:
        """In the log, where there are too many."""
        if self.too_many:
            logger.warning(
                "%.1f %% of the photos have no subject and count as misses; look at them, or say "
                "with --subject whose face is meant.",
                100 * self.absent / self.photos,
            )

    def record(self) -> dict[str, Any]:
        """For JSON and the card."""
        return {
            "photos": self.photos,
            "photos_without_a_subject": self.absent,
            "why": {why.value: number for why, number in self.why},
        }
