"""A disk that is soon full, or read-only."""

import errno
import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DISK_KB = 3000


class SmallDisk:
    def __init__(self, folder: Path, tools: tuple[str, str]) -> None:
        """`tools` are mount and umount."""
        self.folder = folder
        self._tools = tools
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            for size in (65536, 4096):
                while took(file, size):
                    pass

    def make_room(self) -> None:
        self._ballast.unlink()

    @contextmanager
    def read_only(self, folder: Path) -> Iterator[None]:
        """Whoever opens a file below `folder` meanwhile cannot write it, root neither."""
        self._mount("--bind", folder, folder)
        try:
            self._mount("-o", "remount,bind,ro", folder)
            yield
        finally:
            subprocess.run([self._tools[1], "--lazy", str(folder)], check=True)

    def _mount(self, *argv: str | Path) -> None:
        subprocess.run([self._tools[0], *map(str, argv)], check=True)


def took(file: io.FileIO, size: int) -> bool:
    try:
        return file.write(b"x" * size) == size
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


@contextmanager
def mounted_disk(folder: Path, size_kb: int = DISK_KB) -> Iterator[SmallDisk]:
    """One of that size, in an empty folder of its own; the test is skipped where none can be."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("a small disk cannot be mounted here; it takes mount and umount")
    argv = [mount, "-t", "tmpfs", "-o", f"size={size_kb}k,mode=700", "tmpfs", str(folder)]
    if subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here; it takes root")
    try:
        yield SmallDisk(folder, (mount, umount))
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted_disk(folder) as disk:
        yield disk
