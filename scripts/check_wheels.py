#!/usr/bin/env python3
"""Whether a door can be installed on a small board: is there an aarch64 wheel of everything?

`python scripts/check_wheels.py [--extra NAME]` in the project's environment (after `make test`)
works out what a door, or one of its extras, needs on aarch64 under each Python, at the versions
of requirements-dev.txt, and lets pip download exactly those wheels. It exits 1 when one is missing.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
MACHINE = "aarch64"
PLATFORMS = tuple(f"{tag}_{MACHINE}" for tag in ("manylinux2014", "manylinux_2_17",
                                                 "manylinux_2_27", "manylinux_2_28"))  # fmt: skip

Requires = Callable[[str], Iterable[str]]


def environment(python: str) -> dict[str, str]:
    """What markers are judged by: a small board, not this machine."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": MACHINE,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def applies(requirement: Requirement, python: str, extras: Iterable[str]) -> bool:
    marker, known = requirement.marker, environment(python)
    return marker is None or any(marker.evaluate({**known, "extra": e}) for e in ("", *extras))


def closure(named: Iterable[str], python: str, requires_of: Requires) -> set[NormalizedName]:
    """The packages that `named` need in the end."""
    waiting = [Requirement(line) for line in named]
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        if requirement.marker is not None and not applies(requirement, python, ()):
            continue
        one = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if one not in seen:
            seen.add(one)
            found = map(Requirement, requires_of(requirement.name))
            waiting += [
                Requirement(str(needed).split(";")[0])
                for needed in found
                if applies(needed, python, requirement.extras)
            ]
    return {name for name, _ in seen}


def installed(package: str) -> Iterable[str]:
    """What the installed package says that it needs."""
    try:
        return requires(package) or ()
    except PackageNotFoundError:
        sys.exit(f"{package} is not installed, so nobody knows what it needs; run make test first.")


def pins(text: str, python: str) -> dict[NormalizedName, str]:
    found: dict[NormalizedName, str] = {}
    for line in text.splitlines():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if applies(requirement, python, ()):
            found[canonicalize_name(requirement.name)] = str(requirement.specifier)
    return found


def download(exact: str, python: str) -> str | None:
    """None where pip brought the wheel, else what it said."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    argv += ["--disable-pip-version-check", "--only-binary=:all:", "--implementation", "cp"]
    argv += ["--python-version", python]
    for platform in PLATFORMS:
        argv += ["--platform", platform]
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(  # noqa: S603 - a fixed argv without a shell
            [*argv, "--dest", scratch, exact], capture_output=True, text=True, check=False
        )
        brought = [path.name for path in Path(scratch).glob("*.whl")]
    if done.returncode == 0 and len(brought) == 1:
        print(f"{python}  {brought[0]}", flush=True)
        return None
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (lines or ["pip brought no wheel"])[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", help="an extra of pyproject.toml instead of the bare door")
    extra = parser.parse_args().extra
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"]
    if extra is not None:
        wanted = wanted + project["optional-dependencies"][extra]
    text = (REPOSITORY / "requirements-dev.txt").read_text(encoding="utf-8")
    missing = []
    for python in PYTHONS:
        known = pins(text, python)
        for name in sorted(closure(wanted, python, installed)):
            complaint = download(f"{name}{known[name]}", python)
            if complaint is not None:
                missing.append(f"{python}  {name}{known[name]}: {complaint}")
    print("\n".join(missing) or f"Every wheel is there for {MACHINE}, {', '.join(PYTHONS)}.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
