"""Whether a camera's pictures are worth anything; time comes in.

One that sends the very same picture again and again is lost. A sensor has noise: two pictures
of it never agree in every byte. A dead encoder, a paused recording or a picture put in its place
do.

One that works may show nothing: in the dark, or with its eye covered. That is no fault: night
falls every day, and reopening the camera brings no light. The camera stays open, so that the door
works again with the first light; the condition is reported, because somebody may have covered the
camera on purpose.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from accessctl.camera.outage import OutageEvent
from accessctl.domain import Image
from accessctl.errors import CameraError

Condition: TypeAlias = Literal["dark", "covered"]
CameraEvent: TypeAlias = OutageEvent | Condition | Literal["clear"]

CONDITIONS: dict[Condition, str] = {
    "dark": "shows a dark picture; switch on a light, or uncover it.",
    "covered": "shows a blank picture; uncover it, or clean its lens.",
}

DARK_MEAN, DARK_DEVIATION = 24.0, 12.0
"""Levels of 255 below which both lie in a dark picture; a lamp in it makes it a night scene."""

BLANK_DEVIATION = 6.0
"""A picture of any colour with less is of something right before the lens."""

STEP = 16
"""A condition is seen on every so many rows and columns."""

ROWS = 16
"""Pictures are compared in strips of so many rows."""


def same_picture(one: Image, other: Image) -> bool:
    """Whether two RGB pictures agree in every byte.

    Compared strip by strip: pictures of a living camera differ in the first one.
    """
    return one.shape == other.shape and all(
        np.array_equal(one[top : top + ROWS], other[top : top + ROWS])
        for top in range(0, len(one), ROWS)
    )


class Freeze:
    """Follows the pictures of one camera, over all its reconnections."""

    def __init__(self, after_s: float) -> None:
        """`after_s` seconds of one picture are a freeze; 0: never."""
        self._after_s = after_s
        self._picture: Image | None = None
        self._since = 0.0
        self.frozen = False

    def reopened(self, now: float) -> None:
        """A camera that was opened anew is given its time again to show another picture."""
        self._since = now

    def thaw(self) -> None:
        """Forget the picture: whatever comes next is another one."""
        self._picture, self.frozen = None, False

    def note(self, image: Image, now: float) -> bool:
        """Whether the camera has shown nothing but `image` for too long, up to `now`.

        `frozen` then stays true until there is another picture.
        """
        if self._picture is None or not same_picture(self._picture, image):
            self._picture, self._since, self.frozen = image, now, False
            return False
        overdue = 0 < self._after_s <= now - self._since
        self.frozen = self.frozen or overdue
        return overdue


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


class PictureHealth:
    """Follows the pictures of one camera, over all its reconnections: frozen, dark, covered."""

    def __init__(self, frozen_after_s: float, dark_after_s: float) -> None:
        self._frozen_after_s = frozen_after_s
        self._freeze = Freeze(frozen_after_s)
        self._condition = ConditionWatch(dark_after_s)

    @property
    def frozen(self) -> bool:
        """True until a frozen camera sends another picture."""
        return self._freeze.frozen

    @property
    def condition(self) -> Condition | None:
        """Why a camera that works shows nothing; None when it does."""
        return self._condition.current

    def reopened(self, now: float) -> None:
        """The camera was opened anew: what its pictures showed before begins again at `now`."""
        self._freeze.reopened(now)
        self._condition.reopened(now)

    def examine(self, image: Image, now: float, description: str) -> bool:
        """True when the condition changed; CameraError about `description` when it is frozen."""
        seen = condition_of(image)
        if seen is not None:
            # In the dark a sensor may give nothing but zeros: no noise is no freeze then.
            self._freeze.thaw()
        elif self._freeze.note(image, now):
            raise CameraError(
                f"{description} has sent the very same picture for "
                f"{self._frozen_after_s:g} seconds; restart the camera."
            )
        return self._condition.note(seen, now)
