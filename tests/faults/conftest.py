import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.demo.people import collins, hopper
from accessctl.domain import Image
from tests.faults.cameras import SYSTEM_PYTHON, Mjpeg, Rtsp, jpegs
from tests.faults.running import Door
from tests.faults.wire import make_wire

__all__ = ["make_wire"]


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a door that knows Eileen Collins; never run, only copied."""
    door = Door(tmp_path_factory.mktemp("enrolled"))
    done = door.enrol("Eileen Collins", photo_of(collins(), door.folder / "photo.png"))
    assert done.returncode == 0, done.stderr
    return door.folder


MakeDoor = Callable[[], Door]


@pytest.fixture(scope="module")
def make_door(enrolled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeDoor]:
    made: list[Door] = []

    def make() -> Door:
        folder = tmp_path_factory.mktemp("door")
        shutil.copytree(enrolled / "enrolled", folder / "enrolled")
        made.append(Door(folder))
        return made[-1]

    yield make
    for door in made:
        door.kill()


@pytest.fixture
def door(make_door: MakeDoor) -> Door:
    return make_door()


def photo_of(image: Image, file: Path) -> Path:
    assert cv2.imwrite(str(file), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return file


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of somebody whom no camera of these tests shows."""
    return photo_of(hopper(), tmp_path_factory.mktemp("photos") / "hopper.png")


@pytest.fixture(scope="session")
def visits() -> dict[tuple[int, int], list[bytes]]:
    """Eileen Collins comes and goes; by the pictures' size."""
    nobody = np.full((512, 512, 3), 128, np.uint8)
    sizes = (512, 512), (640, 640)
    return {size: jpegs(collins(), *size) + jpegs(nobody, *size) for size in sizes}


@pytest.fixture(scope="session")
def rtsp_tools() -> None:
    """Skips, or fails in CI, where this machine has nothing that could serve RTSP."""
    look = (
        "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0');"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
        "assert all(Gst.ElementFactory.find(n) for n in ('appsrc', 'jpegparse', 'rtpjpegpay'))"
    )
    here = Path(SYSTEM_PYTHON).exists()
    if here and not subprocess.run([SYSTEM_PYTHON, "-c", look], capture_output=True).returncode:
        return
    missing = (
        "there is no RTSP server to test with; install it with: apt install "
        "gir1.2-gst-rtsp-server-1.0 python3-gst-1.0 gstreamer1.0-plugins-base "
        "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def mjpeg(visits: Any) -> Iterator[Mjpeg]:
    camera = Mjpeg(visits[512, 512])
    yield camera
    camera.close()


@pytest.fixture
def rtsp(rtsp_tools: None, visits: Any, tmp_path: Path) -> Iterator[Rtsp]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    camera = Rtsp(folder)
    camera.start(visits[512, 512])
    yield camera
    camera.kill()
