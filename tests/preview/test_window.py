import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from accessctl.preview.screen import TITLE, require_display

pytestmark = pytest.mark.display

# Qt belongs to one thread of one process: the window gets a process of its own.
PROGRAM = """
import numpy as np
from accessctl.preview.screen import CLOSED, PreviewWindow
red = np.zeros((240, 320, 3), np.uint8)
red[..., 0] = 200
window = PreviewWindow()
while (key := window.show(red)) not in (ord("q"), CLOSED):
    if key is not None:
        print(key, flush=True)
window.close()
window.close()
print("ended by", key, flush=True)
"""


def environment(display_name: str) -> dict[str, str]:
    environ = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
    return {**environ, "DISPLAY": display_name}


@pytest.fixture
def program(display) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment(display.name),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_a_display_that_is_there_will_do(display) -> None:
    require_display(environment(display.name))


def test_a_window_shows_the_picture_and_hears_keys(display, program) -> None:
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(iter(program.stdout.readline, "")))
    reading.start()

    window = display.wait_for_window(TITLE)
    # Qt puts the window in the corner; where exactly its toolbar ends is its own affair.
    display.wait_for_picture(window, lambda: display.colour(160, 150) == (200, 0, 0))
    display.press_until(window, "e", lambda: f"{ord('e')}\n" in said)
    display.press_until(window, "space", lambda: f"{ord(' ')}\n" in said)
    display.press_until(window, "q", lambda: program.poll() is not None)
    reading.join(30)
    assert said[-1] == f"ended by {ord('q')}\n"
    assert program.returncode == 0
    err = program.stderr.read()
    assert "font" not in err.lower()
    assert "Traceback" not in err
