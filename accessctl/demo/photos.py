"""The two public-domain photographs that the demo is made of.

`grace_hopper.jpg` (Grace Hopper, United States Navy) comes with matplotlib, `astronaut.png`
(Eileen Collins, NASA) with scikit-image. Neither library is imported for it: that would
cost a second.
"""

import importlib.util
from pathlib import Path

import cv2
import numpy as np

from accessctl.domain import Image
from accessctl.errors import CameraError

HOPPER = ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")
COLLINS = ("skimage", "data/astronaut.png")

# Left, top, right, bottom: head and shoulders, as somebody would hand in to be enrolled.
COLLINS_PORTRAIT = (20, 0, 430, 400)


def photograph(library: str, path: str) -> Image:
    """The photograph at `path` inside an installed `library`; raises CameraError without it."""
    spec = importlib.util.find_spec(library)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        picture = cv2.imread(str(Path(folder) / path), cv2.IMREAD_COLOR_RGB)
        if picture is not None:
            return picture.astype(np.uint8, copy=False)
    raise CameraError(
        f"The demo needs {Path(path).name}, which comes with {library}; install the "
        "requirements again, or name another source with --source."
    )


def hopper() -> Image:
    return photograph(*HOPPER)


def collins() -> Image:
    return photograph(*COLLINS)


def demo_enrolment_photo() -> Image:
    """Eileen Collins, RGB uint8 (400, 410, 3): the one person the demo's door knows."""
    left, top, right, bottom = COLLINS_PORTRAIT
    return collins()[top:bottom, left:right].copy()
