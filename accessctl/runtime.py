"""What runs networks here: LiteRT on a CPU, Keras; model files found, native chatter kept away.

The packages are imported once a model is opened, so that whoever does not open one pays for none.
MediaPipe and LiteRT write a few harmless lines straight to file descriptor 2 while a model loads
and offer no switch for them: only lines known to be harmless are dropped, everything else still
arrives on standard error.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.errors import ModelError

if TYPE_CHECKING:
    import keras

FETCH = "run `accessctl models fetch` to replace it"
"""What to do about a file that is there but is not what it should be."""

HARMLESS = re.compile(
    rb"Created TensorFlow Lite XNNPACK delegate"
    rb"|All log messages before absl::InitializeLog"
    rb"|inference_feedback_manager\.cc"
    rb"|gl_context.*\.cc|egl.*\.cc"
)


def model_file(folder: Path, name: str) -> Path:
    """`folder / name`; raises ModelError when there is no such file."""
    path = folder / name
    if not path.is_file():
        raise ModelError(f"The model file {path} is missing; run `accessctl models fetch`.")
    return path


def open_interpreter(
    path: Path, content: bytes | None = None, *, threads: int = 1, advice: str = ""
) -> Any:
    """An interpreter of the model file `path`, its tensors allocated, on `threads` threads.

    `content` is what `path` holds, where somebody has read and checked it already; those very
    bytes are run then. An interpreter has one set of tensors: it is for one thread at a time.
    Raises ModelError for what is no LiteRT model or cannot run here; `advice` says what to do.
    """
    from ai_edge_litert.interpreter import Interpreter

    model = {"model_path": str(path)} if content is None else {"model_content": content}
    try:
        with without_native_chatter():
            interpreter = Interpreter(**model, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        message = f"{path} is not a LiteRT model that runs here ({reason})"
        raise ModelError(f"{message}; {advice}." if advice else f"{message}.") from error
    return interpreter


def load_keras_bytes(content: bytes, path: Path) -> "keras.Model":
    """The network in the bytes of a .keras file; `path` is for messages.

    Raises ModelError. No code that the file may hold is run.
    """
    import keras

    with tempfile.TemporaryDirectory(prefix="accessctl-keras-") as scratch:
        # Keras opens files only by name: give it those bytes whose digest was checked.
        copy = Path(scratch) / "network.keras"
        copy.write_bytes(content)
        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except (ValueError, TypeError, OSError, KeyError, ImportError) as error:
            first = " ".join(str(error).split())[:200]
            raise ModelError(f"{path} is not a Keras model that loads here ({first}).") from error


_untouched: ContextVar[bool] = ContextVar("standard_error_untouched", default=False)


@contextmanager
def standard_error_untouched() -> Iterator[None]:
    """Leave the process's standard error as it is while models load, chatter and all.

    For a program that accessctl is a library of: other threads of it may write there meanwhile,
    and it may have none.
    """
    before = _untouched.set(True)
    try:
        yield
    finally:
        _untouched.reset(before)


@contextmanager
def without_native_chatter() -> Iterator[None]:
    """Hold back standard error of the whole process; pass on what is not chatter."""
    if _untouched.get():
        yield
        return
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
