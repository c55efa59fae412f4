"""MediaPipe, imported without TensorFlow.

MediaPipe imports all of TensorFlow, when that is installed, only to decorate its own
documentation: seconds and hundreds of megabytes that a door must not pay for.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import ModuleType

from accessctl.errors import SystemLibraryError

SYSTEM_LIBRARIES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libGLESv2.so": "libgles2",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
}

_lock = Lock()


def import_mediapipe() -> ModuleType:
    """The `mediapipe` package with its Tasks loaded; TensorFlow stays unimported.

    Raises SystemLibraryError when the operating system lacks a library it needs.
    """
    with _lock, _tensorflow_blocked(), naming_debian_packages():
        import mediapipe

        loaded: ModuleType = mediapipe
        return loaded


@contextmanager
def naming_debian_packages() -> Iterator[None]:
    """Turn the loader's complaint about a missing `.so` into the package to install."""
    try:
        yield
    except (ImportError, OSError) as error:
        message = str(error)
        if not any(library in message for library in SYSTEM_LIBRARIES):
            raise
        missing = next(p for library, p in SYSTEM_LIBRARIES.items() if library in message)
        everything = " ".join(sorted(set(SYSTEM_LIBRARIES.values())))
        raise SystemLibraryError(
            f"The system library package {missing} is missing; on Debian or Ubuntu run "
            f"`sudo apt-get install {everything}`."
        ) from error


@contextmanager
def _tensorflow_blocked() -> Iterator[None]:
    """Make `import tensorflow` fail as if it were not installed, then undo that.

    A `None` in `sys.modules` is Python's own way to say so. Nothing is blocked when
    TensorFlow is loaded already: then it costs nothing more.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    sys.modules["tensorflow"] = None  # type: ignore[assignment]  # documented use of None
    try:
        yield
    finally:
        del sys.modules["tensorflow"]
