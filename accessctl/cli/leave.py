"""The end of the process, with a camera's thread that was given up and hangs in native code."""

import logging
import os
import sys
import threading
from typing import NoReturn

# The name that accessctl/camera/reader.py gives its threads; importing it here would cost
# every command the time that OpenCV takes to load.
CAMERA_THREAD = "camera-reader"


def leave(code: int) -> NoReturn:
    """End with exit status `code`, having written what is still buffered.

    A thread that comes back from native code while the interpreter is taken down is ended in
    the middle of C++, which aborts the process ("terminate called without an active
    exception"). So with one left behind, nothing is taken down: everything that has to be
    closed was closed by the command itself.
    """
    if not any(thread.name == CAMERA_THREAD for thread in threading.enumerate()):
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
