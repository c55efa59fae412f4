"""NumPy's .npz from elsewhere: no pickles, no more memory than it may take."""

import math
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


def read_arrays(path: Path, names: Sequence[str], max_bytes: int) -> list[NDArray[Any]]:
    """The arrays of those names, each of at most `max_bytes`, as `np.savez` keeps them.

    Raises OSError when the file cannot be opened, and ValueError for anything else.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return [_array(archive, f"{name}.npy", max_bytes) for name in names]
        except Exception as error:
            # Whatever it is: on hostile bytes the decompressors and parsers raise anything.
            raise ValueError(f"no array file ({type(error).__name__})") from error


def _array(archive: zipfile.ZipFile, name: str, max_bytes: int) -> NDArray[Any]:
    member = archive.getinfo(name)
    if member.file_size > max_bytes:
        raise ValueError("too large")
    with archive.open(member) as stream:
        # No more than the size that the archive promises is ever decompressed.
        content = BytesIO(stream.read())
    if npy.read_magic(content) != (1, 0):
        raise ValueError("another version")
    shape, is_fortran, dtype = npy.read_array_header_1_0(content)
    data = content.read()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("another size than its shape says")
    values: NDArray[Any] = np.frombuffer(data, dtype)
    return values.reshape(shape, order="F" if is_fortran else "C")
