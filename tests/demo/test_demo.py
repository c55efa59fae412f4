import subprocess
import sys

import pytest

from accessctl import demo
from accessctl.camera.choose import source_from
from accessctl.config.camera import CameraConfig
from accessctl.demo.scene import DemoSource


@pytest.mark.usefixtures("nothing_added")
@pytest.mark.parametrize("fast", [False, True])
def test_it_makes_itself_a_camera_that_can_be_named(fast: bool) -> None:
    demo.register()
    assert source_from("demo", CameraConfig(fps=12), fast=fast) == DemoSource(12, fast)


def test_to_register_it_loads_no_picture_library() -> None:
    code = (
        "import sys; from accessctl import demo; demo.register(); assert 'cv2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
