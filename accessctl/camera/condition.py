"""Whether a camera that works shows nothing: in the dark, or with its eye covered.

Neither is a fault: night falls every day, and reopening the camera brings no light. The
camera stays open, so that the door works again with the first light; the condition is
reported, because somebody may have covered the camera on purpose.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from accessctl.domain import Image

Condition: TypeAlias = Literal["dark", "covered"]

DARK_MEAN, DARK_DEVIATION = 24.0, 12.0
"""Levels of 255 below which both lie in a dark picture; a lamp in it makes it a night scene."""

BLANK_DEVIATION = 6.0
"""A picture of any colour with less is of something right before the lens."""

STEP = 16


def condition_of(image: Image) -> Condition | None:
    """What is wrong with an RGB picture (H, W, 3), seen on every 16th row and column."""
    means, deviations = cv2.meanStdDev(np.ascontiguousarray(image[::STEP, ::STEP]))
    mean, deviation = float(means.mean()), float(deviations.max())
    if mean < DARK_MEAN and deviation < DARK_DEVIATION:
        return "dark"
    return "covered" if deviation < BLANK_DEVIATION else None


@dataclass(slots=True)
class ConditionWatch:
    """What has been the case for `after_s` seconds without a break; time comes in."""

    after_s: float
    current: Condition | None = None
    _seen: Condition | None = None
    _since: float = 0.0

    def reopened(self, now: float) -> None:
        """What was seen before an outage says nothing of the time that it lasted."""
        self._since = now

    def note(self, seen: Condition | None, now: float) -> bool:
        """Note what a picture shows; True when `current` has changed."""
        if seen != self._seen:
            self._seen, self._since = seen, now
        if self._seen == self.current or now - self._since < self.after_s:
            return False
        self.current = self._seen
        return True
