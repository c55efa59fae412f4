"""When a camera is lost, when it is back, and whether its pictures are worth anything; time comes
in.

A camera that fails is lost: it is tried again after waits that grow, and it is back once it has
sent pictures for a while without a break. One that gives a few pictures and breaks off, again and
again, has not come back: the waits go on growing, and the row of it is one report. One that is
lost again soon after it was back has to be steady for twice as long the next time.

One that sends the very same picture again and again is lost. A sensor has noise: two pictures
of it never agree in every byte. A dead encoder, a paused recording or a picture put in its place
do.

One that works may show nothing: in the dark, or with its eye covered. That is no fault: night
falls every day, and reopening the camera brings no light. The camera stays open, so that the door
works again with the first light; the condition is reported, because somebody may have covered the
camera on purpose.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import cv2
import numpy as np

from accessctl.domain import Image
from accessctl.errors import CameraError

OutageEvent: TypeAlias = Literal["lost", "back", "flapping"]

JITTER = 0.25

# Doubled this often, every wait exceeds every bound; more would overflow in a year of failures.
MAX_DOUBLINGS = 64

MAX_OPEN_DOUBLINGS = 2
"""The time that a camera is given to open doubles so often, while it fails."""

FLAPS = 3
"""So many connections in a row that gave pictures and broke off are reported."""

RELAPSE = 10
"""Lost again within so many times the steadiness that was asked for: a relapse."""

LONGEST_STEADY_S = 600.0

FEW = 3
"""A connection that never gives more pictures is no stream."""

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


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` up to `longest_s`, each stretched by chance.

    The chance keeps the doors of one building from hammering a recorder in step.
    """

    first_s: float
    longest_s: float

    def wait_s(self, failures: int, chance: float) -> float:
        """Seconds to wait after the `failures`-th failure in a row (from 1).

        `chance` in [0, 1) adds up to a quarter; the wait stays within `first_s` and
        `longest_s`, and the latter wins when it is the smaller one.
        """
        first = min(self.first_s, self.longest_s)
        doubled = first * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
        wait = max(first, min(doubled, self.longest_s / (1 + JITTER)))
        return min(wait * (1 + JITTER * chance), self.longest_s)


@dataclass(slots=True)
class Outage:
    """Failures in a row; `error` is the latest one's sentence, None when all is well.

    `steady_s` is how long pictures must have come before a lost camera is back; 0: at the first.
    `broken_off` counts the connections of this outage that gave pictures and failed, too, `most` is
    how many pictures one of them gave. `now` is monotonic seconds.
    """

    steady_s: float = 0.0
    failures: int = 0
    error: str | None = None
    broken_off: int = 0
    most: int = 0
    _relapses: int = field(default=0, repr=False)
    _back: float | None = field(default=None, repr=False)
    _since: float | None = field(default=None, repr=False)
    _pictures: int = field(default=0, repr=False)

    @property
    def tries(self) -> int:
        """What the wait before the next opening grows by; 0 while all is well."""
        return self.failures + self._relapses if self.failures else 0

    @property
    def needed_s(self) -> float:
        """How long pictures must come before the camera is back."""
        return min(self.steady_s * 2.0 ** min(self._relapses, MAX_DOUBLINGS), LONGEST_STEADY_S)

    def failed(self, error: str, now: float) -> OutageEvent | None:
        """Note a failure; "lost" when it begins an outage, "flapping" once for a row of breaks."""
        is_new = self.failures == 0
        if is_new:
            self._relapses = self._relapses + 1 if self._is_relapse(now) else 0
        pictures, self._pictures, self._since = self._pictures, 0, None
        self.failures += 1
        self.error = error
        if is_new:
            return "lost"
        if not pictures:
            return None
        self.broken_off += 1
        self.most = max(self.most, pictures)
        return "flapping" if self.broken_off == FLAPS else None

    def worked(self, now: float) -> OutageEvent | None:
        """Note a picture; "back" when it ends an outage."""
        if self._since is None:
            self._since = now
        self._pictures += 1
        if self.failures == 0 or now - self._since < self.needed_s:
            return None
        self.failures = self.broken_off = self.most = 0
        self.error = None
        self._back = now
        return "back"

    def _is_relapse(self, now: float) -> bool:
        return self._back is not None and now - self._back < RELAPSE * self.needed_s


def flapping(description: str, outage: Outage, *, has_address: bool) -> str:
    """The sentence about a camera that gives pictures and breaks off, again and again."""
    if has_address and outage.most <= FEW:
        return snapshot_address(description, outage.most)
    return (
        f"{description} gives pictures and breaks off, again and again, after {outage.most} at "
        "most; check its power, its cable or its network, and whether somebody else uses it."
    )


def snapshot_address(description: str, pictures: int) -> str:
    """The sentence about an address that answers with a picture or a few and no more."""
    many = "one picture" if pictures == 1 else f"{pictures} pictures"
    return (
        f"{description} gives {many} a connection and no more: that is the address of a snapshot, "
        "not of a stream; name the camera's rtsp:// address, or the one of its MJPEG stream."
    )


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
