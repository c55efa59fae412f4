"""Which Debian package holds a shared library that an import could not load."""

import re

PACKAGES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libGLESv2.so": "libgles2",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
    "libportaudio.so": "libportaudio2",
}


def explain_import_error(error: BaseException) -> str | None:
    """One sentence naming the package to install, or None when `error` is about something else."""
    match = re.search(r"(lib[\w.+-]+\.so)[\d.]*: cannot open shared object", str(error))
    if match is None:
        return None
    library = match[1]
    package = PACKAGES.get(library)
    if package is None:
        return f"The system library {library} is missing; install the package that provides it."
    return f"The system library {library} is missing; install it with: apt install {package}"
