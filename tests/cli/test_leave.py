import subprocess
import sys
import threading

import pytest

from accessctl.cli.leave import CAMERA_THREAD, leave

# In native code, as a camera that is being drawn or opened is, for longer than the process lives.
LEFT_BEHIND = """
import sys, threading
import cv2, numpy as np
from accessctl.camera.reader import Reader
from accessctl.cli.leave import leave
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

drawing = threading.Event()

class Drawing:
    description, live, endless = "the drawing", True, False

    def open(self):
        picture = np.zeros((64, 64, 3), np.uint8)
        while True:
            cv2.blur(picture, (3, 3))
            drawing.set()

with Reader(Drawing(), CameraConfig(open_timeout_s=0.001)) as reader:
    assert drawing.wait(60)
    try:
        while not reader.ended:
            reader.next(0.01)
    except CameraError as error:
        sys.stdout.write(str(error))
sys.stdout.write(" The end.")
leave(int(sys.argv[1]))
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_camera_left_behind_in_native_code_does_not_abort_the_process(code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND, str(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout == ("the drawing does not answer; check its power and its cable. The end.")


def test_with_nobody_left_behind_it_ends_as_python_does() -> None:
    assert CAMERA_THREAD not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(SystemExit) as ended:
        leave(3)
    assert ended.value.code == 3
