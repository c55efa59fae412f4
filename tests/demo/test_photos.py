import subprocess
import sys

import numpy as np
import pytest

from accessctl.demo import photos
from accessctl.errors import CameraError


def test_both_photographs_are_there_in_rgb() -> None:
    assert photos.hopper().shape == (600, 512, 3)
    astronaut = photos.collins()
    assert astronaut.shape == (512, 512, 3)
    red, _, blue = astronaut[300:340, 80:130].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue, "her suit is orange"


def test_the_enrolment_photo_is_untouched() -> None:
    photo = photos.demo_enrolment_photo()
    assert photo.shape == (400, 410, 3)
    assert np.array_equal(photo, photos.collins()[0:400, 20:430])


def test_a_missing_photograph_is_said() -> None:
    with pytest.raises(CameraError, match=r"The demo needs .*b\.png, which comes with accessctl;"):
        photos.photograph("b.png")


def test_the_heavy_libraries_are_not_imported() -> None:
    code = (
        "import sys; from accessctl.demo.scene import scene; scene(9.0);"
        "sys.exit(bool({'matplotlib', 'skimage', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
