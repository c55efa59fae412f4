"""Find a model file, or say in one sentence how to get it."""

from pathlib import Path

from accessctl.errors import ModelError

FETCH = "run `accessctl models fetch` to replace it"
"""What to do about a file that is there but is not what it should be."""


def model_file(folder: Path, name: str) -> Path:
    """`folder / name`; raises ModelError when there is no such file."""
    path = folder / name
    if not path.is_file():
        raise ModelError(f"The model file {path} is missing; run `accessctl models fetch`.")
    return path
