"""Anti-passback: whoever went in and did not go out does not go in again.

Keeps a pass, or a photograph that fools the camera, from being handed back to somebody
outside. Only the way in is watched: a door never keeps anybody inside.
"""

from dataclasses import dataclass

from accessctl.config.policy import AccessConfig, Passage


@dataclass(frozen=True, slots=True)
class Crossing:
    """The last time somebody was granted at a door of the area, `age_s` seconds ago."""

    direction: Passage
    age_s: float


@dataclass(frozen=True, slots=True)
class PassbackRule:
    """Where a door leads, and what comes of a second way in; the default watches nothing."""

    direction: Passage = "none"
    mode: str = "off"
    reset_after_s: float = 0.0

    @classmethod
    def of(cls, config: AccessConfig) -> "PassbackRule":
        return cls(config.direction, config.anti_passback, config.reset_after_h * 3600)

    def noticed(self, last: Crossing | None) -> bool:
        """Whether a grant now would be a second way in without a way out between."""
        if self.mode == "off" or self.direction != "in":
            return False
        # Written as "not (a >= b)" so that a NaN is noticed.
        return last is not None and last.direction == "in" and not last.age_s >= self.reset_after_s

    def refuses(self, last: Crossing | None) -> bool:
        return self.mode == "hard" and self.noticed(last)
