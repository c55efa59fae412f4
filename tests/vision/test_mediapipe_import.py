import subprocess
import sys

import pytest

from accessctl.errors import SystemLibraryError
from accessctl.vision.mediapipe_import import naming_debian_packages

SEE = """
import sys
from pathlib import Path
import numpy as np
from accessctl.config import VisionConfig
from accessctl.domain import Frame
import accessctl.vision.observer as room
heavy = {"mediapipe", "ai_edge_litert", "tensorflow"} & set(sys.modules)
assert not heavy, f"imported before anybody asked for an observer: {heavy}"
observer = room.Observer(VisionConfig(models=Path(sys.argv[1])))
observer.observe(Frame(np.zeros((360, 640, 3), np.uint8), 0.0, 0))
assert "mediapipe" in sys.modules
assert not [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")]
print("clean")
"""


def test_the_door_sees_without_tensorflow_and_without_chatter(vision_config):
    done = subprocess.run(
        [sys.executable, "-c", SEE, str(vision_config.models)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("clean\n", "", 0)


def test_tensorflow_can_still_be_found_afterwards():
    """Only looked up, not imported: that takes seconds."""
    code = (
        "import importlib.util, sys\n"
        "from accessctl.vision.mediapipe_import import import_mediapipe\n"
        "import_mediapipe()\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert importlib.util.find_spec('tensorflow') is not None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libGL.so.1", "libgl1"),
        ("libEGL.so.1", "libegl1"),
        ("libGLESv2.so.2", "libgles2"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_a_missing_system_library_names_its_package(library, package):
    with pytest.raises(SystemLibraryError) as caught, naming_debian_packages():
        raise ImportError(f"{library}: cannot open shared object file: No such file or directory")
    assert f"package {package} is missing" in str(caught.value)
    assert "sudo apt-get install libegl1 libgl1 libgles2 libglib2.0-0" in str(caught.value)


def test_other_import_errors_are_left_alone():
    with pytest.raises(ImportError, match="no module"), naming_debian_packages():
        raise ImportError("no module named whatever")
