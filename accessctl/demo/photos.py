"""The two public-domain photographs that the demo is made of.

`grace_hopper.jpg` is of Grace Hopper (United States Navy), `astronaut.png` of Eileen Collins
(NASA).
"""

import cv2
import numpy as np

from accessctl.bundled import asset
from accessctl.domain import Image
from accessctl.errors import CameraError

HOPPER = "grace_hopper.jpg"
COLLINS = "astronaut.png"

# Left, top, right, bottom: head and shoulders, as somebody would hand in to be enrolled.
COLLINS_PORTRAIT = (20, 0, 430, 400)


def photograph(name: str) -> Image:
    """RGB uint8 (H, W, 3), of the package's assets; raises CameraError when it is not there."""
    picture = cv2.imread(str(asset(name)), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise CameraError(
            f"The demo needs {asset(name)}, which comes with accessctl; install it again, or "
            "name another source with --source."
        )
    return picture.astype(np.uint8, copy=False)


def hopper() -> Image:
    return photograph(HOPPER)


def collins() -> Image:
    return photograph(COLLINS)


def demo_enrolment_photo() -> Image:
    """Eileen Collins, RGB uint8 (400, 410, 3): the one person the demo's door knows."""
    left, top, right, bottom = COLLINS_PORTRAIT
    return collins()[top:bottom, left:right].copy()
