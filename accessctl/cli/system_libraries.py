"""What to install where an import fails: the Debian package of a shared library, or an extra."""

import re

PACKAGES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libGLESv2.so": "libgles2",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
    "libportaudio.so": "libportaudio2",
}


EXTRAS = {
    "keras": "train",
    "matplotlib": "train",
    "mediapipe": "mediapipe",
    "scipy": "train",
    "tensorflow": "train",
}
"""Which extra of accessctl brings a library that not every door has."""


def explain_import_error(error: BaseException) -> str | None:
    """One sentence naming the package to install, or None when `error` is about something else."""
    if isinstance(error, ModuleNotFoundError):
        extra = EXTRAS.get((error.name or "").split(".")[0])
        if extra is None:
            return None
        return (
            f"This needs {error.name}, which is not installed; run: pip install "
            f"'accessctl[{extra}]'."
        )
    match = re.search(r"(lib[\w.+-]+\.so)[\d.]*: cannot open shared object", str(error))
    if match is None:
        return None
    library = match[1]
    package = PACKAGES.get(library)
    if package is None:
        return f"The system library {library} is missing; install the package that provides it."
    return f"The system library {library} is missing; install it with: apt install {package}"
