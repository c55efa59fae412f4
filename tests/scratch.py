"""Where tests write: in memory where there is room.

Nothing of theirs outlasts them, and a hub and a door wait for the disk at every record that they
keep, hundreds of thousands of times in all.
"""

import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of folders, whose names pytest makes
ROOM_BYTES = 4 << 30
"""Several times what all tests have there at once."""


def write_in_memory(environment: MutableMapping[str, str], memory: Path = MEMORY) -> None:
    """Name `memory` as the folder of temporary files, for this process and those it starts,
    unless another one is named."""
    if "TMPDIR" not in environment and will_do(memory):
        environment["TMPDIR"] = str(memory)
        tempfile.tempdir = None


def will_do(memory: Path, room_bytes: int = ROOM_BYTES) -> bool:
    """Whether there is room in that file system, for this user, who may start programs there."""
    try:
        about = os.statvfs(memory)
    except OSError:
        return False
    runs_programs = not about.f_flag & os.ST_NOEXEC
    free_bytes = about.f_bavail * about.f_frsize
    return runs_programs and os.access(memory, os.W_OK) and free_bytes >= room_bytes
