"""Lays the release's files, which stand at the repository's top level, into the wheel.

`accessctl/bundled.py` finds them there. Everything else is said in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
BUNDLED = ("config.yaml", "requirements.txt", "models", "systemd")


def release_files() -> list[Path]:
    """Relative to the repository; what was fetched or built on this machine is left out."""
    found = []
    for name in BUNDLED:
        top = ROOT / name
        paths = [top] if top.is_file() else sorted(top.rglob("*"))
        found += [path.relative_to(ROOT) for path in paths if path.is_file()]
    return [
        path
        for path in found
        if path.parts[:2] != ("models", "cache") and not path.name.startswith(".")
    ]


class BuildWithRelease(build_py):
    """In an editable installation nothing is laid: the files are found where they are."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        bundled = Path(self.build_lib, "accessctl", "bundled")
        shutil.rmtree(bundled, ignore_errors=True)
        for path in release_files():
            target = bundled / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        bundled = Path(self.build_lib, "accessctl", "bundled")
        laid = [] if self.editable_mode else [str(bundled / path) for path in release_files()]
        return [*super().get_outputs(include_bytecode), *laid]


setup(cmdclass={"build_py": BuildWithRelease})
