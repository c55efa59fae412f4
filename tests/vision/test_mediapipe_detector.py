import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from typing import get_args

import pytest

from accessctl.config import DetectorRuntime
from accessctl.errors import ConfigError, SystemLibraryError
from accessctl.vision.mediapipe_detector import (
    import_mediapipe,
    naming_debian_packages,
    refuse_what_sends_logs,
)

SEE = """
import sys
from pathlib import Path
import numpy as np
from accessctl.config import VisionConfig
from accessctl.domain import Frame
import accessctl.vision.observer as room
heavy = {"mediapipe", "ai_edge_litert", "tensorflow"} & set(sys.modules)
assert not heavy, f"imported before anybody asked for an observer: {heavy}"
observer = room.Observer(VisionConfig(models=Path(sys.argv[1]), runtime=sys.argv[2]))
observer.observe(Frame(np.zeros((360, 640, 3), np.uint8), 0.0, 0))
assert ("mediapipe" in sys.modules) == (sys.argv[2] == "mediapipe")
heavy = {"tensorflow", "keras"} | ({"matplotlib", "scipy"} if sys.argv[2] == "litert" else set())
assert not heavy & {name.split(".")[0] for name in sys.modules}
print("clean")
"""


@pytest.mark.parametrize("runtime", get_args(DetectorRuntime))
def test_the_door_sees_without_tensorflow_and_without_chatter(vision_config, runtime):
    """And without mediapipe, unless that is what is to run."""
    done = subprocess.run(
        [sys.executable, "-c", SEE, str(vision_config.models), runtime],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("clean\n", "", 0)


def test_a_package_that_is_not_there_says_what_to_do(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("accessctl.vision.mediapipe_detector.version", missing)
    with pytest.raises(ConfigError, match=r"not installed here; install mediapipe 0\.10\.33, or"):
        import_mediapipe()


@pytest.mark.parametrize("installed", ["0.10.35", "0.10.100", "0.11", "1.0.0", "0.10.35rc1"])
def test_a_package_that_reports_its_use_is_refused(installed):
    with pytest.raises(ConfigError, match=f"mediapipe {installed} that is installed here sends"):
        refuse_what_sends_logs(installed)


@pytest.mark.parametrize("installed", ["0.10.33", "0.10.34", "0.10.21", "0.9.99"])
def test_one_that_does_not_may_run(installed):
    refuse_what_sends_logs(installed)


def test_tensorflow_can_still_be_found_afterwards():
    """Only looked up, not imported: that takes seconds."""
    code = (
        "import importlib.util, sys\n"
        "from accessctl.vision.mediapipe_detector import import_mediapipe\n"
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
