"""Keep the start-up chatter of native libraries off the terminal.

MediaPipe and LiteRT write a few harmless lines straight to file descriptor 2 while a
model loads and offer no switch for them. Only lines known to be harmless are dropped;
everything else still arrives on standard error.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

HARMLESS = re.compile(
    rb"Created TensorFlow Lite XNNPACK delegate"
    rb"|All log messages before absl::InitializeLog"
    rb"|inference_feedback_manager\.cc"
    rb"|gl_context.*\.cc|egl.*\.cc"
)


@contextmanager
def without_native_chatter() -> Iterator[None]:
    """Hold back standard error of the whole process; pass on what is not chatter."""
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                sys.stderr.flush()
                os.dup2(terminal, 2)
                held.seek(0)
                for line in held:
                    if not HARMLESS.search(line):
                        os.write(2, line)
    finally:
        os.close(terminal)
