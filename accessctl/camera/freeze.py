"""Whether a camera sends the very same picture again and again; time comes in.

A sensor has noise: two pictures of it never agree in every byte. A dead encoder, a paused
recording or a picture put in its place do.
"""

import numpy as np

from accessctl.domain import Image

ROWS = 16


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
